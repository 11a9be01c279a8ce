"""Measure what a long log costs: 200,000 messages, 100,000 entries, by processor time.

`python -m bench.readlog`; MESSAGES and ENTRIES make it smaller. The log is written without waiting
for the disk (that is not what is measured), then counted and reported as the commands do, and one
entry is proved and its proof checked. Fails where a count is not the one that was written.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq

from bench.process import machine
from zegel.canonical import JSON
from zegel.custody.inclusion import prove_entry, read_entry_proof
from zegel.custody.log import Log
from zegel.investigation import Investigation
from zegel.investigation.schemas import MESSAGES as SCHEMA
from zegel.service.logreport import by_day
from zegel.service.neveropened import BY, _counted, _messages, opened_in

MESSAGES = int(os.environ.get("MESSAGES", "200000"))
ENTRIES = int(os.environ.get("ENTRIES", "100000"))
T = TypeVar("T")


def identity(number: int) -> bytes:
    return sha256(b"%d" % number).digest()


def rows() -> Iterator[dict[str, Any]]:
    for number in range(MESSAGES):
        account = f"d{number % 400:05}@ams.example"
        yield {
            "number": number,
            "message": identity(number),
            "admitted": [{"clause": name, "why": ""} for name in ("one", "two")[: 1 + number % 2]],
            "clock_ns": 1_460_000_000_000_000_000 + number * 86_400_000_000_00,
            "accounts": [account],
            "sender": [account],
            "recipients": [f"d{number % 399:05}@yyz.example"],
            "text": "Tot morgen bij de haven. " * 8,
        }


def write_log(folder: Path) -> Log:
    """Write searches and reads, two reads to a search, each of another message."""
    log = Log.create(folder / "custody", folder / "key", origin="zegel investigation bench")
    page = [identity(number).hex() for number in range(20)]
    for number in range(ENTRIES):
        if number % 3:
            name = identity(number).hex()
            log.append("message read", {"message": name, "purpose": "p"}, "jansen", shown=[name])
        else:
            asked: dict[str, JSON] = {
                "query": "haven AND boot",
                "offset": 0,
                "limit": 20,
                "purpose": "p",
            }
            log.append("search", asked, "jansen", shown=page)
    return log


def timed(what: str, work: Callable[[], T]) -> T:
    began = time.process_time()
    result = work()
    print(f"{what}: {time.process_time() - began:.2f} s")
    return result


def main() -> None:
    print(machine())
    print(f"{MESSAGES:,} messages, {ENTRIES:,} entries")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = folder / "messages.parquet"
        pq.write_table(pa.Table.from_pylist(list(rows()), SCHEMA), place)
        with patch("os.fsync"):
            log = timed("entries appended, without waiting for the disk", lambda: write_log(folder))
        size = (folder / "custody" / "entries.jsonl").stat().st_size
        print(f"bytes an entry: {size / ENTRIES:.0f}")
        inv = cast(Investigation, SimpleNamespace(table=lambda _: place))
        opened = timed("what was opened, from the log", lambda: opened_in(log))
        table = timed("and the table of messages", lambda: _messages(inv, opened))
        for by in BY:
            timed(f"counted by {by}", lambda by=by: _counted(table, by))  # type: ignore[misc]
        days = timed("report of the whole log", lambda: list(by_day(log.entries())))
        proof = timed(
            "one entry proved", lambda: prove_entry(folder / "custody", ENTRIES // 2).text()
        )
        timed("its proof checked", lambda: read_entry_proof(proof))
    reads = sum(1 for number in range(ENTRIES) if number % 3)
    assert sum(table["never"].to_pylist()) == MESSAGES - reads
    assert sum(day.acts["message read"] for day in days) == reads
    print(f"proof: {len(proof):,} bytes")


if __name__ == "__main__":
    main()
