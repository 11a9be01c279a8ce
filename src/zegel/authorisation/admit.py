"""Decides which messages an order admits, by which clause and why; everything else is left out.

Rules, each with a test that fails without it:

1. Nothing is admitted that no clause admits.
2. What an exclusion names is never admitted, by any clause, hit or context alike.
3. A period is tested on the trusted clocks of all places of a message. One that lies partly inside
   is left out and counted; so is one without any clock.
4. Whose message it is, is tested at its time (`accounts`): who received, kept or sent it.
5. Terms are what the index finds; languages narrow the hits, `und` is a language of its own.
6. Context is bounded by the clause's accounts and period, and never widens them.
7. What cannot be read is admitted (as metadata and raw bytes) by clauses without terms and
   languages only.
8. What is set apart for privilege is never admitted; of it is counted how much lies within the
   accounts and periods of the order, as one number. No term is asked of it: a count would answer.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from zegel.analysis.threads import threads
from zegel.authorisation.accounts import Holdings, Interval, Scope, as_interval, scope
from zegel.authorisation.order import Clause, Order
from zegel.text.nodes import Node

READABLE = frozenset(("readable", "not encrypted", "partly readable"))
HOUR = 3600 * 10**9

HIT, ACCOUNT = "hit", "account and period"
Hits = Callable[[Node], Collection[int]]
LanguageOf = Callable[[int], str]


@dataclass(slots=True, kw_only=True)
class Row:
    """What deciding needs to know of one message; no text."""

    number: int
    state: str
    instants: tuple[int, ...]
    """The trusted clock of each of its places."""
    accounts: frozenset[str]
    """Whose mailboxes it lies in, and who sent and received it."""
    names: tuple[Hashable, ...]
    """Message ids of its own, those it refers to, its chat group: what makes threads."""
    conversation: Hashable
    """Its chat group, else its participants."""


@dataclass(slots=True, kw_only=True)
class Admitted:
    """What an order admits."""

    messages: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    """For each number, clause and reason: `hit`, `account and period`, `context of <number>`."""
    left_out: dict[str, Counter[str]] = field(default_factory=dict)
    """By clause, how many messages were left out, by reason."""
    within: set[int] = field(default_factory=set)
    """Numbers that lie in the accounts and period of a clause that names accounts."""
    records: list[tuple[Clause, Scope | None]] = field(default_factory=list)
    """Clauses about business records, with the accounts and times they cover."""
    privileged: int = 0
    """How many messages within accounts and periods of the order are set apart."""


def admit(
    order: Order,
    rows: Sequence[Row],
    holdings: Holdings,
    hits: Hits,
    language_of: LanguageOf,
    apart: Iterable[Row] = (),
) -> Admitted:
    """Apply `order` to `rows`; `apart` are those set apart, which are only counted."""
    excluded = _excluded(order, rows, hits)
    admitted = Admitted(privileged=len(covered(order, apart, holdings)))
    for clause in order.clauses:
        accounts = scope(clause, holdings)
        if clause.records:
            admitted.records.append((clause, accounts))
            continue
        decision = _Clause(clause, accounts, excluded, hits, language_of)
        for number, why in decision.decide(rows):
            admitted.messages.setdefault(number, []).append((clause.name, why))
        admitted.left_out[clause.name] = decision.left_out
        admitted.within |= decision.within
    return admitted


def covered(order: Order, apart: Iterable[Row], holdings: Holdings) -> frozenset[int]:
    """Return what is set apart within accounts and period of any clause, by its numbers."""
    clauses = [(c, scope(c, holdings)) for c in order.clauses if not c.records]
    return frozenset(row.number for row in apart if any(_covers(*one, row) for one in clauses))


def _covers(clause: Clause, accounts: Scope | None, row: Row) -> bool:
    spans: list[Sequence[Interval]] = [[as_interval(clause.period)]]
    if accounts is not None:
        spans = [accounts[account] for account in row.accounts & accounts.keys()]
    return any(_lies(row.instants, span) == _INSIDE for span in spans)


def accounts_named(order: Order, holdings: Holdings) -> frozenset[str] | None:
    """Return every account whose messages a clause may admit; None where one names nobody.

    Messages that concern none of them are neither admitted nor counted by `admit`.
    """
    found: set[str] = set()
    for clause in order.clauses:
        if clause.records:
            continue
        accounts = scope(clause, holdings)
        if accounts is None:
            return None
        found |= accounts.keys()
    return frozenset(found)


def _excluded(order: Order, rows: Iterable[Row], hits: Hits) -> frozenset[int]:
    """Return the numbers that no clause may admit."""
    out = order.exclusions
    named = set() if out.terms is None else set(hits(out.terms))
    spans = [as_interval(period) for period in out.periods]
    for row in rows:
        within = any(start <= at < end for at in row.instants for start, end in spans)
        if within or not out.accounts.isdisjoint(row.accounts):
            named.add(row.number)
    return frozenset(named)


class _Clause:
    """One clause being decided."""

    def __init__(
        self,
        clause: Clause,
        accounts: Scope | None,
        excluded: frozenset[int],
        hits: Hits,
        language_of: LanguageOf,
    ) -> None:
        self.clause = clause
        self.accounts = accounts
        self.excluded = excluded
        self.hits = hits
        self.language_of = language_of
        self.left_out: Counter[str] = Counter()
        self.within: set[int] = set()

    def decide(self, rows: Iterable[Row]) -> Iterable[tuple[int, str]]:
        """Return number and reason of each message the clause admits."""
        clause = self.clause
        within = [row for row in rows if self._within(row)]
        if self.accounts is not None:
            self.within = {row.number for row in within}
        if clause.terms is None:
            wanted = [row for row in within if self._speaks(row)]
            return [(row.number, ACCOUNT) for row in wanted]
        readable = [row for row in within if row.state in READABLE]
        self._count("cannot be read, and the clause has terms", len(within) - len(readable))
        found = set(self.hits(clause.terms))
        hit = [row for row in readable if row.number in found and self._speaks(row)]
        reasons = {row.number: HIT for row in hit}
        for number, of in _context(clause, hit, readable):
            reasons.setdefault(number, f"context of {of}")
        self._count("matches no term", len(readable) - len(reasons))
        return reasons.items()

    def _count(self, reason: str, count: int = 1) -> None:
        if count:
            self.left_out[reason] += count

    def _within(self, row: Row) -> bool:
        """Say whether account and period fit and no exclusion names the message."""
        if self.accounts is None:
            lies = _lies(row.instants, [as_interval(self.clause.period)])
        else:
            mine = row.accounts & self.accounts.keys()
            if not mine:
                return False
            lies = max(_lies(row.instants, self.accounts[account]) for account in mine)
        if lies is _INSIDE:
            if row.number not in self.excluded:
                return True
            self._count("excluded")
        elif lies is _PARTLY:
            self._count("its clocks straddle the period")
        elif not row.instants:
            self._count("no clock")
        else:
            self._count("outside the period")
        return False

    def _speaks(self, row: Row) -> bool:
        """Say whether the message is in a language the clause names, if it names any."""
        if not self.clause.languages:
            return True
        if row.state in READABLE and self.language_of(row.number) in self.clause.languages:
            return True
        self._count("another language")
        return False


_OUTSIDE, _PARTLY, _INSIDE = 0, 1, 2


def _lies(instants: Sequence[int], spans: Sequence[Interval]) -> int:
    """Say how a message lies to a period: inside with all its clocks, with some, with none."""
    inside = [any(start <= at < end for start, end in spans) for at in instants]
    if inside and all(inside):
        return _INSIDE
    return _PARTLY if any(inside) else _OUTSIDE


def _context(
    clause: Clause, hit: Sequence[Row], within: Sequence[Row]
) -> Iterable[tuple[int, int]]:
    """Yield what comes along with the hits, and the lowest hit it comes along with."""
    context = clause.context
    if not context or not hit:
        return
    if context.thread:
        of = threads((row.number, row.names) for row in within)
        firsts: dict[int, int] = {}
        for row in hit:
            firsts[of[row.number]] = min(row.number, firsts.get(of[row.number], row.number))
        yield from ((r.number, firsts[of[r.number]]) for r in within if of[r.number] in firsts)
        return
    talks: dict[Hashable, list[tuple[int, int]]] = {}
    for row in within:
        talks.setdefault(row.conversation, []).append((min(row.instants), row.number))
    for talk in talks.values():
        talk.sort()
    for row in sorted(hit, key=lambda row: row.number):
        talk, at = talks[row.conversation], min(row.instants)
        if context.hours:
            low = bisect_left(talk, (at - context.hours * HOUR, -1))
            high = bisect_right(talk, (at + context.hours * HOUR, 2**62))
        else:
            place = bisect_left(talk, (at, row.number))
            low, high = max(0, place - context.messages), place + context.messages + 1
        yield from ((number, row.number) for _, number in talk[low:high])
