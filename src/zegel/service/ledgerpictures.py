"""The picture of a cut of the ledger that was shown already: nothing is read for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from zegel.analysis.pictures.ledger import Share, Words, ledger_bars, ledger_columns

__all__ = ["MOST_DRAWN", "Link", "Words", "every_day", "picture_of"]

Link = Callable[[Mapping[str, Any], str], str]
"""From a row and a state of it (or none) to where a click leads; empty for nowhere."""
MOST_DRAWN = 30
"""Bars of one picture: the table beside it has every row."""
MOST_DAYS = 1500
"""Days between the first and the last for which each gets its place, messages or none."""


def picture_of(cut: Mapping[str, Any], words: Words, nameless: str, link: Link) -> str:
    """Return an SVG of the rows of a cut: columns for days, else bars.

    `nameless` is what stands for a row without a name.
    """
    shares = {row["name"]: _share(row, nameless, link) for row in cut["rows"]}
    if cut["by"] != "day":
        return ledger_bars(list(shares.values())[:MOST_DRAWN], words)
    days = every_day(cut["rows"])
    if not days:
        return ledger_columns(list(shares.values()), words)
    drawn = [shares.get(day) or Share(name=day, states={}) for day in days]
    return ledger_columns([*drawn, *(shares[name] for name in shares if not name)], words)


def _share(row: Mapping[str, Any], nameless: str, link: Link) -> Share:
    return Share(
        name=row["name"] or nameless,
        states=row["states"],
        unread=row["unread"] or 0,
        href=link(row, ""),
        hrefs={state: link(row, state) for state in row["states"]},
    )


def every_day(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the days from the first to the last of these rows; none where they are too many."""
    dated = sorted(row["name"] for row in rows if row["name"])
    if not dated:
        return []
    try:
        first, last = date.fromisoformat(dated[0]), date.fromisoformat(dated[-1])
    except ValueError:  # the rows are of no days
        return []
    span = (last - first).days + 1
    if span > MOST_DAYS:
        return []
    return [(first + timedelta(days=n)).isoformat() for n in range(span)]
