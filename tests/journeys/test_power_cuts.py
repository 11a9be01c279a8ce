"""Whatever a power cut leaves of a case, the same command completes as if nothing had happened.

Not only what was there when the power went, but less: names and bytes that were not synced may be
lost in any order (see `tests.powercut`; every state of one commit is looked at in
tests/unit/tables/test_commit.py).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.undisturbed import Step, found_in, leftovers
from zegel import service
from zegel.casefile import Case
from zegel.errors import UsageError

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("name", "every"),
    [
        ("intake", 2),
        ("process", 5),
        ("process again", 13),
        ("index", 4),
        ("grant with casework", 9),
        ("dossier make", 5),
    ],
)
def test_what_a_power_cut_leaves_is_completed_by_the_same_command(
    name: str, every: int, steps: dict[str, Step], tmp_path: Path
) -> None:
    step = steps[name]
    program = [sys.executable, "-m", "tests.journeys.cut", str(step.before), str(tmp_path)]
    cut = subprocess.run(
        [*program, str(every), *step.words], check=True, capture_output=True, text=True
    )
    ended = json.loads(cut.stdout)
    expected = found_in(step.after)

    assert len(ended) > 2
    for run in ended:
        case = Path(run["case"])
        said = (tmp_path / f"{case.parent.name}.txt").read_text()
        # Where all had been done, a grant or a dossier is there and the command says so.
        assert run["again"] in (0, UsageError.exit_code), said
        assert leftovers(case) == []
        assert service.custody_verify(Case.open(case)).sentence
        assert found_in(case) == expected
