"""Ctrl-C stops a command with a sentence; given again, it ends as if nothing had happened.

SIGINT reaches the whole process group right before and right after a commit (see `killed.py`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.undisturbed import Step, found_in, leftovers
from zegel import service
from zegel.casefile import Case

SENTENCE = "Stopped. The same command continues where this one left off."

pytestmark = pytest.mark.slow


def interrupted(step: Step, folder: Path, *, every: int, workers: int) -> list[dict[str, Any]]:
    """Interrupt the command at points that far apart, and give it again."""
    words = [str(workers) if word == "1" else word for word in step.words]
    program = [sys.executable, "-m", "tests.journeys.killed", str(step.before), str(folder)]
    done = subprocess.run(
        [*program, "interrupt", str(every), *words], check=True, capture_output=True, text=True
    )
    ended: list[dict[str, Any]] = json.loads(done.stdout)
    return ended


def check(ended: list[dict[str, Any]], step: Step) -> None:
    """Fail unless every point said one sentence and led to the undisturbed case."""
    expected = found_in(step.after)
    *stopped, whole = ended
    assert (whole["first"], len(stopped) > 1) == (0, True)
    for run in stopped:
        said = Path(f"{run['case']}.txt").read_text()

        assert (said.strip().splitlines()[-1], run["again"]) == (SENTENCE, 0), said
        assert "Traceback" not in said
        assert "error" not in said
    for run in ended:
        case = Path(run["case"])
        assert leftovers(case) == []
        assert service.custody_verify(Case.open(case)).sentence
        assert found_in(case) == expected


@pytest.mark.parametrize(
    ("name", "workers", "every"),
    [
        ("intake", 1, 3),
        ("intake of a tar", 1, 5),
        ("process", 1, 9),
        ("process", 2, 11),
        ("process again", 2, 11),
    ],
)
def test_a_command_interrupted_at_any_commit_completes_when_given_again(
    name: str, workers: int, every: int, steps: dict[str, Step], tmp_path: Path
) -> None:
    check(interrupted(steps[name], tmp_path, every=every, workers=workers), steps[name])
