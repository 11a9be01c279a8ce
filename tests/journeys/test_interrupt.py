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
from zegel.errors import UsageError

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


def check(ended: list[dict[str, Any]], step: Step, *, kept: bool) -> None:
    """Fail unless every point said one sentence and led to the undisturbed case."""
    expected = found_in(step.after)
    *stopped, whole = ended
    assert (whole["first"], len(stopped) > 1) == (0, True)
    for run in stopped:
        said = Path(f"{run['case']}.txt").read_text()

        assert said.strip().splitlines()[-1] == SENTENCE, said
        # Stopped once all was in its place, a grant or an export is there, and that is said.
        assert run["again"] == 0 or (kept and run["again"] == UsageError.exit_code), said
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
        ("intake of a tar", 1, 3),
        ("process", 1, 9),
        ("process again", 2, 11),
        ("index", 1, 3),
        ("grant with casework", 1, 7),
        ("dossier make", 1, 2),
    ],
)
def test_a_command_interrupted_at_any_commit_completes_when_given_again(
    name: str, workers: int, every: int, steps: dict[str, Step], tmp_path: Path
) -> None:
    ended = interrupted(steps[name], tmp_path, every=every, workers=workers)

    check(ended, steps[name], kept=name in ("grant with casework", "dossier make"))
