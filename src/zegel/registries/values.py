"""Reads dates and prices as people and programs write them; what is unclear gives None.

A date without a zone is taken as UTC (the row keeps its text). Day comes before month unless that
is impossible. It must never guess silently beyond these two rules. ISO 8601, POSIX time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

Cell: TypeAlias = int | float | str | bytes | None

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_NS = 2**63 - 1
_LONGEST = 64
_DAY_FIRST = re.compile(
    r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})"
    r"(?:[ T,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?)?\Z"
)
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(.*)\Z")
# Units of POSIX time by magnitude: the ranges (1973 to 2286 in each unit) do not overlap.
_UNITS = ((10**8, 10**10, 10**9), (10**11, 10**13, 10**6), (10**14, 10**16, 10**3))
_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "₣": "CHF"}
_CURRENCY = re.compile(r"[€£¥₣$]|\b(?:EUR|USD|CAD|GBP|CHF|AUD|SEK|NOK|DKK|PLN|JPY|BTC)\b", re.I)
_NUMBER = re.compile(r"[+-]?\d[\d., '\u2019\u00a0\u202f]{0,30}\Z")


def instant(cell: Cell) -> int | None:
    """Return the instant in nanoseconds since 1970 UTC that a cell names, or None."""
    if isinstance(cell, str):
        text = cell.strip()
        if not text or len(text) > _LONGEST:
            return None
        if text.isascii() and text.isdigit() and len(text) != 8:  # eight digits are yyyymmdd
            return _posix(int(text))
        return _written(text)
    return _posix(cell) if isinstance(cell, int | float) else None


def cents(cell: Cell, *, in_cents: bool = False) -> int | None:
    """Return a price in hundredths of its unit, or None where the cell is no amount."""
    try:
        if isinstance(cell, int | float):
            amount = Decimal(str(cell))
        else:
            amount = _amount(cell) if isinstance(cell, str) else Decimal("NaN")
        result = int(amount if in_cents else (amount * 100).to_integral_value())
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return result if abs(result) <= _LARGEST_NS else None


def currency(cell: Cell) -> str:
    """Return the currency a cell names, by code where its sign is one currency's, or nothing."""
    found = _CURRENCY.search(cell[:_LONGEST]) if isinstance(cell, str) else None
    return _SIGNS.get(found[0], found[0].upper()) if found else ""


def text(cell: Cell) -> str:
    """Return a cell as text on one line, cut to a length no name has."""
    if cell is None:
        return ""
    shown = cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
    return " ".join(shown[:1000].split())


def _posix(number: int | float) -> int | None:
    for low, high, unit in _UNITS:
        if low <= number < high:
            exact = number if isinstance(number, int) else Decimal(number)
            instant = int(exact * unit)
            return instant if instant <= _LARGEST_NS else None  # seconds beyond the year 2262
    if isinstance(number, int) and 10**17 <= number <= _LARGEST_NS:
        return number
    return None


def _written(text: str) -> int | None:
    try:
        year_first = _YEAR_FIRST.match(text)
        if year_first is not None:
            text = f"{year_first[1]}-{int(year_first[2]):02}-{int(year_first[3]):02}{year_first[4]}"
        day_first = _DAY_FIRST.match(text)
        when = _day_first(day_first) if day_first is not None else datetime.fromisoformat(text)
    except ValueError:
        return None
    return nanoseconds(when)


def nanoseconds(when: datetime) -> int | None:
    """Return the instant of a date, None beyond the year 2262 (often written for 'never')."""
    aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    result = (aware - _EPOCH) // timedelta(microseconds=1) * 1000
    return result if abs(result) <= _LARGEST_NS else None


def _day_first(match: re.Match[str]) -> datetime:
    day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
    if month > 12 >= day:
        day, month = month, day
    if year < 100:
        year += 1900 if year >= 70 else 2000
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _amount(text: str) -> Decimal:
    """Return the number in a price: the last separator is decimal unless three digits follow it."""
    bare = _CURRENCY.sub("", text[:_LONGEST]).strip().removesuffix("-").rstrip(",. ")
    if not _NUMBER.match(bare):
        raise ValueError("not an amount")
    bare = re.sub(r"[\s'\u2019]", "", bare)
    point = max(bare.rfind("."), bare.rfind(","))
    decimals = bare[point + 1 :] if point >= 0 else ""
    lone = point >= 0 and bare.count(bare[point]) == 1
    mixed = "." in bare and "," in bare
    if lone and (mixed or len(decimals) != 3):
        whole = re.sub(r"[.,]", "", bare[:point])
        return Decimal(f"{whole or 0}.{decimals or 0}")
    return Decimal(re.sub(r"[.,]", "", bare))
