"""A person who acts: a name, the roles it has here, and how it was shown to be theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

How = Literal["account", "password", "key", "training"]
"""By the operating-system account; a password; a key; or by word only, for training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What opens only during one working session, by whoever holds its token."""

    session: str = field(repr=False)
    """Names the session's file: the SHA-256 of the token."""
    key: bytes = field(repr=False)
    """256 bits that follow from the token and lie nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who acts."""

    name: str
    roles: frozenset[str] = frozenset()
    """What the name is here, when it was looked up; a door looks it up again."""
    purpose: str = ""
    """Said once a working session, and written with every act of it."""
    how: How = "account"
    sealed_to: str = field(default="", repr=False)
    """Certificate (hexadecimal) to which what this person asks is encrypted before it is logged;
    empty but for the defence."""
    own: Own | None = field(default=None, repr=False, compare=False)
    """Of whoever acts in a working session; None else."""
