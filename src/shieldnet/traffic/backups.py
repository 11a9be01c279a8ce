"""Append messages to a site's backups as slices come in: mailbox exports and packed Maildirs.

An export is an mboxrd (`boxes`). One export of each site breaks off in the middle of a message, as
on a full disk; nothing is appended to it afterwards.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
import tarfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from shieldnet.sites import SECOND, SITES
from shieldnet.traffic.boxes import Boxes, Stored, quoted
from shieldnet.traffic.draw import chances
from shieldnet.traffic.sealing import cut_short
from shieldnet.traffic.settings import Settings
from shieldnet.traffic.truth import Place
from shieldnet.traffic.writing import BACKUP, Kept

BREAKS_OFF = 0.6
"""The share of slices after which an export of each site may break off."""


class Backups:
    """All backups of all sites, open for appending."""

    def __init__(self, settings: Settings, copy: Path, boxes: Boxes) -> None:
        self._settings, self._copy, self._boxes = settings, copy, boxes
        self._stack = ExitStack()
        self._tars: dict[str, Any] = {}  # the published types of `tarfile` know no `members`
        self._broken: dict[str, str] = {}
        self._renamed: set[str] = set()

    def __enter__(self) -> Backups:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for tar in self._tars.values():
            tar.close()
        self._stack.__exit__(kind, error, trace)

    def add(self, kept: Kept, slice_number: int) -> Place | None:
        """Append one message; return its place, or None where the export broke off before."""
        return self._pack(kept) if kept.kind == "tar" else self._export(kept, slice_number)

    def _export(self, kept: Kept, slice_number: int) -> Place | None:
        if self._broken.get(kept.site) == kept.account:
            return None
        path = f"backups/export-{kept.account}.mbox"
        mail, state = quoted(kept.mail), kept.state
        whole = not self._breaks(kept, slice_number)
        if not whole:
            self._broken[kept.site] = kept.account
            mail = cut_short(mail, chances(self._settings.seed, "broken", kept.site))
            state = "damaged"
        stored = Stored(sender=kept.sender, shown=kept.shown, stored=mail)
        (start,) = self._boxes.append(kept.site, path, [stored], whole=whole)
        return _place(kept, path, start, mail, state)

    def _breaks(self, kept: Kept, slice_number: int) -> bool:
        return (
            kept.site not in self._broken
            and slice_number >= self._settings.slices * BREAKS_OFF
            and kept.state == "readable"
        )

    def _pack(self, kept: Kept) -> Place:
        moment = dt.datetime.fromtimestamp(BACKUP, dt.UTC)
        path = f"backups/maildir-{moment:%Y-%m-%d}.tar.gz"
        if kept.site not in self._tars:
            self._tars[kept.site] = self._open(kept.site, path)
        name = f"home/vmail/{kept.account}/cur/{kept.name}"
        if kept.account not in self._renamed:
            self._renamed.add(kept.account)
            name = f"home/vmail/{kept.account}/copy (2) of inbox/message {kept.number}.txt.bak"
        member = tarfile.TarInfo(name)
        member.size, member.mtime = len(kept.mail), kept.shown // SECOND
        member.uname = member.gname = "vmail"
        self._tars[kept.site].addfile(member, io.BytesIO(kept.mail))
        self._tars[kept.site].members.clear()  # which it would keep: a kilobyte for each
        return _place(kept, f"{path}!/{name}", 0, kept.mail, kept.state)

    def _open(self, site: str, path: str) -> tarfile.TarFile:
        raw = self._stack.enter_context((self._copy / SITES[site].name / path).open("wb"))
        packed = gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=BACKUP)
        self._stack.enter_context(packed)
        return tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT)


def _place(kept: Kept, path: str, offset: int, mail: bytes, state: str) -> Place:
    return Place(
        site=kept.site,
        path=path,
        offset=offset,
        length=len(mail),
        sha256=hashlib.sha256(mail).hexdigest(),
        copy="backup",
        state=state,
    )
