"""Threads, contacts and timeline: held against plain counting."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.analysis.contacts import contacts
from zegel.analysis.threads import threads
from zegel.analysis.timeline import DRAWN_STEPS, STEPS, finer, fitting, timeline
from zegel.analysis.traffic import Traffic, traffic

SECOND = 10**9
DAY = 86_400 * SECOND


SCHEMA = pa.schema(
    [
        ("number", pa.int32()),
        ("clock_ns", pa.int64()),
        ("sender", pa.list_(pa.string())),
        ("recipients", pa.list_(pa.string())),
    ]
)


def row(sender: list[str], recipients: list[str], at: int | None = 0) -> dict[str, Any]:
    return {"sender": sender, "recipients": recipients, "clock_ns": at}


def traffic_of(rows: list[dict[str, Any]]) -> Traffic:
    numbered = [{**one, "number": number} for number, one in enumerate(rows, 1)]
    return traffic(pa.Table.from_pylist(numbered, SCHEMA))


ROWS = st.lists(
    st.builds(
        row,
        st.lists(st.sampled_from("abA"), max_size=2),
        st.lists(st.sampled_from("bcdB"), max_size=3),
        st.none() | st.integers(0, 9),
    )
)


@given(ROWS)
def test_contacts_count_each_pair_with_its_first_and_last_time(rows: list[dict[str, Any]]) -> None:
    pairs = [
        (sender, to, one["clock_ns"])
        for one in rows
        for sender in {name.lower() for name in one["sender"]} or {"(unknown)"}
        for to in {name.lower() for name in one["recipients"]} or {"(unknown)"}
    ]
    counts = Counter((sender, to) for sender, to, _ in pairs)
    found = contacts(traffic_of(rows))

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


@given(
    ROWS, st.sets(st.integers(1, 9)), st.none() | st.integers(0, 9), st.none() | st.integers(0, 9)
)
def test_a_part_of_the_traffic_is_what_those_messages_are_alone(
    rows: list[dict[str, Any]], numbers: set[int], start: int | None, end: int | None
) -> None:
    def inside(number: int, at: int | None) -> bool:
        if number not in numbers:
            return False
        if start is None and end is None:
            return True
        return at is not None and (start or 0) <= at < (100 if end is None else end)

    kept = [one for number, one in enumerate(rows, 1) if inside(number, one["clock_ns"])]
    part = traffic_of(rows).of(numbers).between(start, end)

    assert len(part) == len(kept)
    assert contacts(part) == contacts(traffic_of(kept))


@given(st.lists(st.integers(0, 400), max_size=30), st.sampled_from(["day", "week", "month"]))
def test_a_timeline_counts_every_message_once_and_leaves_no_gap(days: list[int], by: str) -> None:
    counted = timeline(sorted(day * DAY + 5 for day in days), by)
    names = [step.name for step in counted]
    parsed = [dt.date.fromisoformat(name if len(name) > 7 else f"{name}-01") for name in names]
    gaps = {(later - earlier).days for earlier, later in pairwise(parsed)}

    assert sum(step.messages for step in counted) == len(days)
    assert gaps <= {"day": {1}, "week": {7}, "month": {28, 29, 30, 31}}[by]
    assert all(day.weekday() == 0 for day in parsed) or by != "week"
    if counted:
        assert counted[0].messages > 0
        assert counted[-1].messages > 0


ZONES = ("UTC", "Europe/Amsterdam", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo",
         "Pacific/Apia")  # fmt: skip


@given(
    st.lists(st.integers(1_000_000_000, 1_500_000_000), min_size=1, max_size=20),
    st.sampled_from(STEPS[:4]),
    st.sampled_from(ZONES),
)
def test_steps_follow_each_other_and_hold_what_the_calendar_of_the_zone_says(
    seconds: list[int], by: str, name: str
) -> None:
    """Held against the calendar that the standard library tells for every message."""
    zone = ZoneInfo(name)
    counted = timeline(sorted(at * SECOND for at in seconds), by, zone)

    def of(second: int) -> str:
        moment = dt.datetime.fromtimestamp(second, zone)
        if by == "week":
            return (moment.date() - dt.timedelta(days=moment.weekday())).isoformat()
        return moment.strftime({"year": "%Y", "month": "%Y-%m", "day": "%Y-%m-%d"}[by])

    assert all(one.end_ns == other.start_ns for one, other in pairwise(counted))
    expected = Counter(of(at) for at in seconds)
    if by != "week" or name != "Pacific/Apia":  # there a Friday was left out: that week is named so
        assert {step.name: step.messages for step in counted if step.messages} == expected
    assert sum(step.messages for step in counted) == len(seconds)


def test_the_hour_that_comes_twice_in_autumn_is_two_steps() -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    change = int(dt.datetime(2016, 10, 30, 1, tzinfo=dt.UTC).timestamp()) * SECOND
    counted = timeline([change - 1, change], "hour", zone)

    assert [(step.name, step.messages) for step in counted] == [
        ("2016-10-30 02:00", 1), ("2016-10-30 02:00", 1),
    ]  # fmt: skip


def test_a_period_bounds_the_first_and_the_last_step() -> None:
    start, end = DAY + 7 * SECOND, 3 * DAY + 9 * SECOND
    counted = timeline([start, end - 1], "day", start_ns=start, end_ns=end)

    assert [(step.start_ns, step.end_ns) for step in counted] == [
        (start, 2 * DAY), (2 * DAY, 3 * DAY), (3 * DAY, end),
    ]  # fmt: skip
    assert [step.messages for step in counted] == [1, 0, 1]


@pytest.mark.parametrize("by", STEPS)
def test_a_step_that_fits_draws_few_enough(by: str) -> None:
    length = {"year": 366, "month": 31, "week": 7, "day": 1, "hour": 1 / 24, "minute": 1 / 1440}[by]
    chosen = fitting(0, int(length * DAY * 200))

    assert STEPS.index(chosen) <= STEPS.index(by)
    assert len(timeline([0, int(length * DAY * 200)], chosen)) <= DRAWN_STEPS + 2
    assert STEPS.index(finer(by)) > STEPS.index(by) or by == "minute"


def test_a_mail_dated_wrongly_by_a_century_does_not_make_millions_of_steps() -> None:
    with pytest.raises(ValueError, match="more than 100,000 steps"):
        timeline([0, 100 * 365 * DAY], "minute")


def test_a_day_is_a_day_in_utc() -> None:
    counted = timeline([DAY - 1, DAY], "day")

    assert [(step.name, step.messages) for step in counted] == [
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
