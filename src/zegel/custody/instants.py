"""The times of a log: nanoseconds since 1970 UTC, of a range that every reader can show."""

from __future__ import annotations

from datetime import UTC, datetime

LAST_NS = 2**63 - 1
"""In the year 2262; a log that says a later time was not written by this program."""
FORM = "%Y-%m-%dT%H:%M:%SZ"


def read_ns(text: str) -> int:
    """Return a time that a log wrote as text; `ValueError` where none can be meant."""
    ns = int(text)
    if not 0 <= ns <= LAST_NS:
        raise ValueError("not a time")
    return ns


def in_utc(ns: int) -> str:
    """Return a time as ISO 8601, to the second."""
    return datetime.fromtimestamp(ns // 10**9, UTC).strftime(FORM)
