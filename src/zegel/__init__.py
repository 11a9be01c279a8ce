"""Zegel: from a forensic copy of a messaging network's servers to verifiable evidence."""

__version__ = "0.1.0"
