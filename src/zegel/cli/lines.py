"""Standard error for programs that watch: one JSON object a line, whatever there is to say.

The form is docs/reference/progress.schema.json. A phase is told when it begins, at most once a
second while work is done in it, and when it ends. Whoever does not listen stops nothing: where the
reader has gone, the command goes on in silence.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from zegel.service.phases import Phase

VERSION = 1
EVERY = 1.0
"""Seconds between two lines of a phase, at least."""


def tell(event: str, **said: Any) -> None:
    """Write one line."""
    line = json.dumps({"version": VERSION, "event": event, **said}, allow_nan=False)
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):  # the pipe's reader is gone, or the stream is closed
        return


class Lines:
    """Tells each phase of a use case in lines."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._phase: Phase | None = None
        self._last = 0.0

    def phase(self, name: str, total: int | None, unit: str) -> None:
        """Tell that the phase begins."""
        self.close()
        now = self._last = self._clock()
        self._phase = Phase(name, total, unit, now)
        tell("phase", **self._phase.said(now))

    def advance(self, units: int, problems: int = 0) -> None:
        """Count what was done, and tell where it is time to."""
        if self._phase is None:
            return
        now = self._clock()
        self._phase.advance(units, problems, now)
        if now - self._last >= EVERY:
            self._last = now
            tell("progress", **self._phase.said(now))

    def note(self, sentence: str) -> None:
        """Tell something worth a line."""
        tell("message", text=sentence)

    def close(self) -> None:
        """Tell that the phase has ended."""
        if self._phase is not None:
            phase, self._phase = self._phase, None
            tell("done", **phase.ended(self._clock()))
