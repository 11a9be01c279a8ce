"""Hours and weekdays, held against the standard library's calendar for every message."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.analysis.test_analysis import row, traffic_of
from zegel.analysis.hours import WEEK, hour_of_week, weeks
from zegel.analysis.zones import SECOND, offsets

ZONES = ("UTC", "Europe/Amsterdam", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns")


@given(
    st.lists(st.none() | st.integers(100_000_000, 1_700_000_000), max_size=20),
    st.sampled_from(ZONES),
)
@settings(max_examples=60)
def test_an_hour_of_the_week_is_what_the_clocks_of_the_zone_showed(
    seconds: list[int | None], name: str
) -> None:
    zone = ZoneInfo(name)
    table = pa.table(
        {
            "clock_ns": pa.array(
                [None if at is None else at * SECOND + 5 for at in seconds], pa.int64()
            )
        }
    )
    expected = []
    for at in seconds:
        moment = None if at is None else dt.datetime.fromtimestamp(at, zone)
        expected.append(None if moment is None else moment.weekday() * 24 + moment.hour)

    assert hour_of_week(table, zone).to_pylist() == expected


def test_offsets_change_to_the_second() -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    first, last = (int(dt.datetime(year, 1, 1, tzinfo=dt.UTC).timestamp()) for year in (2016, 2017))
    found = offsets(zone, first * SECOND, last * SECOND)
    changes = [dt.datetime.fromtimestamp(one.start_ns // SECOND, dt.UTC) for one in found[1:]]

    assert changes == [
        dt.datetime(2016, 3, 27, 1, tzinfo=dt.UTC), dt.datetime(2016, 10, 30, 1, tzinfo=dt.UTC),
    ]  # fmt: skip
    assert [one.offset_ns // (3600 * SECOND) for one in found] == [1, 2, 1]


def test_a_week_counts_what_each_sent_once_and_all_messages_once() -> None:
    monday = int(dt.datetime(2016, 4, 18, 9, tzinfo=dt.UTC).timestamp()) * SECOND
    rows = [
        row(["a"], ["b", "c"], monday),
        row(["b"], ["a"], monday + 25 * 3600 * SECOND),
        row(["a"], ["b"], None),
        row([], ["b"], monday),
    ]
    found = traffic_of(rows)
    whole, *each = weeks(found)

    assert len(whole.hours) == WEEK
    assert Counter({at: n for at, n in enumerate(whole.hours) if n}) == {9: 2, 24 + 10: 1}
    assert {found.accounts[w.account or 0]: w.messages for w in each} == {"a": 1, "b": 1}
    assert each[0].by_hour()[9] + each[1].by_hour()[10] == 2
    assert [sum(week.by_day()) for week in (whole, *each)] == [3, 1, 1]


@pytest.mark.parametrize("rows", [[], [row(["a"], ["b"], None)]])
def test_without_dates_there_are_no_hours(rows: list[dict[str, object]]) -> None:
    whole, *each = weeks(traffic_of(rows), ZoneInfo("Europe/Amsterdam"))

    assert (whole.messages, each) == (0, [])
