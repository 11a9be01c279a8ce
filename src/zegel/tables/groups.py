"""Walks sorted streams of rows side by side, a group at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any


class Groups:
    """Hands out the rows of a stream that is sorted by `column`, one key after another."""

    def __init__(self, rows: Iterable[dict[str, Any]], column: str) -> None:
        self._groups: Iterator[tuple[Any, Iterator[dict[str, Any]]]] = groupby(
            rows, key=lambda row: row[column]
        )
        self._waiting: tuple[Any, list[dict[str, Any]]] | None = None

    def of(self, key: Any) -> list[dict[str, Any]]:
        """Return the rows of `key`; keys are asked for in the order of the stream."""
        if self._waiting is None:
            found = next(self._groups, None)
            self._waiting = (found[0], list(found[1])) if found else None
        if self._waiting is None or self._waiting[0] != key:
            return []
        rows, self._waiting = self._waiting[1], None
        return rows

    def left(self) -> bool:
        """Say whether rows are left that no key asked for."""
        return self._waiting is not None or next(self._groups, None) is not None
