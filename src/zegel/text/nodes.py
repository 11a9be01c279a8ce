"""What a query asks for, once it is read; and how to write it down again.

`written` is what the query said, without marks; it decides nothing. Reading what `render` wrote
gives the same node.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Word:
    """One word, as folded."""

    term: str
    written: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words at successive positions."""

    terms: tuple[str, ...]
    written: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Prefix:
    """Any word that begins so."""

    term: str


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """Any word one step away: a letter more, less or other, or two neighbours exchanged."""

    term: str


@dataclass(frozen=True, slots=True)
class Stem:
    """Any word with this stem in this language."""

    stem: str
    language: str
    written: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Named:
    """An amount, telephone number or plate in any spelling, or the words as written."""

    names: tuple[str, ...]
    terms: tuple[str, ...]
    written: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    """What a search asks of something else than the text."""

    name: str
    value: str
    at: int = field(default=0, compare=False)
    """Where in the query it stands."""


@dataclass(frozen=True, slots=True)
class And:
    """All of these."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of these."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not this; only ever beside something that is asked for."""

    part: Node


Node: TypeAlias = Word | Phrase | Prefix | Fuzzy | Stem | Named | Field | And | Or | Not

MEANT = {"and": "AND", "or": "OR", "not": "NOT", "en": "AND", "of": "OR", "niet": "NOT"}
"""Words that are operators in capitals, or would be in Dutch."""


def render(node: Node) -> str:
    """Return a query that is read as `node`, with every AND said."""
    if isinstance(node, Or):
        return " OR ".join(_bracketed(part, Or) for part in node.parts)
    if isinstance(node, And):
        return " AND ".join(_bracketed(part, Or, And) for part in node.parts)
    if isinstance(node, Not):
        return f"NOT {_bracketed(node.part, Or, And)}"
    if isinstance(node, Field):
        return f'{node.name}:"{node.value}"'
    return _render_term(node)


def _bracketed(node: Node, *looser: type) -> str:
    return f"({render(node)})" if isinstance(node, looser) else render(node)


def _render_term(node: Word | Phrase | Prefix | Fuzzy | Stem | Named) -> str:
    if isinstance(node, Prefix):
        return f"{node.term}*"
    if isinstance(node, Fuzzy):
        return f"{node.term}~1"
    if isinstance(node, Stem):
        return f"{node.written or node.stem}/{node.language}"
    terms = (node.term,) if isinstance(node, Word) else node.terms
    written = node.written or " ".join(terms)
    plain = written.isalnum() and written.lower() not in MEANT
    return written if plain else f'"{written}"'
