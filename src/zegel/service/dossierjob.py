"""Makes one dossier in a process of its own, so that a closed browser stops nothing.

    python -m zegel.service.dossierjob

What to make comes in as JSON on standard input, for a list of processes shows nobody's choice. The
lock of the dossier and of the investigation's folder are open descriptors, given up when this
process ends, however it ends.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from zegel.errors import UsageError, ZegelError
from zegel.investigation import Investigation
from zegel.people import Person
from zegel.service.dossier import Wanted, dossier_terms, make_dossier
from zegel.service.shelf import FAILED, MADE, Shelf

SECONDS = 1.0
"""Between two words about progress."""


class Told:
    """Keeps how far it is where the page finds it."""

    def __init__(self, shelf: Shelf, id_: str) -> None:
        self._shelf, self._id = shelf, id_
        self._phase, self._done, self._at = "", 0, 0.0
        self._total: int | None = None

    def phase(self, name: str, total: int | None, unit: str) -> None:
        """Keep that a phase begins; its units are messages."""
        del unit
        self._phase, self._total, self._done = name, total, 0
        self._keep()

    def advance(self, units: int, problems: int = 0) -> None:
        """Keep how much is done, not more often than anybody looks."""
        del problems  # a dossier that meets one is not made
        self._done += units
        if time.monotonic() - self._at >= SECONDS:
            self._keep()

    def note(self, sentence: str) -> None:
        """Ignore it."""

    def _keep(self) -> None:
        self._at = time.monotonic()
        now = self._shelf.get(self._id)
        self._shelf.put(replace(now, phase=self._phase, done=self._done, total=self._total))


def make(job: dict[str, Any]) -> None:
    """Make the dossier that `job` describes, and keep how it ended."""
    shelf = Shelf(Path(job["shelf"]), job["before"])
    id_: str = job["id"]
    out = shelf.dossier(id_)
    try:
        made = make_dossier(
            Investigation.open(Path(job["folder"])),
            out,
            Wanted(ids=job["ids"]),
            dossier_terms(
                withhold=_bytes(job["withhold"]),
                certificate=_bytes(job["certificate"]),
                **job["options"],
            ),
            who=Person(**job["person"]),
            progress=Told(shelf, id_),
        )
    except ZegelError as error:
        _end(shelf, id_, state=FAILED, why=f"{error.what}. {error.next_step}")
        raise
    except BaseException as error:
        _end(shelf, id_, state=FAILED, why=type(error).__name__)
        raise
    _end(shelf, id_, state=MADE, sha256=made.sha256, bytes=out.stat().st_size)


def _end(shelf: Shelf, id_: str, **how: Any) -> None:
    try:
        shelf.put(replace(shelf.get(id_), ended_ns=time.time_ns(), **how))
    except UsageError:  # it was forgotten meanwhile, with the session that ordered it
        shelf.remove(id_)


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


def main() -> int:
    """Make what standard input describes."""
    try:
        make(json.load(sys.stdin))
    except ZegelError as error:
        sys.stderr.write(f"{type(error).__name__}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
