"""Runs `zegel` in forks of a process that has loaded everything and started nothing.

Each run is a process group of its own, and has ended when the last of its processes has.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

import zegel.service
from zegel import keystores, mailstores, registries
from zegel.cli.program import main
from zegel.dossier.reading import visible
from zegel.engines import LocalEngine
from zegel.processing.tasks import OpenTask, ScanTask, UnderstandTask, UnlockKeysTask
from zegel.service.portions import PortionTask
from zegel.text.language import identify

assert zegel.service  # loaded before the first fork
assert duckdb
# So is what the libraries load only when a command is given, every format, the models of languages
# and what tells which letters can be printed.
assert all(found.formats() for found in (keystores, mailstores, registries))
assert visible.name("a") == ["a"]
assert visible.text("a").pieces == ["a"]
assert identify("Tomorrow we meet in the usual place.") == "en"
with TemporaryDirectory() as _place, redirect_stdout(None), suppress(SystemExit):
    main(["init", str(Path(_place) / "case")])

TASKS: tuple[Any, ...] = (ScanTask, UnderstandTask, UnlockKeysTask, OpenTask, PortionTask)

PATIENCE = 60.0
"""Seconds of silence after which a process counts as left behind."""


def run(
    words: list[str], prepare: Callable[[], Callable[[], None] | None] | None = None
) -> tuple[int, bytes]:
    """Run `zegel`, `prepare` called first in its process; return how it ended and what it said.

    What `prepare` returns is called last. What is said comes through a pipe: it ends with the last
    process that holds it.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.close(reading)
        for stream in (1, 2):
            os.dup2(writing, stream)
        os.close(writing)
        last = prepare() if prepare is not None else None
        code = 0
        try:
            main(words)
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 1
        if last is not None:
            last()
        sys.stdout.flush()
        os._exit(code)
    os.close(writing)
    said = b"".join(iter(lambda: _piece(reading), b""))
    os.close(reading)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


def _piece(reading: int) -> bytes:
    if not select.select([reading], [], [], PATIENCE)[0]:
        raise TimeoutError("a process of the command outlives it, or it hangs")
    return os.read(reading, 1 << 16)


COMMITS = ("rename", "replace")
CHANGES = (*COMMITS, "unlink", "rmdir")
"""What a command that removes things does besides."""


def at_commit(point: int, strike: Callable[[], None], of: tuple[str, ...] = COMMITS) -> None:
    """Call `strike` in this process at one point of what follows.

    A commit is a rename: point 2n - 1 is just before the n-th rename and 2n just after it; with
    `CHANGES` each removal has two such points as well.
    """
    left = point

    def struck(real: Callable[..., Any]) -> Callable[..., Any]:
        def changing(*places: Any, **words: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                strike()
            result = real(*places, **words)
            left -= 1
            if left == 0:
                strike()
            return result

        return changing

    for name in of:
        setattr(os, name, struck(getattr(os, name)))


def tallied(file: Path) -> None:
    """Write a line into `file` for each task that this process begins, naming what it makes."""
    for kind in TASKS:
        real = kind.__call__

        def begun(self: Any, real: Callable[[Any], Any] = real) -> Any:
            made = getattr(self, "part", None) or getattr(self, "number", "")
            with file.open("a", encoding="ascii") as tally:
                tally.write(f"{type(self).__name__} {made}\n")
            return real(self)

        kind.__call__ = begun


@dataclass(frozen=True)
class Dying:
    """A task whose worker is killed as by the kernel that wants its memory."""

    task: Any

    def __call__(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Starving:
    """A task whose worker may have no more memory than it has."""

    task: Any

    def __call__(self) -> Any:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used, used))
        return bytearray(1 << 30)


def spoiled_at(point: int, spoil: Callable[[Any], Any]) -> None:
    """Let the task at `point` of all that this process hands to workers be spoiled."""
    left = point
    real = LocalEngine._feed

    def feed(self: LocalEngine, pool: Any, waiting: Iterator[Any], done: Any) -> None:
        def tasks() -> Iterator[Any]:
            nonlocal left
            for task in waiting:
                left -= 1
                yield spoil(task) if left == 0 else task

        real(self, pool, tasks(), done)

    LocalEngine._feed = feed  # type: ignore[method-assign]
