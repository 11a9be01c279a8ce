"""What is decided from the narrow table is what is decided from all documents, counts too."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.service.test_deciding import written
from zegel.authorisation import Order, accounts_named, admit, read_order
from zegel.authorisation.accounts import Holdings
from zegel.processing.narrow import write_narrow
from zegel.service import applying
from zegel.service.applying import Decision, decide
from zegel.service.deciding import rows_of

ADDRESSES = ("a@x.example", "A@x.example", "b@x.example", "c@x.example", "İ@x.example", "")
DAY = 86_400 * 10**9
JANUARY = 1_451_606_400 * 10**9
PEOPLE = st.lists(st.sampled_from(ADDRESSES), max_size=2)
IDS = st.lists(st.sampled_from(("<1>", "<2>", "<3>", "<4>")), max_size=2)
DOCUMENT = st.fixed_dictionaries(
    {
        "accounts": st.none() | PEOPLE,
        "envelope": PEOPLE,
        "sender": PEOPLE,
        "recipients": PEOPLE,
        "message_ids": IDS,
        "references": IDS,
        "chat_group": st.sampled_from((None, "", "g", "h")),
        "instants": st.none()
        | st.lists(st.integers(0, 20).map(lambda day: JANUARY + day * DAY), max_size=3),
        "state": st.sampled_from(("readable", "not encrypted", "no key")),
        "exhibits": st.sampled_from((["E1"], ["E2"], ["E1", "E2"])),
        "text": st.just("x"),
    }
)
CLAUSE = st.fixed_dictionaries(
    {
        "accounts": st.lists(st.sampled_from(("a@x.example", "B@x.example", "no@x")), max_size=2),
        "terms": st.sampled_from(("", "haven")),
        "context": st.sampled_from(("", "thread", "2 messages", "30 hours")),
        "first": st.integers(0, 15),
        "days": st.integers(1, 20),
    }
)
EXCEPT = ("", 'accounts = ["c@x.example"]', 'terms = ["haven"]')
NEVER = "[[except.periods]]\nfrom = 2016-01-05T00:00:00Z\nuntil = 2016-01-07T00:00:00Z\n"


def order_of(clauses: list[dict[str, Any]], out: str, never: bool, exhibits: bool) -> Order:
    lines = [
        'number = "1"', 'magistrate = "J"', 'investigation = "I"', 'offences = ["x"]',
        "issued = 2016-05-01T00:00:00Z", "expires = 2099-01-01T00:00:00Z", 'purpose = "p"',
    ]  # fmt: skip
    lines += ['exhibits = ["E1"]'] if exhibits else []
    lines += ["[except]", out] if out or never else []
    lines += [NEVER] if never else []
    for number, clause in enumerate(clauses):
        terms = clause["terms"] or ("" if clause["accounts"] else "haven")
        lines += ["[[clause]]", f'name = "{number}"']
        lines += [f"accounts = {clause['accounts']!r}"] if clause["accounts"] else []
        lines += [f'terms = ["{terms}"]'] if terms else []
        lines += [f'context = "{clause["context"]}"'] if terms and clause["context"] else []
        lines += [f"from = 2016-01-{clause['first'] + 1:02d}T00:00:00Z"]
        last = JANUARY // 10**9 + (clause["first"] + clause["days"]) * 86_400
        lines += [f"until = {_day(last)}"]
    return read_order("\n".join(lines).encode())


def _day(seconds: int) -> str:
    days = (seconds - JANUARY // 10**9) // 86_400
    return (
        f"2016-01-{days + 1:02d}T00:00:00Z" if days < 31 else f"2016-02-{days - 30:02d}T00:00:00Z"
    )


@pytest.mark.slow
@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(DOCUMENT, min_size=1, max_size=14),
    st.lists(CLAUSE, min_size=1, max_size=3),
    st.sampled_from(EXCEPT),
    st.booleans(),
    st.booleans(),
    st.sets(st.integers(0, 13)),
)
def test_the_narrow_table_decides_and_counts_as_all_documents_do(
    documents: list[dict[str, Any]], clauses: list[dict[str, Any]], out: str, never: bool,
    exhibits: bool, matching: set[int],
) -> None:  # fmt: skip
    order, holdings = order_of(clauses, out, never, exhibits), Holdings(())
    lie_in = ["E1"] if exhibits else ["E1", "E2"]
    hits = sorted(number for number in matching if number < len(documents))
    with tempfile.TemporaryDirectory() as folder:
        place = written(folder, documents)
        write_narrow(place, Path(folder), Path(folder) / "spill")
        rows = list(rows_of(place, lie_in, accounts_named(order, holdings)))
        wanted = admit(order, rows, holdings, lambda _: hits, lambda _: "nl")
        found = decided(Path(folder), order, lie_in, hits, whole=True)
        fast = decided(Path(folder), order, lie_in, hits, whole=False)

    assert found.admitted.messages == wanted.messages
    assert fast.admitted.messages == wanted.messages
    assert found.admitted.within == wanted.within
    assert {name: dict(counts) for name, counts in found.admitted.left_out.items()} == {
        name: dict(counts) for name, counts in wanted.left_out.items()
    }


def decided(
    index: Path, order: Order, exhibits: list[str], hits: list[int], *, whole: bool
) -> Decision:
    class Text:
        def __init__(self, _: Path) -> None:
            self.all_rows = lambda _: hits

    with patch.object(applying, "TextIndex", Text):
        return decide(index, order, exhibits, Holdings(()), whole=whole)
