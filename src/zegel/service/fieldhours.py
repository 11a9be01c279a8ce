"""What `hour:` and `weekday:` of a search mean: by the clocks of a zone, UTC where none is said.

hour:22   hour:"22 Europe/Amsterdam"   weekday:sat   weekday:"6 Europe/Amsterdam"
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow.compute as pc

from zegel.analysis.hours import hour_of_week
from zegel.investigation import Investigation
from zegel.service.columns import traffic_of

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIELDS = ("hour", "weekday")
_VALUE = re.compile(r"\s*([0-9]{1,2}|[A-Za-z]{3})(?:\s+([A-Za-z0-9_+/-]{1,64}))?\s*")


@dataclass(frozen=True, slots=True)
class At:
    """An hour (0 to 23) or a weekday (0 is Monday) in a zone."""

    number: int
    zone: ZoneInfo


def meant(field: str, value: str) -> At | None:
    """Return what a value means; None where it means nothing."""
    found = _VALUE.fullmatch(value)
    if found is None:
        return None
    written = found[1].lower()
    if field == "weekday":
        number = WEEKDAYS.index(written) if written in WEEKDAYS else _number(written, 1, 7) - 1
    else:
        number = _number(written, 0, 23)
    try:
        zone = ZoneInfo(found[2] or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return None if number < 0 else At(number, zone)


def _number(written: str, least: int, most: int) -> int:
    """Return a number within bounds; -1 for anything else."""
    return int(written) if written.isdigit() and least <= int(written) <= most else -1


def fits(field: str) -> str:
    """Say what a value can be."""
    if field == "hour":
        return 'is no hour; write 22 or "22 Europe/Amsterdam"'
    return 'is no weekday; write sat, 6 or "sat Europe/Amsterdam"'


def numbers_at(inv: Investigation, field: str, at: At) -> list[int]:
    """Return the messages of that hour or weekday; those without a clock are of none."""
    messages = traffic_of(inv).messages
    hours = hour_of_week(messages, at.zone)
    days = pc.divide(hours, 24)
    of = days if field == "weekday" else pc.subtract(hours, pc.multiply(days, 24))
    held = pc.fill_null(pc.equal(of, at.number), False)
    return [int(number) for number in messages["number"].filter(held).to_pylist()]
