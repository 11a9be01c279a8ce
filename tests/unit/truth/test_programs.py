"""The programs beside ground truth run as they are given, from anywhere: by their path."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import truth

PROGRAMS = sorted(
    path for path in Path(truth.__file__).parent.glob("*.py") if path.name != "__init__.py"
)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_a_program_without_arguments_says_how_it_is_used(program: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, program], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert f"python tests/truth/{program.name} " in done.stderr
    assert "Traceback" not in done.stderr
