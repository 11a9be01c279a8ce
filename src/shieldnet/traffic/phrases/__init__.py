"""What people write in each of five languages: phrases, words to fill them, slang.

Written for this project; no text is taken from elsewhere and no name is a person's. Each module
ends in one `LANGUAGE`. Slots in braces are filled from `words`, or by `shieldnet.traffic.texts`
(numbers, times, plates, telephone numbers, accounts, nicknames).
"""

from __future__ import annotations

from shieldnet.traffic.phrases import de, en, es, fr, nl
from shieldnet.traffic.phrases.model import TOPICS, Language

__all__ = ["LANGUAGES", "TOPICS", "Language"]

LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (nl.LANGUAGE, en.LANGUAGE, fr.LANGUAGE, de.LANGUAGE, es.LANGUAGE)
}
