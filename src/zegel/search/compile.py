"""Turns a parsed query into one for the index, term by term with the same meaning.

The index holds terms that `zegel.text` made; nothing is analysed a second time. Stems are looked up
among the index's own words. Never uses the index's own query parser, which drops what it does not
understand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tantivy import FieldType, Occur, Query, Schema

from zegel.text.nodes import And, Field, Fuzzy, Named, Node, Not, Or, Phrase, Prefix, Stem, Word
from zegel.text.numbers import plain_word

TERMS, NAMES, MARKS, ROW, CLOCK, COUNTED = "terms", "names", "marks", "row", "clock", "counted"

MANY = 100
"""Marks from which on a set is faster than as many single terms."""


@dataclass(frozen=True, slots=True)
class Marked:
    """The rows that bear a mark."""

    mark: str


@dataclass(frozen=True, slots=True)
class MarkedAny:
    """The rows that bear one of many marks, such as the accounts of an order."""

    marks: Sequence[str]


@dataclass(frozen=True, slots=True)
class Between:
    """The rows whose clock lies in a time; a row without a clock lies in none."""

    start_ns: int | None
    end_ns: int | None
    """Not included."""


Answer: TypeAlias = Collection[int] | Marked | MarkedAny | Between
RowsOf = Callable[[Field], Answer]
"""How the rows are found for which a field holds."""
StemmedOf = Callable[[str, str], Collection[str]]
"""The words of the index that have this stem in this language."""


class Compiler:
    """Makes index queries; holds what they need of the index."""

    def __init__(self, schema: Schema, stemmed: StemmedOf, rows: RowsOf) -> None:
        self._schema = schema
        self._stemmed = stemmed
        self._rows = rows

    def query(self, node: Node) -> Query:
        """Return the query that `node` means."""
        if isinstance(node, And):
            clauses = [self._clause(part) for part in node.parts]
            if all(occur == Occur.MustNot for occur, _ in clauses):
                clauses.append((Occur.Must, Query.all_query()))
            return _boolean(clauses)
        if isinstance(node, Or):
            return self._either(node)
        if isinstance(node, Not):
            return _boolean([(Occur.Must, Query.all_query()), self._clause(node)])
        if isinstance(node, Field):
            return self._field(self._rows(node))
        return self._term(node)

    def _either(self, node: Or) -> Query:
        """Return what any part matches; marks are looked up together."""
        marks, others = [], []
        for part in node.parts:
            answer = self._rows(part) if isinstance(part, Field) else None
            if isinstance(answer, Marked):
                marks.append(answer.mark)
            else:
                others.append(self.query(part) if answer is None else self._field(answer))
        return _any([*others, self._marked(marks)] if marks else others)

    def _marked(self, marks: Sequence[str]) -> Query:
        if len(marks) > MANY:
            return Query.term_set_query(self._schema, MARKS, list(marks))
        return _any([Query.term_query(self._schema, MARKS, one) for one in marks])

    def _clause(self, node: Node) -> tuple[Occur, Query]:
        if isinstance(node, Not):
            return Occur.MustNot, self.query(node.part)
        return Occur.Must, self.query(node)

    def _field(self, answer: Answer) -> Query:
        if isinstance(answer, Marked):
            return Query.term_query(self._schema, MARKS, answer.mark)
        if isinstance(answer, MarkedAny):
            return self._marked(answer.marks)
        if isinstance(answer, Between):
            # 0 stands for no clock; no mail is from 1970.
            start = 1 if answer.start_ns is None else max(1, answer.start_ns)
            end = 2**63 - 1 if answer.end_ns is None else answer.end_ns
            kind = FieldType.Integer
            return Query.range_query(self._schema, CLOCK, kind, start, end, True, False)
        return Query.term_set_query(self._schema, ROW, list(answer))

    def _term(self, node: Node) -> Query:
        if isinstance(node, Word):
            return self._word(node.term)
        if isinstance(node, Phrase):
            return self._phrase(node.terms)
        if isinstance(node, Named):
            named = [Query.term_query(self._schema, NAMES, name) for name in node.names]
            plain = [self._word(word) for name in node.names if (word := plain_word(name))]
            return _any([*named, *plain, self._phrase(node.terms)])
        if isinstance(node, Prefix):
            return Query.regex_query(self._schema, TERMS, f"{_escaped(node.term)}.*")
        if isinstance(node, Fuzzy):
            return Query.fuzzy_term_query(self._schema, TERMS, node.term, 1, True)
        if isinstance(node, Stem):
            return _any([self._word(word) for word in self._stemmed(node.stem, node.language)])
        raise TypeError(type(node).__name__)

    def _word(self, term: str) -> Query:
        return Query.term_query(self._schema, TERMS, term)

    def _phrase(self, terms: tuple[str, ...]) -> Query:
        if len(terms) == 1:
            return self._word(terms[0])
        return Query.phrase_query(self._schema, TERMS, list(terms))


def _boolean(clauses: list[tuple[Occur, Query]]) -> Query:
    return Query.boolean_query(clauses)


def _any(queries: list[Query]) -> Query:
    if not queries:
        return Query.empty_query()
    return queries[0] if len(queries) == 1 else _boolean([(Occur.Should, q) for q in queries])


def _escaped(text: str) -> str:
    return re.sub(r"([\\.+*?()|\[\]{}^$#&~-])", r"\\\1", text)
