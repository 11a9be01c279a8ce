"""How far the command is that works on a case, told to whoever looks from another process.

CASE/work/running holds one note: a line of JSON, and a line with its SHA-256. It is
written over in place, at most once a second besides where a phase begins or ends, and never synced:
it is no evidence, and who reads it between two halves reads it again. It holds counts and no
content. A run that ended says how; one that was killed is found out, because its process runs no
more (`zegel.service.alive`). Only who holds the case's lock writes it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from zegel.canonical import JSON
from zegel.casefile import Case
from zegel.errors import ZegelError
from zegel.service.alive import Process
from zegel.service.door import Who
from zegel.service.identity import person_for
from zegel.service.phases import Phase
from zegel.service.place import place_of
from zegel.service.progress import Progress
from zegel.tables import make_folder

NOTE = "running"
FORMAT = "zegel-running-1"
EVERY = 1.0
"""Seconds between two notes of one phase, at least."""
LARGEST = 64 * 1024
_TRIES, _PAUSE = 20, 0.005
"""How often, and after how many seconds, a note that does not fit its digest is read again."""
WATCHED = "progress watched"
"""The right to look; looking every few seconds leaves no entry, a refusal does."""


class _Note:
    """Hears the progress of a run, hands it on, and keeps the newest of it."""

    def __init__(
        self, case: Case, run: str, who: str, onward: Progress, clock: Callable[[], float]
    ) -> None:
        self._place = make_folder(case.work) / NOTE
        self._onward = onward
        self._clock = clock
        self._phase: Phase | None = None
        self._last = 0.0
        self._said: dict[str, Any] = {
            "format": FORMAT,
            "run": run,
            "who": who,
            "process": Process.here().as_json(),
            "began": _now(),
            "told": _now(),
            "before": [],
            "phase": None,
            "ended": None,
            "error": None,
        }
        self._write()

    def phase(self, name: str, total: int | None, unit: str) -> None:
        """Note that a phase begins."""
        self._close()
        now = self._last = self._clock()
        self._phase = Phase(name, total, unit, now)
        self._tell(now)
        self._onward.phase(name, total, unit)

    def advance(self, units: int, problems: int = 0) -> None:
        """Count what was done, and note it where it is time to."""
        self._onward.advance(units, problems)
        if self._phase is None:
            return
        now = self._clock()
        self._phase.advance(units, problems, now)
        if now - self._last >= EVERY:
            self._last = now
            self._tell(now)

    def note(self, sentence: str) -> None:
        """Hand it on."""
        self._onward.note(sentence)

    def end(self, how: str, error: BaseException | None = None) -> None:
        """Note how the run ended; of an error of this program its class alone."""
        if how == "done":
            self._close()
        self._said["ended"] = how
        self._said["error"] = None if error is None else _in_words(error)
        self._write()

    def _close(self) -> None:
        if self._phase is not None:
            self._said["before"].append(self._phase.ended(self._clock()))
            self._said["phase"], self._phase = None, None

    def _tell(self, now: float) -> None:
        assert self._phase is not None
        self._said["phase"] = self._phase.said(now)
        self._write()

    def _write(self) -> None:
        self._said["told"] = _now()
        line = json.dumps(self._said, ensure_ascii=True, allow_nan=False).encode()
        note = line + b"\n" + sha256(line).hexdigest().encode() + b"\n"
        # A disk that is full stops the run where it writes evidence, not where it says how far.
        with suppress(OSError):
            descriptor = os.open(self._place, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.pwrite(descriptor, note, 0)
            finally:
                os.close(descriptor)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _in_words(error: BaseException) -> dict[str, JSON]:
    if isinstance(error, ZegelError):
        return {"what": error.what, "where": error.where, "next": error.next_step}
    what = f"internal error: {type(error).__name__}"
    return {"what": what, "where": "", "next": ZegelError.remedy}


@contextmanager
def watched(
    case: Case,
    run: str,
    who: str,
    progress: Progress,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Progress]:
    """Tell the progress of the body to `progress` and in the case's folder; hold its lock."""
    note = _Note(case, run, who, progress, clock)
    try:
        yield note
    except KeyboardInterrupt:
        note.end("stopped")
        raise
    except BaseException as error:
        note.end("failed", error)
        raise
    note.end("done")


def progress_of(case: Case, *, who: Who = None) -> dict[str, Any] | None:
    """Return how far the newest run on a case is, or how it ended; None where none is known.

    `state` is `running`, `done`, `stopped` (by hand), `failed`, `killed`, or `unknown` for a run on
    another machine. A look that is allowed leaves no entry, for it is one of many; it shows counts
    of the case's tables and no row of them.
    """
    person_for(place_of(case), WATCHED, who)
    return run_of(case)


def run_of(case: Case) -> dict[str, Any] | None:
    """Return the same for whoever has let somebody in."""
    note = read_note(case.work / NOTE)
    if note is None:
        return None
    process = Process(**note.pop("process"))
    age = max(0.0, time.time() - datetime.fromisoformat(note["told"]).timestamp())
    state = note.pop("ended") or _STATES[process.runs()]
    phase = note["phase"]
    if phase is not None and state == "running":
        phase = {**phase, **_since(phase, age)}
    return {
        "run": note["run"],
        "state": state,
        "who": note["who"],
        "began": note["began"],
        "told": note["told"],
        "seconds_ago": round(age, 1),
        "before": note["before"],
        "phase": phase,
        "problems": sum(one["problems"] for one in (*note["before"], phase) if one),
        "error": note["error"],
    }


_STATES = {True: "running", False: "killed", None: "unknown"}


def _since(phase: dict[str, Any], age: float) -> dict[str, Any]:
    """Return what goes on by the clock alone since the note was written."""
    left = phase["seconds_left"]
    return {
        "elapsed": round(phase["elapsed"] + age, 1),
        "seconds_left": None if left is None else round(max(0.0, left - age), 1),
    }


def process_of(case: Case) -> Process | None:
    """Return the process of a run that has not said how it ended."""
    note = read_note(case.work / NOTE)
    return None if note is None or note["ended"] else Process(**note["process"])


def read_note(place: Path) -> dict[str, Any] | None:
    """Return the note in a file; None where there is none that is whole."""
    for _ in range(_TRIES):
        try:
            with place.open("rb") as file:
                text = file.read(LARGEST)
        except FileNotFoundError:
            return None
        line, _, rest = text.partition(b"\n")
        if rest[:64] == sha256(line).hexdigest().encode():
            said: dict[str, Any] = json.loads(line)
            return said if said.get("format") == FORMAT else None
        time.sleep(_PAUSE)
    return None
