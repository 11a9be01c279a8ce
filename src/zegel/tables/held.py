"""Holds in memory what was made of files that do not change, for as long as each is as it was.

A file of another size, time or inode is made anew; one that is gone is let go at the next question,
so that what was removed does not live on in a process that goes on (an open file keeps its disk
space). It decides nothing: who may ask was decided before, and nothing that may change is held.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakSet

import pyarrow as pa
import pyarrow.parquet as pq

T = TypeVar("T")
_Stamp = tuple[int, ...]


class Held(Generic[T]):
    """What was made of files, or of parts of them; what was asked for longest ago goes first."""

    def __init__(
        self,
        make: Callable[[Path, Any], T],
        *,
        most: int,
        weight: Callable[[T], int] = lambda _: 1,
    ) -> None:
        self._make = make
        self._most = most
        self._weight = weight
        self._lock = Lock()
        self._made: OrderedDict[tuple[Path, Hashable], tuple[_Stamp, T, int]] = OrderedDict()
        self._making: dict[tuple[Path, Hashable], Lock] = {}
        _ALL.add(self)

    def of(self, place: Path, part: Hashable = 0, make: Callable[[], T] | None = None) -> T:
        """Return what `make` makes of a part of a file, made once while the file is as it was.

        `make` may be given with the question, where it needs more than a path.
        """
        key, stamp = (place, part), self._stamp(place)
        found = self._found(key, stamp)
        if found is not None:
            return found[0]
        with self._lock:
            making = self._making.setdefault(key, Lock())
        with making:  # of several who ask at once one makes it
            found = self._found(key, stamp)
            if found is not None:
                return found[0]
            made = self._make(place, part) if make is None else make()
            self._keep(key, stamp, made)
        return made

    def _stamp(self, place: Path) -> _Stamp:
        try:
            return stamp_of(place)
        except FileNotFoundError:
            with self._lock:
                self._drop(place)
            raise

    def _found(self, key: tuple[Path, Hashable], stamp: _Stamp) -> tuple[T] | None:
        with self._lock:
            known = self._made.get(key)
            if known is None or known[0] != stamp:
                return None
            self._made.move_to_end(key)
            return (known[1],)

    def _keep(self, key: tuple[Path, Hashable], stamp: _Stamp, made: T) -> None:
        weight = self._weight(made)
        with self._lock:
            self._making.pop(key, None)
            for place in {place for place, _ in self._made}:
                if not place.exists():
                    self._drop(place)
            if weight > self._most:
                return
            self._made.pop(key, None)
            self._made[key] = (stamp, made, weight)
            total = sum(weight for _, _, weight in self._made.values())
            while total > self._most:
                _, (_, _, gone) = self._made.popitem(last=False)
                total -= gone

    def let_go(self, folder: Path) -> None:
        """Forget everything below a folder."""
        with self._lock:
            for place in {place for place, _ in self._made if place.is_relative_to(folder)}:
                self._drop(place)

    def _drop(self, place: Path) -> None:
        for key in [key for key in self._made if key[0] == place]:
            del self._made[key]


_ALL: WeakSet[Held[Any]] = WeakSet()


def let_go(folder: Path) -> None:
    """Forget everything that is held of the files below a folder."""
    for held in list(_ALL):
        held.let_go(folder)


def stamp_of(place: Path) -> _Stamp:
    """Return size, times of change and inode of a file: what differs when it is another."""
    found = place.stat()
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def _read_footer(place: Path, _part: int) -> pq.FileMetaData:
    return pq.read_metadata(place)


_FOOTERS: Held[pq.FileMetaData] = Held(_read_footer, most=64)


def opened(place: Path) -> pq.ParquetFile:
    """Open a Parquet file; what its end says is read once."""
    return pq.ParquetFile(place, metadata=_FOOTERS.of(place))


def read_group(place: Path, group: int) -> pa.Table:
    """Return all columns of one row group, each in one piece."""
    with opened(place) as file:
        return file.read_row_group(group).combine_chunks()
