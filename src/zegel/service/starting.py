"""Use cases: have a case processed by a process that outlives whoever started it; stop a run."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

from zegel import errors
from zegel.casefile import Case
from zegel.errors import CaseError, UsageError, ZegelError
from zegel.service.cases import shelf
from zegel.service.door import Visit, Who, enter_case
from zegel.service.running import process_of, run_of

STARTED, STOPPED = "processing started", "processing stopped"
PATIENCE = 60.0
"""Seconds that are waited for a run to say that it got under way: its log is checked before."""
MOST_PASSPHRASES, LONGEST_PASSPHRASE = 10_000, 1024
_PROGRAM = "from zegel.service.background import main; main()"


def start_processing(
    case: Case,
    *,
    passphrases: Sequence[str] = (),
    index: bool = False,
    workers: int | None = None,
    who: Who = None,
) -> dict[str, Any]:
    """Begin to process a case in a process of its own; return once it is under way, or raise.

    It acts under the name of whoever asked, and goes on when they, or whoever served them, have
    gone. With `index` the case's index is built after it. Where a run is under way already, or the
    new one stops before its first phase, the error says why.
    """
    _bound(passphrases)
    with enter_case(case, STARTED, who, {"index": index}) as visit:
        process = process_of(case)
        if process is not None and process.runs():
            raise CaseError(
                "a run is under way already",
                where=str(case.folder),
                next_step="Wait for it to end, or stop it.",
            )
        if not shelf(case).all():
            raise UsageError(
                "the case holds no exhibit",
                where=str(case.folder),
                next_step="`zegel intake PATH`.",
            )
        visit.write()
        _begin(case, visit, passphrases, index, workers)
    return run_of(case) or {}


def _bound(passphrases: Sequence[str]) -> None:
    if len(passphrases) > MOST_PASSPHRASES:
        raise UsageError(f"at most {MOST_PASSPHRASES:,} passphrases are given at a time")
    if any(len(word) > LONGEST_PASSPHRASE for word in passphrases):
        raise UsageError(f"a passphrase has at most {LONGEST_PASSPHRASE:,} characters")


def _begin(
    case: Case, visit: Visit, passphrases: Sequence[str], index: bool, workers: int | None
) -> None:
    asked = {
        "case": str(case.folder),
        "name": visit.person.name,
        "purpose": visit.person.purpose,
        "how": visit.person.how,
        "passphrases": list(passphrases),
        "index": index,
        "workers": workers,
    }
    # A session of its own: neither Ctrl-C at the terminal of whoever serves the page, nor its end,
    # reaches it.
    child = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    # What has ended is taken note of, whenever that is: else it would stay a dead entry.
    threading.Thread(target=child.wait, name="processing", daemon=True).start()
    assert child.stdin is not None
    assert child.stdout is not None
    with child.stdin, child.stdout:
        try:
            child.stdin.write(json.dumps(asked).encode())
            child.stdin.close()
            with selectors.DefaultSelector() as waiting:  # select() knows no file above 1023
                waiting.register(child.stdout, selectors.EVENT_READ)
                ready = waiting.select(PATIENCE)
            said = child.stdout.read() if ready else b"{}"
        except BrokenPipeError:
            said = b""
    _require_begun(case, said)


def _require_begun(case: Case, said: bytes) -> None:
    """Raise what the run said where it did not come as far as its first phase."""
    if not said:
        raise ZegelError("processing ended before it began", where=str(case.folder))
    answer = json.loads(said)
    if answer:
        kind: type[ZegelError] = getattr(errors, answer["kind"])
        raise kind(answer["what"], where=answer["where"], next_step=answer["next"])


def stop_processing(case: Case, *, who: Who = None) -> None:
    """Stop the run under way, as Ctrl-C would: what is finished stays, and the next goes on."""
    with enter_case(case, STOPPED, who) as visit:
        process = process_of(case)
        if process is None or process.runs() is False:
            raise UsageError("no run is under way", where=str(case.folder))
        if process.runs() is None:
            raise UsageError(
                "the run is on another machine", next_step="Stop it there, with Ctrl-C."
            )
        visit.write()
        try:
            os.kill(process.number, signal.SIGINT)
        except PermissionError:
            raise CaseError(
                "the run belongs to another account of this machine",
                next_step="Whoever began it stops it with Ctrl-C.",
            ) from None
        except ProcessLookupError:
            return  # it has just ended by itself
