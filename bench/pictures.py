"""Measure pictures of an investigation of 200,000 messages and 2,000 accounts, by wall clock.

`python -m bench.pictures`; MESSAGES and ACCOUNTS make it smaller, and a folder named by KEPT keeps
the case for another run (the same as that of `bench.desk`). Each picture is asked of the service as
a page asks it, its entry in the log included: once in a fresh process, which reads the tables and
lays the network out, then again and again. Fails where the network takes more than a second even
the first time, or where a picture does not count every message.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.desk import ACCOUNTS, MESSAGES, make_case
from bench.process import machine
from zegel import service
from zegel.investigation import Investigation
from zegel.service import Look

ROUNDS = 15
TARGET = 1000.0
"""Milliseconds for a network picture, the first time in a process too."""
LOOKS = {
    "network": Look(picture="network"),
    "network, grown by two steps": Look(picture="network", account="d00000", steps=2),
    "network, of a search's hits": Look(picture="network", query="kamen"),
    "timeline": Look(picture="timeline"),
    "timeline by hour": Look(picture="timeline", by="hour"),
    "hours": Look(picture="hours"),
    "clocks": Look(picture="clocks"),
}


def timed(ask: Callable[[], object]) -> float:
    """Return how many milliseconds of wall time something takes."""
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1e3


def draw(inv: Investigation, look: Look) -> service.Picture:
    """Draw a picture as a page has it, links and hidden names among it."""
    return service.draw_picture(inv, look, href=lambda target: f"/x/{target}", live=True)


def first(folder: Path, name: str) -> float:
    """Return what the first picture takes in a process of its own, everything imported before."""
    code = (
        "import sys; from pathlib import Path; from bench import pictures as p;"
        "import igraph, pyarrow.parquet, pyarrow.compute;"
        "inv = p.Investigation.open(Path(sys.argv[1]));"
        "print(p.timed(lambda: p.draw(inv, p.LOOKS[sys.argv[2]])))"
    )
    done = subprocess.run(
        (sys.executable, "-c", code, str(folder), name), check=True, stdout=subprocess.PIPE
    )
    return float(done.stdout)


def main() -> None:
    """Measure, print and check."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = make_case(Path(os.environ.get("KEPT") or scratch))
        inv = Investigation.open(folder)
        print(f"{machine()}\n{MESSAGES:,} messages of {ACCOUNTS:,} accounts; milliseconds")
        print("| picture | first in a process | again, median | 95th percentile | kB |")
        print("|---|---|---|---|---|")
        slow = []
        for name, look in LOOKS.items():
            before = first(folder, name)
            drawn = draw(inv, look)
            took = [timed(lambda look=look: draw(inv, look)) for _ in range(ROUNDS)]  # type: ignore[misc]
            p95 = statistics.quantiles(took, n=20)[-1]
            size = len(drawn.svg) // 1000
            print(f"| {name} | {before:.0f} | {statistics.median(took):.0f} | {p95:.0f} | {size} |")
            if look.query == "" and look.account == "" and drawn.messages != MESSAGES:
                sys.exit(f"{name} counts {drawn.messages:,} messages, not {MESSAGES:,}")
            if look.picture == "network" and max(before, p95) > TARGET:
                slow.append(name)
    if slow:
        sys.exit(f"over {TARGET:.0f} ms: {', '.join(slow)}")


if __name__ == "__main__":
    main()
