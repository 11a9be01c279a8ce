"""The language of chat lines: right or undetermined, never wrong, on these."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.text.language import LANGUAGES, UNDETERMINED, identify


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ey mattie waar ben je nou, stuur effe locatie", "nl"),
        ("yo bro u good, got the stuff ready fam", "en"),
        ("alter wo bist du, ich bin gleich da", "de"),
        ("jsuis en route, on se capte demain frère", "fr"),
        ("qué pasa tío, nos vemos mañana hermano", "es"),
        ("привет, деньги будут завтра утром", "ru"),
        ("ok", UNDETERMINED),
        ("", UNDETERMINED),
        ("1500 06-12345678 👍👍👍", UNDETERMINED),
        ("aGVsbG8gd29ybGQgdGhpcyBpcyBiYXNlNjQ=", UNDETERMINED),
    ],
)
def test_a_line_is_in(text: str, language: str) -> None:
    assert identify(text) == language


@given(st.text(alphabet=st.characters(), min_size=12))
def test_any_text_has_a_known_language_or_none(text: str) -> None:
    assert identify(text) in (*LANGUAGES, UNDETERMINED)


def test_only_the_beginning_of_a_long_text_is_looked_at() -> None:
    assert identify("dit is gewoon Nederlands. " * 100 + "this is English. " * 9000) == "nl"
