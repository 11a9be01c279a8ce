"""What a picture is asked to show, as a document that can be kept, and as a query it leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from zegel.analysis.sheets import Target
from zegel.analysis.timeline import STEPS
from zegel.analysis.wording import Wording
from zegel.analysis.zones import instant
from zegel.canonical import JSON
from zegel.errors import UsageError
from zegel.service.reading import iso
from zegel.service.searching import narrowed

__all__ = ["PICTURES", "Look", "Target", "Wording", "look_from", "moment"]

__all__ = ["PICTURES", "Look", "Target", "Wording", "look_from", "moment"]

TIMELINE, NETWORK, HOURS, CLOCKS = "timeline", "network", "hours", "clocks"
PICTURES = (TIMELINE, NETWORK, HOURS, CLOCKS)
MOST_STEPS_AWAY, MOST_LEAST = 6, 1_000_000
LONGEST_ACCOUNT = 300
_QUOTES = '"\u201c\u201d\u201e\u201f\u00ab\u00bb'
"""What the query language takes for quotation marks; no field can hold one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one picture is asked to show; what is not said is everything."""

    picture: str
    query: str = field(default="", repr=False)
    """Over the hits of this search."""
    start_ns: int | None = None
    end_ns: int | None = None
    """Not included."""
    by: str = ""
    """The step of a timeline, or of clocks over time; empty: what fits."""
    account: str = field(default="", repr=False)
    """Network: grown from it. Hours: what it sent. Clocks: of its mailbox."""
    steps: int = 1
    least: int = 1

    def facts(self) -> dict[str, JSON]:
        """Return it as a document, for the log and to be kept; what is everything is left out."""
        whole: dict[str, JSON] = {
            "picture": self.picture,
            "query": self.query,
            "from": iso(self.start_ns),
            "until": iso(self.end_ns),
            "by": self.by,
            "account": self.account,
        }
        if self.picture == NETWORK:
            whole |= {"steps": self.steps if self.account else None, "least": self.least}
        return {name: value for name, value in whole.items() if value not in ("", None)}


def look_from(facts: Mapping[str, Any]) -> Look:
    """Return what a kept document asks; raise `UsageError` where it is none."""
    try:
        look = Look(
            picture=str(facts["picture"]),
            query=str(facts.get("query", "")),
            start_ns=_kept_instant(facts.get("from")),
            end_ns=_kept_instant(facts.get("until")),
            by=str(facts.get("by", "")),
            account=str(facts.get("account", "")),
            steps=int(facts.get("steps", 1)),
            least=int(facts.get("least", 1)),
        )
    except (KeyError, ValueError, TypeError):
        raise UsageError("this is no picture", next_step="Draw it anew.") from None
    check(look)
    return look


def check(look: Look) -> None:
    """Raise `UsageError`, saying what fits, where a picture is asked for that cannot be."""
    if look.picture not in PICTURES:
        raise UsageError("there is no such picture", next_step=f"One of {', '.join(PICTURES)}.")
    if look.by and look.by not in STEPS:
        raise UsageError("there is no such step of time", next_step=f"By {', '.join(STEPS)}.")
    if not 1 <= look.steps <= MOST_STEPS_AWAY:
        raise UsageError(f"a network grows by 1 to {MOST_STEPS_AWAY} steps")
    if not 1 <= look.least <= MOST_LEAST:
        raise UsageError(f"a contact has 1 to {MOST_LEAST:,} messages")
    if look.start_ns is not None and look.end_ns is not None and look.end_ns <= look.start_ns:
        raise UsageError("the period ends before it begins")


def _kept_instant(text: str | None) -> int | None:
    return None if text is None else instant(datetime.fromisoformat(text))


def moment(text: str, zone: tzinfo) -> int | None:
    """Return the instant that a reader wrote (`2016-04-19`, `2016-04-19 12:00`); None for nothing.

    Without an offset it is meant in `zone`.
    """
    if not text.strip():
        return None
    try:
        read = datetime.fromisoformat(text.strip())
        found = instant(read if read.tzinfo else read.replace(tzinfo=zone))
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            "this is no date", next_step="Write it as 2016-04-19 or 2016-04-19 12:00."
        ) from None
    if not 0 < found < 2**63 - 1:
        raise UsageError("this date lies outside the years that mail has existed")
    return found


def queried(look: Look, *also: str) -> str:
    """Return a query for the messages of a picture of which `also` holds besides."""
    parts = list(also)
    if look.start_ns is not None:
        parts.append(f"after:{iso(look.start_ns)}")
    if look.end_ns is not None:
        parts.append(f"before:{iso(look.end_ns)}")
    query = look.query.strip()
    for part in parts:
        query = narrowed(query, part)
    return query


def asks_for(name: str, *fields: str) -> str | None:
    """Return a query for an account in any of these fields; None where no query can name it."""
    if not name.strip() or len(name) > LONGEST_ACCOUNT or not set(name).isdisjoint(_QUOTES):
        return None
    each = [f'{one}:"{name}"' for one in fields]
    return each[0] if len(each) == 1 else f"({' OR '.join(each)})"


def between(names: Sequence[str]) -> str | None:
    """Return a query for what two accounts wrote each other; None where none can name them."""
    one, other = names
    if asks_for(one, "from") is None or asks_for(other, "from") is None:
        return None
    return f'((from:"{one}" to:"{other}") OR (from:"{other}" to:"{one}"))'
