"""How the counts of a preview look to a magistrate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from zegel.cli.show import line, plain, printed

_COLUMNS = {
    "messages": "messages",
    "accounts": "accounts touched",
    "others": "of people not named",
    "days": "days",
    "unreadable": "unreadable",
}


def show(result: Mapping[str, Any]) -> None:
    """Show the counts, what to think of the series, and what still leaks."""
    line(
        f"Preview {result['preview']} of at most {result['most']} of this draft:"
        f" {plain(result['investigation'])}, order {plain(result['order'])}. Nothing was granted."
    )
    table = Table("", *_COLUMNS.values(), "share")
    withheld: list[str] = []
    for one in [*result["clauses"], {"name": "together", **result["together"]}]:
        counts = [_short(one[name]["says"], withheld) for name in _COLUMNS]
        table.add_row(Text(plain(one["name"])), *counts, one["unreadable_share"])
    printed(table)
    for number, says in enumerate(withheld, 1):
        line(f"({number}) withheld: {plain(says)}.")
    line(f"Privileged messages in accounts and periods of the order: {result['privileged']}.")
    line(f"Business records: {result['records']}.")
    if result["refused_by"]:
        line(f"As it stands it would be refused: {plain(result['refused_by'])}.")
    for flag in result["flags"]:
        line(f"FLAGGED: {flag}")
    line("People are counted by their addresses. What previews may still tell:")
    for leak in result["leaks"]:
        line(f"  - {leak}")


def _short(says: str, withheld: list[str]) -> str:
    """Return a count for a narrow column; why it is withheld goes below the table, once."""
    if not says.startswith("within"):
        return says
    if says not in withheld:
        withheld.append(says)
    return f"withheld ({withheld.index(says) + 1})"
