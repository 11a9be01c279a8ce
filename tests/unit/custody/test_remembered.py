"""What is remembered of a log is what the log says, though it grew, was put back or was changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zegel.custody.entries import Entry
from zegel.custody.log import Log
from zegel.custody.remembered import MOST_ENTRIES, acts_so_far, first_entry
from zegel.errors import VerificationError

WANTED = frozenset({"closed", "reopened"})


def made(folder: Path) -> Log:
    return Log.create(folder / "custody", folder / "key", origin="a test")


def plain(folder: Path) -> tuple[Entry, ...]:
    return tuple(one for one in Log.open(folder / "custody", None).entries() if one.act in WANTED)


@given(acts=st.lists(st.sampled_from(["closed", "reopened", "search", "ask"]), max_size=12))
@settings(max_examples=15, deadline=None)
def test_after_each_entry_it_says_what_the_whole_log_says(
    acts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("log")
    log = made(folder)
    for act in acts:
        log.append(act, {"act": "closed"})
        assert acts_so_far(folder / "custody", WANTED) == plain(folder)


def test_a_log_that_was_put_back_is_read_anew(tmp_path: Path) -> None:
    log = made(tmp_path)
    log.append("closed", {})
    shutil.copytree(tmp_path / "custody", tmp_path / "old")
    log.append("reopened", {})
    assert len(acts_so_far(tmp_path / "custody", WANTED)) == 2
    shutil.rmtree(tmp_path / "custody")
    shutil.copytree(tmp_path / "old", tmp_path / "custody")

    assert acts_so_far(tmp_path / "custody", WANTED) == plain(tmp_path)


def test_an_entry_that_was_changed_in_its_place_is_found(tmp_path: Path) -> None:
    log = made(tmp_path)
    log.append("closed", {"why": "one"})
    acts_so_far(tmp_path / "custody", WANTED)
    entries = tmp_path / "custody" / "entries.jsonl"
    with entries.open("r+b") as file:
        changed = file.read().replace(b'"one"', b'"two"')
        file.seek(0)
        file.write(changed)

    with pytest.raises(VerificationError, match="does not fit its leaf"):
        acts_so_far(tmp_path / "custody", WANTED)
    with pytest.raises(VerificationError, match="does not fit its leaf"):
        first_entry(tmp_path / "custody")


def test_the_first_entry_is_the_first(tmp_path: Path) -> None:
    log = made(tmp_path)
    for act in ("sealed", "closed"):
        log.append(act, {})

    assert first_entry(tmp_path / "custody") == next(iter(log.entries()))


def test_a_long_answer_is_given_and_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zegel.custody.remembered.MOST_ENTRIES", 2)
    log = made(tmp_path)
    for _ in range(4):
        log.append("closed", {})
        assert acts_so_far(tmp_path / "custody", WANTED) == plain(tmp_path)
    assert MOST_ENTRIES > 2
