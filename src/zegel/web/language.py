"""Dutch and English, and dates and numbers as the reader has them.

Words go through gettext; the Dutch catalogues (`locale/nl/*.po`, one for each group of pages) are
read as they are written, so that no compiled form can differ from them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from starlette.requests import HTTPConnection

LANGUAGES = {"en": "English", "nl": "Nederlands"}
DEFAULT = "en"
_REGION = {"en": "en_GB", "nl": "nl_NL"}
LOCALE = Path(__file__).parent / "locale"
LONGEST_ZONE = 64
LANGUAGE, ZONE = "zegel-language", "zegel-zone"
"""Cookies: how the reader wants pages."""


@cache
def translations(language: str) -> NullTranslations:
    """Return the words of a language; English is what stands in the code."""
    if language == DEFAULT:
        return NullTranslations()
    whole = Catalog(locale=language)
    for place in sorted((LOCALE / language).glob("*.po")):
        with place.open("rb") as file:
            for message in read_po(file, locale=language, abort_invalid=True):
                if message.id:
                    whole[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return GNUTranslations(compiled)


def chosen(kept: str | None, accepted: str) -> str:
    """Return the language kept by the reader, else the first the browser asks for that is here."""
    if kept in LANGUAGES:
        return kept
    wanted = []
    for position, part in enumerate(accepted.split(",")[:20]):
        name, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((-float(weight or 1), position, name.split("-")[0].lower()))
        except ValueError:
            continue
    return next((name for _, _, name in sorted(wanted) if name in LANGUAGES), DEFAULT)


class Reader:
    """Who reads: their language and time zone."""

    def __init__(self, language: str = DEFAULT, zone: str | None = None) -> None:
        self.language = language if language in LANGUAGES else DEFAULT
        self.zone = zone if zone and known_zone(zone) else "UTC"
        self._locale = _REGION[self.language]

    def say(self, words: str) -> str:
        """Return English words in the reader's language."""
        return translations(self.language).gettext(words)

    def say_many(self, one: str, many: str, number: int) -> str:
        """Return the form of a sentence that fits a number, which it names as `%(num)s`."""
        said = translations(self.language).ngettext(one, many, number)
        return said % {"num": self.number(number)}

    def number(self, value: float) -> str:
        """Return a number with the reader's separators."""
        return _decimal(value, self._locale)

    def instant(self, iso: str | None, form: str = "d MMM y, HH:mm:ss zzz") -> str:
        """Return an instant, given in ISO 8601 with its offset, in the reader's zone."""
        if iso is None:
            return self.say("no time known")
        return _formatted(iso, form, self.zone, self._locale)

    def clock(self, iso: str | None) -> str:
        """Return hours and minutes of an instant in the reader's zone."""
        return self.instant(iso, "HH:mm")

    def day(self, iso: str | None) -> str:
        """Return the day of an instant in the reader's zone, with its weekday."""
        return self.instant(iso, "EEEE d MMMM y")

    def date(self, iso: str) -> str:
        """Return a calendar day, given as ISO 8601, which has no zone."""
        return _date(iso, self._locale)


def reader_of(request: HTTPConnection) -> Reader:
    """Return how whoever asks wants pages."""
    accepted = request.headers.get("accept-language", "")[:200]
    return Reader(chosen(request.cookies.get(LANGUAGE), accepted), request.cookies.get(ZONE))


@lru_cache(maxsize=4096)
def _decimal(value: float, locale: str) -> str:
    return format_decimal(value, locale=locale)


@lru_cache(maxsize=4096)
def _date(iso: str, locale: str) -> str:
    return format_date(datetime.fromisoformat(iso).date(), "d MMM y", locale=locale)


@lru_cache(maxsize=4096)
def _formatted(iso: str, form: str, zone: str, locale: str) -> str:
    at = datetime.fromisoformat(iso)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return format_datetime(at, form, tzinfo=ZoneInfo(zone), locale=locale)


@lru_cache(maxsize=1000)
def known_zone(zone: str) -> bool:
    """Say whether a time zone has this name; whoever asks may have made it up."""
    if len(zone) > LONGEST_ZONE or not zone.isascii():
        return False
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
