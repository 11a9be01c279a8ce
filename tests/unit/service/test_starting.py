"""Processing that was started from a page is a process of its own, and can be stopped."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.cases import done, mail, maildir
from tests.people import enrolled, person
from zegel import service
from zegel.casefile import Case
from zegel.errors import CaseError, RefusedError, UsageError
from zegel.people import Person
from zegel.service.passphrases import PassphraseList
from zegel.service.running import process_of, watched

WHO = Person(name="ann", how="training", purpose="a test")


@pytest.fixture
def case(tmp_path: Path) -> Case:
    done("init", tmp_path / "case", "--training")
    copy = maildir(tmp_path / "copy", [mail(number=number) for number in range(3)])
    done("intake", copy, "--case", tmp_path / "case")
    return Case.open(tmp_path / "case")


def ended(case: Case) -> dict[str, Any]:
    """Wait for the run to end, and return what is told of it."""
    for _ in range(600):
        run = service.progress_of(case)
        if run is not None and run["state"] != "running":
            return run
        time.sleep(0.1)
    raise TimeoutError


@pytest.mark.slow
def test_it_runs_by_itself_under_the_name_of_whoever_asked(case: Case) -> None:
    begun = service.start_processing(case, passphrases=["ö word"], index=True, workers=1, who=WHO)
    process = process_of(case)
    processed = ended(case)
    while processed["run"] != "index":
        time.sleep(0.1)
        processed = ended(case)
    given = PassphraseList(case.private / "passphrases.json")
    acts = [(entry.act, entry.who) for entry in case.log().entries()]

    assert begun["run"] == "process"
    assert process is not None
    assert (processed["state"], processed["who"]) == ("done", "ann")
    assert service.ledger(case)["found"] == 3
    assert b"\xc3\xb6 word" in [phrase.value for phrase in given.all()]
    for act in ("processing started", "processing began", "processing ended", "index built"):
        assert (act, "ann") in acts


@pytest.mark.slow
def test_what_stops_it_before_its_first_phase_is_raised_here(case: Case, tmp_path: Path) -> None:
    with case.lock(), pytest.raises(CaseError, match="another zegel command"):
        service.start_processing(case, workers=1, who=WHO)
    shutil.rmtree(tmp_path / "copy")
    begun = service.start_processing(case, workers=1, who=WHO)
    run = ended(case)

    assert begun["run"] == "process"
    assert run["state"] == "failed"
    assert "cannot be opened here" in run["error"]["what"]


def test_a_second_run_is_refused_while_one_is_under_way(case: Case) -> None:
    running = watched(case, "process", "bob", service.silent)
    with running, pytest.raises(CaseError, match="under way"):
        service.start_processing(case, who=WHO)


def test_a_case_without_an_exhibit_is_not_processed(tmp_path: Path) -> None:
    case = service.init_case(tmp_path / "case", training=True)

    with pytest.raises(UsageError, match="no exhibit"):
        service.start_processing(case, who=WHO)


@pytest.mark.parametrize("words", [["x"] * 10_001, ["x" * 1025]])
def test_passphrases_are_bounded(case: Case, words: list[str]) -> None:
    with pytest.raises(UsageError, match="at most"):
        service.start_processing(case, passphrases=words, who=WHO)


def test_a_run_is_stopped_by_a_signal_to_its_process(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr("os.kill", lambda *given: sent.append(given))
    with pytest.raises(UsageError, match="no run"):
        service.stop_processing(case, who=WHO)
    with watched(case, "process", "bob", service.silent):
        process = process_of(case)
        service.stop_processing(case, who=WHO)

    assert process is not None
    assert sent == [(process.number, signal.SIGINT)]


def test_a_run_of_another_account_says_so(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_mine(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr("os.kill", not_mine)
    running = watched(case, "process", "bob", service.silent)
    with running, pytest.raises(CaseError, match="another account"):
        service.stop_processing(case, who=WHO)


def test_a_magistrate_watches_and_starts_nothing(tmp_path: Path) -> None:
    case = service.init_case(tmp_path / "case")
    enrolled(case, mag="magistrate", wit="witness")
    assert service.progress_of(case, who=person("mag")) is None
    with pytest.raises(RefusedError):
        service.start_processing(case, who=person("mag"))
    with pytest.raises(RefusedError):
        service.progress_of(case, who=person("wit"))
