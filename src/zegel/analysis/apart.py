"""How far the clocks of one message stand apart: by site, by account, over time.

Each stored place has the clocks that the server, the store and the sender wrote; one of them is
trusted (`zegel.processing.clocks`). A gap is how much later than the trusted clock another one is.
Where a message lies at two sites, the gap between them is how much later the second one received
it: its way, and what their clocks differ by.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import pyarrow as pa
import pyarrow.compute as pc

from zegel.analysis.timeline import Step
from zegel.analysis.zones import SECOND

CLOCKS = ("received", "stored", "inner", "date")
"""In order of trust."""
MOST_SITES = 6
"""Sites of which every two are held against each other."""
COLUMNS = ("number", "site", "account", "trusted", "clock_ns", "received_ns", "stored_ns",
           "inner_ns", "date_ns")  # fmt: skip
"""What a table of places must have; `trusted` names the clock that `clock_ns` is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Gaps of one kind: how many, and between which seconds they lie."""

    of: tuple[str | int, ...]
    """What they have in common: site and clock, account and clock, or those and a step of time."""
    count: int
    least: int
    low: int
    """A twentieth is less than this."""
    middle: int
    high: int
    """A twentieth is more than this."""
    most: int


def gaps(places: pa.Table) -> pa.Table:
    """Return `number`, `site`, `account`, `at_ns`, `clock`, `gap_ns`: one row for each gap.

    The trusted clock's own, which is none, is left out.
    """
    return pa.concat_tables([*_from_trusted(places), *_between_sites(places)])


def _from_trusted(places: pa.Table) -> Iterator[pa.Table]:
    for clock in CLOCKS:
        gap = pc.subtract(places[f"{clock}_ns"], places["clock_ns"])
        trusted = pc.equal(places["trusted"], clock)
        rows = places.filter(pc.and_(pc.is_valid(gap), pc.invert(trusted)))
        yield _rows(rows, clock, pc.subtract(rows[f"{clock}_ns"], rows["clock_ns"]))


def _rows(rows: pa.Table, clock: str, gap: pa.ChunkedArray) -> pa.Table:
    return pa.table(
        {
            "number": rows["number"],
            "site": rows["site"],
            "account": rows["account"],
            "at_ns": rows["clock_ns"],
            "clock": pa.repeat(clock, len(rows)),
            "gap_ns": gap,
        }
    )


def _between_sites(places: pa.Table) -> Iterator[pa.Table]:
    """Yield by how much later the second of two sites received what both have."""
    received = places.filter(pc.is_valid(places["received_ns"]))
    first = received.group_by(["number", "site"], use_threads=False).aggregate(
        [("received_ns", "min")]
    )
    sites = sorted(one for one in pc.unique(first["site"]).to_pylist() if one is not None)
    for one, other in combinations(sites[:MOST_SITES], 2):
        at_one, at_other = (first.filter(pc.equal(first["site"], site)) for site in (one, other))
        both = at_one.join(at_other, "number", join_type="inner", right_suffix="_other",
                           use_threads=False)  # fmt: skip
        rows = pa.table(
            {
                "number": both["number"],
                "site": both["site_other"],
                "account": pa.nulls(len(both), pa.string()),
                "clock_ns": both["received_ns_min"],
            }
        )
        gap = pc.subtract(both["received_ns_min_other"], both["received_ns_min"])
        yield _rows(rows, f"received at {one}", gap)


def spreads(table: pa.Table, by: Sequence[str]) -> list[Spread]:
    """Return the spread of the gaps that have the columns `by` in common, in their order; exact."""
    if not len(table):
        return []
    key, values = _numbered(table, by)
    ranked = pa.table({"key": key, "gap": pc.divide(table["gap_ns"], SECOND)})
    ranked = ranked.sort_by([("key", "ascending"), ("gap", "ascending")])
    counts = ranked.group_by("key", use_threads=False).aggregate([("gap", "count")])
    gap, start, found = ranked["gap"].combine_chunks(), 0, []
    for row in counts.to_pylist():
        last = row["gap_count"] - 1
        least, low, middle, high, most = (
            gap[start + last * share // 20].as_py() for share in (0, 1, 10, 19, 20)
        )
        found.append(
            Spread(
                of=_of(row["key"], values),
                count=last + 1,
                least=least,
                low=low,
                middle=middle,
                high=high,
                most=most,
            )
        )
        start += last + 1
    return found


_Values = Sequence[Sequence[str | int]]


def _numbered(table: pa.Table, by: Sequence[str]) -> tuple[pa.ChunkedArray, _Values]:
    """Return one number for the values of several columns, which sorts as they do, and the values.

    To sort half a million numbers takes a fifth of what sorting words takes.
    """
    key, values = pa.scalar(0, pa.int64()), []
    for name in by:
        known = pc.unique(table[name])
        known = known.take(pc.array_sort_indices(known))
        code = pc.cast(pc.index_in(table[name], value_set=known), pa.int64())
        key = pc.add(pc.multiply(key, len(known)), code)
        values.append(known.to_pylist())
    return key, values


def _of(key: int, values: _Values) -> tuple[str | int, ...]:
    parts = []
    for column in reversed(values):
        key, code = divmod(key, len(column))
        parts.append(column[code])
    return tuple(reversed(parts))


def over_time(table: pa.Table, steps: Sequence[Step]) -> list[Spread]:
    """Return the spread for each site, clock and step, which is named by its beginning.

    `steps` cover every `at_ns` of the table.
    """
    start = pa.scalar(0, pa.int64())
    for step in steps:
        start = pc.if_else(pc.greater_equal(table["at_ns"], step.start_ns), step.start_ns, start)
    if not len(table) or not steps:
        return []
    return spreads(table.append_column("start_ns", start), ("site", "clock", "start_ns"))
