"""A snippet is a bounded piece of the text itself, and its marks stand where the hits stand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zegel.service.snippets import snippet
from zegel.text import parse, spans

LONGEST = 160


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[tuple[int, int]]]:
    text = draw(st.text("ab \n€👍", max_size=600))
    edges = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)))
    return text, [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False) if a < b]


@given(marked())
def test_the_piece_is_of_the_text_and_its_marks_are_those_of_the_text(
    given_: tuple[str, list[tuple[int, int]]],
) -> None:
    text, marks = given_
    piece = snippet(text, marks)
    cut_front, cut_back = piece["cut"]
    places = [at for at in range(len(text) + 1) if text.startswith(piece["text"], at)]
    shown = [piece["text"][a:b] for a, b in piece["marks"]]

    assert len(piece["text"]) <= LONGEST
    assert piece["text"] in text
    assert (cut_front, cut_back) != (False, False) or piece["text"] == text
    assert all(0 <= a < b <= len(piece["text"]) for a, b in piece["marks"])
    if marks:
        start = next(at for at in places if at <= marks[0][0] and (at > 0) == cut_front)
        assert piece["marks"][0][0] in {marks[0][0] - at for at in places}
        assert start <= marks[0][0]
        whole = text[marks[0][0] : marks[0][1]]
        assert shown[0] == whole[: len(shown[0])]


def test_the_first_mark_is_in_sight_with_some_words_before_it() -> None:
    text = "woord " * 100 + "de boot vaart " + "woord " * 100
    piece = snippet(text, spans(parse("boot"), text))
    start, end = piece["marks"][0]

    assert piece["text"][start:end] == "boot"
    assert 20 <= start <= 40
    assert piece["text"].startswith("woord")
    assert piece["cut"] == [True, True]


def test_without_a_mark_it_is_the_beginning() -> None:
    assert snippet("kort", []) == {"text": "kort", "marks": [], "cut": [False, False]}
    assert snippet("", []) == {"text": "", "marks": [], "cut": [False, False]}
