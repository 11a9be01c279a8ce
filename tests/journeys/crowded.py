"""Runs `zegel` again and again on a disk that is full, each time with more room on it.

The disk is a small one in memory, mounted in a namespace of our own; a file fills it up to the
room wanted. Where the system permits no such namespace, no file may grow beyond the room instead
(RLIMIT_FSIZE). Each command that failed is given once more, with room. Ends with the first room
in which a command succeeds, and prints one JSON list.

Usage: [unshare -rm] python -m tests.journeys.crowded TEMPLATE FOLDER disk|limit STEP WORD …
Of the words, `CASE` stands for the copy of the case in that room; every STEP-th room is taken.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tests.journeys.forked import run

MOST = 64 << 20
"""Bytes of the disk; more than any command here needs."""


def rooms() -> Iterator[int]:
    """Give each room to try, in bytes: nothing, a page, and then by half as much again."""
    yield 0
    room = 4096
    while room < MOST:
        yield room
        room = (room * 3 // 2 + 4095) & ~4095


def mount(disk: Path) -> None:
    disk.mkdir()
    size = f"size={MOST}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(disk)], check=True)


def fill(disk: Path, room: int) -> Path:
    """Fill the disk up to `room`, and return the file that fills it."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        free = os.statvfs(disk)
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - room)
    return filler


def in_room(case: Path, said: Path, words: list[str], room: int, way: str) -> tuple[int, int]:
    """Give the command with `room` to write in, and again with all the room it needs."""
    if way == "limit":
        first, text = run(words, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)))
    else:
        filler = fill(case.parent, room)
        first, text = run(words)
        filler.unlink()
    said.write_bytes(text)
    return first, run(words)[0] if first else first


def every_room(
    template: Path, folder: Path, way: str, step: int, words: list[str]
) -> list[dict[str, Any]]:
    """Try one room after the other; return how each first and second run ended."""
    ended = []
    for room in islice(rooms(), 0, None, step):
        disk = folder / f"{room}-disk"
        mount(disk) if way == "disk" else disk.mkdir()
        case = disk / "case"
        if template.exists():
            shutil.copytree(template, case)
        said = folder / f"{room}.txt"
        here = [word.replace("CASE", str(case)) for word in words]
        first, again = in_room(case, said, here, room, way)
        kept = folder / f"{room}"
        shutil.copytree(case, kept)
        if way == "disk":
            subprocess.run(["umount", str(disk)], check=True)
        ended.append({"room": room, "case": str(kept), "first": first, "again": again})
        if first == 0:
            break
    return ended


if __name__ == "__main__":
    template, folder, way, step, *words = sys.argv[1:]
    print(json.dumps(every_room(Path(template), Path(folder), way, int(step), words)))
