"""Folds a word to the form in which it is compared: case, accents and compatibility forms aside.

Unicode normalisation form KD, marks dropped, full case folding (UAX 15, Unicode 3.13), and a few
letters that carry their accent inside: `Café` is `cafe`, `STRASSE` is `straße` is `strasse`, `ﬁets`
is `fiets`, `Łódź` is `lodz`, Turkish i with a dot and without is `i`. Digits of every script are 0
to 9.
`ü` is `u`, not `ue`. Letters that only look alike (a Cyrillic and a Latin a) stay different, and so
do the Cyrillic letters `й` and `и`. Folding twice changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_INSIDE = str.maketrans(
    {
        "\u0131": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t",
        "æ": "ae", "œ": "oe", "þ": "th",
        "\u0640": None,  # the Arabic tatweel only stretches a word
    }
)  # fmt: skip
"""Letters that Unicode does not take apart."""
_SHORT_I = ("и\u0306", "й")
_UNSEEN = frozenset(("Mn", "Me", "Cf"))
"""Marks and format characters (joiners, direction marks)."""
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")


def plain_digits(text: str) -> str:
    """Return `text` with digits of every script as 0 to 9; no character moves."""
    if text.isascii():
        return text
    return _OTHER_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """Return the folded form of a word; the empty string where nothing but marks is left."""
    if word.isascii():
        return word.lower()
    before = None
    while word != before:  # a folded letter may come apart once more (U+0390, U+1E9E)
        before = word
        word = _fold_once(word)
    return word


def _fold_once(word: str) -> str:
    apart = "".join(map(_apart, word.casefold())).replace(*_SHORT_I)
    seen = "".join(c for c in apart if not _is_unseen(c))
    return unicodedata.normalize("NFC", plain_digits(seen.translate(_INSIDE)))


def _apart(letter: str) -> str:
    """Take a letter apart, unless a word would not stay one word: a half (½) stays a half."""
    parts = unicodedata.normalize("NFKD", letter)
    return parts if all(c.isalnum() or unicodedata.category(c)[0] == "M" for c in parts) else letter


def _is_unseen(letter: str) -> bool:
    return unicodedata.combining(letter) != 0 or unicodedata.category(letter) in _UNSEEN
