"""How far a time zone stands from UTC, and since when; so that columns of instants can be turned.

Rules come from the time-zone database (RFC 6557) that Python finds or the package `tzdata` brings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

SECOND = 10**9
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Since:
    """An offset that holds from an instant on, until the next one's."""

    start_ns: int
    offset_ns: int
    """What is added to UTC to get the local time."""


def offsets(zone: tzinfo, first_ns: int, last_ns: int) -> list[Since]:
    """Return the offsets that hold from `first_ns` to `last_ns`, in order; each change to a second.

    Two changes within one day that cancel each other are not seen; no zone has had any since 1971.
    """
    at, end = first_ns // SECOND, last_ns // SECOND
    found = [Since(at * SECOND, _offset(zone, at) * SECOND)]
    while at < end:
        later = min(at + _DAY, end)
        if _offset(zone, later) != _offset(zone, at):
            change = _change(zone, at, later)
            found.append(Since(change * SECOND, _offset(zone, change) * SECOND))
        at = later
    return found


def _change(zone: tzinfo, before: int, after: int) -> int:
    """Return the first second that has not the offset of `before`."""
    old = _offset(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: tzinfo, second: int) -> int:
    """Return by how many seconds local time is ahead of UTC."""
    ahead = datetime.fromtimestamp(second, UTC).astimezone(zone).utcoffset()
    return 0 if ahead is None else int(ahead.total_seconds())


def local(zone: tzinfo, instant_ns: int) -> datetime:
    """Return an instant as the clocks of a zone show it, to the second, with its offset."""
    return datetime.fromtimestamp(instant_ns // SECOND, UTC).astimezone(zone)


def instant(moment: datetime) -> int:
    """Return nanoseconds since 1970 UTC of a moment that knows its zone."""
    return int(moment.timestamp()) * SECOND
