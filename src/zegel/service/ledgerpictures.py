"""The picture of a cut of the ledger that was shown already: nothing is read for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from zegel.analysis.pictures.ledger import Share, Words, ledger_bars, ledger_columns

Link = Callable[[Mapping[str, Any], str], str]
"""From a row and a state of it (or none) to where a click leads; empty for nowhere."""


def picture_of(cut: Mapping[str, Any], words: Words, nameless: str, link: Link) -> str:
    """Return an SVG of the rows of a cut: columns for days, else bars.

    `nameless` is what stands for a row without a name.
    """
    shares = [
        Share(
            name=row["name"] or nameless,
            states=row["states"],
            unread=row["unread"] or 0,
            href=link(row, ""),
            hrefs={state: link(row, state) for state in row["states"]},
        )
        for row in cut["rows"]
    ]
    draw = ledger_columns if cut["by"] == "day" else ledger_bars
    return draw(shares, words)


__all__ = ["Link", "Words", "picture_of"]
