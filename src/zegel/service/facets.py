"""How many of the hits of a search there are by account, holder, time, language and so on: exact.

Every value says with which words the search is narrowed to it (`narrow`), and so many hits as are
counted here the narrowed search then has. Only what the folder holds is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from zegel.investigation import Investigation
from zegel.investigation.outline import Coded, Outline, outline
from zegel.service.said import said_of

MOST_VALUES = 12
"""Values of one facet that are named; of the others it is said how many there are."""
MOST_STEPS = 40
"""Days, else months, else years that are named."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def facets_of(inv: Investigation, found: Sequence[int] | None) -> list[dict[str, Any]]:
    """Return the facets of the messages of these numbers, tags aside; None: of all."""
    known = outline(inv)
    wanted = None if found is None else _mask(known.size, found)
    return [
        _coded("account", "account", known.accounts, wanted),
        _coded("holder", "holder", known.holders, wanted),
        _times(known, wanted),
        _coded("language", "lang", known.languages, wanted),
        _attachments(known, wanted, "NOT has:attachment" if found is not None else None),
        _coded("clause", "clause", known.clauses, wanted),
    ]


def _mask(size: int, numbers: Sequence[int]) -> pa.Array:
    marks = bytearray(size)
    for number in numbers:
        marks[number - 1] = 1
    whole = pa.Array.from_buffers(pa.uint8(), size, [None, pa.py_buffer(marks)])
    return pc.cast(whole, pa.bool_())


def _coded(name: str, field: str, coded: Coded, wanted: pa.Array | None) -> dict[str, Any]:
    return _facet(name, field, coded.counted(wanted))


def _facet(name: str, field: str, counted: Sequence[tuple[str, int]]) -> dict[str, Any]:
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


def _attachments(known: Outline, wanted: pa.Array | None, without: str | None) -> dict[str, Any]:
    """`without` asks for messages without one; None where nothing else is asked for: no query only
    leaves out."""
    attached = known.attached if wanted is None else known.attached.filter(wanted)
    with_one = pc.sum(attached).as_py() or 0
    counted = {"yes": with_one, "no": len(attached) - with_one}
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


def _times(known: Outline, wanted: pa.Array | None) -> dict[str, Any]:
    """Count by day (UTC), or by month or year where there are too many, in order of time."""
    days = known.days if wanted is None else known.days.filter(wanted)
    counts = pc.value_counts(days.drop_null())
    by_day = dict(zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True))
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
