"""Reads the `From ` line of an mbox: whether a date stands in it, and which instant it names.

A zone is taken only if it is written; else UTC is assumed, and the row that uses it says so.
Form: asctime(3) as in RFC 4155 appendix A, with the variations of old programs.
"""

from __future__ import annotations

import calendar
import re
from functools import lru_cache

_MONTHS = {
    name: number
    for number, name in enumerate(
        b"jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1
    )
}
_MONTH = rb"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_CLOCK = rb"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?"
_ZONE = rb"(?P<zone>[+-]\d{4}|[A-Z]{2,5}(?:[+-]\d{1,4})?(?: DST)?)"
_YEAR = rb"(?P<year>\d{4})"
_DATES = (
    # Mon Apr 18 14:23:23 [CEST] 2022 [+0200]
    re.compile(
        rb"\b" + _MONTH + rb"\s+(?P<day>\d{1,2}),?\s+" + _CLOCK + rb"(?:\s+" + _ZONE + rb")?\s+"
        + _YEAR + rb"(?:\s+(?P<late>[+-]\d{4}))?(?!\d)",
        re.I,
    ),
    # Mon, 18 Apr 2022 14:23:23 [+0200]
    re.compile(
        rb"\b(?P<day>\d{1,2})[ -]" + _MONTH + rb"[ -]" + _YEAR + rb"\s+" + _CLOCK
        + rb"(?:\s+" + _ZONE + rb")?",
        re.I,
    ),
)  # fmt: skip
_USUAL = re.compile(
    rb"From \S{1,900} [A-Z][a-z]{2} (?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +"
    rb"(?P<day>\d{1,2}) " + _CLOCK + rb" " + _YEAR
)
"""A line of RFC 4155 and nothing else: what a search by the first form finds, found at once."""
_OFFSET = re.compile(rb"([+-])(\d{2})(\d{2})\Z")
_LONGEST = 1000


def is_dated(line: bytes) -> bool:
    """Say whether a date and a time of day stand in the line."""
    return _date(line) is not None


def postmark_time(line: bytes) -> int | None:
    """Return the instant the line names, in nanoseconds since 1970, or None."""
    found = _date(line)
    if found is None:
        return None
    part = found.groupdict()
    try:
        seconds = calendar.timegm(
            (
                int(part["year"]),
                _MONTHS[part["month"].lower()],
                int(part["day"]),
                int(part["hour"]),
                int(part["minute"]),
                int(part["second"] or 0),
            )
        )
    except ValueError:
        return None
    zone = part.get("late") or part.get("zone")
    return (seconds - (_offset(zone) if zone else 0)) * 10**9


@lru_cache(maxsize=16)  # each line is asked whether it is dated, and soon after for its instant
def _date(line: bytes) -> re.Match[bytes] | None:
    if not line.startswith(b"From ") or b":" not in line[:_LONGEST]:
        return None
    usual = _USUAL.fullmatch(line)
    if usual is not None and len(line) < _LONGEST:
        return usual
    for form in _DATES:
        found = form.search(line, 5, _LONGEST)
        if found is not None:
            return found
    return None


def _offset(zone: bytes) -> int:
    """Return the seconds a zone is ahead of UTC; names but UTC's are ambiguous and not used."""
    match = _OFFSET.match(zone)
    if match is None:
        return 0
    seconds = int(match[2]) * 3600 + int(match[3]) * 60
    return -seconds if match[1] == b"-" else seconds
