"""At which hours of which days of the week accounts wrote, by the clocks of one time zone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, tzinfo

import pyarrow as pa
import pyarrow.compute as pc

from zegel.analysis.traffic import Traffic
from zegel.analysis.zones import SECOND, offsets

WEEK = 7 * 24
"""Hours of a week; the first is that after midnight on Monday."""
_THURSDAY = 3 * 24
"""1970 began on one."""
_HOUR = 3_600 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """How many messages an account sent in each hour of the week."""

    account: int | None
    """None for messages of all accounts, each once."""
    hours: tuple[int, ...]
    """`WEEK` counts."""

    @property
    def messages(self) -> int:
        """All of them."""
        return sum(self.hours)

    def by_hour(self) -> list[int]:
        """Return 24 counts over all days."""
        return [sum(self.hours[hour::24]) for hour in range(24)]

    def by_day(self) -> list[int]:
        """Return seven counts, Monday first."""
        return [sum(self.hours[day * 24 : day * 24 + 24]) for day in range(7)]


def weeks(found: Traffic, zone: tzinfo = UTC) -> list[Week]:
    """Return the week of all messages, then that of each account that sent any, busiest first.

    Messages without a clock are left out.
    """
    all_hours = [0] * WEEK
    for hour in pc.value_counts(hour_of_week(found.messages, zone).drop_null()).to_pylist():
        all_hours[hour["values"]] = hour["counts"]
    counts: dict[int, list[int]] = defaultdict(lambda: [0] * WEEK)
    table = pa.table({"sender": found.sent["sender"], "hour": hour_of_week(found.sent, zone)})
    grouped = table.drop_null().group_by(["sender", "hour"], use_threads=False)
    for row in grouped.aggregate([([], "count_all")]).to_pylist():
        counts[row["sender"]][row["hour"]] = row["count_all"]
    each = [Week(account=account, hours=tuple(hours)) for account, hours in counts.items()]
    each.sort(key=lambda week: (-week.messages, week.account or 0))
    return [Week(account=None, hours=tuple(all_hours)), *each]


def hour_of_week(table: pa.Table, zone: tzinfo) -> pa.ChunkedArray:
    """Return for each `clock_ns` which hour of the week it was there; null where there is none."""
    clock = table["clock_ns"]
    bounds = pc.min_max(clock).as_py()
    if bounds["min"] is None:
        return pa.chunked_array([pa.nulls(len(table), pa.int64())])
    shift = pa.scalar(0, pa.int64())
    for since in offsets(zone, bounds["min"], bounds["max"]):
        shift = pc.if_else(pc.greater_equal(clock, since.start_ns), since.offset_ns, shift)
    hours = pc.divide(pc.add(clock, shift), _HOUR)  # instants before 1970 are read from no mail
    hours = pc.add(hours, _THURSDAY)
    weeks_before = pc.multiply(pc.divide(hours, WEEK), WEEK)
    return pc.subtract(hours, weeks_before)
