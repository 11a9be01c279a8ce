"""How far a run is can be read from another process, and how it ended, whatever ended it."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.cases import done, mail, maildir, say
from zegel import service
from zegel.casefile import Case
from zegel.errors import StorageError
from zegel.service.alive import Process
from zegel.service.progress import silent
from zegel.service.running import NOTE, read_note, run_of, watched

WHOLE = ["scan", "keys", "unlock keys", "plan", "open", "settle"]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return service.init_case(tmp_path / "case", training=True)


def told(case: Case) -> dict[str, Any]:
    run = run_of(case)
    assert run is not None
    return run


class Clock:
    """Counts up by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_known_of_a_case_in_which_nothing_ran(case: Case) -> None:
    assert service.progress_of(case) is None


def test_a_run_is_told_while_it_runs(case: Case) -> None:
    clock = Clock()
    with watched(case, "process", "ann", silent, clock) as progress:
        progress.phase("scan", 100, "bytes")
        clock.now += 10
        progress.advance(40, 2)
        first = told(case)
        progress.phase("open", None, "contents")
        second = told(case)

    assert (first["state"], first["run"], first["who"]) == ("running", "process", "ann")
    assert (first["phase"]["done"], first["phase"]["total"], first["problems"]) == (40, 100, 2)
    assert first["phase"]["rate"] == 4.0
    assert first["phase"]["seconds_left"] == pytest.approx(15, abs=2)
    assert [one["phase"] for one in second["before"]] == ["scan"]
    assert (second["phase"]["phase"], second["problems"]) == ("open", 2)
    assert (told(case)["state"], told(case)["phase"]) == ("done", None)


def test_whoever_called_hears_all_of_it_too(case: Case) -> None:
    heard: list[tuple[Any, ...]] = []

    class Ear:
        def phase(self, *said: Any) -> None:
            heard.append(said)

        def advance(self, *said: Any) -> None:
            heard.append(said)

        def note(self, *said: Any) -> None:
            heard.append(said)

    with watched(case, "process", "ann", Ear()) as progress:
        progress.phase("scan", 3, "bytes")
        progress.advance(3, 1)
        progress.note("a word")

    assert heard == [("scan", 3, "bytes"), (3, 1), ("a word",)]


def test_a_phase_is_written_at_most_once_a_second(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, written = Clock(), 0
    real = os.pwrite

    def counted(*given: Any) -> int:
        nonlocal written
        written += 1
        return real(*given)

    monkeypatch.setattr("os.pwrite", counted)
    with watched(case, "process", "ann", silent, clock) as progress:
        progress.phase("scan", 1000, "bytes")
        for _ in range(1000):
            clock.now += 0.01
            progress.advance(1)

    assert 9 <= written - 3 <= 10, "three besides: begun, phase, ended"


@pytest.mark.parametrize(
    ("error", "state", "words"),
    [
        (KeyboardInterrupt(), "stopped", None),
        (StorageError("no room", next_step="Make some."), "failed", "no room"),
        (ValueError("text of a message"), "failed", "internal error: ValueError"),
    ],
)
def test_how_a_run_ended_is_told_and_no_word_of_an_unknown_error(
    case: Case, error: BaseException, state: str, words: str | None
) -> None:
    def fail() -> None:
        with watched(case, "process", "ann", silent) as progress:
            progress.phase("scan", None, "bytes")
            raise error

    with pytest.raises(type(error)):
        fail()
    run = told(case)

    assert run["state"] == state
    assert (run["error"] and run["error"]["what"]) == words
    assert run["phase"]["phase"] == "scan", "it did not end"
    assert "text of a message" not in (case.work / NOTE).read_text()


def of_another(case: Case, **changed: Any) -> None:
    """Write the note as if another process had."""
    place = case.work / NOTE
    note = read_note(place)
    assert note is not None
    note["process"] = {**note["process"], **changed}
    note["ended"] = None
    line = json.dumps(note).encode()
    place.write_bytes(line + b"\n" + sha256(line).hexdigest().encode() + b"\n")


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, "running"),
        ({"began": 1}, "killed"),  # the number was given to another process since
        ({"boot": "another"}, "killed"),
        ({"machine": "another"}, "unknown"),
        ({"space": "pid:[1]"}, "unknown"),
    ],
)
def test_a_run_that_said_nothing_is_known_by_its_process(
    case: Case, changed: dict[str, Any], state: str
) -> None:
    with watched(case, "process", "ann", silent):
        pass
    of_another(case, **changed)

    assert told(case)["state"] == state


def test_a_process_that_has_ended_runs_no_more_even_where_nobody_took_note_of_it() -> None:
    words = "json.dumps(Process.here().as_json())"
    program = f"import json; from zegel.service.alive import Process; print({words})"
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout:
        said = child.stdout.read()
    process = Process(**json.loads(said))
    dead = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    unnoticed = process.runs()
    child.wait()

    assert dead is not None
    assert (unnoticed, process.runs()) == (False, False)
    assert Process.here().runs() is True


def test_a_note_that_is_half_written_is_read_again_and_one_that_stays_so_is_none(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watched(case, "process", "ann", silent):
        pass
    place = case.work / NOTE
    whole = place.read_bytes()
    place.write_bytes(whole[:50] + b"x" + whole[51:])
    pauses: Iterator[int] = iter(range(3))

    def mended(_: float) -> None:
        if next(pauses, None) == 2:
            place.write_bytes(whole)

    monkeypatch.setattr("time.sleep", mended)
    read_again = read_note(place)
    place.write_bytes(b"nothing")

    assert read_again is not None
    assert read_note(place) is None


def test_a_shorter_note_leaves_nothing_of_a_longer_one(case: Case) -> None:
    with watched(case, "process", "a" * 500, silent):
        pass
    with watched(case, "process", "b", silent):
        pass

    assert told(case)["who"] == "b"


def test_a_disk_that_is_full_does_not_stop_a_run_at_its_note(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    with watched(case, "process", "ann", silent) as progress:
        progress.phase("scan", 1, "bytes")

    assert run_of(case) is None


def test_every_command_that_holds_the_case_long_tells_its_phases(tmp_path: Path) -> None:
    case = tmp_path / "case"
    done("init", case, "--training")
    found = []
    for words in (
        ("intake", maildir(tmp_path / "copy", [mail()])),
        ("intake", "--recheck"),
        ("process", "--workers", "1"),
        ("index",),
    ):
        done(*words, "--case", case)
        run = told(Case.open(case))
        found.append((run["run"], run["state"], [one["phase"] for one in run["before"]]))
    (tmp_path / "copy").rename(tmp_path / "gone")
    say("process", "--case", case)
    failed = told(Case.open(case))

    assert found == [
        ("intake", "done", ["intake"]),
        ("recheck", "done", ["recheck E1"]),
        ("process", "done", WHOLE),
        ("index", "done", ["documents", "index"]),
    ]
    assert failed["state"] == "failed"
    assert "cannot be opened here" in failed["error"]["what"]
