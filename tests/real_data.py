"""Where the tests find real mail, keys and images made by others.

The archives lie at `$ZEGEL_SHARED_DATA` (default: `../shared/data` beside the project) and are
unpacked once into a cache. They are never copied into the project. Where they are absent the
tests that need them skip and say so.
"""

from __future__ import annotations

import os
import tarfile
import tempfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


def shared_data() -> Path:
    """Return the folder of archives, whether or not it exists."""
    return Path(os.environ.get("ZEGEL_SHARED_DATA", PROJECT.parent / "shared" / "data"))


def cache() -> Path:
    """Return the folder archives are unpacked to."""
    base = os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")
    return Path(base) / "zegel" / "real-data"


def archive(name: str) -> Path:
    """Return the unpacked folder of archive `name`, or skip the test."""
    packed = shared_data() / f"{name}.tar.xz"
    if not packed.is_file():
        pytest.skip(f"real data absent: {name} is not at $ZEGEL_SHARED_DATA")
    unpacked = cache() / name
    if not unpacked.is_dir():
        cache().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache()) as scratch:
            with tarfile.open(packed) as tar:
                tar.extractall(scratch, filter="data")
            try:
                (Path(scratch) / name).rename(unpacked)
            except OSError:
                if not unpacked.is_dir():
                    raise
    return unpacked
