"""Small worlds of mail in clear, orders about them, and an oracle that imports nothing of zegel.

Each message bears a mark that no other has (`zq7x`), so that a trace of it can be found anywhere.
Some accounts change hands: a registry in the copy says when.
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
    holders: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class World:
    """Letters and an order."""

    letters: tuple[Letter, ...]
    clauses: tuple[Asked, ...]
    no_accounts: frozenset[str] = field(default_factory=frozenset)
    no_terms: frozenset[str] = field(default_factory=frozenset)
    handed: tuple[tuple[str, int], ...] = ()
    """Accounts that went from one holder to the next, and at which hour."""


def holders_of(account: str) -> tuple[str, str]:
    """Return the first and the second holder of an account that changed hands."""
    return f"zhold{account[:2]}", f"zhnew{account[:2]}"


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
def clauses(draw: st.DrawFn, handed: dict[str, int]) -> Asked:
    accounts = draw(st.frozensets(st.sampled_from(ACCOUNTS), max_size=2))
    first = draw(st.integers(0, 120))
    last = first + draw(st.integers(1, 150))
    terms = draw(st.frozensets(st.sampled_from(WORDS), min_size=0 if accounts else 1, max_size=2))
    # An order must say whom it means where an account changes hands within its period.
    several = [a for a in sorted(accounts) if a in handed and first < handed[a] < last]
    known = [name for account in several for name in holders_of(account)]
    return Asked(
        accounts=accounts,
        first=first,
        last=last,
        terms=terms,
        context=draw(st.sampled_from(("", "thread", "24 hours", "1 message"))) if terms else "",
        holders=frozenset((draw(st.sampled_from(known)),)) if known else frozenset(),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    handed = draw(st.dictionaries(st.sampled_from(ACCOUNTS[:2]), st.integers(20, 180), max_size=2))
    return World(
        letters=draw(letters()),
        clauses=tuple(draw(st.lists(clauses(handed), min_size=1, max_size=2))),
        no_accounts=draw(st.frozensets(st.sampled_from(ACCOUNTS), max_size=1)),
        no_terms=draw(st.frozensets(st.sampled_from(WORDS), max_size=1)),
        handed=tuple(sorted(handed.items())),
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
    if not clause.first <= one.hour < clause.last:
        return False
    if not clause.accounts:
        return True
    return any(is_meant(world, clause, a, one.hour) for a in clause.accounts & one.people)


def is_meant(world: World, clause: Asked, account: str, hour: int) -> bool:
    """Say whether an account was, at an hour, in the hands of somebody the clause names."""
    if not clause.holders:
        return True
    handed = dict(world.handed).get(account)
    return handed is not None and holders_of(account)[hour >= handed] in clause.holders


def strangers(world: World) -> set[str]:
    """Return the holders the order is not about: no account of a clause was theirs in its time."""
    every = {name for account, _ in world.handed for name in holders_of(account)}
    about = {
        holders_of(account)[hour >= handed]
        for clause in world.clauses
        for account, handed in world.handed
        if account in clause.accounts
        for hour in range(clause.first, clause.last)
        if is_meant(world, clause, account, hour)
    }
    return every - about - {name for clause in world.clauses for name in clause.holders}


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
    if world.handed:
        (folder / "devices.csv").write_text(registry(world), "utf-8")


def registry(world: World) -> str:
    rows = ["serial,address,holder,from,to"]
    for account, handed in world.handed:
        first, second = holders_of(account)
        when = f"{stamp(handed):%Y-%m-%dT%H:%M:%SZ}"
        rows.append(f"S1{account[:2]},{account},{first},2015-01-01T00:00:00Z,{when}")
        rows.append(f"S1{account[:2]},{account},{second},{when},")
    return "\n".join(rows) + "\n"


def order_of(world: World, number: str = "W-1") -> str:
    """Return the order as a person would write it."""
    lines = [
        f'number = "{number}"', 'magistrate = "J"', 'investigation = "World"', 'offences = ["x"]',
        "issued = 2016-05-01T00:00:00Z", "expires = 2099-01-01T00:00:00Z", 'purpose = "test"',
    ]  # fmt: skip
    for place, clause in enumerate(world.clauses):
        lines += ["[[clause]]", f'name = "c{place}"']
        lines += [f"from = {stamp(clause.first).isoformat()}"]
        lines += [f"until = {stamp(clause.last).isoformat()}"]
        lines += [f"accounts = {listed(clause.accounts)}"] if clause.accounts else []
        lines += [f"holders = {listed(clause.holders)}"] if clause.holders else []
        lines += [f"terms = {listed(clause.terms)}"] if clause.terms else []
        lines += [f'context = "{clause.context}"'] if clause.context else []
    if world.no_accounts or world.no_terms:
        lines.append("[except]")
        lines += [f"accounts = {listed(world.no_accounts)}"] if world.no_accounts else []
        lines += [f"terms = {listed(world.no_terms)}"] if world.no_terms else []
    return "\n".join(lines) + "\n"


def listed(names: frozenset[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in sorted(names)) + "]"
