"""Folds a word to the form in which it is compared: case, accents and compatibility forms aside.

Unicode normalisation form KD, combining marks dropped, full case folding (UAX 15, Unicode 3.13):
`Café` is `cafe`, `STRASSE` is `straße` is `strasse`, `ﬁets` is `fiets`. Letters that only look
alike (a Cyrillic and a Latin a) stay different. Folding twice changes nothing.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """Return the folded form of a word; the empty string where nothing but marks is left."""
    if word.isascii():
        return word.lower()
    word = word.replace("\u0130", "i")  # İ: casefolding leaves a dot above behind
    before = ""
    while word != before:  # a folded letter may decompose once more (U+0390, U+1E9E)
        before = word
        apart = unicodedata.normalize("NFKD", word.casefold())
        word = "".join(letter for letter in apart if not unicodedata.combining(letter))
        word = "".join(letter for letter in word if unicodedata.category(letter) not in _DROPPED)
    return "".join(word.split())  # some ligatures come apart into several words (U+FDFA)


_DROPPED = frozenset(("Mn", "Me", "Cf"))
"""Marks and format characters (joiners, direction marks): nobody sees them."""
