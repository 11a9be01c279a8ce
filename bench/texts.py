"""Make up chat lines to index, the same every time.

Common words come often (Zipf), every third line has an amount, a telephone number or a plate, every
fifth an emoji or a word that is not ASCII.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate

LENGTH = 175
"""Characters of a line, about."""
WORDS = 20_000
_SYLLABLES = [a + b for a in "bdgklmnrs" for b in "aeo"]
_NUMBERS = ("€ 1.500", "06-12345678", "20", "AB-12-CD")
_OTHER = ("👍", "één", "groß", "🤷🏽‍♂️", "да", "café")


def vocabulary() -> list[str]:
    """Return made-up words, the commonest first."""
    draw = random.Random(1)
    words = {"".join(draw.choices(_SYLLABLES, k=draw.randint(1, 4))) for _ in range(3 * WORDS)}
    known = sorted(words)[:WORDS]
    random.Random(2).shuffle(known)
    return known


def texts(count: int) -> Iterator[str]:
    """Yield that many lines."""
    words = vocabulary()
    draw = random.Random(3)
    weights = list(accumulate(1 / (rank + 5) for rank in range(len(words))))
    for _ in range(count):
        line = draw.choices(words, cum_weights=weights, k=LENGTH // 6)
        for often, odd in ((0.3, _NUMBERS), (0.2, _OTHER)):
            if draw.random() < often:
                line.insert(draw.randrange(len(line)), draw.choice(odd))
        yield " ".join(line)
