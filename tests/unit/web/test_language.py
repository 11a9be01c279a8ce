"""Dutch and English: every word a page says is in the catalogue, and nothing else is."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.web import Browser
from zegel import web
from zegel.web.language import LOCALE, Reader, chosen, translations
from zegel.web.sentences import CATALOGUE

HERE = Path(web.__file__).parent
KEYWORDS = {"say": None, "say_many": (1, 2), "_": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext.babel_extract")]
FROM_THE_SERVICE = "from the service"
"""In a comment (`#. from the service`) above what no page spells: names of states, say."""


def spoken() -> set[str]:
    """Return what the pages say, as babel finds it in templates and code."""
    options = {"templates/**.html": {"newstyle_gettext": "true", "trimmed": "false"}}
    found = extract_from_dir(HERE, METHODS, options, KEYWORDS)
    return {message[0] if isinstance(message, tuple) else message for _, _, message, *_ in found}


def written() -> dict[str, set[str]]:
    """Return what the Dutch catalogues translate, and as what; that of errors is judged by the
    sentences of errors (`test_sentences`)."""
    said: dict[str, set[str]] = defaultdict(set)
    for place in sorted(set((LOCALE / "nl").glob("*.po")) - {LOCALE / "nl" / CATALOGUE}):
        with place.open("rb") as file:
            for message in read_po(file, locale="nl", abort_invalid=True):
                key = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
                if key and not any(FROM_THE_SERVICE in one for one in message.auto_comments):
                    said[key].add(str(message.string))
    return said


def test_every_word_a_page_says_has_its_dutch() -> None:
    assert sorted(spoken() - set(written())) == []


def test_the_catalogues_hold_nothing_that_no_page_says() -> None:
    assert sorted(set(written()) - spoken()) == []


def test_two_catalogues_translate_the_same_words_alike() -> None:
    assert [one for one, ways in written().items() if len(ways) > 1] == []


def test_what_a_translation_fills_in_is_what_its_english_does() -> None:
    for place in sorted((LOCALE / "nl").glob("*.po")):
        with place.open("rb") as file:
            for message in read_po(file, locale="nl", abort_invalid=True):
                problems = list(message.check()) if message.id else []
                assert problems == [], message.id
                strings = message.string if isinstance(message.string, tuple) else (message.string,)
                assert all(strings) or not message.id, f"not translated: {message.id}"


@pytest.mark.parametrize(
    ("kept", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "nl-NL,nl;q=0.9,en;q=0.8", "nl"),
        (None, "fr, en;q=0.5, nl;q=0.4", "en"),
        (None, "fr;q=x,,;q=", "en"),
        ("nl", "en", "nl"),
        ("tlh", "nl", "nl"),
    ],
)
def test_the_language_is_the_readers(kept: str | None, accepted: str, language: str) -> None:
    assert chosen(kept, accepted) == language


def test_dates_and_numbers_are_as_the_reader_has_them() -> None:
    dutch, english = Reader("nl", "Europe/Amsterdam"), Reader("en", "No/Where")

    assert dutch.number(1234567.5) == "1.234.567,5"
    assert english.number(1234567.5) == "1,234,567.5"
    assert dutch.instant("2016-04-19T10:30:00Z").startswith("19 apr 2016, 12:30:00")
    assert english.instant("2016-04-19T10:30:00Z") == "19 Apr 2016, 10:30:00 UTC"
    assert english.instant(None) == "no time known"


def test_the_catalogue_is_one_for_the_language() -> None:
    assert translations("nl").gettext("Log in") == "Aanmelden"
    assert translations("en").gettext("Log in") == "Log in"


def test_a_reader_who_chooses_dutch_gets_dutch_from_then_on(browser: Browser) -> None:
    answer = browser.post(
        "/reader",
        {"language": "nl", "zone": "Europe/Amsterdam", "back": "/login"},
        token=False,
    )
    page = browser.follow(answer)

    assert '<html lang="nl">' in page.text
    assert "Aanmelden" in page.text
    assert 'value="Europe/Amsterdam"' in page.text
