"""Find and end processes by what they are, never by a number alone: numbers are used again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path

POLL = 0.02
PATIENCE = 20.0
"""Seconds a server has to come up or to end."""


def pid_in(path: Path) -> int | None:
    """Return the number a pid file holds, or None."""
    try:
        return int(path.read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None


def alive(pid: int | None, *words: str) -> bool:
    """Return whether process `pid` runs and its command line holds all `words`."""
    if pid is None:
        return False
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z" and all(word.encode() in command for word in words)


def below(folder: Path) -> dict[int, str]:
    """Return the processes whose working folder lies below `folder`, with their programs."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                where = (entry / "cwd").readlink()
                if where.is_relative_to(folder):
                    found[int(entry.name)] = (entry / "comm").read_text("utf-8").strip()
    return found


def send(pid: int, sign: signal.Signals) -> None:
    """Send a signal; a process that has ended meanwhile is no error."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, sign)


def until(true: Callable[[], bool], patience: float = PATIENCE) -> bool:
    """Wait until something is true; return whether it became so in time."""
    end = time.monotonic() + patience
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(POLL)
    return True


def end_below(
    folder: Path,
    *,
    patience: float = 5.0,
    signs: Sequence[signal.Signals] = (signal.SIGTERM, signal.SIGKILL),
) -> None:
    """End the processes whose working folder lies below `folder`: asked first, then made to."""
    for sign in signs:
        for pid in below(folder):
            send(pid, sign)
        if until(lambda: not below(folder), patience):
            return


def free(address: str, port: int) -> OSError | None:
    """Return why a port cannot be listened on, or None where it can; connects to nobody."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen()
        except OSError as error:
            return error
    return None
