"""Gives memory that is free in this process back to the system, for what needs it next."""

from __future__ import annotations

import ctypes

import pyarrow as pa


def release_free_memory() -> None:
    """Return free memory that allocators keep for later.

    The C library returns by itself what is free at the end of its heap; between what stays it keeps
    hundreds of megabytes after a hundred thousand keys. Other C libraries have no such call.
    """
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
