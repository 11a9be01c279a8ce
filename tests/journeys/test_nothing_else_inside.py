"""An investigation holds what its order admits and nothing else, whatever is asked of it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.journeys.worlds import (
    WORDS,
    Asked,
    Letter,
    World,
    expected,
    order_of,
    worlds,
    write_copy,
)
from zegel import service
from zegel.casefile import Case
from zegel.errors import UsageError
from zegel.exhibits.acquisition import Acquisition, Conditions
from zegel.investigation import Investigation
from zegel.search import Page, TextIndex

SLOW = settings(max_examples=12, suppress_health_check=list(HealthCheck))


@contextmanager
def granted(world: World) -> Iterator[tuple[Case, Investigation]]:
    """Give the case of a world, and the investigation its order makes."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_copy(world, folder / "copy")
        case = service.init_case(folder / "case", training=True)
        service.take_in(case, folder / "copy", (Acquisition(), Conditions()))
        service.process(case, service.ProcessOptions(workers=1))
        service.build_case_index(case)
        result = service.grant(case, order_of(world).encode())
        yield case, Investigation.open(result.folder)


def everything(folder: Path) -> str:
    """Return all that can be read in a folder: rows of every table, words of the index, bytes."""
    said = [repr(pq.read_table(path).to_pylist()) for path in sorted(folder.rglob("*.parquet"))]
    said += [" ".join(TextIndex(folder / "index").words(""))]
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".parquet":
            said.append(path.read_bytes().decode("latin-1"))
    return "\n".join(said)


def leaks(world: World, inv: Investigation, words: str) -> list[str]:
    """Return the marks of refused letters that anything in or about the folder shows."""
    refused = [one for one in world.letters if one.number not in expected(world)]
    answers = [everything(inv.folder)]
    for query in ("", words, "boot OR haven OR geld OR feest", "zq*", "subzq*", "from:a0 OR to:a1"):
        answers.append(repr(service.search(inv, query, Page(limit=1000))))
    answers += [repr(service.list_contacts(inv)), repr(service.list_timeline(inv, "day"))]
    answers += [service.draw_contacts(inv), service.draw_timeline(inv, "day")]
    answers += [repr(service.describe(inv))]
    answers += [repr(service.show_message(inv, str(n))) for n in range(1, inv.messages + 1)]
    # A log of reads holds the queries themselves: what was asked, never what was found.
    return [one.mark for one in refused if any(one.mark in answer for answer in answers)]


def found(inv: Investigation) -> set[int]:
    rows = pq.read_table(inv.table("messages"), columns=["subject"]).to_pylist()
    return {int(row["subject"][5:-1]) for row in rows}


@SLOW
@given(worlds(), st.sampled_from(WORDS))
def test_what_the_order_admits_is_inside_and_nothing_else(world: World, words: str) -> None:
    with granted(world) as (_, inv):
        inv.check()

        assert found(inv) == expected(world)
        assert service.search(inv, "")["count"] == len(expected(world))
        assert leaks(world, inv, words) == []


@SLOW
@given(worlds())
def test_a_refused_message_and_one_that_never_was_get_the_same_answer(world: World) -> None:
    with granted(world) as (case, inv):
        table = case.folder / "index"
        rows = pq.read_table(next(table.rglob("documents.parquet"))).to_pylist()
        inside = {row["message"] for row in inv.rows("messages")}
        ids = [row["message"].hex() for row in rows if row["message"] not in inside]
        answers = {_refusal(inv, wanted) for wanted in [*ids, "0" * 64, "f" * 16, "99999"]}
        acts = [entry.act for entry in service.reading.investigation_log(inv).entries()]

        assert len(answers) == 1
        assert acts.count("message read") == len(ids) + 3


def _refusal(inv: Investigation, wanted: str) -> str:
    with pytest.raises(UsageError) as refused:
        service.show_message(inv, wanted)
    return str(refused.value)


@SLOW
@given(worlds())
def test_counts_inside_are_those_of_what_is_inside(world: World) -> None:
    with granted(world) as (_, inv):
        letters = {one.number: one for one in world.letters if one.number in expected(world)}
        pairs = {(one.sender, to): 0 for one in letters.values() for to in one.recipients}
        for one in letters.values():
            for to in one.recipients:
                pairs[one.sender, to] += 1
        contacts = service.list_contacts(inv)["contacts"]

        assert {(c["sender"], c["recipient"]): c["messages"] for c in contacts} == pairs
        steps = service.list_timeline(inv, "day")["timeline"]
        assert sum(step["messages"] for step in steps) == len(letters)


def no_accounts(_real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *_: None


def no_exclusions(_real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *_: frozenset()


def whole_context(_real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda _, hit, within: [(row.number, hit[0].number) for row in within if hit]


def index_of_the_case(_real: Callable[..., Any]) -> Callable[..., Any]:
    def mutant(tables: Path) -> Any:
        documents = next((tables.parents[2] / "index").rglob("documents.parquet"))
        return service.caseindex.index_rows(documents)

    return mutant


MUTANTS = {
    "a clause without its accounts": ("zegel.authorisation.admit", "scope", no_accounts),
    "no exclusions": ("zegel.authorisation.admit", "_excluded", no_exclusions),
    "everything is context": ("zegel.authorisation.admit", "_context", whole_context),
    "the index of the case": ("zegel.service.grant", "investigation_rows", index_of_the_case),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_that_lets_more_in_is_caught(name: str) -> None:
    module, function, mutant = MUTANTS[name]
    with patch.object(
        sys.modules[module], function, mutant(getattr(sys.modules[module], function))
    ):
        caught = [world for world in samples() if _is_caught(world)]

    assert caught != []


def samples() -> Iterator[World]:
    """Give worlds in which each rule matters."""

    def letter(number: int, sender: str, to: str, hour: int, word: str) -> Letter:
        return Letter(
            number=number, sender=f"{sender}@x.example", recipients=(f"{to}@x.example",),
            hour=hour, words=(word,), answers=None,
        )  # fmt: skip

    mail = (
        letter(0, "a0", "a1", 5, "boot"),
        letter(1, "a0", "a1", 6, "feest"),
        letter(2, "a2", "a3", 7, "boot"),
        letter(3, "a0", "a4", 8, "geld"),
        letter(4, "a0", "a1", 150, "feest"),
    )
    some = {"first": 0, "last": 160, "context": "24 hours", "terms": frozenset({"boot", "geld"})}
    yield World(
        letters=mail,
        clauses=(Asked(accounts=frozenset({"a0@x.example"}), **some),),  # type: ignore[arg-type]
        no_accounts=frozenset({"a4@x.example"}),
    )


def _is_caught(world: World) -> bool:
    with granted(world) as (_, inv):
        try:
            return found(inv) != expected(world) or leaks(world, inv, "boot") != []
        except KeyError:  # a hit that no table has: the index holds what the folder does not
            return True


def test_without_a_mutant_the_samples_are_right() -> None:
    assert not any(_is_caught(world) for world in samples())
