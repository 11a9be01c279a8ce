"""How many messages there were per day, week or month of the trusted clock, in UTC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

STEPS = ("day", "week", "month")
UNDATED = "(no date)"


def timeline(rows: Iterable[Mapping[str, Any]], step: str = "day") -> list[tuple[str, int]]:
    """Return each step from the first message to the last, empty ones included, with its count.

    A week begins on Monday and is named by it. Messages without a date come last.
    """
    counts: Counter[str] = Counter()
    days: list[date] = []
    for row in rows:
        if row["clock_ns"] is None:
            counts[UNDATED] += 1
            continue
        day = datetime.fromtimestamp(row["clock_ns"] // 10**9, UTC).date()
        days.append(day)
        counts[_named(day, step)] += 1
    names: dict[str, None] = {}
    if days:
        day = min(days)
        while day <= max(days):
            names.setdefault(_named(day, step))
            day += timedelta(days=1)
    undated = [(UNDATED, counts[UNDATED])] if counts[UNDATED] else []
    return [*((name, counts[name]) for name in names), *undated]


def _named(day: date, step: str) -> str:
    if step == "month":
        return day.strftime("%Y-%m")
    if step == "week":
        day -= timedelta(days=day.weekday())
    return day.isoformat()
