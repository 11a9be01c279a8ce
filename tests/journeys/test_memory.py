"""A worker out of memory stops the command in words; given again, it ends as undisturbed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.undisturbed import Step, found_in, leftovers
from zegel.errors import ZegelError

pytestmark = pytest.mark.slow


def test_a_worker_out_of_memory_at_any_task_is_said_and_the_same_command_completes(
    steps: dict[str, Step], tmp_path: Path
) -> None:
    step = steps["process again"]
    program = [sys.executable, "-m", "tests.journeys.starved", str(step.before), str(tmp_path)]
    ran = subprocess.run([*program, *step.words], check=True, capture_output=True, text=True)
    *starved, whole = json.loads(ran.stdout)
    expected = found_in(step.after)

    assert (whole["first"], len(starved) > 3) == (0, True)
    for one in starved:
        last = one["said"].strip().splitlines()[-1]
        assert (one["first"], one["again"]) == (ZegelError.exit_code, 0), one["said"]
        assert "memory" in last, one["said"]
        assert "same command again: it continues" in last
        assert "Traceback" not in one["said"]
        assert leftovers(Path(one["case"])) == []
        assert found_in(Path(one["case"])) == expected
