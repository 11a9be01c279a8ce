"""Casework and trays go along to a new version of an investigation, only with messages it holds.

A version is an investigation of the same name: under a later order, or of a later state of the
case. The case keeps a copy of every line (CASE/casework/), which nothing shows: what speaks of a
message that the new version does not hold stays there, is counted to whoever grants, and comes
back with a version that holds the message again. The new folder neither holds nor counts it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from zegel.casefile import Case
from zegel.errors import CaseError, UsageError, VerificationError
from zegel.investigation import Investigation
from zegel.investigation.casework import Line, add_lines, all_lines
from zegel.investigation.folder import DESCRIPTION
from zegel.investigation.tray import PLACE, TrayLine, add_tray_lines, all_tray_lines
from zegel.processing.settled import BY_PLACE, places_of
from zegel.processing.sql import connect, parquet
from zegel.service.caseindex import identity_in, settled_files
from zegel.tables import make_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """What of earlier casework goes into a new version, and how much does not."""

    lines: tuple[Line, ...] = ()
    tray_lines: tuple[TrayLine, ...] = ()
    messages: int = 0
    kept_lines: int = 0
    """About messages that the new version does not hold; the case keeps them."""
    kept_messages: int = 0
    unread: tuple[str, ...] = ()
    """Names of earlier versions that could not be read."""

    def counts(self) -> dict[str, int | list[str]]:
        """Return what whoever grants is told; lines of trays count among the others."""
        return {
            "lines": len(self.lines) + len(self.tray_lines),
            "messages": self.messages,
            "kept_lines": self.kept_lines,
            "kept_messages": self.kept_messages,
            "unread": list(self.unread),
        }


def store_of(case: Case, name: str) -> Path:
    """Return where the case keeps every line of casework of an investigation."""
    return case.folder / "casework" / sha256(_fold(name).encode()).hexdigest()[:16]


def same_investigation(one: str, other: str) -> bool:
    """Say whether two names are one, capitals and blanks aside."""
    return _fold(one) == _fold(other)


def take_over(
    case: Case, name: str, named: Iterable[Path], documents: Path, admitted: Collection[bytes]
) -> TakenOver:
    """Return the casework of earlier versions of investigation `name` about `admitted` messages.

    Earlier versions are those in the case's own folder and `named` ones. `documents` says which
    message a stored message belongs to now: later copies may have joined two into one.
    """
    store = store_of(case, name)
    unread = _keep(store, name, named, case.folder / "investigations")
    lines, trays = all_lines(store), all_tray_lines(store)
    now = _identities_now(case, documents, about_of(lines) | about_of(trays))
    taken, kept = split(lines, now, admitted)
    taken_trays, kept_trays = split(trays, now, admitted)
    left = {now.get(message, message) for message in (*about_of(kept), *about_of(kept_trays))}
    return TakenOver(
        lines=tuple(taken),
        tray_lines=tuple(placed(taken_trays, now, admitted)),
        messages=len(about_of(taken) | about_of(taken_trays)),
        kept_lines=len(kept) + len(kept_trays),
        kept_messages=len(left),
        unread=tuple(unread),
    )


_OneLine = TypeVar("_OneLine", Line, TrayLine)


def about_of(lines: Iterable[Line] | Iterable[TrayLine]) -> set[bytes]:
    """Return the messages that lines speak of."""
    return {line.message for line in lines}


def split(
    lines: Iterable[_OneLine], now: Mapping[bytes, bytes], admitted: Collection[bytes]
) -> tuple[list[_OneLine], list[_OneLine]]:
    """Return the lines about admitted messages, under their identity of now, and all others."""
    taken: list[_OneLine] = []
    kept: list[_OneLine] = []
    for line in lines:
        message = now.get(line.message, line.message)
        if message in admitted:
            taken.append(replace(line, message=message))
        else:
            kept.append(line)
    return taken, kept


def placed(
    lines: Iterable[TrayLine], now: Mapping[bytes, bytes], admitted: Collection[bytes]
) -> Iterator[TrayLine]:
    """Yield lines of trays that name no message but admitted ones: a line that puts one before a
    message which is not here stays out."""
    for line in lines:
        if line.kind != PLACE or not line.value:
            yield line
            continue
        before = bytes.fromhex(line.value)
        before = now.get(before, before)
        if before in admitted:
            yield replace(line, value=before.hex())


def lines_of(inv: Investigation) -> list[Line]:
    """Return the casework of an investigation, each line with the version it was said in."""
    here = _called(inv)
    return [replace(line, said_in=line.said_in or here) for line in all_lines(inv.folder)]


def tray_lines_of(inv: Investigation) -> list[TrayLine]:
    """Return every line of its trays, each with the version it was said in."""
    here = _called(inv)
    return [replace(line, said_in=line.said_in or here) for line in all_tray_lines(inv.folder)]


def _called(inv: Investigation) -> str:
    return f"{inv.header['order']['number']}, root {inv.root.hex()[:8]}"


def _keep(store: Path, name: str, named: Iterable[Path], own: Path) -> list[str]:
    """Copy the casework of all versions into `store`; return which could not be read."""
    unread: list[str] = []
    for folder in _folders_in(own):
        try:
            inv = Investigation.open(folder)
            called = inv.header["order"]["investigation"]
            if same_investigation(called, name) and not _is_officers(inv):
                _add(store, inv)
        except (CaseError, VerificationError):
            unread.append(folder.name)
    for folder in named:
        _add(store, earlier_version(folder, name))
    return unread


def earlier_version(folder: Path, name: str) -> Investigation:
    """Open an earlier version of investigation `name` that somebody named."""
    inv = Investigation.open(folder)
    called = inv.header["order"]["investigation"]
    if not same_investigation(called, name) or _is_officers(inv):
        raise UsageError(
            f"this is investigation {called!r}, not {name!r}: casework goes from one version of"
            " an investigation to the next only",
            where=str(folder),
        )
    return inv


def _is_officers(inv: Investigation) -> bool:
    """Say whether it is the privilege officer's: what is noted there stays there."""
    about = inv.header.get("privilege", {})
    return bool(about.get("review") or about.get("sample"))


def _folders_in(own: Path) -> Iterator[Path]:
    for folder in sorted(own.glob("*")):
        if not folder.name.startswith(".") and (folder / DESCRIPTION).is_file():
            yield folder


def _add(store: Path, inv: Investigation) -> None:
    lines, trays = lines_of(inv), tray_lines_of(inv)
    if lines:
        add_lines(make_folder(store), lines)
    if trays:
        add_tray_lines(make_folder(store), trays)


def _identities_now(case: Case, documents: Path, wanted: Collection[bytes]) -> dict[bytes, bytes]:
    """Return the message each of `wanted` is of now: a message is named by one of its places."""
    if not wanted:
        return {}
    files = settled_files(case)
    places = places_of(files.states, parquet([files.messages]))
    # Most are called as they were: places are read only for those that are not.
    steps = (
        f"CREATE VIEW known AS SELECT message FROM {parquet([documents])}",
        "CREATE TABLE moved AS SELECT w.message FROM wanted w ANTI JOIN known USING (message)",
        f"CREATE VIEW stored AS SELECT *, {identity_in(case)} AS stored_id"
        f" FROM {parquet(files.stored)} s",
    )
    query = (
        f"SELECT stored_id, p.message FROM stored s SEMI JOIN moved m ON m.message = s.stored_id"
        f" JOIN {places} p USING ({BY_PLACE}) SEMI JOIN known USING (message)"
        " UNION ALL SELECT message, message FROM wanted SEMI JOIN known USING (message)"
    )
    with connect(case.folder / "spill") as connection:
        column = pa.array(sorted(wanted), pa.binary(32))
        connection.register("wanted", pa.table({"message": column}))
        for step in steps:
            connection.execute(step)
        if not connection.execute("FROM moved").fetchall():
            return {message: message for message in wanted}
        return dict(connection.execute(query).fetchall())


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())
