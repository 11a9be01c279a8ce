"""How many of the hits of a search there are by account, holder, time, language and so on: exact.

Every value says with which words the search is narrowed to it (`narrow`), and so many hits as are
counted here the narrowed search then has. Only what the folder holds is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from zegel.investigation import Investigation
from zegel.service.counting import Counts, Values
from zegel.service.said import said_of

MOST_VALUES = 12
"""Values of one facet that are named; of the others it is said how many there are."""
MOST_STEPS = 40
"""Days, else months, else years that are named."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def facets_of(counts: Counts, *, of_all: bool) -> list[dict[str, Any]]:
    """Return the facets of so many messages, tags aside; `of_all` where nothing was asked for."""
    return [
        _facet("account", "account", counts.values["account"]),
        _facet("holder", "holder", counts.values["holder"]),
        _times(counts.days),
        _facet("language", "lang", counts.values["lang"]),
        _attachments(counts, None if of_all else "NOT has:attachment"),
        _facet("clause", "clause", counts.values["clause"]),
    ]


def _facet(name: str, field: str, counted: Values) -> dict[str, Any]:
    return {
        "name": name,
        "values": [
            {"value": value, "count": n, "narrow": asks(field, value)}
            for value, n in counted[:MOST_VALUES]
        ],
        "more": max(0, len(counted) - MOST_VALUES),
    }


def asks(field: str, value: str) -> str | None:
    """Return the words that ask for a value; None where no query can: it has a quotation mark."""
    if any(mark in value for mark in _QUOTATION) or not value.strip():
        return None
    return f'{field}:"{value}"'


_QUOTATION = '"\u201c\u201d\u201e\u201f\u00ab\u00bb'
"""What a query takes for a quotation mark."""


def _attachments(counts: Counts, without: str | None) -> dict[str, Any]:
    """`without` asks for messages without one; None where nothing else is asked for: no query only
    leaves out."""
    counted = {"yes": counts.attached, "no": counts.messages - counts.attached}
    words = {"yes": "has:attachment", "no": without}
    return {
        "name": "attachment",
        "values": [
            {"value": value, "count": n, "narrow": words[value]}
            for value, n in counted.items()
            if n
        ],
        "more": 0,
    }


def tags_of(inv: Investigation, tagged: Sequence[int] | None) -> dict[str, Any]:
    """Return the facet of tags of the messages of these numbers; None: of all that bear any."""
    counts: Counter[str] = Counter()
    said = said_of(inv)
    for number in said if tagged is None else tagged:
        if number in said:
            counts.update(said[number].tags)
    return _facet("tag", "tag", sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _times(by_day: Mapping[int, int]) -> dict[str, Any]:
    """Count by day (UTC), or by month or year where there are too many, in order of time."""
    for name, first_of in _STEPS:
        steps: Counter[datetime] = Counter()
        for day, n in by_day.items():
            steps[first_of(_EPOCH + timedelta(days=day))] += n
        if len(steps) <= MOST_STEPS or name == "year":
            break
    shown = sorted(steps.items())[:MOST_STEPS]
    return {
        "name": name,
        "values": [
            {
                "value": first.strftime(_FORMS[name]),
                "count": n,
                "narrow": f"after:{first:%Y-%m-%d} before:{_next(name, first):%Y-%m-%d}",
            }
            for first, n in shown
        ],
        "more": len(steps) - len(shown),
    }


_STEPS: Sequence[tuple[str, Callable[[datetime], datetime]]] = (
    ("day", lambda day: day),
    ("month", lambda day: day.replace(day=1)),
    ("year", lambda day: day.replace(month=1, day=1)),
)
_FORMS = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}


def _next(name: str, first: datetime) -> datetime:
    days = {"day": 1, "month": 31, "year": 366}[name]
    return dict(_STEPS)[name](first + timedelta(days=days))
