"""How many messages there were per year, month, week, day, hour or minute of a zone's calendar.

A step is a stretch of time with a beginning and an end in UTC, so that none is counted twice or
lost where clocks are changed: the hour that comes twice in autumn is two steps.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from zegel.analysis.zones import SECOND, instant, local

STEPS = ("year", "month", "week", "day", "hour", "minute")
UNDATED = "(no date)"
MOST_STEPS = 100_000
"""Steps of one timeline: a mail dated wrongly by a century must not make millions of minutes."""
DRAWN_STEPS = 240
"""Steps that can be told apart in a picture; `fitting` keeps to it where it can."""
_LENGTHS = {"year": 31_536_000, "month": 2_592_000, "week": 604_800, "day": 86_400,
            "hour": 3_600, "minute": 60}  # fmt: skip
_FORMS = {"year": "%Y", "month": "%Y-%m", "hour": "%Y-%m-%d %H:00", "minute": "%Y-%m-%d %H:%M"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stretch of time and the messages in it."""

    name: str
    start_ns: int
    end_ns: int
    """Not included."""
    messages: int


def timeline(
    instants: Sequence[int],
    by: str,
    zone: tzinfo = UTC,
    *,
    start_ns: int | None = None,
    end_ns: int | None = None,
) -> list[Step]:
    """Return each step from the first to the last of `instants` (sorted), empty ones included.

    `start_ns` and `end_ns` (not included) make it begin and end elsewhere, and then `instants` lie
    between them. A week begins on Monday and is named by it. Raises ValueError where there would
    be more than `MOST_STEPS`.
    """
    if not instants and (start_ns is None or end_ns is None):
        return []
    first = instants[0] if start_ns is None else start_ns
    last = instants[-1] if end_ns is None else max(first, end_ns - 1)
    if (last - first) // SECOND // _LENGTHS[by] > MOST_STEPS:
        raise ValueError(f"more than {MOST_STEPS:,} steps")
    found: list[Step] = []
    begins = _begins(first, last, by, zone)
    here = next(begins)
    before = bisect_left(instants, here)
    for after in begins:
        until = bisect_left(instants, after)
        low = here if start_ns is None else max(here, start_ns)
        high = after if end_ns is None else min(after, end_ns)
        name = _name(here, by, zone)
        found.append(Step(name=name, start_ns=low, end_ns=high, messages=until - before))
        here, before = after, until
    return found


def fitting(start_ns: int, end_ns: int, most: int = DRAWN_STEPS) -> str:
    """Return the finest step that divides a time into no more than `most`."""
    seconds = max(0, end_ns - start_ns) // SECOND
    fits = [by for by in STEPS if seconds // _LENGTHS[by] <= most]
    return fits[-1] if fits else STEPS[0]


def finer(by: str) -> str:
    """Return the step into which a stretch of `by` is taken apart; the finest stays."""
    return {"year": "month", "month": "day", "week": "day", "day": "hour"}.get(by, "minute")


def _begins(first_ns: int, last_ns: int, by: str, zone: tzinfo) -> Iterator[int]:
    """Yield where each step begins that touches the time, and where the last one ends."""
    at = _floor(first_ns, by, zone)
    while at <= last_ns:
        yield at
        at = _next(at, by, zone)
    yield at


def _floor(at_ns: int, by: str, zone: tzinfo) -> int:
    moment = local(zone, at_ns)
    if by in ("hour", "minute"):
        length = _LENGTHS[by]
        into = (moment.minute * 60 + moment.second) % length
        return at_ns // SECOND * SECOND - into * SECOND
    return instant(_day_of(moment, by).replace(tzinfo=zone))


def _day_of(moment: datetime, by: str) -> datetime:
    """Return midnight of the day on which the step begins, as its zone's calendar has it."""
    day = datetime(moment.year, moment.month, moment.day)
    if by == "week":
        return day - timedelta(days=day.weekday())
    if by == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if by == "year" else day


def _next(at_ns: int, by: str, zone: tzinfo) -> int:
    """Return where the next step begins."""
    if by == "minute":
        return at_ns + 60 * SECOND
    if by == "hour":  # where clocks change by half an hour, so does the step
        return max(at_ns + 60 * SECOND, _floor(at_ns + 3_600 * SECOND, by, zone))
    days = {"day": 1, "week": 7, "month": 31, "year": 366}[by]
    day = local(zone, at_ns).replace(tzinfo=None, hour=0, minute=0, second=0)
    # Midnight may not exist where clocks are changed then: six hours on, it is that day anyhow.
    later = day + timedelta(days=days, hours=6)
    return instant(_day_of(later, by).replace(tzinfo=zone))


def _name(at_ns: int, by: str, zone: tzinfo) -> str:
    moment = local(zone, at_ns)
    return moment.strftime(_FORMS.get(by, "%Y-%m-%d"))
