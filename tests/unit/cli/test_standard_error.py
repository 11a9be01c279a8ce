"""Standard error holds progress and messages of ours, nothing that a library or worker mutters."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.cases import done, mail, maildir

PHASE = re.compile(r" +[a-z ]+ \([a-z]+\) +━+ .*")
PROGRAM = "from zegel.cli import main\nif __name__ == '__main__':\n    main()\n"


@pytest.mark.slow
def test_processing_with_workers_says_its_phases_and_nothing_else(tmp_path: Path) -> None:
    copy = maildir(tmp_path / "copy", [mail(number=number) for number in range(3)])
    done("init", tmp_path / "case")
    done("intake", copy, "--case", tmp_path / "case")
    # A file, as the installed command is one: each worker reads it, and what it imports, again.
    (tmp_path / "zegel").write_text(PROGRAM)

    words = ("process", "--workers", "2", "--case", str(tmp_path / "case"), "--index", "--json")
    ran = subprocess.run(
        [sys.executable, str(tmp_path / "zegel"), *words],
        capture_output=True,
        text=True,
        check=True,
    )

    assert [line for line in ran.stderr.splitlines() if not PHASE.fullmatch(line)] == []
