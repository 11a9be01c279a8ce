"""Where a log ends is one file, replaced in one rename: the signed head and the tree's frontier.

A log's folder holds `entries.jsonl` (the openings), `leaves` (32 bytes each) and `head.json`. In
the last, frontier and length of the openings are bound by the head (the one by its root, the other
by the entries), so it must never be believed further than `read_state` has checked it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Literal

from zegel.canonical import canonical_json
from zegel.custody.heads import LARGEST_HEAD, SignedHead, head_from
from zegel.custody.merkle import Frontier
from zegel.errors import CaseError, VerificationError, at
from zegel.tables import sync

FORMAT = "zegel-log-1"
HEAD, ENTRIES, LEAVES = "head.json", "entries.jsonl", "leaves"


@dataclass(frozen=True, slots=True)
class LogFiles:
    """The two files that only grow."""

    entries: BinaryIO
    leaves: BinaryIO

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, *, writing: bool = False) -> Iterator[LogFiles]:
        """Open both, at their beginning."""
        mode: Literal["r+b", "rb"] = "r+b" if writing else "rb"
        with (folder / ENTRIES).open(mode) as entries, (folder / LEAVES).open(mode) as leaves:
            yield cls(entries, leaves)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """Where a log ends."""

    head: SignedHead
    frontier: tuple[bytes, ...]
    entries_bytes: int
    """Length of `entries.jsonl` up to and with the last signed entry."""

    def text(self) -> bytes:
        """Return the state as its file holds it."""
        return (
            canonical_json(
                {
                    "entries_bytes": self.entries_bytes,
                    "format": FORMAT,
                    "frontier": [node.hex() for node in self.frontier],
                    "head": self.head.fields(),
                }
            )
            + b"\n"
        )


def read_state(folder: Path) -> LogState:
    """Return the state of the log in `folder`, its signature and frontier checked."""
    path = folder / HEAD
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_HEAD + 1)
    except OSError as error:
        raise CaseError("there is no custody log that can be read", where=str(folder)) from error
    with at(path):
        return _checked(text)


@lru_cache(maxsize=64)
def _checked(text: bytes) -> LogState:
    """Return the state in `text`, all of it checked: the same bytes are asked for at every act."""
    try:
        state = _parse(json.loads(text)) if len(text) <= LARGEST_HEAD else None
    except (ValueError, RecursionError):
        state = None
    if state is None or state.text() != text:
        raise VerificationError("this is not the head of a log as it was written")
    state.head.check()
    if Frontier(state.head.size, state.frontier).root() != state.head.root:
        raise VerificationError("the frontier does not lead to the signed root")
    return state


def write_state(folder: Path, state: LogState) -> None:
    """Put the new state in the place of the old, wholly or not at all."""
    beside = folder / (HEAD + ".new")
    with beside.open("wb") as file:
        file.write(state.text())
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / HEAD)
    sync(folder)


def _parse(fields: object) -> LogState | None:
    match fields:
        case {
            "entries_bytes": int(entries_bytes),
            "format": str(format_),
            "frontier": list(frontier),
            "head": head,
        } if format_ == FORMAT and all(isinstance(node, str) for node in frontier):
            return LogState(
                head=head_from(head),
                frontier=tuple(bytes.fromhex(node) for node in frontier),
                entries_bytes=entries_bytes,
            )
    return None
