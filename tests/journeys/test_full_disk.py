"""A disk that is full stops a command in words; with room, it ends as if nothing had happened.

Each command is given in ever more room, until it fits (see `crowded.py`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.undisturbed import Step, found_in, leftovers
from zegel import service
from zegel.casefile import Case
from zegel.errors import StorageError

NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")

pytestmark = pytest.mark.slow


@lru_cache(maxsize=1)
def disk_can_be_made() -> bool:
    """Say whether the system lets us mount a small disk in a namespace of our own."""
    trial = (*NAMESPACE, "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt")
    try:
        return subprocess.run(trial, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def crowded(
    step: Step, folder: Path, way: str, *, every: int = 1, workers: int = 1
) -> list[dict[str, Any]]:
    """Give the command in one room after the other."""
    words = [str(workers) if word == "1" else word for word in step.words]
    program = [
        *(NAMESPACE if way == "disk" else ()),
        sys.executable,
        "-m",
        "tests.journeys.crowded",
    ]
    given = [str(step.before), str(folder), way, str(every)]
    done = subprocess.run([*program, *given, *words], check=True, capture_output=True, text=True)
    ended: list[dict[str, Any]] = json.loads(done.stdout)
    return ended


def check(ended: list[dict[str, Any]], step: Step) -> None:
    """Fail unless every room but the last was too small, said so, and led to the same case."""
    expected = found_in(step.after)
    *small, enough = ended
    assert (enough["first"], len(small) > 1) == (0, True)
    for run in small:
        said = Path(f"{run['case']}.txt").read_text()
        last = said.strip().splitlines()[-1]

        assert (run["first"], run["again"], said) == (StorageError.exit_code, 0, said)
        assert (last.startswith("zegel: /"), "Make room" in last) == (True, True), said
        assert "Traceback" not in said
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
        ("process", 2, 4),
        ("process again", 1, 2),
        ("index", 1, 3),
        ("grant with casework", 1, 3),
        ("dossier make", 1, 4),
    ],
)
def test_a_command_on_a_full_disk_says_so_and_continues_once_there_is_room(
    name: str, workers: int, every: int, steps: dict[str, Step], tmp_path: Path
) -> None:
    way = "disk" if disk_can_be_made() else "limit"

    check(crowded(steps[name], tmp_path, way, every=every, workers=workers), steps[name])


@pytest.mark.parametrize("name", ["intake of a tar", "process again", "grant with casework"])
def test_a_file_that_may_not_grow_is_a_disk_that_is_full(
    name: str, steps: dict[str, Step], tmp_path: Path
) -> None:
    check(crowded(steps[name], tmp_path, "limit", every=3), steps[name])


def test_a_case_half_made_on_a_full_disk_is_made_once_there_is_room(
    steps: dict[str, Step], tmp_path: Path
) -> None:
    way = "disk" if disk_can_be_made() else "limit"
    for run in crowded(steps["init"], tmp_path, way):
        case = Case.open(Path(run["case"]))

        assert (run["first"] in (0, StorageError.exit_code), run["again"]) == (True, 0)
        assert [entry.act for entry in case.log().entries()] == ["case made"]
        assert leftovers(case.folder) == []
