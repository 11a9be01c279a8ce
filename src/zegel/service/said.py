"""What holds now of each message that casework speaks of, by number; read anew where it grew.

Casework is asked at every page (tags of hits, `tag:` in a query, counts by tag). Its lines are only
ever added, so what was read before is held in memory and only what is new is read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from zegel.investigation import Investigation
from zegel.investigation.casework import NAME, Line, Standing, lines_after, standing
from zegel.tables import rows_with

_MOST = 16


class _Said:
    """The lines of one file of casework so far."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._forget()

    def _forget(self) -> None:
        self.last = 0
        self.now: dict[int, Standing] = {}
        self._lines: dict[int, list[Line]] = {}
        self._numbers: dict[bytes, int] = {}

    def read(self, inv: Investigation) -> Mapping[int, Standing]:
        """Take in what is new, and return what holds of each message."""
        with self._lock:
            newest, lines = lines_after(inv.folder, self.last)
            if newest < self.last:
                self._forget()
                newest, lines = lines_after(inv.folder, 0)
            if lines:
                self._take_in(inv, lines)
                self.last = newest
            return self.now

    def _take_in(self, inv: Investigation, lines: list[Line]) -> None:
        new = {line.message for line in lines} - self._numbers.keys()
        for row in rows_with(inv.table("messages"), "message", new, ["number", "message"]):
            self._numbers[row["message"]] = row["number"]
        now, touched = dict(self.now), set()
        for line in lines:
            number = self._numbers.get(line.message)
            if number is not None:
                self._lines.setdefault(number, []).append(line)
                touched.add(number)
        for number in touched:
            mine = self._lines[number]
            mine.sort(key=lambda line: line.at_ns)  # stable: in the order added where times agree
            (now[number],) = standing(mine).values()
        self.now = now  # a new one: whoever reads the old one goes on with it


_HELD: OrderedDict[tuple[Path, bytes, int], _Said] = OrderedDict()
_LOCK = Lock()


def said_of(inv: Investigation) -> Mapping[int, Standing]:
    """Return what holds now of each message that casework speaks of, by its number."""
    try:
        inode = (inv.folder / NAME).stat().st_ino
    except FileNotFoundError:
        return {}
    key = (inv.folder, inv.root, inode)
    with _LOCK:
        said = _HELD.setdefault(key, _Said())
        _HELD.move_to_end(key)
        while len(_HELD) > _MOST:
            _HELD.popitem(last=False)
    return said.read(inv)
