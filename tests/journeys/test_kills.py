"""A killed command given again completes as if nothing had happened: nothing lost or doubled.

SIGKILL strikes right before and right after every commit (see `killed.py`), one point a run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.undisturbed import Step, found_in, journey_in, leftovers
from zegel import service
from zegel.casefile import Case

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Step]:
    """Give the commands of a whole journey, each with the case before and after it."""
    return journey_in(tmp_path_factory.mktemp("undisturbed"))


def killed(step: Step, folder: Path, *, every: int = 1, workers: int = 1) -> list[dict[str, Any]]:
    """Kill the command at every point and give it again."""
    words = [str(workers) if word == "1" else word for word in step.words]
    program = [sys.executable, "-m", "tests.journeys.killed", str(step.before), str(folder)]
    done = subprocess.run(
        [*program, "kill", str(every), *words], check=True, capture_output=True, text=True
    )
    ended: list[dict[str, Any]] = json.loads(done.stdout)
    return ended


def check(ended: list[dict[str, Any]], step: Step) -> None:
    """Fail unless every point ended in the undisturbed case, with a log that holds."""
    expected = found_in(step.after)
    assert len(ended) > 2
    for run in ended:
        case = Path(run["case"])
        said = case.with_suffix(".txt").read_text() + case.with_suffix(".again.txt").read_text()

        assert (run["point"], run["again"] or 0, said) == (run["point"], 0, said)
        assert "Traceback" not in said
        assert leftovers(case) == []
        assert service.custody_verify(Case.open(case)).sentence
        assert found_in(case) == expected


@pytest.mark.parametrize("name", ["intake", "process", "intake of a tar", "process again"])
def test_a_command_killed_at_any_commit_completes_when_given_again(
    name: str, steps: dict[str, Step], tmp_path: Path
) -> None:
    ended = killed(steps[name], tmp_path)

    check(ended, steps[name])


@pytest.mark.parametrize("name", ["process", "process again"])
def test_workers_that_lose_their_parent_leave_nothing_behind(
    name: str, steps: dict[str, Step], tmp_path: Path
) -> None:
    ended = killed(steps[name], tmp_path, every=5, workers=2)

    check(ended, steps[name])


def test_a_killed_init_is_completed_or_its_case_recognised(
    steps: dict[str, Step], tmp_path: Path
) -> None:
    ended = killed(steps["init"], tmp_path)

    for run in ended:
        case = Case.open(Path(run["case"]))
        said = Path(run["case"]).with_suffix(".again.txt").read_text()
        assert run["again"] in (None, 0) or "there is a case here already" in said
        assert [entry.act for entry in case.log().entries()].count("case made") == 1
        assert leftovers(case.folder) == []
