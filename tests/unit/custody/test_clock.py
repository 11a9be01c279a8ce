"""Time in a log never goes back: a machine's clock that was set back is noticed, and said."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from zegel.custody.acts import CLOCK_BACK
from zegel.custody.log import Log
from zegel.custody.verify import verify
from zegel.errors import UsageError, VerificationError

MINUTE = 60 * 10**9


@pytest.fixture
def log(tmp_path: Path) -> Log:
    made = Log.create(tmp_path / "custody", tmp_path / "keys" / "custody.pem", origin="case x")
    made.append("case made", {})
    return made


def clock_says(instant_ns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: instant_ns)


def test_an_entry_under_a_clock_set_back_says_so_and_bears_no_earlier_time(
    log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    newest = log.head().time_ns
    clock_says(newest - 60 * MINUTE, monkeypatch)
    log.append("search", {})
    made, noticed, search = log.entries()

    assert (noticed.act, dict(noticed.facts)) == (
        CLOCK_BACK,
        {"clock": str(newest - 60 * MINUTE), "newest": str(newest)},
    )
    assert [search.act, search.time_ns, log.head().time_ns] == ["search", newest, newest]
    assert made.time_ns <= noticed.time_ns
    assert verify(tmp_path / "custody", None).head.size == 3


def test_two_machines_may_differ_by_some_minutes_without_a_word(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = log.head().time_ns
    clock_says(newest - 5 * MINUTE, monkeypatch)
    log.append("search", {})

    assert [(e.act, e.time_ns) for e in log.entries()][1:] == [("search", newest)]


def test_nobody_else_writes_that_the_clock_was_set_back(log: Log) -> None:
    with pytest.raises(UsageError, match="only the custody log itself"):
        log.append(CLOCK_BACK, {})


def test_some_acts_are_found_in_order_and_all_others_passed_over(log: Log) -> None:
    for act in ("search", "withdrawn", "search", 'with"drawn', "withdrawn"):
        log.append(act, {"n": act})

    assert [(e.index, e.act) for e in log.acts(["withdrawn", "none"])] == [
        (2, "withdrawn"),
        (5, "withdrawn"),
    ]
    assert [e.index for e in log.acts(['with"drawn'])] == [4]
    assert list(log.acts([])) == []


def test_an_act_that_was_tampered_with_is_named(log: Log, tmp_path: Path) -> None:
    log.append("withdrawn", {"why": "one"})
    entries = tmp_path / "custody" / "entries.jsonl"
    entries.write_bytes(entries.read_bytes().replace(b'"one"', b'"two"'))

    with pytest.raises(VerificationError, match="entry 1 of the log does not fit"):
        list(log.acts(["withdrawn"]))
