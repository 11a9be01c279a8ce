"""Use case: how one version of an investigation differs from another: counts and ids, no content.

Messages are the same where they share a stored place: a later copy may have joined two into one,
under the identity of the one. It is told to whoever grants and stands as counts in the case's log;
neither folder learns what the other holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from zegel.authorisation import read_order
from zegel.canonical import JSON
from zegel.casefile import Case
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.service.door import Visit, Who, enter_case
from zegel.service.granted import Held, earlier_than, find_held
from zegel.service.takeover import same_investigation
from zegel.tables import read_rows

COMPARED = "versions compared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From one version to another; ids are identities in hexadecimal, in order."""

    earlier: str
    later: str
    added: list[str] | None = field(default=None, repr=False)
    """None for all three where a version does not lie here in the clear, or is a review of what
    is set apart: whoever grants that is told no counts."""
    gone: list[str] | None = field(default=None, repr=False)
    """As the earlier version calls them."""
    other_clause: list[str] | None = field(default=None, repr=False)
    """In both, but not by the same clauses."""

    def counts(self) -> dict[str, Any]:
        """Return the same with numbers in place of ids."""
        return {
            name: len(value) if isinstance(value, list) else value
            for name, value in asdict(self).items()
        }


def compare(earlier: Held, later: Held) -> Change:
    """Return how the version `later` differs from `earlier`."""
    if earlier.folder is None or later.folder is None:
        return Change(earlier=earlier.name, later=later.name)
    old, new = Investigation.open(earlier.folder), Investigation.open(later.folder)
    if not all(_may_be_compared(inv) for inv in (old, new)):
        return Change(earlier=earlier.name, later=later.name)
    was, now, here = _clauses(old), _clauses(new), _messages_of_places(new)
    became = {
        message: here[stored]
        for stored, message in _messages_of_places(old).items()
        if stored in here
    }
    kept = set(became.values())
    return Change(
        earlier=earlier.name,
        later=later.name,
        added=_hex(message for message in now if message not in kept),
        gone=_hex(message for message in was if message not in became),
        other_clause=_hex({new for old, new in became.items() if was[old] != now[new]}),
    )


def _may_be_compared(inv: Investigation) -> bool:
    """Say whether it lies here in the clear, and is no review of what is set apart."""
    return inv.table("messages").is_file() and not read_order(inv.order).officers


def _clauses(inv: Investigation) -> dict[bytes, frozenset[str]]:
    rows = read_rows([inv.table("messages")], ["message", "admitted"])
    return {row["message"]: frozenset(one["clause"] for one in row["admitted"]) for row in rows}


def _messages_of_places(inv: Investigation) -> dict[bytes, bytes]:
    rows = read_rows([inv.table("places")], ["message", "stored_id"])
    return {row["stored_id"]: row["message"] for row in rows}


def _hex(identities: Iterator[bytes] | set[bytes]) -> list[str]:
    return sorted(identity.hex() for identity in identities)


def compare_with_earlier(visit: Visit, versions: Sequence[Held], log: str) -> list[Change]:
    """Return how the newest version, by its log, differs from each it takes the place of."""
    new = next(held for held in versions if held.log == log)
    return [_logged(visit, held, new) for held in earlier_than(new, versions) if not held.endings]


def compare_versions(case: Case, earlier: str, later: str, *, who: Who = None) -> Change:
    """Return how one version that was granted here differs from another of the same name."""
    with enter_case(case, COMPARED, who) as visit:
        old, new = find_held(case, earlier), find_held(case, later)
        if not same_investigation(old.investigation, new.investigation):
            raise UsageError(f"{old.name} and {new.name} are no versions of one investigation")
        change = _logged(visit, old, new)
        visit.written = True
    return change


def _logged(visit: Visit, old: Held, new: Held) -> Change:
    change = compare(old, new)
    counts: dict[str, JSON] = change.counts()
    visit.note(COMPARED, {**counts, "root": new.root, "from": old.root})
    return change
