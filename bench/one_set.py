"""Run init, intake and process on one written copy, in a process of its own; print JSON.

With one worker everything happens in this process, which is how steps are told apart. With more,
only totals and memory are reported: of the parent, and of the largest worker.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

from bench.clock import Clock, Stopwatch, peak_memory
from zegel.exhibits.acquisition import Acquisition, Conditions
from zegel.processing.opening import Opening
from zegel.processing.sql import parquet
from zegel.service.cases import init_case
from zegel.service.intake import take_in
from zegel.service.ledger import ledger
from zegel.service.process import ProcessOptions, process


def _all_processor_time() -> float:
    """Return user and system time of this process and of those it has waited for, in seconds."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def run(copy: Path, folder: Path, workers: int) -> dict[str, Any]:
    """Take `copy` into a new case in `folder` and process it; return what that cost."""
    clock, unlocking = Clock(), Stopwatch()
    if workers == 1:
        # Of a whole batch: asked for each message, the system's clock took a tenth of the time.
        unlocking.around(Opening, "_unlock")
    began, wall = _all_processor_time(), time.monotonic()
    case = init_case(folder, training=True)
    take_in(case, copy, (Acquisition(), Conditions()), progress=clock)
    clock.phase("begin", None, "")
    process(case, ProcessOptions(workers=workers), progress=clock)
    clock.stop()
    return {
        "steps": dict(clock.steps),
        "unlock": unlocking.total,
        "unlock_calls": unlocking.calls,
        "bare": clock.bare_operations(),
        "all": _all_processor_time() - began,
        "wall": time.monotonic() - wall,
        "memory": peak_memory(),
        "out": _rows_out(case),
    }


def _rows_out(case: Any) -> dict[str, Any]:
    """Return what came out, counted, and the digest of all plaintexts' sorted digests."""
    totals = ledger(case)
    contents = parquet(case.stage("open").files("contents"))
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT plaintext_sha256, signature, text <> '' FROM {contents}"
        ).fetchall()
    verdicts: dict[str, int] = {}
    for _, verdict, _ in rows:
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
    return {
        "found": totals["found"],
        "readable": totals["states"].get("readable", 0),
        "contents": len(rows),
        "with_text": sum(bool(text) for _, _, text in rows),
        "signatures": verdicts,
        "plaintexts": digest_of(sorted(bytes(sha256) for sha256, _, _ in rows)),
    }


def digest_of(digests: list[bytes] | tuple[bytes, ...]) -> str:
    """Return one digest for many."""
    return hashlib.sha256(b"".join(digests)).hexdigest()


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))))
