"""Builds and asks a full-text index over numbered rows.

The same rows give the same answers; the bytes of an index may differ. An index holds terms, never
whole texts: what is shown comes from the tables. Counts are exact.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import tantivy

from zegel.search.compile import (
    CLOCK,
    COUNTED,
    MARKS,
    NAMES,
    ROW,
    TERMS,
    Answer,
    Compiler,
    RowsOf,
)
from zegel.text.nodes import Field, Node
from zegel.text.stems import stem
from zegel.text.tokens import name_terms, terms

_HEAP = 384 * 2**20
"""What one segment grows to in memory. Every question looks up its terms in each segment, so few
and large ones answer large sets of accounts soonest: 700,000 chat lines are one (decision 0041)."""
_QUEUE = 10_000
"""Rows that the library lets wait in memory, however long."""
_MOST_WAITING = 64 * 2**20
"""Letters that may wait there, or twice as many; chat lines never come to that."""
_ANALYSER = "as_given"
_MOST_COUNTED = 60_000
"""Different values that are counted at once; the library stops at 65,000."""


@dataclass(frozen=True, slots=True)
class Row:
    """What the index holds of one message."""

    number: int
    texts: tuple[str, ...] = field(repr=False)
    clock_ns: int | None
    marks: tuple[str, ...] = ()
    """Words that fields find it by."""
    counted: tuple[str, ...] = ()
    """What `TextIndex.counted` counts it under; each once."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which of the hits are wanted, and in which order."""

    offset: int = 0
    limit: int = 20
    by_date: bool = True
    newest_first: bool = True


@dataclass(frozen=True, slots=True)
class Hits:
    """Rows of one page, and the exact count of all."""

    count: int
    rows: tuple[int, ...]


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(TERMS, tokenizer_name=_ANALYSER, index_option="position")
    builder.add_text_field(NAMES, tokenizer_name=_ANALYSER, index_option="basic")
    builder.add_text_field(MARKS, tokenizer_name=_ANALYSER, index_option="basic")
    builder.add_unsigned_field(ROW, indexed=True, fast=True)
    builder.add_integer_field(CLOCK, indexed=True, fast=True)
    builder.add_text_field(COUNTED, tokenizer_name="raw", index_option="basic", fast=True)
    return builder.build()


def _register(index: tantivy.Index) -> tantivy.Index:
    analyser = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(_ANALYSER, analyser)
    return index


class IndexWriter:
    """Writes an index into a new folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        index = _register(tantivy.Index(_schema(), path=str(folder)))
        self._writer = index.writer(_HEAP, 1)  # one thread: rows keep their order
        self.count = 0
        self._lined_up = self._waiting = 0

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows."""
        for row in rows:
            self._writer.add_document(_document(row))
            self.count += 1
            self._line_up(sum(map(len, row.texts)))

    def _line_up(self, letters: int) -> None:
        """Count what may wait for the library's thread; let it work off what would not fit."""
        self._lined_up, self._waiting = self._lined_up + 1, self._waiting + letters
        if self._waiting >= _MOST_WAITING:
            self._writer.commit()
        elif self._lined_up < _QUEUE:
            return
        self._lined_up = self._waiting = 0

    def finish(self) -> None:
        """Commit; the index is there only now."""
        self._writer.commit()
        self._writer.wait_merging_threads()


def _document(row: Row) -> tantivy.Document:
    document = tantivy.Document()
    for text in row.texts:
        document.add_text(TERMS, " ".join(terms(text)))
        named = name_terms(text)
        if named:
            document.add_text(NAMES, " ".join(named))
    if row.marks:
        document.add_text(MARKS, " ".join(row.marks))
    document.add_unsigned(ROW, row.number)
    document.add_integer(CLOCK, row.clock_ns or 0)
    for value in row.counted:
        document.add_text(COUNTED, value)
    return document


def build_index(folder: Path, rows: Iterable[Row]) -> int:
    """Write an index of `rows` into the new `folder`; return how many there are."""
    writer = IndexWriter(folder)
    writer.add(rows)
    writer.finish()
    return writer.count


def _no_fields(field: Field) -> Answer:
    raise LookupError(field.name)


class TextIndex:
    """An index that was built before."""

    def __init__(self, folder: Path) -> None:
        self._schema = _schema()
        self._index = _register(tantivy.Index.open(str(folder)))
        self._searcher = self._index.searcher()
        self._stems: dict[str, dict[str, list[str]]] = {}
        written = json.loads((folder / "meta.json").read_text("utf-8"))["schema"]
        self._counts = COUNTED in {field["name"] for field in written}

    @property
    def size(self) -> int:
        """Return the number of rows."""
        return int(self._searcher.num_docs)

    def count(self, node: Node, rows_of: RowsOf = _no_fields) -> int:
        """Return how many rows match."""
        found = self._searcher.search(self._query(node, rows_of), 1)
        return int(found.count)  # type: ignore[attr-defined]  # the stub has forgotten it

    def all_rows(self, node: Node, rows_of: RowsOf = _no_fields) -> list[int]:
        """Return every row that matches, in rising order."""
        return sorted(self.every_row(node, rows_of))

    def every_row(self, node: Node, rows_of: RowsOf = _no_fields) -> list[int]:
        """Return every row that matches, in no order."""
        query = self._query(node, rows_of)
        # The limit is an allocation, so it must not be more than there is.
        count = int(self._searcher.search(query, 1).count)  # type: ignore[attr-defined]
        unranked = tantivy.Query.const_score_query(query, 1.0)
        found = self._searcher.search(unranked, max(1, count), False)
        return self._rows([address for _, address in found.hits])

    def counted(self, node: Node, rows_of: RowsOf = _no_fields) -> dict[str, int] | None:
        """Return what the rows that match are counted under, and how many of them under each.

        None where that cannot be told exactly: there are too many different values, or the index
        was written when none were kept.
        """
        if not self._counts:
            return None
        terms = {"field": COUNTED, "size": _MOST_COUNTED}
        try:
            found = self._searcher.aggregate(
                self._query(node, rows_of), {COUNTED: {"terms": terms}}
            )
        except ValueError:
            return None
        told = found[COUNTED]
        if told["sum_other_doc_count"] or told["doc_count_error_upper_bound"]:
            return None
        return {bucket["key"]: bucket["doc_count"] for bucket in told["buckets"]}

    def _rows(self, addresses: list[tantivy.DocAddress]) -> list[int]:
        rows = self._searcher.fast_field_values(ROW, addresses) if addresses else []
        return [int(row) for row in rows if row is not None]

    def page(self, node: Node | None, page: Page, rows_of: RowsOf = _no_fields) -> Hits:
        """Return one page of hits; without a query, of all rows."""
        query = tantivy.Query.all_query() if node is None else self._query(node, rows_of)
        order = tantivy.Order.Desc if page.newest_first else tantivy.Order.Asc
        found = (
            self._searcher.search(query, page.limit, True, CLOCK, page.offset, order)
            if page.by_date
            else self._searcher.search(query, page.limit, True, offset=page.offset)
        )
        addresses = [address for _, address in found.hits]
        count = found.count  # type: ignore[attr-defined]  # the stub has forgotten it
        return Hits(int(count), tuple(self._rows(addresses)))

    def words(self, beginning: str) -> list[str]:
        """Return the words of the index that begin so."""
        return [str(word) for word, _ in self._searcher.terms_with_prefix(TERMS, beginning)]

    def stemmed(self, wanted: str, language: str) -> list[str]:
        """Return the words of the index that have this stem in this language."""
        if language not in self._stems:  # all of them: Dutch and Arabic take off beginnings too
            by_stem: dict[str, list[str]] = {}
            for word in self.words(""):
                by_stem.setdefault(stem(word, language), []).append(word)
            self._stems[language] = by_stem
        return self._stems[language].get(wanted, [])

    def _query(self, node: Node, rows_of: RowsOf) -> tantivy.Query:
        return Compiler(self._schema, self.stemmed, rows_of).query(node)
