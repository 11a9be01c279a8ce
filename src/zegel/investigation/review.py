"""What the privilege officer says of messages in a review or a sample: decisions, and codes.

One file of canonical JSON Lines beside the casework, only ever added to; of a message the last
line of a kind counts. Not part of the seal. Reasons stay in this folder.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zegel.canonical import JSON, canonical_json
from zegel.errors import CaseError, UsageError
from zegel.tables import StorageGuard

NAME = "review.jsonl"
DECISION, CODE = "decision", "code"
RELEASE, WITHHOLD, WITHHOLD_PART = "release", "withhold", "withhold part"
PRIVILEGED, NOT_PRIVILEGED, CANNOT_TELL = "privileged", "not privileged", "cannot tell"
VALUES = {
    DECISION: (RELEASE, WITHHOLD, WITHHOLD_PART),
    CODE: (PRIVILEGED, NOT_PRIVILEGED, CANNOT_TELL),
}
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One decision or code."""

    message: bytes
    kind: str
    value: str
    parts: tuple[str, ...] = ()
    reason: str = field(default="", repr=False)
    who: str
    at_ns: int


def say(
    folder: Path,
    messages: Iterable[bytes],
    kind: str,
    value: str,
    who: str,
    *,
    parts: Sequence[str] = (),
    reason: str = "",
) -> None:
    """Add what is said of messages, all of it or nothing, and see it safely on disk."""
    if value not in VALUES[kind]:
        raise UsageError(f"a {kind} is one of {', '.join(VALUES[kind])}")
    now = time.time_ns()
    lines = [_line(one, kind, value, who, now, parts, reason.strip()) for one in messages]
    place = folder / NAME
    with StorageGuard(place):
        _drop_torn_line(place)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab", buffering=0) as stream:
            stream.write(b"".join(lines))
            os.fsync(stream.fileno())


def _line(
    message: bytes, kind: str, value: str, who: str, now: int, parts: Sequence[str], reason: str
) -> bytes:
    fields: dict[str, JSON] = {
        "message": message.hex(),
        "kind": kind,
        "value": value,
        "parts": list(parts),
        "reason": reason,
        "who": who,
        "at_ns": str(now),
    }
    return canonical_json(fields) + b"\n"


def _drop_torn_line(place: Path) -> None:
    """Cut off what a kill left of a line: it was never said to be done."""
    if not place.is_file():
        return
    content = place.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole != len(content):
        os.truncate(place, whole)


def all_said(folder: Path) -> list[Said]:
    """Return everything said, in order; a torn last line is none."""
    place = folder / NAME
    if not place.is_file():
        return []
    content = place.read_bytes()
    try:
        return [_read(line) for line in content[: content.rfind(b"\n") + 1].splitlines()]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CaseError(
            "what the privilege officer said cannot be read",
            where=str(place),
            next_step="Restore the file from a copy; nothing was changed.",
        ) from None


def _read(line: bytes) -> Said:
    found = json.loads(line)
    if found["value"] not in VALUES[found["kind"]]:
        raise ValueError("value")
    return Said(
        message=bytes.fromhex(found["message"]),
        kind=found["kind"],
        value=found["value"],
        parts=tuple(map(str, found["parts"])),
        reason=str(found["reason"]),
        who=str(found["who"]),
        at_ns=int(found["at_ns"]),
    )


def latest(folder: Path, kind: str) -> dict[bytes, Said]:
    """Return what counts of one kind, by message."""
    return {one.message: one for one in all_said(folder) if one.kind == kind}
