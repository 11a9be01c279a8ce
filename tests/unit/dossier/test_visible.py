"""Hostile text on paper: nothing hidden, nothing reversed, nothing endless."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.dossier.reading import fonts, visible
from zegel.dossier.reading.visible import Piece

SHOWN = {point for first, last in fonts.shown() for point in range(first, last + 1)}
TURNING = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
UNSEEN = "\u200b\u2060\ufeff\u00ad\u034f\u180e\u2061\u115f\u3164\uffa0\u2800\x00\x07\x1b\x7f\x9b"
SELECTORS = "\u200c\u200d\ufe0e\ufe0f"


def texts(pieces: list[Piece]) -> list[str]:
    """Return what would be set as text."""
    return [p if isinstance(p, str) else p[1] for p in pieces if isinstance(p, str) or len(p) == 2]


def signs(pieces: list[Piece]) -> list[str]:
    return [piece[0] for piece in pieces if isinstance(piece, list) and len(piece) == 1]


def times(sign: str) -> int:
    return int(sign.partition(" \u00d7 ")[2] or 1)


hostile = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from(TURNING + UNSEEN + SELECTORS + "\n\r\t aé👍🏽🇳\u0301\U000e0041"),
    ),
    max_size=200,
)


@given(hostile)
def test_only_characters_that_fonts_show_are_set_and_none_that_hides_or_turns(text: str) -> None:
    kept = "".join(texts(visible.text(text).pieces)) + "".join(texts(visible.name(text)))

    wrong = {
        letter
        for letter in kept.replace("\n", "")
        if letter not in SELECTORS
        and not 0xE0061 <= ord(letter) <= 0xE007F  # the three flags, held by tests of their own
        and (
            ord(letter) not in SHOWN
            or letter in TURNING + UNSEEN
            or unicodedata.category(letter) in ("Cc", "Cs", "Co")
        )
    }
    assert wrong == set()


@given(hostile)
def test_no_character_is_lost_without_a_sign(text: str) -> None:
    shown = visible.text(text)
    counted = sum(map(len, texts(shown.pieces)))
    for sign in signs(shown.pieces):
        counted += int(sign.partition(" \u00d7 ")[2] or 1)

    whole = text.replace("\r\n", "\n").replace("\t", "    ").rstrip("\n")
    assert counted + shown.left_out == len(whole)


@pytest.mark.parametrize("letter", TURNING + UNSEEN)
def test_a_hidden_character_is_printed_as_its_code_point(letter: str) -> None:
    assert visible.text(f"a{letter}b").pieces == ["a", [f"U+{ord(letter):04X}"], "b"]


@pytest.mark.parametrize(
    "written",
    [
        "👨‍👩‍👧", "👍🏽", "🇳🇱", "☠️", "❤️‍🔥", "1️⃣", "می‌خواهم", "क्‍ष", "ไม่มี", "שָׁלוֹם", "你好", "é",
        "a\u00a0b",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    ],
)  # fmt: skip
def test_what_scripts_and_emoji_need_is_kept(written: str) -> None:
    assert visible.text(written).pieces == [written]


@pytest.mark.parametrize(
    ("written", "sign"),
    [
        ("bank\u200dkluis", "U+200D"),
        ("ab\ufe0fc", "U+FE0F"),
        ("x\U000e0101", "U+E0101"),
        ("\U0001f3f4\U000e0061\U000e007f", "U+E0061"),
        ("\ue000", "U+E000"),
        ("\U0010fffd", "U+10FFFD"),
        ("\ud800", "U+D800"),
        ("\u0378", "U+0378"),
    ],
)
def test_joiners_selectors_and_tags_that_do_nothing_but_hide_are_printed(
    written: str, sign: str
) -> None:
    assert sign in signs(visible.text(written).pieces)


def test_a_heap_of_marks_is_cut_to_what_a_letter_can_bear() -> None:
    assert visible.text("e" + "\u0301" * 500).pieces == ["e" + "\u0301" * 4, ["U+0301 \u00d7 496"]]


def test_signs_are_bounded_and_what_is_beyond_is_counted() -> None:
    many = visible.text("a\u200b" * 5000)
    name = visible.name("a\u200b" * 100)

    assert signs(many.pieces)[visible.MOST_SIGNS :] == [f"… +{5000 - visible.MOST_SIGNS}"]
    assert len(signs(name)) == visible.MOST_SIGNS_OF_NAME + 1
    assert signs(name)[-1] == f"… +{200 - 2 * visible.MOST_SIGNS_OF_NAME - 1}"


def test_the_same_hidden_character_again_and_again_is_one_sign() -> None:
    assert visible.text("a" + "\u202e" * 50 + "b").pieces == ["a", ["U+202E \u00d7 50"], "b"]


def test_a_line_of_ten_million_letters_is_cut_and_can_be_broken() -> None:
    shown = visible.text("x" * 10_000_000)

    assert shown.left_out == 10_000_000 - visible.LONGEST_TEXT
    assert max(map(len, texts(shown.pieces))) <= 40


def test_a_flood_of_empty_lines_is_cut() -> None:
    shown = visible.text("a" + "\n" * 10_000 + "b")

    assert sum(text.count("\n") for text in texts(shown.pieces)) < visible.MOST_LINES
    assert shown.left_out > 9000


def test_a_long_word_breaks_neither_inside_an_emoji_nor_before_a_mark() -> None:
    family, letter = "👨‍👩‍👧🇳🇱👍🏽", "e\u0301"
    pieces = texts(visible.text((family + letter) * 60).pieces)

    assert len(pieces) > 10
    for before, after in pairwise(pieces):
        assert before[-1] not in "\u200d\u200c"
        assert after[0] not in "\u0301\u200d\U0001f3fd"
        assert (before[-1], after[0]) != ("🇳", "🇱")


def test_a_name_is_one_line_and_says_what_it_leaves_out() -> None:
    pieces = visible.name("rapport\n\r\x0b.pdf" + "x" * 1000)

    assert signs(pieces)[:3] == ["U+000A", "U+000D", "U+000B"]
    assert signs(pieces)[-1] == "… +714"
    assert all("\n" not in text for text in texts(pieces))
