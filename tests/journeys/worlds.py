"""Small worlds of mail in clear, orders about them, and an oracle that imports nothing of zegel.

Each message bears a mark that no other has (`zq7x`), so that a trace of it can be found anywhere.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import strategies as st

ACCOUNTS = tuple(f"a{number}@x.example" for number in range(5))
WORDS = ("boot", "haven", "geld", "feest")
START = dt.datetime(2016, 3, 1, 12, tzinfo=dt.UTC)


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message: who, to whom, when (hours from the start), what, in answer to what."""

    number: int
    sender: str
    recipients: tuple[str, ...]
    hour: int
    words: tuple[str, ...]
    answers: int | None

    @property
    def mark(self) -> str:
        return f"zq{self.number}x"

    @property
    def people(self) -> frozenset[str]:
        return frozenset((self.sender, *self.recipients))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One clause as a person would say it."""

    accounts: frozenset[str]
    first: int
    last: int
    """Hours from the start; the last not included."""
    terms: frozenset[str]
    context: str


@dataclass(frozen=True, kw_only=True)
class World:
    """Letters and an order."""

    letters: tuple[Letter, ...]
    clauses: tuple[Asked, ...]
    no_accounts: frozenset[str] = field(default_factory=frozenset)
    no_terms: frozenset[str] = field(default_factory=frozenset)


def some(accounts: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(accounts), min_size=1, max_size=2, unique=True)


@st.composite
def letters(draw: st.DrawFn) -> tuple[Letter, ...]:
    out: list[Letter] = []
    for number in range(draw(st.integers(4, 12))):
        sender = draw(st.sampled_from(ACCOUNTS))
        others = [account for account in ACCOUNTS if account != sender]
        out.append(
            Letter(
                number=number,
                sender=sender,
                recipients=tuple(
                    draw(st.lists(st.sampled_from(others), min_size=1, max_size=2, unique=True))
                ),
                hour=draw(st.integers(0, 200)),
                words=tuple(draw(st.lists(st.sampled_from(WORDS), max_size=2))),
                answers=draw(st.none() | st.integers(0, number - 1)) if number else None,
            )
        )
    return tuple(out)


@st.composite
def clauses(draw: st.DrawFn) -> Asked:
    accounts = draw(st.frozensets(st.sampled_from(ACCOUNTS), max_size=2))
    first = draw(st.integers(0, 120))
    terms = draw(st.frozensets(st.sampled_from(WORDS), min_size=0 if accounts else 1, max_size=2))
    return Asked(
        accounts=accounts,
        first=first,
        last=first + draw(st.integers(1, 150)),
        terms=terms,
        context=draw(st.sampled_from(("", "thread", "24 hours", "1 message"))) if terms else "",
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    return World(
        letters=draw(letters()),
        clauses=tuple(draw(st.lists(clauses(), min_size=1, max_size=2))),
        no_accounts=draw(st.frozensets(st.sampled_from(ACCOUNTS), max_size=1)),
        no_terms=draw(st.frozensets(st.sampled_from(WORDS), max_size=1)),
    )


def expected(world: World) -> set[int]:
    """Return the numbers of the letters the order admits: by nested loops, nothing clever."""
    admitted: set[int] = set()
    for clause in world.clauses:
        within = [one for one in world.letters if allowed(world, clause, one)]
        hits = [one for one in within if not clause.terms or clause.terms & set(one.words)]
        admitted |= {one.number for one in hits}
        for hit in hits:
            admitted |= {
                one.number for one in within if comes_along(clause.context, hit, one, within)
            }
    return admitted


def allowed(world: World, clause: Asked, one: Letter) -> bool:
    if one.people & world.no_accounts or set(one.words) & world.no_terms:
        return False
    if clause.accounts and not clause.accounts & one.people:
        return False
    return clause.first <= one.hour < clause.last


def comes_along(context: str, hit: Letter, one: Letter, within: list[Letter]) -> bool:
    if context == "thread":
        return one.number in thread(hit, within)
    if hit.people != one.people:
        return False
    if context == "24 hours":
        return abs(hit.hour - one.hour) <= 24
    if context == "1 message":
        talk = sorted(
            (x for x in within if x.people == hit.people), key=lambda x: (x.hour, x.number)
        )
        places = [x.number for x in talk]
        return abs(places.index(hit.number) - places.index(one.number)) <= 1
    return False


def thread(hit: Letter, within: list[Letter]) -> set[int]:
    """Return what hangs together: answers, what is answered, and two answers to one letter."""
    found = {hit.number}
    while True:
        more = {
            one.number
            for one in within
            for other in within
            if other.number in found
            and (
                one.answers == other.number
                or other.answers == one.number
                or (one.answers is not None and one.answers == other.answers)
            )
        }
        if more <= found:
            return found
        found |= more


def stamp(hour: int) -> dt.datetime:
    return START + dt.timedelta(hours=hour)


def write_copy(world: World, folder: Path) -> None:
    """Write each letter into the mailbox of every recipient, and of its sender."""
    for one in world.letters:
        when = stamp(one.hour)
        for owner in (one.sender, *one.recipients):
            box = folder / "mail" / owner / "Maildir" / "cur"
            box.mkdir(parents=True, exist_ok=True)
            head = [
                f"Delivered-To: {owner}",
                f"Received: from mx; {when:%a, %d %b %Y %H:%M:%S +0000}",
                f"From: <{one.sender}>",
                f"To: {', '.join(f'<{to}>' for to in one.recipients)}",
                f"Date: {when:%a, %d %b %Y %H:%M:%S +0000}",
                f"Message-ID: <m{one.number}@x.example>",
                f"Subject: sub{one.mark}",
            ]
            if one.answers is not None:
                head.append(f"In-Reply-To: <m{one.answers}@x.example>")
            body = f"{' '.join(one.words)} {one.mark}"
            name = f"{int(when.timestamp())}.M{one.number}P1.mx:2,S"
            (box / name).write_text("\n".join([*head, "", body, ""]), "utf-8")


def order_of(world: World) -> str:
    """Return the order as a person would write it."""
    lines = [
        'number = "W-1"', 'magistrate = "J"', 'investigation = "World"', 'offences = ["x"]',
        "issued = 2016-05-01T00:00:00Z", "expires = 2099-01-01T00:00:00Z", 'purpose = "test"',
    ]  # fmt: skip
    for number, clause in enumerate(world.clauses):
        lines += ["[[clause]]", f'name = "c{number}"']
        lines += [f"from = {stamp(clause.first).isoformat()}"]
        lines += [f"until = {stamp(clause.last).isoformat()}"]
        lines += [f"accounts = {listed(clause.accounts)}"] if clause.accounts else []
        lines += [f"terms = {listed(clause.terms)}"] if clause.terms else []
        lines += [f'context = "{clause.context}"'] if clause.context else []
    if world.no_accounts or world.no_terms:
        lines.append("[except]")
        lines += [f"accounts = {listed(world.no_accounts)}"] if world.no_accounts else []
        lines += [f"terms = {listed(world.no_terms)}"] if world.no_terms else []
    return "\n".join(lines) + "\n"


def listed(names: frozenset[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in sorted(names)) + "]"
