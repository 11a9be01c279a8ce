"""Reads every clock a mail carries and names the one to trust.

Order of trust: the server's receipt (first Received field, then the store's own time), the
inner protected Date, the outer Date, which senders falsify. Never guesses a zone in silence:
where a text has none, UTC is assumed and said. RFC 5322 sections 3.3, 3.6.7 and 4.3, RFC 2822.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Literal

from zegel.processing.slices import Headers
from zegel.records import Problem, record

Used = Literal["received", "stored", "inner", "date", "none"]

EARLIEST_YEAR = 1971
LATEST_YEAR = 2100

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
# RFC 5322 section 4.3; every other name of a zone is -0000 there: unknown.
_ZONES = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0,
    "edt": -240, "est": -300, "cdt": -300, "cst": -360,
    "mdt": -360, "mst": -420, "pdt": -420, "pst": -480,
}  # fmt: skip
_EPOCH = date(1970, 1, 1).toordinal()

_RFC5322 = re.compile(
    r"\s*(?:[A-Za-z]{3,9}\s*[,.]?\s*)?(\d{1,2})[\s-]+([A-Za-z]{3})[A-Za-z]{0,6}\.?[\s,-]+(\d{2,4}),?\s+"
    r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d+)?)?\s*([+-]\d{4}|[A-Za-z]{1,5})?(?![\d:])",
    re.ASCII,
)
# ctime and its relatives: Tue Mar  1 12:00:00 [CET] 2016
_ASCTIME = re.compile(
    r"\s*(?:[A-Za-z]{3,9},?\s+)?([A-Za-z]{3})[a-z]{0,6}\s+(\d{1,2}),?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?"
    r"\s+(?:([A-Za-z]{1,5}|[+-]\d{4})\s+)?(\d{4})(?:\s+([+-]\d{4}|[A-Za-z]{1,5}))?",
    re.ASCII,
)
_ISO = re.compile(
    r"\s*(\d{4})-(\d{2})-(\d{2})[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*"
    r"([+-]\d{2}:?\d{2}|[A-Za-z]{1,5})?",
    re.ASCII,
)


@record
class Clocks:
    """Every clock of one stored message, beside the text it was read from."""

    received_ns: int | None
    received_text: str
    stored_ns: int | None
    stored_text: str
    inner_ns: int | None
    inner_text: str
    date_ns: int | None
    date_text: str
    used: Used
    used_ns: int | None
    zone_assumed: bool
    """True where the text of the clock used names no zone that is known."""
    problems: tuple[Problem, ...] = ()


def clocks(
    headers: Headers,
    *,
    stored_ns: int | None = None,
    stored_text: str = "",
    inner_headers: Headers | None = None,
) -> Clocks:
    """Return all clocks of a mail; the one used is the first of the order of trust that reads."""
    problems: list[Problem] = []
    received_text, received = _received(headers, problems)
    inner_text, inner = dated(inner_headers, "inner date", problems) if inner_headers else _NONE
    date_text, outer = dated(headers, "date", problems)
    used: Used = "none"
    instant: tuple[int, bool] | None = None
    if received is not None:
        used, instant = "received", received
    elif stored_ns is not None:
        used, instant = "stored", (stored_ns, False)
    elif inner is not None:
        used, instant = "inner", inner
    elif outer is not None:
        used, instant = "date", outer
    return Clocks(
        received_ns=received[0] if received else None,
        received_text=received_text,
        stored_ns=stored_ns,
        stored_text=stored_text,
        inner_ns=inner[0] if inner else None,
        inner_text=inner_text,
        date_ns=outer[0] if outer else None,
        date_text=date_text,
        used=used,
        used_ns=instant[0] if instant else None,
        zone_assumed=instant[1] if instant else False,
        problems=tuple(problems),
    )


_Instant = tuple[int, bool]
"""Nanoseconds since 1970-01-01 UTC, and whether the zone was assumed."""
_NONE: tuple[str, _Instant | None] = ("", None)


def _received(headers: Headers, problems: list[Problem]) -> tuple[str, _Instant | None]:
    """Read the last hop's stamp: the first Received field, after its last semicolon."""
    values = headers.get("received")
    if not values:
        return _NONE
    text = values[0].rpartition(";")[2].strip()
    return text, _checked(text, "received", problems)


def dated(headers: Headers, what: str, problems: list[Problem]) -> tuple[str, _Instant | None]:
    """Return the text of the Date field and the instant it names; `what` names it in problems."""
    values = headers.get("date")
    if not values:
        return _NONE
    return values[0], _checked(values[0], what, problems)


def _checked(text: str, what: str, problems: list[Problem]) -> _Instant | None:
    """Read an instant; one outside the years mail has existed is kept as text and said."""
    instant = read_instant(text)
    if instant is None:
        if text:
            problems.append(Problem(kind="unreadable date", note=what))
        return None
    year = instant[0] // 31_556_952_000_000_000 + 1970
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        problems.append(Problem(kind="absurd date", note=what))
        return None
    return instant


@lru_cache(maxsize=256)
def read_instant(text: str) -> _Instant | None:
    """Return the instant a date text names, and whether UTC had to be assumed; None if none."""
    text = text[:200]
    if found := _RFC5322.match(text):
        day, month, year, hour, minute, second, zone = found.groups()
        return _instant(year, month, day, hour, minute, second, zone)
    if found := _ASCTIME.match(text):
        month, day, hour, minute, second, zone, year, last = found.groups()
        return _instant(year, month, day, hour, minute, second, last or zone)
    if found := _ISO.match(text):
        year, month, day, hour, minute, second, zone = found.groups()
        return _instant(year, month, day, hour, minute, second, (zone or "").replace(":", ""))
    return None


def _instant(
    year: str, month: str, day: str, hour: str, minute: str, second: str | None, zone: str | None
) -> _Instant | None:
    h, m, s = int(hour), int(minute), int(second or 0)
    if h > 23 or m > 59 or s > 60:
        return None
    days = _days(year, month, day)
    if days is None:
        return None
    offset, assumed = _offset(zone)
    return ((days * 1440 + h * 60 + m - offset) * 60 + s) * 1_000_000_000, assumed


@lru_cache(maxsize=4096)
def _days(year: str, month: str, day: str) -> int | None:
    """Return the days from 1970-01-01 to a date as it is written, or None where there is none."""
    number = int(month) if month.isdigit() else _MONTHS.get(month.lower(), 0)
    try:
        return date(_full_year(year), number, int(day)).toordinal() - _EPOCH
    except ValueError:
        return None


def _full_year(text: str) -> int:
    """Read a year of two or three digits by RFC 5322 section 4.3."""
    year = int(text)
    if len(text) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(text) == 3 else year


@lru_cache(maxsize=256)
def _offset(zone: str | None) -> tuple[int, bool]:
    """Return minutes east of Greenwich, and whether they were assumed.

    `-0000` gives UTC without knowing the place (RFC 5322 section 3.3): nothing is assumed.
    """
    if not zone:
        return 0, True
    if zone[0] in "+-":
        minutes = int(zone[1:3]) * 60 + int(zone[3:5])
        if minutes > 24 * 60:
            return 0, True
        return (-minutes if zone[0] == "-" else minutes), False
    known = _ZONES.get(zone.lower())
    return (0, True) if known is None else (known, False)
