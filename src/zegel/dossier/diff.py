"""What one dossier has that another has not: for supplements, and for what was withheld since.

Both are verified in themselves first; of one investigation only. Compares certificates by their
shown fields, never by their text, and names messages by number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zegel.dossier import verify
from zegel.dossier.checking import Members
from zegel.errors import UsageError, VerificationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How dossier B differs from dossier A."""

    root: str
    added: tuple[int, ...]
    """Messages that only B shows."""
    removed: tuple[int, ...]
    """Messages that only A shows."""
    disclosed: Mapping[int, tuple[str, ...]]
    """By message: fields that B shows and A withholds."""
    withheld: Mapping[int, tuple[str, ...]]
    """By message: fields that A shows and B withholds."""
    same: int
    """Messages shown alike in both."""
    members: Mapping[str, str]
    """Members apart from the evidence that differ: `only in A`, `only in B`, `differs`."""


def compare(first: Path, second: Path) -> Difference:
    """Return how `second` differs from `first`; raise where one is false, or of another root."""
    (one, seen_one), (two, seen_two) = _read(first), _read(second)
    root = one["investigation"]["root"]
    if two["investigation"]["root"] != root:
        raise UsageError(
            "these dossiers are of two investigations, or of two versions of one",
            where=str(second),
        )
    both = seen_one.keys() & seen_two.keys()
    disclosed = {n: seen_two[n] - seen_one[n] for n in sorted(both)}
    withheld = {n: seen_one[n] - seen_two[n] for n in sorted(both)}
    return Difference(
        root=root,
        added=tuple(sorted(seen_two.keys() - both)),
        removed=tuple(sorted(seen_one.keys() - both)),
        disclosed={n: tuple(sorted(names)) for n, names in disclosed.items() if names},
        withheld={n: tuple(sorted(names)) for n, names in withheld.items() if names},
        same=sum(1 for n in both if not disclosed[n] and not withheld[n]),
        members=_members(one["members"], two["members"]),
    )


def _read(path: Path) -> tuple[Mapping[str, Any], dict[int, frozenset[str]]]:
    try:
        answer, wrong, dossier = verify.verify(str(path), None, None)
        if dossier is None or answer == verify.FALSE:
            raise VerificationError(wrong, where=str(path))
        with path.open("rb") as file:
            return dossier.manifest, dict(_certificates(Members(file)))
    except OSError as error:
        what = (error.strerror or "the system refused").lower()
        raise UsageError(f"cannot be read: {what}", where=str(path)) from error


def _certificates(members: Members) -> Iterator[tuple[int, frozenset[str]]]:
    for line in members.lines("certificates.jsonl"):
        one = json.loads(line)
        yield one["number"], frozenset(one["fields"])


def _members(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name in sorted({*first, *second}):
        if name.startswith((*verify.EVIDENCE, *verify.ANCHORED)):
            continue
        if first.get(name) == second.get(name):
            continue
        only = "only in B" if name not in first else "only in A" if name not in second else ""
        found[name] = only or "differs"
    return found
