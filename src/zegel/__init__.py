"""Zegel: from a forensic copy of a messaging network's servers to verifiable evidence."""

import os

# Numbers are counted here, matrices are not multiplied: threads that NumPy's library starts while
# it loads would do nothing but spin, a tenth of a second of every process.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
