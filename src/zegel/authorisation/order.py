"""Reads an order: TOML, kept as received, of which every word must be understood.

An unknown name, a missing zone or a term that cannot be read refuses the whole order: an order
misread is worse than one refused. The form is docs/reference/orders.md and order.schema.json.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NoReturn

from zegel.errors import UsageError
from zegel.text.nodes import Node, Or
from zegel.text.query import QueryError, parse

LARGEST_ORDER = 1 << 20
MOST_CLAUSES = 100
MOST_NAMES = 100_000
LARGEST_SAMPLE = 10_000


class OrderError(UsageError):
    """The order cannot be understood, so nothing is granted."""

    meaning = "an order cannot be understood, so nothing is granted"

    def __init__(self, why: str, where: str) -> None:
        super().__init__(why, where=where, next_step="docs/reference/orders.md has the form.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From an instant to another: nanoseconds since 1970 UTC, the end not included."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What may come along with a hit: its thread, or what was said around it; at most one."""

    thread: bool = False
    messages: int = 0
    hours: int = 0

    def __bool__(self) -> bool:
        return self.thread or self.messages > 0 or self.hours > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusions:
    """What is never admitted, whatever any clause says."""

    accounts: frozenset[str] = frozenset()
    terms: Node | None = None
    periods: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One thing an order allows."""

    name: str
    accounts: frozenset[str]
    devices: frozenset[str]
    holders: frozenset[str]
    period: Period
    terms: Node | None
    context: Context
    languages: frozenset[str]
    records: bool
    """Business records (registry, sales ledger) in place of messages."""

    @property
    def named(self) -> bool:
        """True where the clause says whose messages it means."""
        return bool(self.accounts or self.devices or self.holders)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A magistrate's order."""

    text: bytes = field(repr=False)
    number: str
    magistrate: str
    investigation: str
    offences: tuple[str, ...]
    persons: tuple[str, ...]
    issued_ns: int
    expires_ns: int
    purpose: str
    onward_use: str
    exhibits: frozenset[str]
    """The exhibits it is limited to; empty for all of the case."""
    clauses: tuple[Clause, ...]
    exclusions: Exclusions
    review: bool = False
    """It is the privilege officer's: it draws only from what is set apart."""
    sample: int = 0
    """How many messages, of those that are not set apart, are drawn to measure what was missed."""
    seed: str = ""
    """What the sample is drawn by; the magistrate names it."""

    @property
    def officers(self) -> bool:
        """True where it is for the privilege officer alone: a review, or a sample."""
        return self.review or self.sample > 0

    @property
    def draws_from(self) -> str:
        """Return `review`, `sample`, or `case`."""
        return "review" if self.review else "sample" if self.sample else "case"

    @property
    def digest(self) -> bytes:
        """SHA-256 of the bytes received."""
        return hashlib.sha256(self.text).digest()


def _written(text: bytes) -> dict[str, Any]:
    if len(text) > LARGEST_ORDER:
        raise OrderError(f"larger than {LARGEST_ORDER} bytes", "order")
    try:
        return tomllib.loads(text.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise OrderError(f"is no TOML: {error}", "order") from None


@lru_cache(maxsize=8)
def read_order(text: bytes) -> Order:
    """Return the order in `text`; `OrderError` where any of it is not understood.

    An investigation's is asked for at every act in it, so the last few are remembered.
    """
    table = _Table(_written(text), "order")
    issued, expires = table.instant("issued"), table.instant("expires")
    if expires <= issued:
        raise OrderError("expires before it is issued", "order.expires")
    review, sample, seed = _for_the_officer(table)
    clauses = tuple(_clause(part, bare=review or sample > 0) for part in table.tables("clause"))
    _check_names(clauses)
    parts = [table.table("except"), *(part.table("except") for part in table.tables("clause"))]
    order = Order(
        text=text,
        number=table.text("number"),
        magistrate=table.text("magistrate"),
        investigation=table.text("investigation"),
        offences=table.texts("offences", required=True),
        persons=table.texts("persons"),
        issued_ns=issued,
        expires_ns=expires,
        purpose=table.text("purpose"),
        onward_use=table.text("onward_use", required=False),
        exhibits=frozenset(table.texts("exhibits")),
        clauses=clauses,
        exclusions=_exclusions([part for part in parts if part is not None]),
        review=review,
        sample=sample,
        seed=seed,
    )
    table.nothing_else()
    if sample and any(clause.terms or clause.languages for clause in clauses):
        table.fail("sample", "is of all that clauses cover: they have no terms or languages")
    return order


def _for_the_officer(table: _Table) -> tuple[bool, int, str]:
    """Return what makes an order the privilege officer's: review, or size and seed of a sample."""
    review, sample = table.truth("review"), table.whole("sample", LARGEST_SAMPLE)
    seed = table.text("seed", required=sample > 0)
    if review and sample:
        table.fail("sample", "is of what is not set apart, review of what is: two orders")
    if seed and not sample:
        table.fail("seed", "stands with sample only")
    return review, sample, seed


def _check_names(clauses: Sequence[Clause]) -> None:
    if not clauses:
        raise OrderError("has no [[clause]]: it allows nothing", "order")
    if len(clauses) > MOST_CLAUSES:
        raise OrderError(f"has more than {MOST_CLAUSES} clauses", "order")
    names = [clause.name for clause in clauses]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise OrderError(f"two clauses are called {double}", "order.clause")


def _clause(table: _Table, *, bare: bool) -> Clause:
    """Read a clause; a `bare` one may say a period and no more."""
    clause = Clause(
        name=table.text("name"),
        accounts=_folded(table.texts("accounts")),
        devices=frozenset(table.texts("devices")),
        holders=frozenset(table.texts("holders")),
        period=_period(table),
        terms=_terms(table, "terms"),
        context=_context(table),
        languages=frozenset(table.texts("languages")),
        records=table.one_of("subject", ("messages", "records")) == "records",
    )
    table.known("except")
    table.nothing_else()
    if bare and clause.records:
        table.fail("subject", "an order of the privilege officer is about messages")
    if clause.records:
        if clause.terms or clause.context or clause.languages:
            table.fail("subject", "business records have no terms, context or languages")
    elif not clause.named and clause.terms is None and not bare:
        table.fail(
            "accounts",
            "says neither whose messages nor which terms: languages and periods narrow"
            " a clause, they never are one",
        )
    if clause.context and clause.terms is None:
        table.fail("context", "context stands around the hits of terms, and there are no terms")
    return clause


def _folded(accounts: Sequence[str]) -> frozenset[str]:
    return frozenset(account.lower() for account in accounts)


def _period(table: _Table) -> Period:
    start, end = table.instant("from"), table.instant("until")
    if end <= start:
        table.fail("until", "lies not after from")
    return Period(start_ns=start, end_ns=end)


def _terms(table: _Table, name: str) -> Node | None:
    """Return what any of the terms asks for."""
    nodes: list[Node] = []
    for number, term in enumerate(table.texts(name)):
        try:
            nodes.append(parse(term))
        except QueryError as error:
            raise OrderError(error.what, f"{table.place(name)}[{number}]") from None
    return None if not nodes else nodes[0] if len(nodes) == 1 else Or(tuple(nodes))


_CONTEXT = re.compile(r"(?P<thread>thread)|(?P<count>[1-9]\d{0,2}) (?P<unit>messages?|hours?)")


def _context(table: _Table) -> Context:
    written = table.text("context", required=False)
    if not written:
        return Context()
    found = _CONTEXT.fullmatch(written)
    if found is None:
        table.fail("context", 'is "thread", "5 messages" or "24 hours"')
    count = int(found["count"] or 0)
    hours = bool(found["unit"]) and found["unit"].startswith("hour")
    return Context(
        thread=bool(found["thread"]),
        messages=0 if hours else count,
        hours=count if hours else 0,
    )


def _exclusions(parts: Sequence[_Table]) -> Exclusions:
    accounts: set[str] = set()
    periods: list[Period] = []
    terms: list[Node] = []
    for part in parts:
        accounts |= _folded(part.texts("accounts"))
        node = _terms(part, "terms")
        terms += [] if node is None else [node]
        for inside in part.tables("periods"):
            periods.append(_period(inside))
            inside.nothing_else()
        part.nothing_else()
    whole = None if not terms else terms[0] if len(terms) == 1 else Or(tuple(terms))
    return Exclusions(accounts=frozenset(accounts), terms=whole, periods=tuple(periods))


class _Table:
    """A TOML table of which every name must have been asked for in the end."""

    def __init__(self, written: Mapping[str, Any], where: str) -> None:
        self._written = written
        self._where = where
        self._asked: set[str] = set()

    def place(self, name: str) -> str:
        return f"{self._where}.{name}"

    def fail(self, name: str, why: str) -> NoReturn:
        raise OrderError(why, self.place(name))

    def known(self, name: str) -> None:
        self._asked.add(name)

    def nothing_else(self) -> None:
        unknown = sorted(set(self._written) - self._asked)
        if unknown:
            self.fail(unknown[0], "is not a name an order knows")

    def _get(self, name: str, fits: Callable[[Any], bool], what: str) -> Any:
        self._asked.add(name)
        value = self._written.get(name)
        if value is not None and not fits(value):
            self.fail(name, f"must be {what}")
        return value

    def text(self, name: str, *, required: bool = True) -> str:
        value = self._get(name, lambda v: isinstance(v, str), "text")
        if required and not (value or "").strip():
            self.fail(name, "is missing")
        return str(value or "")

    def truth(self, name: str) -> bool:
        return bool(self._get(name, lambda v: isinstance(v, bool), "true or false"))

    def whole(self, name: str, most: int) -> int:
        def fits(value: Any) -> bool:
            return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= most

        return int(self._get(name, fits, f"a number from 1 to {most}") or 0)

    def texts(self, name: str, *, required: bool = False) -> tuple[str, ...]:
        def fits(value: Any) -> bool:
            return isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value)

        value = self._get(name, fits, "a list of texts")
        if value is not None and not value:
            self.fail(name, "is empty: leave it out, or say what is meant")
        if required and not value:
            self.fail(name, "is missing")
        if value and len(value) > MOST_NAMES:
            self.fail(name, f"has more than {MOST_NAMES} entries")
        return tuple(value or ())

    def one_of(self, name: str, known: Sequence[str]) -> str:
        value = self.text(name, required=False) or known[0]
        if value not in known:
            self.fail(name, f"is one of {', '.join(known)}")
        return value

    def instant(self, name: str) -> int:
        value = self._get(name, lambda v: isinstance(v, datetime), "a date with time and zone")
        if value is None:
            self.fail(name, "is missing")
        if value.tzinfo is None:
            self.fail(name, "has no zone: write 2016-04-01T00:00:00+02:00")
        whole = int(value.replace(microsecond=0).timestamp())
        return whole * 10**9 + int(value.microsecond) * 1000

    def table(self, name: str) -> _Table | None:
        value = self._get(name, lambda v: isinstance(v, dict), "a table")
        return None if value is None else _Table(value, self.place(name))

    def tables(self, name: str) -> list[_Table]:
        def fits(value: Any) -> bool:
            return isinstance(value, list) and all(isinstance(v, dict) for v in value)

        found = self._get(name, fits, "a list of tables") or []
        return [_Table(part, f"{self.place(name)}[{n}]") for n, part in enumerate(found)]
