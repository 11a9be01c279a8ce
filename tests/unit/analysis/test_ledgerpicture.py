"""The picture of the ledger: every state seen, to scale, escaped, told apart without colour."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from zegel.analysis.pictures.ledger import Share, Words, ledger_bars, ledger_columns

WORDS = Words(title="Messages & more", states={"no key": "geen sleutel"}, number=lambda n: f"{n:,}")
SVG = "{http://www.w3.org/2000/svg}"
SHARES = (
    Share(name="E1", states={"readable": 990, "no key": 9}, unread=1, href="/x?a=1&b=2"),
    Share(name="<script>alert('E2')</script>", states={"damaged": 500}, hrefs={"damaged": "/d"}),
)


def parsed(drawn: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawn)  # noqa: S314 - a picture of our own


def titles(drawn: str) -> list[str]:
    root = parsed(drawn)
    return [title.text or "" for title in root.iter(f"{SVG}title")]


@pytest.mark.parametrize("draw", [ledger_bars, ledger_columns])
def test_each_state_of_each_row_has_a_part_that_says_its_number(draw: object) -> None:
    drawn = draw(SHARES, WORDS)  # type: ignore[operator]
    said = titles(drawn)

    for one in ("E1, readable: 990", "E1, geen sleutel: 9", "E1, unread: 1"):
        assert one in said
    assert "<script>alert('E2')</script>, damaged: 500" in said
    assert "<script" not in drawn
    assert said[0] == "Messages & more"


def test_widths_are_to_one_scale_and_nothing_is_too_thin_to_see() -> None:
    root = parsed(ledger_bars(SHARES, WORDS))
    wide = {
        title.text: float(rect.get("width", "0"))
        for rect in root.iter(f"{SVG}rect")
        for title in rect.iter(f"{SVG}title")
    }

    assert wide["<script>alert('E2')</script>, damaged: 500"] * 2 == pytest.approx(
        wide["E1, readable: 990"] * 1000 / 990, rel=0.01
    )
    assert min(wide.values()) >= 2.0


def test_states_differ_by_pattern_and_links_are_not_in_the_way_of_the_keyboard() -> None:
    drawn = ledger_bars(SHARES, WORDS)

    assert len(set(re.findall(r"url\(#ledger-[a-z]+\)", drawn))) == 3
    assert "href='/x?a=1&amp;b=2' tabindex='-1'" in drawn
    assert "aria-hidden='true'" in drawn
    assert not re.search(r"style=|\bon[a-z]+=", drawn)


@pytest.mark.parametrize("draw", [ledger_bars, ledger_columns])
def test_a_picture_of_nothing_and_of_much_is_whole(draw: object) -> None:
    many = [Share(name=f"2016-01-{n:02d}", states={"readable": n}) for n in range(400)]
    for shares in ([], many):
        parsed(draw(shares, WORDS))  # type: ignore[operator]


def test_the_same_rows_give_the_same_bytes() -> None:
    assert ledger_bars(SHARES, WORDS) == ledger_bars(SHARES, WORDS)
