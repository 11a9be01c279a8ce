"""Runs `zegel` and dies by SIGKILL right after the n-th rename: every commit is a rename.

Usage: python -m tests.journeys.killed N WORD …
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from zegel.cli import main

_real_rename = Path.rename
_left = int(sys.argv[1])


def _rename(self: Path, target: Any) -> Path:
    global _left
    result = _real_rename(self, target)
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return result


if __name__ == "__main__":
    Path.rename = _rename  # type: ignore[method-assign]
    main(sys.argv[2:])
