"""Use case: what an order would admit, as counts only, for the magistrate who has yet to sign it.

Nothing that is shown or logged is content, an id or a name that the order has not. Which counts
may be told is decided by `authorisation.counts`, over all previews of the same state of the case.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zegel.authorisation import Admitted, Clause, Order, check_conditions, read_order
from zegel.authorisation.accounts import Holdings, SeveralHoldersError, scope
from zegel.authorisation.admit import READABLE, Row
from zegel.authorisation.counts import FEWEST, Counts, Reach, Told, singled_out
from zegel.authorisation.order import Exclusions
from zegel.canonical import canonical_json
from zegel.casefile import Case
from zegel.errors import ConditionError, ZegelError
from zegel.service.admitted import holdings_of, rows_of_holdings
from zegel.service.applying import Decision, decide
from zegel.service.caseindex import current_index
from zegel.service.cases import shelf
from zegel.service.door import Visit, Who, enter_case
from zegel.service.previews import PREVIEWED, Numbering, bits, draft_of, keep, series_of
from zegel.service.setapart import marked

MOST_PREVIEWS = 20
"""Of one draft."""
DAY = 86_400 * 10**9
LEAKS = (
    "Counts from 10 to 99 are exact, so four or more of them may together give a smaller one.",
    "Who knows some of the messages, or how many there are, can subtract what they know.",
    "`within 10 of …` and `fewer than 10` say that a count is that near, or that small; 0 is.",
    "A draft is an investigation and a magistrate: another name begins another 20 previews. The"
    " comparison goes on over all drafts, until the case is processed or marked again.",
    "A refusal says that no registry knows a device or holder, or that several held an account.",
)
"""What a series of previews may still tell."""

_PREVIEW = re.compile(r"of preview (\d+)(?: and| without|$| taken)")

Measures = Mapping[str, tuple[str, int]]
"""For each count: the kind of its things, and which they are."""


def preview(case: Case, text: bytes, *, who: Who = None) -> dict[str, Any]:
    """Return the counts of what the order in `text` would admit, by clause and together.

    The order need not be signed or in time; whether it could be granted for the conditions of the
    exhibits is said. Raise where it is not understood, and after 20 previews of a draft.
    """
    digest = hashlib.sha256(text).hexdigest()
    with enter_case(case, PREVIEWED, who) as visit, case.lock():
        try:
            return _Preview(case, read_order(text), visit).run()
        except SeveralHoldersError as several:
            error = several.unnamed()
            visit.explain("preview refused", {"order": digest, "why": error.what})
            raise error from None
        except ZegelError as error:
            visit.explain("preview refused", {"order": digest, "why": error.what})
            raise


class _Preview:
    """One preview on its way."""

    def __init__(self, case: Case, order: Order, visit: Visit) -> None:
        if order.officers:
            raise ConditionError(
                "an order for the privilege officer is not previewed",
                next_step="What is set apart is told as one total, by the preview of any order.",
            )
        self.case = case
        self.order = order
        self.visit = visit
        self.index = current_index(case)
        self.series = series_of(case, order, self.index.name)
        if self.series.of_draft >= MOST_PREVIEWS:
            raise ConditionError(
                f"this draft was previewed {self.series.of_draft} times, and {MOST_PREVIEWS} is"
                " all there may be",
                next_step="`zegel custody report` shows them; the magistrate decides on the order.",
            )
        self.accounts = Numbering(self.index)
        self.number = self.series.of_case + 1
        self.counts = Counts(self.series.cells)

    def run(self) -> dict[str, Any]:
        """Decide as a grant would, count, and write the entry before anything is returned."""
        holdings = Holdings(rows_of_holdings(self.case, Holdings.COLUMNS))
        exhibits = sorted(self.order.exhibits or {r.identity for r in shelf(self.case).all()})
        decision = decide(self.index, self.order, exhibits, holdings, whole=False)
        reaches = [_reach(c, self.order, holdings) for c in self.order.clauses if not c.records]
        clauses = self._clauses(decision, holdings)
        together = self._told("together", self._question(), self._measures(decision, None))
        records = self._records(decision.admitted, holdings)
        privileged = self._privileged(decision)
        flags = list(self._flags(reaches))
        told = {
            "clauses": clauses,
            "together": together,
            "records": records,
            "privileged": privileged,
            "flags": flags,
        }
        self._write(told, reaches)
        return {
            "training": self.case.training,
            "order": self.order.number,
            "investigation": self.order.investigation,
            "preview": self.series.of_draft + 1,
            "most": MOST_PREVIEWS,
            "number": self.number,
            **told,
            "refused_by": self._refused_by(),
            "leaks": list(LEAKS),
        }

    def _write(self, told: Mapping[str, Any], reaches: Sequence[Reach]) -> None:
        new = self.counts.cells[len(self.series.cells) :]
        self.visit.write(
            {
                "order": self.order.digest.hex(),
                "draft": draft_of(self.order),
                "preview": self.number,
                "state": self.index.name,
                "record": keep(self.case, new, reaches),
                "told": told,
            }
        )

    def _clauses(self, decision: Decision, holdings: Holdings) -> list[dict[str, Any]]:
        clauses = []
        for clause in self.order.clauses:
            if clause.records:
                continue
            place = f"clause {clause.name!r}"
            question = _question(clause, self.order.exclusions, self.order.exhibits)
            self._know(place, clause, holdings)
            measures = self._measures(decision, clause.name)
            clauses.append({"name": clause.name, **self._told(place, question, measures)})
        return clauses

    def _know(self, place: str, clause: Clause, holdings: Holdings) -> None:
        """Take into account what whoever wrote the order knows: whom it names, and its days."""
        named = scope(clause, holdings)
        if named is not None:
            where = f"the accounts that {place} names"
            self.counts.known(where, "accounts", self.accounts.bits(named))
        first, last = clause.period.start_ns // DAY, -(-clause.period.end_ns // DAY)
        if 0 <= first < last < 10**6:
            everyday = (1 << last) - (1 << first)
            self.counts.known(f"the days of {place}", "days", everyday)

    def _measures(self, decision: Decision, clause: str | None) -> Measures:
        """Return the sets that are counted: of one clause, or of all together."""
        admitted = decision.admitted.messages
        rows = [
            row
            for row in decision.rows
            if row.number in admitted
            and (clause is None or any(name == clause for name, _ in admitted[row.number]))
        ]
        touched = frozenset[str]().union(*(row.accounts for row in rows))
        return {
            "messages": ("messages", bits(row.number for row in rows)),
            "unreadable": (
                "messages",
                bits(row.number for row in rows if row.state not in READABLE),
            ),
            "others": ("accounts", self.accounts.bits(touched - decision.named)),
            "accounts": ("accounts", self.accounts.bits(touched)),
            "days": ("days", bits(day for row in rows if (day := _day(row)) is not None)),
        }

    def _told(self, place: str, question: str, measures: Measures) -> dict[str, Any]:
        where = f"{place} of preview {self.number}"
        told = {
            name: self.counts.tell(f"{name} of {where}", kind, f"{name} {question}", things)
            for name, (kind, things) in measures.items()
        }
        said: dict[str, Any] = {name: _said(one) for name, one in told.items()}
        return {**said, "unreadable_share": _share(told["unreadable"], told["messages"])}

    def _question(self) -> str:
        """Return what is asked of all clauses together: of one alone, what it asks itself."""
        questions = sorted(
            {
                _question(clause, self.order.exclusions, self.order.exhibits)
                for clause in self.order.clauses
                if not clause.records
            }
        )
        if len(questions) == 1:
            return questions[0]
        return hashlib.sha256(" ".join(questions).encode()).hexdigest()

    def _records(self, admitted: Admitted, every: Holdings) -> str:
        """Return how many rows of registries and ledgers clauses about records ask for."""
        if not admitted.records:
            return "not asked for"
        held = holdings_of(admitted, self.order, rows_of_holdings(self.case), every)
        things = bits(held.rows)
        questions = " ".join(
            _question(clause, self.order.exclusions, self.order.exhibits)
            for clause, _ in admitted.records
        )
        place = f"records of preview {self.number}"
        return str(self.counts.tell(place, "records", f"records {questions}", things))

    def _privileged(self, decision: Decision) -> str:
        """Return the one total of what is set apart, for the magistrate."""
        if marked(self.case) is None:
            return "no register"
        return str(
            self.counts.tell(
                f"privileged messages of preview {self.number}",
                "privileged",
                f"privileged {self._question()}",
                bits(decision.apart),
            )
        )

    def _flags(self, reaches: Sequence[Reach]) -> Iterator[str]:
        if singled_out(self.series.reaches, reaches):
            yield (
                "This preview, with those before it, tells one account apart that no clause names"
                " alone. The series narrows to that account."
            )
        new = self.counts.cells[len(self.series.cells) :]
        near = sum(1 for cell in new if cell.told is not None and self._is_earlier(cell.told.near))
        if near:
            yield (
                f"Withheld for what earlier previews told: {near} counts. Subtracted, they would"
                f" give counts below {FEWEST}: the series narrows to a few things."
            )

    def _is_earlier(self, near: str) -> bool:
        """Say whether a count is withheld for what another preview told, not this one itself."""
        return any(int(number) != self.number for number in _PREVIEW.findall(near))

    def _refused_by(self) -> str | None:
        conditions = {record.identity: record.conditions for record in shelf(self.case).all()}
        try:
            check_conditions(self.order, conditions)
        except ConditionError as error:
            return error.what
        return None


def _reach(clause: Clause, order: Order, holdings: Holdings) -> Reach:
    named, never = scope(clause, holdings), order.exclusions.accounts
    return (True, never) if named is None else (False, frozenset(named) - never)


def _day(row: Row) -> int | None:
    return min(row.instants) // DAY if row.instants else None


def _said(told: Told) -> dict[str, Any]:
    return {"count": told.count, "says": str(told)}


def _share(unreadable: Told, messages: Told) -> str:
    """Return what part cannot be read, from the counts that were told and from nothing else."""
    if messages.count is None or unreadable.near:
        return "not told"
    if unreadable.count is None:
        return f"below {min(1, FEWEST / messages.count):.0%}"
    return f"{unreadable.count / messages.count:.0%}"


def _question(clause: Clause, out: Exclusions, exhibits: frozenset[str]) -> str:
    """Return a digest of what a clause asks for, whatever it is called and however written."""
    asked = [
        sorted(clause.accounts),
        sorted(clause.devices),
        sorted(clause.holders),
        repr(clause.period),
        repr(clause.terms),
        repr(clause.context),
        sorted(clause.languages),
        sorted(out.accounts),
        repr(out.terms),
        sorted(map(repr, out.periods)),
        sorted(exhibits),
    ]
    return hashlib.sha256(canonical_json(asked)).hexdigest()
