"""Stems, only where a query asks for them and names the language (Snowball, by PyStemmer)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import Stemmer

LANGUAGES = {
    "nl": "dutch", "en": "english", "de": "german", "fr": "french", "es": "spanish",
    "it": "italian", "pt": "portuguese", "tr": "turkish", "ru": "russian", "ar": "arabic",
}  # fmt: skip
"""BCP 47 language and the name of its Snowball algorithm."""


@lru_cache(maxsize=len(LANGUAGES))
def _stemmer(language: str) -> Any:
    return Stemmer.Stemmer(LANGUAGES[language], 0)


def stem(term: str, language: str) -> str:
    """Return the stem of a folded term; stemming works on the folded form, accents aside."""
    return str(_stemmer(language).stemWord(term))
