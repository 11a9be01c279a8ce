"""Measure `zegel grant`: 20,000 messages admitted out of 300,000, by wall clock.

Run by `make bench`; MESSAGES=20000 GRANTED=2000 makes it small, and a folder named by KEPT keeps
the case for another run. The set is described in `estate`. Fails where the folder does not hold
every message that was written, is not as it was sealed, or has another root when granted
by one process. Files lately written are in memory; a case that was kept is read from disk at first.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.estate import order, write_estate
from bench.process import machine
from zegel.investigation import Investigation
from zegel.service.reading import show_message
from zegel.service.searching import search

MESSAGES = int(os.environ.get("MESSAGES", "300000"))
GRANTED = int(os.environ.get("GRANTED", "20000"))
TARGET = 15.0
"""Seconds of wall time, on two processors, for 20,000 of 300,000."""
ROUNDS = 40
_ZEGEL = (sys.executable, "-c", "from zegel.cli import main; main()")


def zegel(*words: str | Path) -> dict[str, Any]:
    """Run a command; return what it printed, its wall and its processor time in seconds."""
    before, began = os.times(), time.monotonic()
    done = subprocess.run((*_ZEGEL, *map(str, words)), check=True, stdout=subprocess.PIPE)
    wall, after = time.monotonic() - began, os.times()
    spent = sum(after[2:4]) - sum(before[2:4])
    return {"said": done.stdout, "wall": wall, "processor": spent}


def make_case(folder: Path) -> None:
    """Write the copy, and process and index it, unless that was done before."""
    if (folder / "places").exists():
        return
    places = write_estate(folder / "copy", MESSAGES, GRANTED)
    case = folder / "case"
    zegel("init", case, "--training")
    zegel("intake", folder / "copy", "--case", case)
    zegel("process", "--case", case)
    indexed = zegel("index", "--case", case)
    print(f"index of the case: {indexed['processor'] / MESSAGES * 1e6:.0f} µs a message")
    (folder / "order.toml").write_bytes(order())
    (folder / "places").write_text(str(places))


def grant(folder: Path, name: str, workers: int) -> dict[str, Any]:
    """Grant the order anew; return its root and what it took."""
    place = folder / f"inv-{name}"
    words = ("--case", folder / "case", "--out", place, "--workers", str(workers), "--json")
    measured = zegel("grant", folder / "order.toml", *words)
    granted = json.loads(measured["said"])
    if granted["messages"] != GRANTED:
        sys.exit(f"{granted['messages']} messages were granted, not {GRANTED}")
    return {**measured, "root": granted["root"], "folder": place}


def percentiles(ask: Callable[[], object]) -> tuple[float, float]:
    """Return median and 95th percentile of a use case, in milliseconds of wall time."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took), statistics.quantiles(took, n=20)[-1]


def reading(folder: Path) -> None:
    """Print what reading in the investigation takes: log, index, rows, marked snippets."""
    inv = Investigation.open(folder)
    number = next(iter(inv.rows("messages")))["number"]
    asked: dict[str, Callable[[], object]] = {
        "search a word, 20 hits": lambda: search(inv, "kamen"),
        "search words of one account": lambda: search(inv, "kamen lomen from:p0003"),
        "show a message by number": lambda: show_message(inv, str(number)),
    }
    print("inside it, ms of wall time, without starting a process: median, 95th percentile")
    for name, ask in asked.items():
        half, most = percentiles(ask)
        print(f"  {name:30}{half:8.1f}{most:8.1f}")


def main() -> None:
    """Measure, print and check."""
    with tempfile.TemporaryDirectory(prefix="zegel-bench-") as made:
        folder = Path(os.environ.get("KEPT") or made)
        folder.mkdir(parents=True, exist_ok=True)
        make_case(folder)
        places = int((folder / "places").read_text())
        run = f"{time.time_ns()}"
        two, one = (grant(folder, f"{run}-{workers}", workers) for workers in (2, 1))
        if two["root"] != one["root"]:
            sys.exit("one process and two gave different roots")
        checked = zegel("investigation", "-i", two["folder"], "--check")
        print(f"\n{machine()}\ngrant of {GRANTED:,} messages ({places:,} places) of {MESSAGES:,}:")
        for workers, took in ((2, two), (1, one)):
            print(
                f"  {workers} processes: {took['wall']:.1f} s of wall time, "
                f"{took['processor']:.1f} s of processor time"
                f" ({took['processor'] / GRANTED * 1e6:.0f} µs a message)"
            )
        print(f"  at most {TARGET:.0f} s of wall time wanted for 20,000 of 300,000, 2 processors")
        print(f"  checked whole in {checked['wall']:.1f} s of wall time")
        reading(two["folder"])


if __name__ == "__main__":
    main()
