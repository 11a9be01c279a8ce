"""Threads, contacts, timeline and their pictures: held against plain counting."""

from __future__ import annotations

import datetime as dt
import xml.etree.ElementTree as ET
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.analysis.contacts import Contact, contacts
from zegel.analysis.pictures import MOST_DRAWN, contacts_picture, timeline_picture
from zegel.analysis.threads import threads
from zegel.analysis.timeline import STEPS, UNDATED, timeline

SECOND = 10**9
DAY = 86_400 * SECOND


def row(sender: list[str], recipients: list[str], at: int | None = 0) -> dict[str, Any]:
    return {"sender": sender, "recipients": recipients, "clock_ns": at}


@given(
    st.lists(
        st.builds(
            row,
            st.lists(st.sampled_from("ab"), max_size=1),
            st.lists(st.sampled_from("bcd"), max_size=2, unique=True),
            st.none() | st.integers(0, 9),
        )
    )
)
def test_contacts_count_each_pair_with_its_first_and_last_time(rows: list[dict[str, Any]]) -> None:
    pairs = [
        (sender, to, one["clock_ns"])
        for one in rows
        for sender in one["sender"] or ["(unknown)"]
        for to in one["recipients"] or ["(unknown)"]
    ]
    counts = Counter((sender, to) for sender, to, _ in pairs)
    found = contacts(rows)

    assert {(c.sender, c.recipient): c.messages for c in found} == counts
    assert [c.messages for c in found] == sorted(counts.values(), reverse=True)
    for contact in found:
        times = [
            at
            for sender, to, at in pairs
            if (sender, to) == (contact.sender, contact.recipient) and at is not None
        ]
        assert contact.first_ns == min(times, default=None)
        assert contact.last_ns == max(times, default=None)


@given(st.lists(st.none() | st.integers(0, 400), max_size=30), st.sampled_from(STEPS))
def test_a_timeline_counts_every_message_once_and_leaves_no_gap(
    days: list[int | None], step: str
) -> None:
    rows = [row([], [], None if day is None else day * DAY + 5) for day in days]
    counted = timeline(rows, step)
    dated = [name for name, _ in counted if name != UNDATED]
    parsed = [dt.date.fromisoformat(name if len(name) > 7 else f"{name}-01") for name in dated]
    gaps = {(later - earlier).days for earlier, later in pairwise(parsed)}

    assert sum(count for _, count in counted) == len(days)
    assert gaps <= {"day": {1}, "week": {7}, "month": {28, 29, 30, 31}}[step]
    assert dict(counted).get(UNDATED, 0) == days.count(None)
    assert all(day.weekday() == 0 for day in parsed) or step != "week"
    if dated:
        assert dict(counted)[dated[0]] > 0
        assert dict(counted)[dated[-1]] > 0


def test_a_day_is_a_day_in_utc() -> None:
    assert timeline([row([], [], DAY - 1), row([], [], DAY)]) == [
        ("1970-01-01", 1), ("1970-01-02", 1),
    ]  # fmt: skip


@given(st.lists(st.frozensets(st.integers(0, 15), max_size=3), max_size=12))
def test_a_thread_is_what_hangs_together_by_names(named: list[frozenset[int]]) -> None:
    """Held against repeated joining of sets, until nothing changes."""
    groups = [({number}, set(names)) for number, names in enumerate(named)]
    joined = True
    while joined:
        joined = False
        for one in groups:
            other = next((g for g in groups if g is not one and g[1] & one[1]), None)
            if other is not None:
                groups.remove(other)
                one[0].update(other[0])
                one[1].update(other[1])
                joined = True
                break
    expected = {number: min(numbers) for numbers, _ in groups for number in numbers}

    assert threads(enumerate(named)) == expected


def elements(picture: str, tag: str) -> list[ET.Element]:
    root = ET.fromstring(picture)  # noqa: S314  # our own picture
    return [element for element in root.iter() if element.tag.endswith(tag)]


def inside(picture: str) -> bool:
    """Say whether every bar, line, circle and label begins inside the picture."""
    root = ET.fromstring(picture)  # noqa: S314  # our own picture
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    limits = {"x": width, "x1": width, "x2": width, "cx": width,
              "y": height, "y1": height, "y2": height, "cy": height}  # fmt: skip
    return all(
        0 <= float(element.attrib[name]) <= most
        for element in root.iter()
        for name, most in limits.items()
        if name in element.attrib
    )


@pytest.mark.parametrize("count", [0, 1, 2, 7, 100, 1000])
def test_a_timeline_picture_has_a_bar_for_every_step(count: int) -> None:
    steps = [(f"2016-01-{n}", n % 5) for n in range(count)]
    picture = timeline_picture(steps, "title", note="TRAINING")

    assert len(elements(picture, "rect")) == count + 1
    assert inside(picture)
    assert ("No messages." in picture) == (count == 0)
    assert "TRAINING" in picture
    assert picture == timeline_picture(steps, "title", note="TRAINING")


@pytest.mark.parametrize("count", [0, 1, 2, 39, 40, 90])
def test_a_picture_of_contacts_draws_the_busiest_and_says_how_many_it_does_not(count: int) -> None:
    found = [
        Contact(sender="hub", recipient=f"a{n}", messages=n + 1, first_ns=None, last_ns=None)
        for n in range(count)
    ]
    picture = contacts_picture(found, "title")
    accounts = count + 1 if count else 0

    assert len(elements(picture, "circle")) == min(MOST_DRAWN, accounts)
    assert inside(picture)
    assert ("not drawn" in picture) == (accounts > MOST_DRAWN)
    if accounts > MOST_DRAWN:
        assert f"{accounts - MOST_DRAWN} accounts with fewer messages not drawn" in picture


def test_names_of_the_evidence_are_text_in_a_picture_and_nothing_else() -> None:
    name = "</text><script>alert(1)</script>'\"&\x00\x1b"
    found = [Contact(sender=name, recipient="b", messages=1, first_ns=None, last_ns=None)]
    for picture in (contacts_picture(found, name), timeline_picture([(name, 1)], name)):
        assert elements(picture, "script") == []
        assert any("<script>" in (text.text or "") for text in elements(picture, "text"))
