"""Names the language of a text, offline; a hint that narrows a search and never decides alone.

`lingua` in its fast mode, over the languages below. A text of under 12 letters, or one that two
languages fit about as well, is `und` (BCP 47: undetermined). docs/decisions/0011.
"""

from __future__ import annotations

from functools import cache

from lingua import Language, LanguageDetector, LanguageDetectorBuilder

UNDETERMINED = "und"
SHORTEST = 12
LOOKED_AT = 2000
"""Characters of a text that are looked at."""

_LANGUAGES = (
    Language.ALBANIAN, Language.ARABIC, Language.BULGARIAN, Language.CHINESE, Language.CROATIAN,
    Language.CZECH, Language.DUTCH, Language.ENGLISH, Language.FRENCH, Language.GERMAN,
    Language.GREEK, Language.ITALIAN, Language.PERSIAN, Language.POLISH, Language.PORTUGUESE,
    Language.ROMANIAN, Language.RUSSIAN, Language.SPANISH, Language.TURKISH, Language.UKRAINIAN,
)  # fmt: skip
_CLEAR = 0.05
"""How much likelier the first language must be than the second."""


@cache
def _detector() -> LanguageDetector:
    builder = LanguageDetectorBuilder.from_languages(*_LANGUAGES)
    return builder.with_low_accuracy_mode().with_minimum_relative_distance(_CLEAR).build()


def identify(text: str) -> str:
    """Return the BCP 47 tag of the language `text` is most likely in, or `und`."""
    head = text[:LOOKED_AT]
    if sum(map(str.isalpha, head)) < SHORTEST:
        return UNDETERMINED
    found = _detector().detect_language_of(head)
    return UNDETERMINED if found is None else found.iso_code_639_1.name.lower()
