"""Instants as other programs read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -62_135_596_800, 253_402_300_799
"""Seconds of the years 1 and 9999: what a calendar holds."""


def utc(ns: int | None) -> str | None:
    """Return `2016-02-04T16:03:22.000000000Z` (RFC 3339), or None where no calendar has it."""
    if ns is None:
        return None
    seconds, rest = divmod(ns, 10**9)
    if not _FIRST <= seconds <= _LAST:
        return None
    at = _EPOCH + timedelta(seconds=seconds)
    return f"{at.year:04d}-{at:%m-%dT%H:%M:%S}.{rest:09d}Z"
