"""Finds stored messages in the files of a copy, by content; one module for each format.

A format never raises on what it reads: where a message evidently is but no row can be made, it
yields a `Problem` marked `unread`. Formats are found by importing the modules of this package;
there is no list to keep.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Protocol

from zegel.records import File, Problem, Span


class MailStoreFormat(Protocol):
    """One way in which mail is stored."""

    name: str
    specification: str
    """Where the format is described."""
    surest: int
    """The most that `detect` returns."""
    mail: bool
    """True where a span is mail with headers; False where it is an OpenPGP message by itself."""

    def detect(self, file: File) -> int:
        """Return 0 where the file is not of this format; higher is more specific."""

    def spans(self, file: File) -> Iterator[Span | Problem]:
        """Yield where each stored message lies, in order, without overlap."""

    def message(self, file: File, span: Span) -> bytes:
        """Return the message itself, the store's quoting undone."""


@functools.cache
def formats() -> tuple[MailStoreFormat, ...]:
    """Return every format, the surest first, then by name."""
    modules = (
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
    )
    found = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
    return tuple(sorted(found, key=lambda form: (-form.surest, form.name)))


@functools.cache
def by_name(name: str) -> MailStoreFormat:
    """Return the format called `name`."""
    return next(form for form in formats() if form.name == name)
