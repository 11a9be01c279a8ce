"""The oracle of permission sees what it must: each mutant that lets something more out is caught.

A mutant skips a clause, an exclusion, a period or a holder's time, widens a context, or answers
from what lies outside the folder.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest

from tests.journeys import worlds
from tests.journeys.asking import case_of, documents, found, granted, leaks, letter_of, refusals
from tests.journeys.worlds import Asked, Letter, World, expected
from zegel.analysis.traffic import COLUMNS, Traffic, traffic
from zegel.authorisation.admit import Row, _Clause
from zegel.casefile import Case
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.schemas import MESSAGES
from zegel.search import Hits, TextIndex

deciding = import_module("zegel.authorisation.admit")
Mutant = Callable[[Case, Any], Any]
"""Makes something else of the real thing."""


def at(name: str) -> str:
    return f"{name}@x.example"


def letter(number: int, sender: str, to: str, hour: int, word: str, **more: Any) -> Letter:
    return Letter(
        number=number, sender=at(sender), recipients=(at(to),), hour=hour, words=(word,),
        **{"answers": None, **more},
    )  # fmt: skip


MAIL = (
    letter(0, "a0", "a1", 50, "boot"),
    letter(1, "a0", "a1", 51, "feest"),
    letter(2, "a2", "a3", 57, "boot"),
    letter(3, "a0", "a4", 58, "geld"),
    letter(4, "a0", "a1", 150, "feest"),
    letter(5, "a0", "a1", 100, "feest"),
    letter(6, "a0", "a1", 20, "boot"),
    letter(7, "a2", "a3", 60, "feest", answers=0),
    letter(8, "a0", "a1", 53, "haven", answers=0),
    letter(9, "a1", "a0", 52, "haven"),
    letter(10, "a0", "a1", 80, "feest"),
    letter(11, "a3", "a2", 99, "boot"),
)


def world(**clause: Any) -> World:
    usual = {"accounts": frozenset({at("a0")}), "first": 30, "last": 100, "context": ""}
    terms = frozenset({"boot", "geld"})
    return World(
        letters=MAIL,
        clauses=(Asked(**{**usual, "terms": terms, **clause}),),
        no_accounts=frozenset({at("a4")}),
        no_terms=frozenset({"haven"}),
        handed=((at("a0"), 40),),
    )


NEW = frozenset({"zhnewa0"})
WORLDS = {
    "hours": world(context="24 hours", holders=NEW),
    "one message": world(context="1 message", holders=NEW),
    "thread": world(context="thread", holders=NEW),
    "everything": world(terms=frozenset(), holders=NEW),
    "anybody": world(accounts=frozenset(), context="24 hours"),
}
# Rows are read of accounts that any clause names, so others' come along where two clauses do.
_THREAD, _OTHERS = (
    WORLDS["thread"].clauses[0],
    Asked(accounts=frozenset({at("a2")}), first=30, last=58, terms=frozenset({"geld"}), context=""),
)
WORLDS["two clauses"] = replace(WORLDS["thread"], clauses=(_THREAD, _OTHERS))


def nothing(_case: Case, _real: Any) -> Any:
    return lambda *_: None


def nobody_excluded(_case: Case, _real: Any) -> Any:
    return lambda *_: frozenset()


def always_inside(_case: Case, real: Any) -> Any:
    return lambda instants, spans: max(real(instants, spans), 2 if instants else 0)


def end_included(_case: Case, real: Any) -> Any:
    return lambda instants, spans: real(instants, [(start, end + 1) for start, end in spans])


def any_holder(_case: Case, _real: Any) -> Any:
    return lambda _clause, spans, _holdings: spans


def all_are_hits(_case: Case, _real: Any) -> Any:
    return lambda self, rows: [(row.number, "hit") for row in rows if self._within(row)]


def all_is_context(_case: Case, _real: Any) -> Any:
    return lambda _, hit, within: [(row.number, hit[0].number) for row in within if hit]


def wider(_case: Case, real: Any, by: int) -> Any:
    def mutant(clause: Any, hit: Any, within: Any) -> Any:
        wide = replace(
            clause.context,
            hours=clause.context.hours and clause.context.hours + by,
            messages=clause.context.messages and clause.context.messages + by,
        )
        return real(replace(clause, context=wide), hit, within)

    return mutant


def context_over(_case: Case, real: Any, rows_of: Callable[[_Clause, Row], bool]) -> Any:
    """Let context come from other rows than those within the clause."""

    def mutant(self: _Clause, rows: Any) -> Any:
        every = list(rows)
        reasons = dict(real(self, every))
        hit = [row for row in every if reasons.get(row.number) == "hit"]
        around = [row for row in every if row in hit or (row.instants and rows_of(self, row))]
        for number, of in deciding._context(self.clause, hit, around):
            reasons.setdefault(number, f"context of {of}")
        return reasons.items()

    return mutant


def without_period(clause: _Clause, row: Row) -> bool:
    mine = clause.accounts is None or bool(row.accounts & clause.accounts.keys())
    return mine and row.number not in clause.excluded


def without_accounts(clause: _Clause, row: Row) -> bool:
    start, end = clause.clause.period.start_ns, clause.clause.period.end_ns
    return row.number not in clause.excluded and all(start <= at < end for at in row.instants)


def without_exclusions(clause: _Clause, row: Row) -> bool:
    clause.excluded, excluded = frozenset(), clause.excluded
    try:
        return clause._within(row)
    finally:
        clause.excluded = excluded


def texts(case: Case) -> list[str]:
    """Return the texts of all of the case."""
    return [row["text"] for row in documents(case)]


def words_of_the_case(case: Case, real: Any) -> Any:
    def mutant(tables: Any) -> Any:
        for row in real(tables):
            yield replace(row, texts=(*row.texts, *texts(case)))

    return mutant


def rows_of_the_case(case: Case, real: Any) -> Any:
    def mutant(tables: Any) -> Any:
        rows = list(real(tables))
        yield from rows
        most = max((row.number for row in rows), default=0)
        example = replace(rows[0]) if rows else None
        for number, text in enumerate(texts(case), most + 1):
            if example is not None:
                yield replace(example, number=number, texts=(text,))

    return mutant


def text_from_the_case(case: Case, real: Any) -> Any:
    return lambda text, _: real(" ".join([text, *texts(case)])[-160:], [])


def count_of_the_case(case: Case, real: Any) -> Any:
    def mutant(self: TextIndex, node: Any, page: Any, fields: Any) -> Hits:
        return Hits(len(documents(case)), real(self, node, page, fields).rows)

    return mutant


def refused_by_name(case: Case, real: Any) -> Any:
    """Answer otherwise where the case has the message."""

    def mutant(inv: Investigation, wanted: str) -> Any:
        known = [row["message"].hex() for row in documents(case) if len(wanted) > 8]
        if any(identity.startswith(wanted) for identity in known) and not _inside(inv, wanted):
            raise UsageError("the order does not admit this message")
        return real(inv, wanted)

    return mutant


def _inside(inv: Investigation, wanted: str) -> bool:
    return any(row["message"].hex().startswith(wanted) for row in inv.rows("messages"))


def rows_for_all(case: Case, _real: Any) -> Any:
    def mutant(*_: Any) -> Traffic:
        columns = [{**row, "number": number} for number, row in enumerate(documents(case), 1)]
        schema = pa.schema([MESSAGES.field(name) for name in COLUMNS])
        return traffic(pa.Table.from_pylist(columns, schema))

    return mutant


def all_taken(_case: Case, _real: Any) -> Any:
    return lambda lines, _now, _admitted: (list(lines), [])


def all_holdings(_case: Case, real: Any) -> Any:
    def mutant(admitted: Any, order: Any, raw: Any, every: Any) -> Any:
        rows = list(raw)
        held = real(admitted, order, rows, every)
        held.rows = dict(enumerate(rows))
        return held

    return mutant


def thread_of_the_case(case: Case, real: Any) -> Any:
    """Name a thread after its first message, whether it is admitted or not."""

    def mutant(portion: Any, gathered: Any, decided: Any, language: str) -> None:
        inside = gathered.document["message"]
        outside = next(row["message"] for row in documents(case) if row["message"] != inside)
        real(portion, gathered, replace(decided, thread=outside), language)

    return mutant


MUTANTS: dict[str, tuple[str, str, Mutant]] = {
    "a clause without its accounts": ("authorisation.admit", "scope", nothing),
    "no exclusions": ("authorisation.admit", "_excluded", nobody_excluded),
    "no period": ("authorisation.admit", "_lies", always_inside),
    "the end of the period is in it": ("authorisation.admit", "_lies", end_included),
    "the account, whoever held it": ("authorisation.accounts", "_of_holders", any_holder),
    "a clause without its terms": ("authorisation.admit", "_Clause.decide", all_are_hits),
    "everything is context": ("authorisation.admit", "_context", all_is_context),
    "a context of one hour or message more": (
        "authorisation.admit", "_context", partial(wider, by=1),
    ),
    "a context out of the period": (
        "authorisation.admit", "_Clause.decide", partial(context_over, rows_of=without_period),
    ),
    "a context out of the accounts": (
        "authorisation.admit", "_Clause.decide", partial(context_over, rows_of=without_accounts),
    ),
    "exclusions for hits only": (
        "authorisation.admit", "_Clause.decide", partial(context_over, rows_of=without_exclusions),
    ),
    "words of the case in the index": ("service.grant", "investigation_rows", words_of_the_case),
    "rows of the case in the index": ("service.grant", "investigation_rows", rows_of_the_case),
    "snippets from the case": ("service.searching", "snippet", text_from_the_case),
    "counts of the case": ("search.index", "TextIndex.page", count_of_the_case),
    "a refused id is told from one that never was": (
        "service.reading", "find_message", refused_by_name,
    ),
    "contacts and timeline of the case": ("service.overviews", "traffic_of", rows_for_all),
    "pictures of the case": ("service.drawn", "traffic_of", rows_for_all),
    "casework about all messages": ("service.takeover", "split", all_taken),
    "the registry of the whole case": ("service.grant", "holdings_of", all_holdings),
    "threads named by a message outside": ("service.portions", "add_gathered", thread_of_the_case),
}  # fmt: skip


@pytest.fixture(scope="module")
def case() -> Iterator[Case]:
    """Give the case in which all sample orders are granted: they share one set of letters."""
    with case_of(WORLDS["hours"]) as made:
        yield made


def faults(case: Case, name: str) -> list[str]:
    """Return what is wrong with the investigation that a sample order makes."""
    asked = WORLDS[name]
    try:
        with granted(asked, case) as inv:
            more = sorted(found(inv) - expected(asked))
            less = sorted(expected(asked) - found(inv))
            wrong = [f"more: {more}"] * bool(more) + [f"less: {less}"] * bool(less)
            # Refusals last, for the log then holds the ids that were asked for.
            wrong = wrong or leaks(asked, case, inv)
            return wrong or ["answers differ"] * (len(refusals(inv, case)) != 1)
    except KeyError:  # a hit that no table has: the index holds what the folder does not
        return ["a hit outside"]


@pytest.mark.parametrize("name", WORLDS)
def test_without_a_mutant_every_sample_is_right(case: Case, name: str) -> None:
    assert faults(case, name) == []


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_that_lets_more_out_is_caught(case: Case, name: str) -> None:
    module, attribute, mutant = MUTANTS[name]
    holder, last = import_module(f"zegel.{module}"), attribute
    if "." in attribute:
        first, _, last = attribute.partition(".")
        holder = getattr(holder, first)
    with patch.object(holder, last, mutant(case, getattr(holder, last))):
        caught = next((found for sample in WORLDS if (found := faults(case, sample))), [])

    assert caught != []


def test_the_oracle_imports_nothing_of_what_it_judges() -> None:
    tree = ast.parse(Path(worlds.__file__).read_text("utf-8"))
    names = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import)
             for name in node.names]  # fmt: skip
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]

    assert {name.partition(".")[0] for name in names} <= {
        "__future__", "dataclasses", "datetime", "hypothesis", "pathlib",
    }  # fmt: skip


def test_the_samples_admit_and_refuse_enough_to_tell(case: Case) -> None:
    admitted = [expected(sample) for sample in WORLDS.values()]

    assert {letter_of(row) for row in documents(case)} == {one.number for one in MAIL}
    assert all(0 < len(numbers) < len(MAIL) - 2 for numbers in admitted)
    assert len(set.union(*admitted)) > 5
