"""Cuts a text into tokens: words, emoji and signs, each at a position, with the names it goes by.

A word is a run of letters and digits, folded; in scripts written without blanks, one letter. Signs
nobody sees belong to the letter before them; everything else separates. An amount, a telephone
number or a plate takes the positions of the words it is written with, and its names stand at the
first of them. Positions count from 0; a phrase is tokens at successive positions.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

from zegel.text.emoji import PATTERN, fold_emoji
from zegel.text.folding import fold
from zegel.text.marks import MARKS, UNSPACED
from zegel.text.numbers import find_named

_LETTER = f"[^\\W_{UNSPACED}]"
_TOKEN = re.compile(
    f"{PATTERN}|(?:{_LETTER}++[{MARKS}]*+)++|(?=[^\\W_])[{UNSPACED}][{MARKS}]*+|[€$£]"
)
_EMOJI = re.compile(PATTERN)
LONGEST = 200
"""Characters of a word that are compared: nobody searches for more, and an index refuses it."""
_REMEMBERED = 40
"""Characters of a piece without blanks whose terms are kept in case it comes again."""
_ASCII = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
_ASCII[ord("$")] = "$"


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a text."""

    position: int
    start: int
    end: int
    term: str
    """The word as it is compared."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name that several tokens together go by."""

    position: int
    start: int
    end: int
    names: tuple[str, ...]
    asked: tuple[str, ...]


def tokens(text: str) -> list[Token]:
    """Return the tokens of `text` in order."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        term = _term(match[0])
        if term:
            found.append(Token(len(found), match.start(), match.end(), term))
    return found


def terms(text: str) -> list[str]:
    """Return the terms of `tokens(text)` alone, at a fraction of the cost."""
    if text.isascii():
        return _ascii_terms(text)
    # No token has a blank in it, so a text may be cut there and its words looked up.
    found: list[str] = []
    for piece in text.split():
        if piece.isascii():
            found += _ascii_terms(piece)
        else:
            found += _few_terms(piece) if len(piece) <= _REMEMBERED else _all_terms(piece)
    return found


def _ascii_terms(text: str) -> list[str]:
    """Return the terms of a text without emoji, marks and accents: letters and digits, and $."""
    if "$" in text:
        text = text.replace("$", " $ ")
    words = text.translate(_ASCII).split()
    return words if len(text) <= LONGEST else [word[:LONGEST] for word in words]


@lru_cache(maxsize=65536)
def _few_terms(piece: str) -> list[str]:
    return _all_terms(piece)


def _all_terms(text: str) -> list[str]:
    return [term for found in _TOKEN.findall(text) if (term := _term(found))]


def name_terms(text: str) -> list[str]:
    """Return every name that anything in `text` goes by, as an index holds them."""
    return [name for named in find_named(text) for name in named.names]


@lru_cache(maxsize=65536)
def _term(found: str) -> str:
    term = fold_emoji(found) if _EMOJI.match(found) else fold(found)
    return term[:LONGEST]


def names(text: str, found: list[Token], *, plain: bool = False) -> list[Name]:
    """Return what else the tokens `found` of `text` go by, in order; `plain` as `find_named`."""
    starts = [token.start for token in found]
    out: list[Name] = []
    for named in find_named(text, plain=plain):
        first = bisect_left(starts, named.start)
        if first < len(found) and starts[first] < named.end:
            out.append(Name(first, named.start, named.end, named.names, named.asked))
    return sorted(out, key=lambda name: (name.position, name.start, name.names))
