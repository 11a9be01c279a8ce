"""Writes instants in a named zone, from the zone tables of a locked package.

The machine's own tables may be newer or missing, and would print another time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from zegel.dossier.reading.wording import Words
from zegel.errors import UsageError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_NS = 253_402_300_799 * 10**9
"""The last second of the year 9999."""


@cache
def zone(name: str) -> tzinfo:
    """Return the zone of an IANA name; UsageError where there is none."""
    tables = files("tzdata").joinpath("zoneinfo")
    known = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    if name == "UTC":
        return UTC
    if name not in known:
        raise UsageError(
            f"there is no time zone {name}", next_step="Use one like Europe/Amsterdam."
        )
    with tables.joinpath(*name.split("/")).open("rb") as table:
        return ZoneInfo.from_file(table, key=name)


class Instants:
    """Writes instants in one zone and language."""

    def __init__(self, name: str, words: Words) -> None:
        self.name = name
        self._zone = zone(name)
        self._days = words("days.names").split()

    def local(self, ns: int | None) -> str | None:
        """Return `Thu 2016-02-04 14:03:22 +01:00`, or None where nobody could write it."""
        at = _instant(ns)
        if at is None:
            return None
        there = at.astimezone(self._zone)
        offset = there.utcoffset() or timedelta()
        sign = "\u2212" if offset < timedelta() else "+"
        minutes = abs(int(offset.total_seconds())) // 60
        day = self._days[there.weekday()]
        written = there.strftime("%Y-%m-%d %H:%M:%S")
        return f"{day} {written} {sign}{minutes // 60:02d}:{minutes % 60:02d}"

    def utc(self, ns: int | None) -> str | None:
        """Return `2016-02-04 13:03:22 UTC`."""
        at = _instant(ns)
        return None if at is None else at.strftime("%Y-%m-%d %H:%M:%S UTC")

    def day(self, ns: int | None) -> str:
        """Return the day, in the zone."""
        at = _instant(ns)
        return "-" if at is None else at.astimezone(self._zone).strftime("%Y-%m-%d")


def _instant(ns: int | None) -> datetime | None:
    # A zone may shift an instant by a day: the ends of what a calendar holds stay a day away.
    if ns is None or not -_LATEST_NS // 5 < ns < _LATEST_NS - 86_400 * 10**9:
        return None
    return _EPOCH + timedelta(microseconds=ns // 1000)


def apart(ns: int) -> str:
    """Return a distance between two clocks as people say it: `-2 d 03:00:00`."""
    seconds = round(ns / 10**9)
    sign = "\u2212" if seconds < 0 else "+"
    days, rest = divmod(abs(seconds), 86_400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{sign}{days} d {clock}" if days else f"{sign}{clock}"
