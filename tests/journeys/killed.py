"""Runs `zegel` again and again, stopping it right before and right after each commit.

Run n of a command starts from a copy of the same case and is struck at point n (see `forked.py`):
by SIGKILL, which its process alone gets, or by SIGINT, which the whole group gets, as by Ctrl-C.
Each stopped command is then given once more, undisturbed. Ends at the first point that a whole
run does not reach, and prints one JSON list.

Usage: python -m tests.journeys.killed TEMPLATE FOLDER kill|removing|interrupt STEP WORD …
`removing` kills before and after each removal of a file or folder, too.
Of the words, `CASE` stands for the copy of the case at that point; every STEP-th point is taken.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from tests.journeys.forked import CHANGES, COMMITS, at_commit, run, tallied


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def interrupt() -> None:
    os.killpg(os.getpgrp(), signal.SIGINT)


STRIKES = {
    "kill": (kill, -signal.SIGKILL, COMMITS),
    "removing": (kill, -signal.SIGKILL, CHANGES),
    "interrupt": (interrupt, 130, COMMITS),
}


def every_point(
    template: Path, folder: Path, how: str, step: int, words: list[str]
) -> list[dict[str, Any]]:
    """Strike at one point after the other; return how each first and second run ended."""
    strike, stopped, of = STRIKES[how]
    ended = []
    for point in count(1, step):
        case, tally = folder / f"{point:03d}", folder / f"{point:03d}.tasks"
        if template.exists():
            shutil.copytree(template, case)
        here = [word.replace("CASE", str(case)) for word in words]
        first, said = run(here, partial(_prepared, point, strike, of, tally))
        again, more = run(here, partial(tallied, tally)) if first == stopped else (None, b"")
        (folder / f"{point:03d}.txt").write_bytes(said)
        (folder / f"{point:03d}.again.txt").write_bytes(more)
        tasks = tally.read_text("ascii").splitlines() if tally.exists() else []
        struck = {"point": point, "case": str(case), "first": first, "again": again}
        ended.append({**struck, "tasks": tasks})
        if again is None:
            break
    return ended


def _prepared(point: int, strike: Callable[[], None], of: tuple[str, ...], tally: Path) -> None:
    tallied(tally)
    at_commit(point, strike, of)


if __name__ == "__main__":
    template, folder, how, step, *words = sys.argv[1:]
    print(json.dumps(every_point(Path(template), Path(folder), how, int(step), words)))
