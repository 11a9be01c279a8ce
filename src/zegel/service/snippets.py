"""A piece of a text around its first mark, with all marks in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_BEFORE, _LENGTH = 40, 160


def snippet(text: str, marks: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """Return a piece of `text` of bounded length, and where in it the marks stand."""
    start = max(0, marks[0][0] - _BEFORE) if marks else 0
    if start:  # begin at a word
        blank = text.find(" ", start, start + 20)
        start = blank + 1 if 0 <= blank < marks[0][0] else start
    end = min(len(text), start + _LENGTH)
    inside = [(a - start, min(b, end) - start) for a, b in marks if start <= a < end]
    return {
        "text": text[start:end],
        "marks": [list(mark) for mark in inside],
        "cut": [start > 0, end < len(text)],
    }
