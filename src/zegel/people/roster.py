"""Who is enrolled in a case or an investigation: one small file in its folder, people/people.json.

Canonical JSON, mode 0600. Every change is an entry of the log with the digest of the file, so a
file that was changed otherwise is found at the next opening (`zegel.custody.watch`). It holds what
a password is checked against, never a password, and moves with the folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from zegel.canonical import canonical_json
from zegel.errors import UsageError, VerificationError

FORMAT = "zegel people"
VERSION = 1
PLACE = "people/people.json"
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """One name, its roles, and how it is shown to be somebody's."""

    name: str
    roles: tuple[str, ...]
    account: str = ""
    """The operating-system account that is this person; empty with a password or a key."""
    password: str = field(default="", repr=False)
    """Argon2id in the PHC string format; empty without."""
    key: str = ""
    """Ed25519 public key in hexadecimal; empty without."""
    certificate: str = field(default="", repr=False)
    """OpenPGP certificate in hexadecimal, of the defence: what they ask is encrypted to it."""
    blocked: str = ""
    """Why the name may do nothing now; empty where it may."""

    @property
    def shown_by(self) -> str:
        """How the name is shown to be somebody's."""
        return "password" if self.password else "key" if self.key else "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Everybody who is enrolled in one folder."""

    people: Mapping[str, Enrolled] = field(default_factory=dict)
    granted_by: Mapping[str, str] = field(default_factory=dict)
    """Who granted the investigation: `name` and, of an account, its `machine`. Empty for a case."""

    def text(self) -> bytes:
        """Return the roster as its file holds it."""
        return canonical_json(
            {
                "format": FORMAT,
                "version": VERSION,
                "granted_by": dict(self.granted_by),
                "people": [
                    {**asdict(one), "roles": list(one.roles)}
                    for _, one in sorted(self.people.items())
                ],
            }
        )

    def of_account(self, account: str) -> Enrolled | None:
        """Return who is enrolled as an operating-system account."""
        return next((one for one in self.people.values() if one.account == account), None)

    def was_granted_by(self, name: str, machine: str) -> bool:
        """Say whether this name granted it; an account, given its machine, is another elsewhere."""
        by = self.granted_by
        return by.get("name") == name and (not machine or by.get("machine", machine) == machine)

    def get(self, name: str) -> Enrolled:
        """Return who is enrolled under a name; `UsageError` where nobody is."""
        if name not in self.people:
            raise UsageError(
                f"nobody is enrolled as {name!r}", next_step="`zegel people list` names everybody."
            )
        return self.people[name]

    def holding(self, role: str) -> list[str]:
        """Return the names that bear a role and are not blocked."""
        return [one.name for one in self.people.values() if role in one.roles and not one.blocked]

    def put(self, *people: Enrolled) -> Roster:
        """Return the roster with these in it, in place of those of the same names."""
        return replace(self, people={**self.people, **{one.name: one for one in people}})


def checked_name(name: str) -> str:
    """Return a name that somebody may be enrolled under."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(f"a name has 1 to {LONGEST_NAME} characters that can be shown")
    return name


def checked_roles(roles: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return roles in order; `UsageError` for one that is not among `known`."""
    known = tuple(known)
    chosen = set(roles)
    if not chosen <= set(known):
        raise UsageError(
            f"no role {min(chosen - set(known))!r} here", next_step=f"One of: {', '.join(known)}."
        )
    return tuple(role for role in known if role in chosen)


def read_roster(folder: Path) -> Roster:
    """Return who is enrolled in a folder; nobody where it has no such file."""
    place = folder / PLACE
    try:
        text = place.read_bytes()
    except FileNotFoundError:
        return Roster()
    try:
        return _parse(json.loads(text))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise VerificationError("is not as it was written", where=str(place)) from None


def _parse(said: dict[str, Any]) -> Roster:
    if (said["format"], said["version"]) != (FORMAT, VERSION):
        raise ValueError
    people = [Enrolled(**{**one, "roles": tuple(one["roles"])}) for one in said["people"]]
    return Roster(people={one.name: one for one in people}, granted_by=said["granted_by"])
