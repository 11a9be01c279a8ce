"""Carries encrypted messages from scan to open, so that a mail is read and taken apart once.

Scratch, not evidence: the exhibit stays the source. What is missing, cut short or altered here is
read again from there; the digests that name a body and its key packets decide.
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from pathlib import Path
from types import TracebackType

from zegel.tables import StorageGuard, make_folder

LARGEST = 256 * 2**10
"""Bytes of key packets and body; larger messages are rare, and reading them again costs little
beside opening them."""
_BUFFER = 2**20
_KEPT_OPEN = 128


class Spool:
    """Takes the encrypted messages of one part of the scan, in order."""

    def __init__(self, folder: Path, part: str) -> None:
        place = make_folder(folder) / part
        self._guard = StorageGuard(place)
        with self._guard:
            # What a killed run left under this name is of the same bytes, but perhaps not whole.
            self._file = place.open("wb", buffering=_BUFFER)
        self._end = 0

    def keep(self, keys: bytes, body: bytes) -> int | None:
        """Append `keys` and `body`; return where they begin, None where they are too large."""
        size = len(keys) + len(body)
        if size > LARGEST:
            return None
        with self._guard:
            self._file.write(keys)
            self._file.write(body)
        begin, self._end = self._end, self._end + size
        return begin

    def close(self) -> None:
        """Write what is still in memory."""
        with self._guard:
            self._file.close()


class SpoolReader:
    """Hands the messages of all parts out again, for as long as a `with` block lasts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: OrderedDict[str, int] = OrderedDict()

    def __enter__(self) -> SpoolReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files.clear()

    def message(
        self, part: str, begin: int, keys: int, size: int, sha256: bytes
    ) -> tuple[bytes, bytes] | None:
        """Return the key packets and the body that `part` of the scan put at `begin`.

        None where they are not there, or the body is not the one of that digest; who uses the
        packets holds them against their own.
        """
        try:
            found = os.pread(self._opened(part), keys + size, begin)
        except OSError:  # the exhibit has it still, and says so where it has not
            return None
        body = found[keys:]
        return (found[:keys], body) if hashlib.sha256(body).digest() == sha256 else None

    def _opened(self, part: str) -> int:
        descriptor = self._files.get(part)
        if descriptor is None:
            descriptor = os.open(self._folder / part, os.O_RDONLY | os.O_CLOEXEC)
            self._files[part] = descriptor
            if len(self._files) > _KEPT_OPEN:
                os.close(self._files.popitem(last=False)[1])
        else:
            self._files.move_to_end(part)
        return descriptor
