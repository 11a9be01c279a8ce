"""What a running server has open: a case, its investigations, and folders that moved here.

A desk is found by an opaque key that stays the same as long as the folder holds the same: the
beginning of an investigation's root, or of a case's identity. Nobody's rights are asked here: each
use case asks them at its own door.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from zegel.analysis.network import Limits, network
from zegel.casefile import Case
from zegel.errors import UsageError, ZegelError
from zegel.investigation import Investigation
from zegel.investigation.folder import DESCRIPTION
from zegel.investigation.outline import outline
from zegel.investigation.rows import hold
from zegel.service.columns import traffic_of
from zegel.service.life import check_open
from zegel.service.searching import index_of

KEY_SIZE = 16
MOST_READY = 4
"""Investigations that a server holds in memory before anybody asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One opened case or investigation."""

    key: str
    """What a URL calls it: 16 hexadecimal digits, from which nothing of it follows."""
    name: str
    of: Case | Investigation

    @property
    def training(self) -> bool:
        """Say whether it is for training."""
        return self.of.training

    @property
    def is_case(self) -> bool:
        """Say whether it is a case."""
        return isinstance(self.of, Case)


class Desks:
    """The desks of one server. An investigation granted while it runs is found when asked for."""

    def __init__(self, case: Case | None, folders: Iterable[Path] = ()) -> None:
        self._case = case
        self._folders = tuple(folders)
        self._open: dict[str, Desk] = {}
        self.faults: list[ZegelError] = []
        """Folders that cannot be opened; the others are served nevertheless."""
        self._look()
        if not self._open and not self.faults:
            raise UsageError("there is nothing to serve", next_step="Name a case, or -i FOLDER.")

    def all(self) -> list[Desk]:
        """Return every desk: the case first, then investigations by name."""
        self._look()
        return sorted(self._open.values(), key=lambda desk: (not desk.is_case, desk.name))

    def at(self, key: str) -> Desk | None:
        """Return the desk of a key."""
        if key not in self._open:
            self._look()
        return self._open.get(key)

    def make_ready(self) -> None:
        """Hold in memory what the first question to each open investigation would wait for.

        It shows nothing, and asks nobody's rights for that; one that is over, closed or changed is
        left alone: whoever asks for it is told.
        """
        open_here = [desk.of for desk in self.all() if isinstance(desk.of, Investigation)]
        for get_ready in (_searching, _drawing):
            for inv in open_here[-MOST_READY:]:
                try:
                    check_open(inv)
                    get_ready(inv)
                except (ZegelError, OSError):
                    continue

    def named(self, name: str) -> Desk | None:
        """Return the desk of a name, the newest version of an investigation."""
        found = [desk for desk in self.all() if desk.name == name]
        return found[-1] if found else None

    def _look(self) -> None:
        known = {desk.of.folder: desk for desk in self._open.values()}
        found = [] if self._case is None else [known.get(self._case.folder) or _desk(self._case)]
        faults = []
        for folder in self._there():
            try:
                found.append(known.get(folder) or _desk(Investigation.open(folder)))
            except ZegelError as error:
                faults.append(error)
        self._open, self.faults = {desk.key: desk for desk in found}, faults

    def _there(self) -> Iterator[Path]:
        yield from (folder.resolve() for folder in self._folders)
        if self._case is not None:
            for place in sorted((self._case.folder / "investigations").glob(f"*/{DESCRIPTION}")):
                yield place.parent


def _searching(inv: Investigation) -> None:
    index_of(inv)
    outline(inv)
    hold(inv)


def _drawing(inv: Investigation) -> None:
    network(traffic_of(inv), Limits())  # its layout is kept


def _desk(of: Case | Investigation) -> Desk:
    identity = of.identity
    return Desk(key=identity[:KEY_SIZE], name=of.folder.name, of=of)
