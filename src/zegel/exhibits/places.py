"""Finds the bytes of an entry again from what the entry says of itself, without a listing.

An entry's `backing` is written as steps joined by `|`. The first is the path of the file that
carries it, percent-encoded, in a folder, and empty in an archive. Each further step is a
container inside what came before: `offset+size=sha256`, its packed bytes and their digest.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

from zegel.errors import ExhibitError
from zegel.exhibits import opening, working
from zegel.exhibits.extent import Extent, FileExtent, part
from zegel.exhibits.model import Limits

_STEP = re.compile(r"(\d{1,20})\+(\d{1,20})=([0-9a-f]{64})\Z")
_KEPT_OPEN = 16


def carried_by(path: bytes) -> str:
    """Return the backing of what a file of a folder carries."""
    return quote_from_bytes(path)


def step(backing: str, offset: int, size: int, sha256: bytes) -> str:
    """Return the backing of what lies in the container at this place of `backing`."""
    return f"{backing}|{offset}+{size}={sha256.hex()}"


class ContainerChangedError(Exception):
    """A container is no longer the one that was sealed; the reader names the entry."""


class Places:
    """Opens backings, keeping the last few open."""

    def __init__(self, first: Callable[[bytes], Extent], work: Path, limits: Limits) -> None:
        self._first = first
        """Opens the first step: a file of the folder, or the archive for the empty path."""
        self._work = work
        self._limits = limits
        self._open: OrderedDict[str, Extent] = OrderedDict()

    def carrier(self, backing: str) -> Extent:
        """Return the bytes that `backing` names."""
        if backing in self._open:
            self._open.move_to_end(backing)
            return self._open[backing]
        before, bar, last = backing.rpartition("|")
        if not bar:
            extent = self._first(unquote_to_bytes(backing))
        else:
            extent = self._opened(self.carrier(before), last)
        self._open[backing] = extent
        while len(self._open) > _KEPT_OPEN:
            _let_go(self._open.popitem(last=False)[1])
        return extent

    def close(self) -> None:
        """Let go of everything kept open."""
        while self._open:
            _let_go(self._open.popitem()[1])

    def _opened(self, before: Extent, words: str) -> Extent:
        match = _STEP.match(words)
        if match is None:
            raise ExhibitError(
                "the manifest names a container in a way that is not understood",
                next_step="Restore the case folder from its backup.",
            )
        sha256 = bytes.fromhex(match[3])
        made = working.open_working_copy(working.place(self._work, sha256))
        if made is not None:
            return made
        return self._made_again(part(before, int(match[1]), int(match[2])), sha256)

    def _made_again(self, packed: Extent, sha256: bytes) -> Extent:
        form = opening.container_form(packed.read(0, opening.HEAD))
        if form is None or form == "tar":
            raise ContainerChangedError
        with working.only_one(self._work, sha256.hex()):
            made = working.open_working_copy(working.place(self._work, sha256))
            if made is not None:
                return made
            spool = working.Spool(self._work, bound=opening.bound(packed.length, self._limits))
            try:
                opened = opening.open_packed(packed, form, spool, self._work, self._limits)
            except working.TooMuchError:
                raise ContainerChangedError from None
            finally:
                spool.discard()
        if opened.sha256 != sha256:
            _let_go(opened.content)
            raise ContainerChangedError
        return opened.content


def _let_go(extent: Extent) -> None:
    if isinstance(extent, FileExtent):
        os.close(extent.descriptor)
