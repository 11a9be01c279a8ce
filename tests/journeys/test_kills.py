"""A killed command given again completes as if nothing had happened: nothing lost or doubled.

SIGKILL strikes right before and right after every commit (see `killed.py`), one point a run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.undisturbed import Step, acts, found_in, leftovers
from zegel import service
from zegel.casefile import Case
from zegel.errors import CaseError, UsageError

pytestmark = pytest.mark.slow


def killed(step: Step, folder: Path, *, every: int = 1, workers: int = 1) -> list[dict[str, Any]]:
    """Kill the command at every point and give it again."""
    words = [str(workers) if word == "1" else word for word in step.words]
    program = [sys.executable, "-m", "tests.journeys.killed", str(step.before), str(folder)]
    done = subprocess.run(
        [*program, "kill", str(every), *words], check=True, capture_output=True, text=True
    )
    ended: list[dict[str, Any]] = json.loads(done.stdout)
    return ended


def check(ended: list[dict[str, Any]], step: Step, there: int = 0) -> None:
    """Fail unless every point ended in the undisturbed case, with a log that holds.

    `there` is how the second command may end where the first was killed with all its work done.
    """
    expected = found_in(step.after)
    assert len(ended) > 2
    for run in ended:
        case = Path(run["case"])
        said = case.with_suffix(".txt").read_text() + case.with_suffix(".again.txt").read_text()

        assert (run["again"] or 0) in (0, there), said
        assert "Traceback" not in said
        assert leftovers(case) == []
        assert service.custody_verify(Case.open(case)).sentence
        assert found_in(case) == expected


def redone(ended: list[dict[str, Any]]) -> set[int]:
    """Return how many tasks were done twice, or not at all, at any point.

    Reading key material is no task of its own: it comes again with the table it leads to.
    """
    *killed_ones, whole = (
        Counter(task for task in run["tasks"] if not task.startswith("UnderstandTask"))
        for run in ended
    )
    assert {task.split()[0] for task in whole} == {"ScanTask", "UnlockKeysTask", "OpenTask"}
    return {((tasks - whole) + (whole - tasks)).total() for tasks in killed_ones}


# All points where a command does the most it does, some where it does less.
@pytest.mark.parametrize(("name", "every"), [("process", 3), ("process again", 1)])
def test_processing_killed_at_any_commit_continues_and_redoes_one_task_at_most(
    name: str, every: int, steps: dict[str, Step], tmp_path: Path
) -> None:
    ended = killed(steps[name], tmp_path, every=every)

    check(ended, steps[name])
    assert redone(ended) <= {0, 1}


@pytest.mark.parametrize("name", ["intake", "intake of a tar", "index", "index again"])
def test_a_command_killed_at_any_commit_completes_when_given_again(
    name: str, steps: dict[str, Step], tmp_path: Path
) -> None:
    check(killed(steps[name], tmp_path), steps[name])


@pytest.mark.parametrize(
    ("name", "every"), [("grant", 5), ("grant with casework", 1), ("dossier make", 1)]
)
def test_what_leaves_the_case_is_there_whole_or_made_when_asked_again(
    name: str, every: int, steps: dict[str, Step], tmp_path: Path
) -> None:
    ended = killed(steps[name], tmp_path, every=every)

    # Killed once all was in its place, the command finds it there and says so.
    check(ended, steps[name], there=UsageError.exit_code)
    assert every > 1 or ended[-2]["again"] == UsageError.exit_code


@pytest.mark.parametrize("name", ["process", "process again"])
def test_workers_that_lose_their_parent_leave_nothing_behind(
    name: str, steps: dict[str, Step], tmp_path: Path
) -> None:
    ended = killed(steps[name], tmp_path, every=11, workers=2)

    check(ended, steps[name])


def test_a_killed_init_is_completed_or_its_case_recognised(
    steps: dict[str, Step], tmp_path: Path
) -> None:
    ended = killed(steps["init"], tmp_path)

    for run in ended:
        case = Path(run["case"])
        assert run["again"] in (None, 0, CaseError.exit_code)
        assert acts(case) == ["case made"]
        assert leftovers(case) == []
