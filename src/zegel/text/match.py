"""Says whether a text matches a query, and where: slow, plain, and the measure of the index.

A document is one or more texts (subject, body); a phrase never runs from one into the next. Fields
are asked of the document by `holds`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from zegel.text.nodes import And, Field, Fuzzy, Named, Node, Not, Or, Phrase, Prefix, Stem, Word
from zegel.text.numbers import plain_word
from zegel.text.stems import stem
from zegel.text.tokens import Name, Token, names, tokens


def _no_field(name: str, value: str) -> bool:
    raise LookupError(f"{name}:{value}")


@dataclass(frozen=True, slots=True)
class Document:
    """What a query is held against."""

    texts: tuple[str, ...] = field(repr=False)
    holds: Callable[[str, str], bool] = _no_field


def matches(node: Node, document: Document) -> bool:
    """Say whether `document` matches `node`."""
    if isinstance(node, And):
        return all(matches(part, document) for part in node.parts)
    if isinstance(node, Or):
        return any(matches(part, document) for part in node.parts)
    if isinstance(node, Not):
        return not matches(node.part, document)
    if isinstance(node, Field):
        return document.holds(node.name, node.value)
    return any(next(_places(node, text), None) is not None for text in document.texts)


def spans(node: Node, text: str) -> list[tuple[int, int]]:
    """Return where the terms of `node` that are asked for stand in `text`, without overlap."""
    found = sorted(place for leaf in _asked(node) for place in _places(leaf, text))
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _asked(node: Node) -> Iterator[Node]:
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from _asked(part)
    elif not isinstance(node, Not | Field):
        yield node


def _places(node: Node, text: str) -> Iterator[tuple[int, int]]:
    """Yield where one term stands in a text."""
    found = tokens(text)
    if isinstance(node, Phrase):
        yield from _phrases(node.terms, found)
    elif isinstance(node, Named):
        yield from _phrases(node.terms, found)
        yield from _named(node.names, names(text, found))
        plain = {plain_word(name) for name in node.names}
        yield from ((t.start, t.end) for t in found if t.term in plain)
    else:
        yield from ((t.start, t.end) for t in found if term_matches(node, t.term))


def term_matches(node: Node, term: str) -> bool:
    """Say whether one word, folded, matches a node that is about one word."""
    if isinstance(node, Word):
        return term == node.term
    if isinstance(node, Prefix):
        return term.startswith(node.term)
    if isinstance(node, Fuzzy):
        return is_near(node.term, term)
    if isinstance(node, Stem):
        return stem(term, node.language) == node.stem
    raise TypeError(f"{type(node).__name__} is not about one word")


def is_near(one: str, other: str) -> bool:
    """Say whether at most one letter is more, less or other, or two neighbours are exchanged."""
    if abs(len(one) - len(other)) > 1:
        return False
    first = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if first is None:
        return True
    left, right = one[first:], other[first:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[:2] == right[1::-1] and left[2:] == right[2:])
    )


def _phrases(terms: Sequence[str], found: Sequence[Token]) -> Iterator[tuple[int, int]]:
    for at in range(len(found) - len(terms) + 1):
        if all(found[at + n].term == term for n, term in enumerate(terms)):
            yield found[at].start, found[at + len(terms) - 1].end


def _named(wanted: Sequence[str], found: Sequence[Name]) -> Iterator[tuple[int, int]]:
    for name in found:
        if not set(wanted).isdisjoint(name.names):
            yield name.start, name.end
