"""Run a command and count what it and every process it starts take: processor time and memory.

Processor time is user and system time of the whole tree. Memory is the peak of each process
(VmHWM of proc(5)), looked at twice a second, so that one process that passes a bound is seen.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile

_TICKS = os.sysconf("SC_CLK_TCK")
_PAUSE = 0.5
_PROC = Path("/proc")


class CommandError(Exception):
    """A command under measurement ended with an error."""


@dataclass(slots=True, kw_only=True)
class Spent:
    """What a command took, in seconds and megabytes."""

    cpu: float = 0.0
    wall: float = 0.0
    first: int = 0
    """Peak memory of the process that was started."""
    others: int = 0
    """Peak of the largest of those it started."""
    said: str = field(default="", repr=False)

    def add(self, other: Spent) -> None:
        """Count another command to the same phase."""
        self.cpu, self.wall = self.cpu + other.cpu, self.wall + other.wall
        self.first, self.others = max(self.first, other.first), max(self.others, other.others)
        self.said = other.said


def run(
    command: Sequence[str | Path],
    environment: dict[str, str] | None = None,
    beat: Callable[[Spent], None] = lambda _: None,
) -> Spent:
    """Run a command to its end; `beat` is told twice a second what it took until then."""
    began = time.monotonic()
    with TemporaryFile("w+") as out, TemporaryFile("w+") as complaints:
        child = subprocess.Popen(
            [str(word) for word in command], stdout=out, stderr=complaints, env=environment
        )
        spent, ended = Spent(), threading.Event()
        watcher = threading.Thread(target=_watch, args=(child.pid, spent, began, ended, beat))
        watcher.start()
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            raise
        finally:
            ended.set()
            watcher.join()
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        spent.said = out.read()
        complaints.seek(0)
        if child.returncode:
            words = " ".join(str(word) for word in command)
            raise CommandError(f"{words} ended with {child.returncode}: {complaints.read()}")
    spent.cpu = usage.ru_utime + usage.ru_stime
    spent.wall = time.monotonic() - began
    return spent


def _watch(
    root: int, spent: Spent, began: float, ended: threading.Event, beat: Callable[[Spent], None]
) -> None:
    while not ended.wait(_PAUSE):
        tree = descendants(root)
        peaks = {pid: _peak(pid) for pid in tree}
        spent.first = max(spent.first, peaks.pop(root, 0))
        spent.others = max(spent.others, *peaks.values(), 0) if peaks else spent.others
        spent.cpu, spent.wall = sum(map(_seconds, tree)), time.monotonic() - began
        beat(spent)


def descendants(root: int) -> list[int]:
    """Return a process and all that stem from it, as they are now."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields:
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], ())
    return found


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; none where the process is gone."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _seconds(pid: int) -> float:
    """Return user and system time of a process and of the children it has waited for."""
    fields = _stat(pid)
    return sum(map(int, fields[11:15])) / _TICKS if fields else 0.0


def _peak(pid: int) -> int:
    """Return the highest resident memory of a process in MB; 0 where it is gone."""
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)
