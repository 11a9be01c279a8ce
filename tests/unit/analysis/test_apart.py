"""Gaps between clocks: held against subtraction message by message; quantiles against sorting."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from zegel.analysis.apart import CLOCKS, gaps, over_time, spreads
from zegel.analysis.timeline import timeline
from zegel.analysis.zones import SECOND

DAY = 86_400 * SECOND
SCHEMA = pa.schema(
    [
        ("number", pa.int32()),
        ("site", pa.string()),
        ("account", pa.string()),
        ("trusted", pa.string()),
        ("clock_ns", pa.int64()),
        *((f"{clock}_ns", pa.int64()) for clock in CLOCKS),
    ]
)
INSTANTS = st.none() | st.integers(1, 400).map(lambda hours: hours * 3600 * SECOND)


@st.composite
def places(draw: st.DrawFn) -> dict[str, Any]:
    clocks = {clock: draw(INSTANTS) for clock in CLOCKS}
    trusted = next((clock for clock in CLOCKS if clocks[clock] is not None), "none")
    return {
        "number": draw(st.integers(1, 4)),
        "site": draw(st.sampled_from(["E1", "E2", "E3"])),
        "account": draw(st.sampled_from(["a", "b"])),
        "trusted": trusted,
        "clock_ns": clocks.get(trusted),
        **{f"{clock}_ns": at for clock, at in clocks.items()},
    }


def found(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [dict(row) for row in gaps(pa.Table.from_pylist(rows, SCHEMA)).to_pylist()]


@given(st.lists(places(), max_size=12))
@settings(max_examples=60)
def test_a_gap_is_how_much_later_than_the_trusted_clock_another_is(
    rows: list[dict[str, Any]],
) -> None:
    expected = sorted(
        (row["number"], row["site"], clock, row[f"{clock}_ns"] - row["clock_ns"])
        for row in rows
        for clock in CLOCKS
        if clock != row["trusted"] and row[f"{clock}_ns"] is not None
    )
    one_site = [gap for gap in found(rows) if not gap["clock"].startswith("received at")]

    assert sorted((g["number"], g["site"], g["clock"], g["gap_ns"]) for g in one_site) == expected


@given(st.lists(places(), max_size=12))
@settings(max_examples=60)
def test_two_sites_are_held_against_each_other_by_when_each_received_a_message_first(
    rows: list[dict[str, Any]],
) -> None:
    first: dict[tuple[int, str], int] = {}
    for row in rows:
        if row["received_ns"] is not None:
            key = (row["number"], row["site"])
            first[key] = min(first.get(key, row["received_ns"]), row["received_ns"])
    expected = sorted(
        (number, other, f"received at {one}", first[number, other] - first[number, one])
        for number in range(1, 5)
        for one, other in (("E1", "E2"), ("E1", "E3"), ("E2", "E3"))
        if (number, one) in first and (number, other) in first
    )
    between = [gap for gap in found(rows) if gap["clock"].startswith("received at")]

    assert sorted((g["number"], g["site"], g["clock"], g["gap_ns"]) for g in between) == expected


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(-9, 9)), max_size=60))
@settings(max_examples=60)
def test_a_spread_is_what_sorting_says(pairs: list[tuple[str, int]]) -> None:
    by_site: dict[str, list[int]] = defaultdict(list)
    for site, gap in pairs:
        by_site[site].append(gap)
    table = pa.table(
        {
            "site": pa.array([site for site, _ in pairs], pa.string()),
            "gap_ns": pa.array([gap * SECOND for _, gap in pairs], pa.int64()),
        }
    )
    said = {one.of[0]: one for one in spreads(table, ("site",))}

    assert set(said) == set(by_site)
    for site, values in by_site.items():
        ranked, one = sorted(values), said[site]
        last = len(ranked) - 1
        assert one.count == len(ranked)
        assert (one.least, one.most) == (ranked[0], ranked[-1])
        assert [one.low, one.middle, one.high] == [ranked[last * n // 20] for n in (1, 10, 19)]


def test_over_time_every_gap_is_in_the_step_it_was_received_in() -> None:
    rows = [
        {"number": n, "site": "E1", "account": "a", "trusted": "received",
         "clock_ns": day * DAY + 1, "received_ns": day * DAY + 1, "stored_ns": None,
         "inner_ns": None, "date_ns": day * DAY + 1 - 5 * SECOND}
        for n, day in enumerate((1, 1, 3), 1)
    ]  # fmt: skip
    table = gaps(pa.Table.from_pylist(rows, SCHEMA))
    steps = timeline([DAY + 1, 3 * DAY + 1], "day")
    said = over_time(table, steps)

    assert [(one.of, one.count, one.middle) for one in said] == [
        (("E1", "date", DAY), 2, -5), (("E1", "date", 3 * DAY), 1, -5),
    ]  # fmt: skip
    assert over_time(table.slice(0, 0), steps) == []
