"""Failed tries to log in, counted before they are judged, so that no kill gives one back.

From the third failed try on the next must wait 2, 4, 8 … seconds; the eighth locks the name until
an administrator unblocks it. The counts lie beside the log's key, synced to disk before a password
is looked at. Names that nobody has share one count, so that trying names is as slow.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zegel.errors import LockedOutError, VerificationError

FREE, MOST = 2, 8
"""Failed tries without a wait, and until the name is locked."""


class Tries:
    """The failed tries at one log."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def count(self, name: str) -> int:
        """Return how often this name failed since it last succeeded or was unblocked."""
        with self._opened() as tries:
            return tries.get(name, (0, 0))[0]

    def begin(self, name: str) -> int:
        """Count a try as failed and return the count; raise where it comes too soon."""
        with self._opened() as tries:
            failed, last_ns = tries.get(name, (0, 0))
            now = time.time_ns()
            wait = 2 ** min(failed - FREE, MOST) * 10**9 if failed > FREE else 0
            # A clock set back must not open the door sooner, nor close it for longer.
            left = min(last_ns + wait - now, wait)
            if left > 0:
                seconds = -(-left // 10**9)
                raise LockedOutError(
                    f"{failed} tries failed for this name; the next may come in {seconds} s",
                    next_step=f"Wait {seconds} s. After {MOST} in all an administrator must help.",
                )
            tries[name] = (failed + 1, now)
            return failed + 1

    def forget(self, name: str) -> None:
        """Start counting anew: the name succeeded, or was unblocked."""
        with self._opened() as tries:
            tries.pop(name, None)

    @contextmanager
    def _opened(self) -> Iterator[dict[str, tuple[int, int]]]:
        """Give the counts, under a lock, and write them back, synced, where they changed."""
        self.place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.place, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            text = file.read()
            tries = self._parse(text)
            before = dict(tries)
            yield tries
            if tries != before:
                self._write(file.fileno(), json.dumps(tries).encode(), len(text))

    def _parse(self, text: bytes) -> dict[str, tuple[int, int]]:
        try:
            counts = json.loads(text or b"{}")
            return {name: (int(failed), int(last)) for name, (failed, last) in counts.items()}
        except (ValueError, TypeError, AttributeError):
            raise VerificationError("is not as it was written", where=str(self.place)) from None

    def _write(self, descriptor: int, text: bytes, length: int) -> None:
        # In place, one write, padded: a lock on a file that is renamed away would guard nothing.
        os.pwrite(descriptor, text.ljust(length), 0)
        os.fsync(descriptor)
