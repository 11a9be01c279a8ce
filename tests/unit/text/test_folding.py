"""Folding and cutting, script by script; the list of marks against Unicode itself."""
# ruff: noqa: RUF001  (letters that look like others are the point)

from __future__ import annotations

import unicodedata

import pytest

from zegel.text.folding import fold, plain_digits
from zegel.text.marks import RANGES
from zegel.text.tokens import tokens


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("STRASSE", "strasse"),
        ("straße", "strasse"),
        ("Ångström", "angstrom"),
        ("İSTANBUL", "istanbul"),
        ("\u0131s\u0131", "isi"),
        ("Œuvre", "oeuvre"),
        ("Ærø", "aero"),
        ("ĐURO", "duro"),
        ("ﬁets", "fiets"),
        ("１５００", "1500"),
        ("١٥٠٠", "1500"),
        ("مُحَمَّد", "محمد"),
        ("محـمد", "محمد"),
        ("أحمد", "احمد"),
        ("ещё", "еще"),
        ("ЙОД", "йод"),
        ("한국", "한국"),
        ("が", "か"),
        ("𝐛𝐨𝐨𝐭", "boot"),
    ],
)
def test_a_word_folds_to(word: str, folded: str) -> None:
    assert fold(word) == folded


def test_digits_of_other_scripts_keep_their_places() -> None:
    assert plain_digits("a ٣ é 𝟜") == "a 3 é 4"


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("woor\u00adden", ["woorden"]),
        ("b\u200boo\u2060t", ["boot"]),
        ("हिन्दी भाषा", ["हिनदी", "भाषा"]),
        ("港口等", ["港", "口", "等"]),
        ("iPhone在", ["iphone", "在"]),
        ("ท่าเรือ", ["ท", "า", "เ", "ร", "อ"]),
        ("a_b", ["a", "b"]),
        ("jan@example.nl", ["jan", "example", "nl"]),
        ("👮🏽‍♀️👮", ["👮", "👮"]),
        ("👨‍👩‍👧 🏳️‍🌈", ["👨‍👩‍👧", "🏳‍🌈"]),
        ("🇳🇱🇧🇪 1️⃣", ["🇳🇱", "🇧🇪", "1⃣"]),
        ("❤️❤", ["❤", "❤"]),
        ("\u200d\u0301", []),
    ],
)
def test_a_text_is_cut_into(text: str, terms: list[str]) -> None:
    assert [token.term for token in tokens(text)] == terms


def test_every_mark_that_unicode_14_knows_is_listed() -> None:
    listed = {code for first, last in RANGES for code in range(first, last + 1)}
    marks = {c for c in range(0x10000) if unicodedata.category(chr(c)) in ("Mn", "Mc", "Me", "Cf")}

    assert listed - marks == set()
    assert unicodedata.unidata_version != "14.0.0" or marks == listed
