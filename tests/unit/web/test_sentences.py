"""The sentences of errors are Dutch to Dutch readers, and led back from what was really said."""

from __future__ import annotations

from string import Formatter

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from tests.sentences import NOT_MET, PASSED_ON, WITHOUT_WORDS, sentences, unread
from zegel.web.language import LOCALE, Reader
from zegel.web.pages import hostile, told
from zegel.web.sentences import CATALOGUE, KINDS, LONGEST, sentence, templates

DUTCH = Reader("nl")


def written() -> dict[str, str]:
    """Return what the catalogue translates, and as what."""
    with (LOCALE / "nl" / CATALOGUE).open("rb") as file:
        messages = list(read_po(file, locale="nl", abort_invalid=True))
    return {str(one.id): str(one.string) for one in messages if one.id}


def names(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def test_every_sentence_that_a_page_can_meet_has_its_dutch() -> None:
    known = written()
    missing = {one: sorted(where) for one, where in sentences().items() if not known.get(one)}

    assert missing == {}


def test_the_catalogue_holds_nothing_that_no_error_says() -> None:
    assert sorted(written().keys() - sentences().keys()) == []


def test_no_error_is_made_of_what_nobody_read() -> None:
    assert unread() - PASSED_ON - WITHOUT_WORDS == set()
    assert (PASSED_ON | WITHOUT_WORDS) - unread() == set()
    assert all(NOT_MET.values())


def test_a_translation_has_the_parts_of_its_sentence_and_no_others() -> None:
    for english, dutch in written().items():
        assert names(english) == names(dutch), english
        assert len(set(names(english))) == len(names(english)), english
        kinds = {kind or "" for _, name, kind, _ in Formatter().parse(dutch) if name is not None}
        assert kinds <= KINDS, english


def test_every_sentence_is_led_back_to_itself() -> None:
    """With parts of the kind it asks for; what is said within another is an error of its own."""
    parts = {"": "A9", "said": "asks for nothing", "word": "text", "number": "1,000"}
    parts["instant"] = "2016-04-19 10:30 UTC"
    whole, _ = templates("nl")
    dutch = parts | {"said": whole["asks for nothing"], "number": "1.000"}
    for english, translation in written().items():
        kinds = {name: kind or "" for _, name, kind, _ in Formatter().parse(translation) if name}
        made = english.format(**{name: parts[kind] for name, kind in kinds.items()})
        said = {
            name: DUTCH.say("text") if kind == "word" else dutch[kind]
            for name, kind in kinds.items()
        }
        expected = "".join(
            before + (said[name] if name else "")
            for before, name, _, _ in Formatter().parse(translation)
        )
        assert sentence(DUTCH, made) == expected, english


@pytest.mark.parametrize(
    ("english", "dutch"),
    [
        (
            'hour:25 Europe/Amsterdam is no hour; write 22 or "22 Europe/Amsterdam", at character 1'
            " of the query",
            'hour:25 Europe/Amsterdam is geen uur; schrijf 22 of "22 Europe/Amsterdam", bij teken 1'
            " van de zoekvraag",
        ),
        (
            "the investigation is not open: it was withdrawn on 2016-05-03 09:30 UTC by RC-2: it"
            " stopped on appeal by the court: no offence; what it holds is closed in an archive",
            "het onderzoek is niet open: het onderzoek is ingetrokken op 2016-05-03 09:30 UTC, door"
            " RC-2: it stopped on appeal by the court: no offence; wat het bevat, zit in een"
            " gesloten archief",
        ),
        (
            "'anna' (examiner, no role here) has no right to this act: search",
            "'anna' (onderzoeker (digitaal), hier geen rol) heeft geen recht op deze"
            " handeling: search",
        ),
        (
            "this is no OpenPGP certificate. `zegel COMMAND --help` says what fits.",
            "dit is geen OpenPGP-certificaat. Kies op de pagina iets wat er staat; voor opdrachten"
            " zegt `zegel COMMAND --help` wat past.",
        ),
        ("the list has no page 12,000", "de lijst heeft geen pagina 12.000"),
    ],
)
def test_what_stands_in_a_sentence_is_said_too(english: str, dutch: str) -> None:
    assert sentence(DUTCH, english) == dutch


def test_what_is_not_known_stays_english_and_says_so() -> None:
    for text in ("", "something else", "exhibit E1 cannot be opened here: for a new reason"):
        assert sentence(DUTCH, text) is None
    assert sentence(Reader("en"), "something else") == "something else"
    assert told(DUTCH, "something <else>") == (
        '<bdi class="hostile" lang="en">something &lt;else&gt;</bdi>'
    )
    assert told(Reader("en"), "something else") == hostile("something else")


def test_a_part_can_do_nothing_in_dutch_either() -> None:
    for part in ("<script>", "\u202egpj", "{name} {0.__class__}", "%(num)s %s", "\x00"):
        english = f"nobody is enrolled as {part!r}"
        assert told(DUTCH, english) == hostile(f"niemand is ingeschreven als {part!r}")


PARTS = st.lists(st.sampled_from([*"ab :.,;^\n", "; ", " by ", "asks for nothing"])).map("".join)


@given(PARTS, PARTS)
def test_parts_are_put_in_as_they_are(name: str, blocked: str) -> None:
    said = sentence(DUTCH, f"{name!r} is blocked: {blocked}")

    assert said == f"{name!r} is geblokkeerd: {blocked}"


@given(st.sampled_from(sorted(written())), st.integers(1, LONGEST))
def test_no_sentence_takes_long_whatever_stands_in_it(english: str, times: int) -> None:
    """Counted in ways looked at, not in seconds: that bound is `MOST_WAYS`, this it ends at all."""
    sentence(DUTCH, (english * times)[: LONGEST + 1])


def test_sentences_within_sentences_end() -> None:
    deep = "it is open until then" + "; what it held is destroyed" * 300

    assert sentence(DUTCH, deep) is None
    assert sentence(DUTCH, "asks for nothing; " * 500) is None
    assert sentence(DUTCH, "nobody is enrolled as " + "x" * LONGEST) is None
