"""Runs `zegel` again and again, killing it by SIGKILL right before and right after each commit.

A commit is a rename. Run n of a command starts from a copy of the same case; point 2n - 1 is just
before the n-th rename and point 2n just after it. Each killed command is then given once more,
undisturbed. Ends at the first point that a whole run does not reach, and prints one JSON list.
Processes are forked from one that has loaded everything and started nothing, to save the time.

Usage: python -m tests.journeys.killed TEMPLATE FOLDER STEP WORD …
Of the words, `CASE` stands for the copy of the case at that point; every STEP-th point is taken.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import zegel.service
from zegel.cli import main

assert zegel.service  # loaded before the first fork


def _die_at(point: int) -> None:
    left = point

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def rename(*places: Any, **words: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            result = real(*places, **words)
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return rename

    os.rename, os.replace = dying(os.rename), dying(os.replace)


def _run(words: list[str], said: Path, point: int | None) -> int:
    """Run `zegel` in a fork, what it says going to the file `said`; return how it ended."""
    child = os.fork()
    if child == 0:
        stream = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(stream, 1)
        os.dup2(stream, 2)
        if point is not None:
            _die_at(point)
        code = 0
        try:
            main(words)
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 1
        sys.stdout.flush()
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def every_point(template: Path, folder: Path, step: int, words: list[str]) -> list[dict[str, Any]]:
    """Kill at one point after the other; return how each first and second run ended."""
    ended = []
    point = 1
    while True:
        case = folder / f"{point:03d}"
        if template.exists():
            shutil.copytree(template, case)
        here = [str(case) if word == "CASE" else word for word in words]
        said = folder / f"{point:03d}.txt"
        killed = _run(here, said, point)
        again = _run(here, said, None) if killed == -signal.SIGKILL else None
        ended.append({"point": point, "case": str(case), "killed": killed, "again": again})
        if again is None:
            return ended
        point += step


if __name__ == "__main__":
    template, folder, step, *words = sys.argv[1:]
    print(json.dumps(every_point(Path(template), Path(folder), int(step), words)))
