"""Finds who held which device, who bought it, and passphrases, by content; one module a format.

A format never raises on what it reads: what cannot be understood becomes a `Problem`. Formats are
found by importing the modules of this package; there is no list to keep. Several may apply to one
file, and none may import another: what they share is in `tables`, `columns` and `values`.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Protocol

from zegel.records import File, FoundPassphrase, Holding, Problem


class RegistryFormat(Protocol):
    """One way in which registries, ledgers and passphrases are kept."""

    name: str
    specification: str
    """Where the format is described."""

    def detect(self, file: File) -> int:
        """Return 0 where the file is not of this format; higher is more specific."""

    def holdings(self, file: File) -> Iterator[Holding | FoundPassphrase | Problem]:
        """Yield what the file says of devices, accounts, holders, sales and passphrases."""


@functools.cache
def formats() -> tuple[RegistryFormat, ...]:
    """Return every format, by name."""
    modules = (
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
    )
    found = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
    return tuple(sorted(found, key=lambda form: form.name))
