"""Reads registries, ledgers and passphrases from delimited text, recognised by its header line.

Comma, semicolon, tab or bar; UTF-8, UTF-16 or, where it is neither, Windows-1252. The header may
stand below some lines of introduction. A row that breaks the quoting costs that row's quoting, not
the rows after it. Quoting as in RFC 4180, which real files keep loosely.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from zegel.records import Buffer, File, Problem
from zegel.registries.tables import Found, Row, Table

LARGEST_TABLE = 256 * 1024 * 1024
_DELIMITERS = ",;\t|"
_INTRODUCTION = 10
"""Lines among which the header may stand."""
_LONGEST_LINE = 64 * 1024
_MOST_COLUMNS = 200
_MOST_DEFECTS = 1000
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Text:
    """Bytes known to be text: how they are encoded, and where the text begins."""

    data: Buffer = field(repr=False)
    encoding: str
    begin: int

    def lines(self, offset: int) -> Iterator[_Line]:
        """Yield each line from the one at `offset` on."""
        newline, width = ("\n".encode(self.encoding), 2 if "16" in self.encoding else 1)
        while offset < len(self.data):
            end = self._line_end(offset, newline, width)
            text = self.data[offset:end].decode(self.encoding, "backslashreplace")
            yield _Line(offset, end, text)
            offset = end

    def _line_end(self, offset: int, newline: bytes, width: int) -> int:
        end = self.data.find(newline, offset)
        while end >= 0 and (end - self.begin) % width:  # half of one character, half of the next
            end = self.data.find(newline, end + 1)
        stop = len(self.data) if end < 0 else end + width
        return min(stop, offset + _LONGEST_LINE)


class Csv:
    """A table in delimited text: a registry, a ledger, or a list of passphrases."""

    name = "csv"
    specification = "https://www.rfc-editor.org/rfc/rfc4180"

    def detect(self, file: File) -> int:
        """Recognise text among whose first lines stands a header that says something here."""
        head = file.head
        text = _as_text(head)
        return 5 if text is not None and _header(text) is not None else 0

    def holdings(self, file: File) -> Iterator[Found]:
        """Yield what the rows below the header say."""
        if len(file.data) > LARGEST_TABLE:
            yield Problem(kind="registry too large", note=f"{len(file.data)} bytes")
            return
        text = _as_text(file.head)
        header = _header(text) if text is not None else None
        if text is None or header is None:
            return
        eight_bit = text.encoding == "utf-8" and not _is_utf8(file.data, whole=True)
        whole = _Text(file.data, "cp1252" if eight_bit else text.encoding, text.begin)
        defects: list[Problem] = []
        yield from header.table.read(_rows(whole, header, defects))
        yield from defects


@dataclass(frozen=True, slots=True)
class _Header:
    table: Table
    delimiter: str
    end: int
    """Offset of the first row."""
    line: int
    """Number of the header's line, from 1."""


def _as_text(head: bytes) -> _Text | None:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le")):
        if head.startswith(mark):
            return _Text(head, encoding, len(mark))
    if head.startswith(b"\xfe\xff"):
        return _Text(head, "utf-16-be", 2)
    if head[1:2] == b"\0" and head[:1] not in (b"", b"\0"):
        return _Text(head, "utf-16-le", 0)
    if _CONTROL.search(head):
        return None
    return _Text(head, "utf-8" if _is_utf8(head, whole=False) else "cp1252", 0)


def _is_utf8(data: Buffer, *, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data[:], final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _header(text: _Text) -> _Header | None:
    lines = text.lines(text.begin)
    for number, line in zip(range(1, _INTRODUCTION + 1), lines, strict=False):
        for delimiter in _DELIMITERS:
            names = _cells(line.text, delimiter) if delimiter in line.text else []
            if 2 <= len(names) <= _MOST_COLUMNS:
                table = Table.of([name.strip() for name in names])
                if table.recognised and len(table.parts) >= 2:
                    return _Header(table, delimiter, line.end, number)
    return None


def _cells(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line by itself, without quoting where that is broken."""
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
        try:
            reader = csv.reader([line], delimiter=delimiter, quoting=quoting, strict=True)
            return next(reader, [])
        except csv.Error:
            continue
    return []


def _rows(text: _Text, header: _Header, defects: list[Problem]) -> Iterator[Row]:
    offset, number = header.end, header.line
    while offset < len(text.data) and len(defects) < _MOST_DEFECTS:
        feed = _Feed(text.lines(offset), number)
        try:
            for cells in csv.reader(feed, delimiter=header.delimiter, strict=True):
                first = feed.finish_row()
                if any(cells):
                    yield Row(offset=first.start, source=f"line {feed.number}", cells=cells)
            return
        except csv.Error:
            first = feed.finish_row()
            defects.append(Problem(kind="broken quoting in registry", offset=first.start))
        # The broken row's first line counts by itself, without quoting; go on below it.
        offset, number = first.end, feed.number
        cells = _cells(first.text, header.delimiter)
        if any(cells):
            yield Row(offset=first.start, source=f"line {number}", cells=cells)


class _Feed:
    """Hands lines to the reader and remembers with which one the row at hand began."""

    def __init__(self, lines: Iterator[_Line], before: int) -> None:
        self._lines = lines
        self._handed = before
        self._first: _Line | None = None
        self.number = before
        """Number of the line with which the row began."""

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._handed += 1
            if self._first is None:
                self._first, self.number = line, self._handed
            yield line.text

    def finish_row(self) -> _Line:
        """Return the first line of the row just read."""
        first, self._first = self._first, None
        if first is None:
            raise AssertionError("the reader gave a row without taking a line")
        return first


FORMAT = Csv()
