"""What was shown: a number and a digest that tells nothing without its salt, however long."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.custody.entries import Entry
from zegel.custody.log import Log
from zegel.custody.shown import require_shown, shown_facts
from zegel.errors import UsageError, VerificationError

EMPTY = Entry(index=0, time_ns=1, who="jansen", act="search", facts={}, salt=bytes(range(32)))
NAMES = st.lists(st.text(st.characters(codec="utf-8"), max_size=8), max_size=6)


def written(log: Log, shown: Sequence[str] | None) -> Entry:
    log.append("search", {"query": "haven"}, who="jansen", shown=shown)
    return list(log.entries())[-1]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log.create(tmp_path / "log", tmp_path / "key", origin="zegel investigation 26")


def test_an_entry_says_how_many_results_were_shown_and_their_digest(log: Log) -> None:
    entry = written(log, ["b" * 64, "a" * 64])
    salt = hmac.digest(entry.salt, b"facts/shown", "sha256")
    names = json.dumps(["b" * 64, "a" * 64], separators=(",", ":")).encode()

    assert entry.facts == {
        "query": "haven",
        "results": 2,
        "shown": hmac.new(salt, names, hashlib.sha256).hexdigest(),
    }


def test_an_act_that_shows_nothing_of_the_evidence_says_nothing_of_results(log: Log) -> None:
    assert written(log, None).facts == {"query": "haven"}


def test_a_search_without_results_is_kept_as_one(log: Log) -> None:
    entry = written(log, [])

    assert entry.facts["results"] == 0
    require_shown(entry, [])


def test_a_page_of_a_thousand_results_takes_no_more_than_one_of_one(log: Log) -> None:
    one = written(log, ["0" * 64])
    many = written(log, [f"{number:064x}" for number in range(1000)])

    assert len(many.line()) - len(one.line()) == len("1000") - len("1")


def test_the_same_results_give_another_digest_in_each_entry(log: Log) -> None:
    first, second = (written(log, ["a" * 64]) for _ in range(2))

    assert first.facts["shown"] != second.facts["shown"]


@given(NAMES, NAMES)
def test_only_the_names_shown_in_their_order_are_what_was_shown(
    shown: list[str], claimed: list[str]
) -> None:
    entry = replace(EMPTY, facts=shown_facts(EMPTY.field_salt("facts/shown"), shown))
    require_shown(entry, shown)
    if claimed != shown:
        with pytest.raises(VerificationError, match="not what entry 0"):
            require_shown(entry, claimed)


@pytest.mark.parametrize("name", ["results", "shown"])
def test_no_act_writes_of_its_own_what_was_shown(log: Log, name: str) -> None:
    with pytest.raises(UsageError, match=name):
        log.append("search", {name: 0}, shown=[])


def test_a_name_from_undecodable_bytes_is_kept_legible(log: Log) -> None:
    require_shown(written(log, ["caf\udce9"]), ["caf%E9"])
