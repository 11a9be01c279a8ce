"""Finds key material in the files of a copy, by content; one module for each format.

A format never raises on what it reads, never needs a passphrase, and never decides what a key
is good for: it says where the packets or s-expression of one key lie, or what is wrong there.
Formats are found by importing the modules of this package; there is no list to keep.

Specification: RFC 9580 section 10 (transferable keys); each format's module names its own.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Protocol

from zegel.records import File, FoundKey, Problem


class KeyStoreFormat(Protocol):
    """One way in which keys are stored."""

    name: str
    specification: str
    """Where the format is described."""
    surest: int
    """The most that `detect` returns."""

    def detect(self, file: File) -> int:
        """Return 0 where the file is not of this format; higher is more specific."""

    def keys(self, file: File) -> Iterator[FoundKey | Problem]:
        """Yield every transferable key or agent key of the file, in order."""


@functools.cache
def formats() -> tuple[KeyStoreFormat, ...]:
    """Return every format, the surest first, then by name."""
    modules = (
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
    )
    found = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
    return tuple(sorted(found, key=lambda form: (-form.surest, form.name)))
