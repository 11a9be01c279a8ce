"""How a use case tells whoever called it how far it is; it never prints."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Hears about phases and the work done in them."""

    def phase(self, name: str, total: int | None, unit: str) -> None:
        """Start the phase `name` of `total` units (None where nobody knows)."""

    def advance(self, units: int, problems: int = 0) -> None:
        """Count `units` more as done, in which so many problems were met."""

    def note(self, sentence: str) -> None:
        """Tell a person something worth a line, without content."""


class _Silent:
    def phase(self, name: str, total: int | None, unit: str) -> None:
        """Ignore it."""

    def advance(self, units: int, problems: int = 0) -> None:
        """Ignore it."""

    def note(self, sentence: str) -> None:
        """Ignore it."""


silent: Progress = _Silent()
