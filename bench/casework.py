"""Measure casework in an investigation of 200,000: what to read next, many at once, who looked.

`python -m bench.casework`; MESSAGES, READS and a folder named by KEPT change it, as in
`bench.desk`. A copy of the investigation is worked in. Wall and CPU time of the service, the entry
of the log included.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bench.desk import make_case
from bench.process import machine
from bench.texts import vocabulary
from zegel import service
from zegel.custody.log import Log
from zegel.investigation import Investigation
from zegel.service import Chosen
from zegel.service.place import place_of

READS = int(os.environ.get("READS", "20000"))
"""Messages that the log says were read before."""
TIMES = 20


def timed(name: str, act: Callable[[], Any], times: int = TIMES) -> Any:
    walls, cpu, result = [], time.process_time(), None
    for _ in range(times):
        began = time.perf_counter()
        result = act()
        walls.append((time.perf_counter() - began) * 1000)
    spent = (time.process_time() - cpu) * 1000 / times
    p95 = statistics.quantiles(walls, n=20)[-1] if times > 1 else walls[0]
    print(
        f"| {name} | {times} | {statistics.median(walls):,.1f} | {p95:,.1f} | {spent:,.1f} |",
        flush=True,
    )
    return result


def have_read(inv: Investigation, log: Log, count: int) -> None:
    """Write entries that say that ann read some messages in conversations of 50."""
    numbers = sorted(random.Random("unread").sample(range(1, inv.messages + 1), count))
    rows = {row["number"]: row["message"].hex() for row in inv.rows("messages")}
    for at in range(0, count, 50):
        names: list[Any] = [rows[number] for number in numbers[at : at + 50]]
        log.append("conversation read", {"messages": names, "purpose": "bench"}, "ann")


def measure(inv: Investigation) -> None:
    have_read(inv, place_of(inv).log, READS)
    print("| what | times | median ms | p95 ms | CPU ms |\n|---|---|---|---|---|")
    after = iter(random.Random("after").choices(range(1, inv.messages + 1), k=10_000))
    word = vocabulary()[5]  # in every third message
    timed("first next unread: the log taken in", lambda: service.next_unread(inv, who="ann"), 1)
    for by in ("me", "team"):
        timed(
            f"next unread by {by}, of all",
            partial(service.next_unread, inv, by=by, after=next(after), who="ann"),
        )
    hits = service.search(inv, word, who="ann")["count"]
    timed(
        f"next unread in a search of {hits:,} hits",
        lambda: service.next_unread(inv, query=word, order="newest", who="ann"),
    )
    ids = [str(number) for number in range(1, 20_001)]
    done = timed(
        "20,000 messages tagged at once",
        lambda: service.say_of_many(inv, Chosen(ids=ids), "tag", "bench", seen=0, who="ann"),
        1,
    )
    timed("a search, 20,000 tagged", lambda: service.search(inv, word, who="ann"))
    timed("undone", lambda: service.undo_act(inv, done["act"], who="ann"), 1)
    timed("a message tagged", lambda: service.add_casework(inv, "7", "tag", "x", who="ann"))
    timed("who read a message", lambda: service.readers_of(inv, "7", who="ann"))
    timed("how much each person saw", lambda: service.readers(inv, who="ann"))
    timed("10,000 messages into a tray",
          lambda: service.collect(inv, Chosen(ids=ids[:10_000]), who="ann"), 1)  # fmt: skip
    timed("a page of that tray", lambda: service.show_tray(inv, who="ann"))


def main() -> None:
    """Make the investigation, or take the one that was kept, and measure in a copy of it."""
    machine()
    with tempfile.TemporaryDirectory() as name:
        os.environ["ZEGEL_KEYS"] = str(Path(name) / "keys")
        kept = os.environ.get("KEPT")
        folder = make_case(Path(kept) if kept else Path(name))
        copy = Path(shutil.copytree(folder, Path(name) / "copy"))
        measure(Investigation.open(copy))


if __name__ == "__main__":
    main()
