"""Names the language of a text, offline; a hint that narrows a search and never decides alone.

`py3langid` over the languages below. A text of under 12 letters, one without language (numbers,
markup) or one that no language is likelier for than all others together is `und` (BCP 47:
undetermined). docs/decisions/0011 has the numbers.
"""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import Any

UNDETERMINED = "und"
LANGUAGES = (
    "ar", "bg", "cs", "de", "el", "en", "es", "fa", "fr", "hr", "it", "nl", "pl", "pt", "ro", "ru",
    "sq", "tr", "uk", "zh",
)  # fmt: skip
_NO_LANGUAGE = "zxx"
_SHORTEST = 12
_LOOKED_AT = 500
"""Characters of a text that are looked at: more cost time and change no answer."""
_CLEAR = 0.5


@cache
def _identifier() -> Any:
    # The model costs half a second and 130 MB: only where a language is asked for.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    known = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=_CLEAR)
    known.set_languages([*LANGUAGES, _NO_LANGUAGE])
    known.nb_ptc = known.nb_ptc.astype("float32")  # the same numbers, not widened for each text
    return known


def identify(text: str) -> str:
    """Return the BCP 47 tag of the language `text` is most likely in, or `und`."""
    head = text[:_LOOKED_AT]
    if not _has_letters(head):
        return UNDETERMINED
    language, _ = _identifier().classify(head)
    return str(language) if language in LANGUAGES else UNDETERMINED


def _has_letters(text: str) -> bool:
    return sum(1 for _ in islice(filter(str.isalpha, text), _SHORTEST)) == _SHORTEST
