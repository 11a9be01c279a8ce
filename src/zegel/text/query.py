"""Reads the term language: words, "phrases", prefix*, fuzzy~1, stem/nl, AND OR NOT, brackets.

One grammar for the clauses of an order and for searches; a search knows fields besides. A query
that cannot be read raises `QueryError` with the place and the reason; nothing is ever guessed,
dropped or read as something else.

    query    = and *("OR" and)
    and      = not *(["AND"] not)
    not      = ["NOT"] (brackets | phrase | field | word)
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from zegel.errors import UsageError
from zegel.text.nodes import (
    MEANT,
    And,
    Field,
    Fuzzy,
    Named,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    Stem,
    Word,
)
from zegel.text.stems import LANGUAGES, stem
from zegel.text.tokens import Token, names, tokens

LONGEST_QUERY = 4000
MOST_TERMS = 200
DEEPEST = 20
SHORTEST_PREFIX = 2
SHORTEST_FUZZY = 3


class QueryError(UsageError):
    """The query cannot be read: `position` says where."""

    meaning = "a query or a term cannot be read"

    def __init__(self, why: str, query: str, position: int) -> None:
        self.position = position
        shown = query[max(0, position - 30) : position + 30].replace("\n", " ")
        pointer = " " * min(position, 30) + "^"
        super().__init__(
            f"{why}, at character {position + 1} of the query",
            next_step=f"Here:\n  {shown}\n  {pointer}\n"
            "docs/reference/terms.md says what a term can be.",
        )


_PIECE = re.compile(
    r'\s*(?:(?P<open>\()|(?P<close>\))|"(?P<phrase>[^"]*)"(?P<after>[^\s()]*)'
    r'|(?P<field>[a-z]+):(?:"(?P<quoted>[^"]*)"|(?P<value>[^\s()"]+))'
    r'|(?P<word>[^\s()"]+))'
)
_OPERATORS = ("AND", "OR", "NOT")
_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"'))
"""Quotation marks as telephones and word processors write them."""
_FOREIGN = (
    (r"[-!]\w", "to leave something out, write NOT before it"),
    (r".*\|", "for one or the other, write OR"),
    (r".*\?", "? stands for nothing; * at the end of a word stands for its endings"),
    (r".*(?:\w\*|\*\w)", "* stands at the end of a word only"),
    (r".*~\d", "~ stands at the end of a word only, as ~1"),
    (r".*[\^\\]", "this sign means nothing here; quotation marks make it part of a phrase"),
    (r".*/[A-Za-z]{2}\Z", "write the language small, as /nl"),
)
"""What other programs understand and this one must not read as something else."""


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: str
    text: str
    at: int
    field: str = ""


def parse(query: str, *, fields: Collection[str] = ()) -> Node:
    """Return what `query` asks for; `fields` are the names that may stand before a colon."""
    if len(query) > LONGEST_QUERY:
        raise QueryError(f"longer than {LONGEST_QUERY} characters", query, LONGEST_QUERY)
    query = query.translate(_QUOTES)
    reader = _Reader(query, list(_pieces(query, fields)))
    node = reader.any_of(0)
    if reader.here is not None:
        raise QueryError("a bracket closes that was never opened", query, reader.here.at)
    if not asks(node):
        raise QueryError("only says what is not wanted; say what is", query, 0)
    return node


def asks(node: Node) -> bool:
    """Say whether a node asks for something, rather than only excluding."""
    if isinstance(node, Not):
        return False
    if isinstance(node, And):
        return any(map(asks, node.parts))
    return all(map(asks, node.parts)) if isinstance(node, Or) else True


def _pieces(query: str, fields: Collection[str]) -> Iterator[_Piece]:
    at, end = 0, len(query.rstrip())
    while at < end:
        found = _PIECE.match(query, at)
        if found is None:
            raise QueryError("a quotation mark is not closed", query, query.find('"', at))
        start = at + len(found[0]) - len(found[0].lstrip())
        at = found.end()
        yield _piece(found, start, query, fields)


def _piece(found: re.Match[str], at: int, query: str, fields: Collection[str]) -> _Piece:
    if found["open"] or found["close"]:
        return _Piece("(" if found["open"] else ")", "", at)
    if found["phrase"] is not None:
        if found["after"]:
            raise QueryError(
                "nothing may follow a quotation mark directly", query, found.start("after")
            )
        return _Piece("phrase", found["phrase"], at)
    if found["field"] is not None and found["field"] in fields:
        value = found["quoted"] if found["quoted"] is not None else found["value"]
        return _Piece("field", value, at, found["field"])
    if found["field"] is not None:
        whole = found[0].strip()
        if found["quoted"] is not None or found["field"] in _FIELD_NAMES:
            known = ", ".join(sorted(fields)) or "none here"
            raise QueryError(f"no such field: {found['field']} (known: {known})", query, at)
        return _Piece("word", whole, at)
    word = found["word"]
    return _Piece(word if word in _OPERATORS else "word", word, at)


_FIELD_NAMES = frozenset(
    ("from", "to", "with", "account", "device", "after", "before", "has", "lang", "clause", "tag",
     "subject", "body", "text", "cc", "bcc", "date", "sent", "since", "until", "language", "holder",
     "state", "signature", "relevance", "note", "is", "in", "sender", "recipient", "attachment")
)  # fmt: skip
"""What people write for a field, here or elsewhere: never read as two words."""


class _Reader:
    """Reads pieces by the grammar above."""

    def __init__(self, query: str, pieces: list[_Piece]) -> None:
        self.query = query
        self.pieces = pieces
        self.next = 0
        self.terms = 0

    @property
    def here(self) -> _Piece | None:
        return self.pieces[self.next] if self.next < len(self.pieces) else None

    def any_of(self, depth: int) -> Node:
        parts = [self.all_of(depth)]
        while self.here is not None and self.here.kind == "OR":
            self.next += 1
            parts.append(self.all_of(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def all_of(self, depth: int) -> Node:
        parts = [self.one(depth)]
        while self.here is not None and self.here.kind not in ("OR", ")"):
            if self.here.kind == "AND":
                self.next += 1
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def one(self, depth: int) -> Node:
        piece = self.here
        if piece is None or piece.kind in ("AND", "OR", ")"):
            at = len(self.query) if piece is None else piece.at
            raise QueryError("a term is missing", self.query, at)
        self.next += 1
        if piece.kind == "NOT":
            return Not(self.one(depth + 1 if depth < DEEPEST else self._too_deep(piece)))
        if piece.kind == "(":
            inside = self.any_of(depth + 1 if depth < DEEPEST else self._too_deep(piece))
            if self.here is None or self.here.kind != ")":
                raise QueryError("this bracket is not closed", self.query, piece.at)
            self.next += 1
            return inside
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise QueryError(f"more than {MOST_TERMS} terms", self.query, piece.at)
        if piece.kind == "field":
            return Field(piece.field, piece.text, piece.at)
        return self._term(piece)

    def _too_deep(self, piece: _Piece) -> int:
        raise QueryError(f"nested more than {DEEPEST} deep", self.query, piece.at)

    def _term(self, piece: _Piece) -> Node:
        if piece.kind == "word":
            if len(self.pieces) > 1 and piece.text.lower() in MEANT:
                self._refuse_small(piece)
            marked = self._marked(piece)
            if marked is not None:
                return marked
        found = tokens(piece.text)
        if not found:
            raise QueryError("no word, emoji or number stands here", self.query, piece.at)
        terms = tuple(token.term for token in found)
        asked = _asked_names(piece.text, found)
        if asked:
            return Named(asked, terms, piece.text.strip())
        if len(terms) == 1:
            return Word(terms[0], piece.text.strip())
        return Phrase(terms, piece.text.strip())

    def _refuse_small(self, piece: _Piece) -> None:
        word = piece.text
        why = f'write {MEANT[word.lower()]} in capitals, or "{word}" if the word itself is meant'
        raise QueryError(why, self.query, piece.at)

    def _marked(self, piece: _Piece) -> Node | None:
        """Return a word with a mark behind it, None where there is no mark."""
        marks = ((r"\*", self._prefix), (r"~1?", self._fuzzy), (r"/[a-z]{2}", self._stem))
        for mark, make in marks:
            found = re.search(mark + r"\Z", piece.text)
            if found is not None:
                return make(piece.text[: found.start()], found[0], piece)
        for sign, why in _FOREIGN:
            if re.match(sign, piece.text, re.DOTALL):
                raise QueryError(why, self.query, piece.at)
        return None

    def _only(self, text: str, piece: _Piece, shortest: int) -> str:
        found = tokens(text)
        if len(found) != 1 or re.search(r"[*~?/]", text):
            raise QueryError("*, ~1 and /nl stand behind one single word", self.query, piece.at)
        if len(found[0].term) < shortest:
            raise QueryError(f"too short: at least {shortest} letters", self.query, piece.at)
        return found[0].term

    def _prefix(self, text: str, _mark: str, piece: _Piece) -> Node:
        return Prefix(self._only(text, piece, SHORTEST_PREFIX))

    def _fuzzy(self, text: str, mark: str, piece: _Piece) -> Node:
        if mark != "~1":
            raise QueryError("say how far: ~1", self.query, piece.at)
        return Fuzzy(self._only(text, piece, SHORTEST_FUZZY))

    def _stem(self, text: str, mark: str, piece: _Piece) -> Node:
        language = mark[1:]
        if language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise QueryError(f"no stems for {language} (known: {known})", self.query, piece.at)
        term = self._only(text, piece, 1)
        return Stem(stem(term, language), language, term)


def _asked_names(text: str, found: list[Token]) -> tuple[str, ...]:
    """Return the names of what takes up the whole of `text`: any of them is asked for."""
    named = names(text, found, plain=True)
    whole = [name for name in named if name.position == 0 and name.end >= found[-1].end]
    return tuple(sorted({asked for name in whole for asked in name.asked}))
