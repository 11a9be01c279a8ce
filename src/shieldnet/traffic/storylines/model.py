"""The shape of a storyline's script: roles, phases, what is said, and what only looks alike.

A script is a constant written for this project; nothing in it is about a real person or event.
"""

from __future__ import annotations

from dataclasses import dataclass

Words = dict[str, tuple[str, ...]]
"""Ways of saying one thing, by slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One part in a storyline."""

    name: str
    languages: tuple[str, ...]
    """The first is the member's own."""
    known: bool = True
    """Whether an investigator knows the account at the outset and names it in the order."""
    reissued: bool = False
    """The phone had an earlier holder, who has no part in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One stretch of a storyline; `weight` says how much is written in it."""

    name: str
    weight: int
    lines: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOrder:
    """What the investigator knows and asks for."""

    number: str
    investigation: str
    offences: tuple[str, ...]
    purpose: str
    terms: tuple[str, ...]
    """In the term language of docs/reference/terms.md; `{plate}` and the like are filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Everything fixed about a storyline; who plays in it and when depends on the seed."""

    name: str
    begins: float
    ends: float
    """Shares of the network's period."""
    roles: tuple[Role, ...]
    phases: tuple[Phase, ...]
    replies: dict[str, tuple[str, ...]]
    """Short answers that carry none of the words an order would name."""
    words: dict[str, Words]
    emoji: tuple[str, ...]
    prices: tuple[int, ...]
    """Sums the members speak of, in whole euros."""
    decoys: dict[str, tuple[str, ...]]
    """What people without any part in it write, in the same words."""
    order: SampleOrder
