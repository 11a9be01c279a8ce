"""Tables for people: what a picture shows, row by row, and the same as a CSV file (RFC 4180).

A spreadsheet takes a cell for a formula that begins with = + - @, a tab or a carriage return
(OWASP, "CSV Injection"), and names in the evidence are hostile. Such a cell of text gets an
apostrophe before it in the file; numbers are written as they are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, overload

T = TypeVar("T")
Cell = str | int | None
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a cell begins that some spreadsheet takes for a formula; full-width forms among them."""

Target = tuple[str | int, ...]
"""What a click leads to: a kind, and numbers that say which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row, and what its first cell leads to."""

    cells: tuple[Cell, ...]
    target: Target | None = None


class Rows(Sequence[Row], Generic[T]):
    """Rows that are made when they are looked at: a page shows a hundred of twenty thousand."""

    def __init__(self, items: Sequence[T], make: Callable[[T], Row]) -> None:
        self._items = items
        self._make = make

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        """Return one row, or those of a slice."""
        if isinstance(at, slice):
            return [self._make(item) for item in self._items[at]]
        return self._make(self._items[at])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table."""

    name: str
    """A word for files and addresses: `contacts`."""
    title: str
    columns: tuple[str, ...]
    rows: Sequence[Row]
    note: str = ""


def guarded(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(cell, str) and cell.startswith(FORMULA):
        return f"'{cell}"
    return cell


def as_csv(sheet: Sheet, notes: Sequence[str] = ()) -> bytes:
    """Return the table as CSV in UTF-8, with a byte-order mark; `notes` are rows at its end."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([guarded(column) for column in sheet.columns])
    writer.writerows([guarded(cell) for cell in row.cells] for row in sheet.rows)
    if notes:
        writer.writerow([])
        writer.writerows([guarded(note)] for note in notes)
    # Spreadsheets take a file without the mark for one in the machine's old character set.
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "surrogatepass")
