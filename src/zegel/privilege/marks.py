"""Which messages are set apart: those that matched, and those of a thread with one that did.

A mark is an identity and a state, apart from the message's own state:

- `suspected`: the filter found it, or it stands in a thread with one the filter found;
- `confirmed`: the privilege officer withheld it, wholly or in part;
- `rejected`: the privilege officer released it.

`suspected` and `confirmed` are set apart. A decision holds for what was decided on (`seen`): a
message that says more since, or matches an entry that is new, is suspected again. Threads are
followed from all that matched, released ones too: what else was said there is another question.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from zegel.canonical import JSON, canonical_json
from zegel.errors import CaseError
from zegel.processing.schemas import ID
from zegel.processing.sql import connect, parquet, quoted
from zegel.tables import read_rows, replace_file

SUSPECTED, CONFIRMED, REJECTED = "suspected", "confirmed", "rejected"
APART = (SUSPECTED, CONFIRMED)

MARKS = pa.schema([("message", ID), ("state", pa.string()), ("seen", pa.binary(16))])

_LOOKED = """
CREATE TABLE looked AS
SELECT l.message, l.why, l.names, l.unread,
       unhex(sha256(hex(l.basis) || coalesce(hex(l.why), ''))) AS seen
FROM {looked} l SEMI JOIN {bases} b USING (message, basis)
QUALIFY row_number() OVER (PARTITION BY l.message) = 1
"""
_TIES = "CREATE TABLE ties AS SELECT message, unnest(names) AS name FROM looked"
_HITS = "CREATE TABLE marked AS SELECT message FROM looked WHERE why IS NOT NULL"
_FOLLOW = """
INSERT INTO marked
SELECT DISTINCT other.message
FROM (SELECT DISTINCT name FROM ties SEMI JOIN marked USING (message)) near
JOIN ties other USING (name)
WHERE other.message NOT IN (SELECT message FROM marked)
"""
_STATES = """
SELECT m.message, coalesce(d.state, 'suspected') AS state, l.seen[:16] AS seen
FROM marked m JOIN looked l USING (message)
LEFT JOIN decided d ON d.message = m.message AND d.seen = l.seen[:16]
ORDER BY m.message
"""


_COUNTS = {
    "matched": "SELECT count(*) FROM looked WHERE why IS NOT NULL",
    "unread_attachments": "SELECT coalesce(sum(unread), 0) FROM looked",
    "messages_with_unread_attachments": "SELECT count(*) FROM looked WHERE unread > 0",
}
_DECIDED = """
SELECT m.message, coalesce(d.state, m.state) AS state, m.seen
FROM {marks} m LEFT JOIN decided d ON d.message = m.message AND d.seen = m.seen
ORDER BY m.message
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the officer decided of a message as it was seen then."""

    message: bytes
    seen: bytes = field(repr=False)
    state: str


def read_decisions(place: Path) -> list[Decision]:
    """Return the decisions in a file of JSON Lines; none where there is no file."""
    try:
        lines = place.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    try:
        return [_decision(json.loads(line)) for line in lines]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CaseError(
            "the decisions on privilege cannot be read",
            where=str(place),
            next_step="Restore the file from a copy; nothing was changed.",
        ) from None


def _decision(written: dict[str, str]) -> Decision:
    if written["state"] not in (CONFIRMED, REJECTED):
        raise ValueError("state")
    return Decision(
        message=bytes.fromhex(written["message"]),
        seen=bytes.fromhex(written["seen"]),
        state=written["state"],
    )


def write_decisions(place: Path, decisions: Iterable[Decision]) -> None:
    """Put decisions in place of those of the file; the later one of a message counts."""
    latest = {(one.message, one.seen): one for one in decisions}
    lines: list[bytes] = []
    for one in latest.values():
        fields: dict[str, JSON] = {
            "message": one.message.hex(),
            "seen": one.seen.hex(),
            "state": one.state,
        }
        lines.append(canonical_json(fields) + b"\n")
    replace_file(place, b"".join(lines))


def write_marks(
    looked: Sequence[Path],
    bases: Path,
    decisions: Sequence[Decision],
    out: Path,
    spill: Path,
    *,
    follow: bool = True,
) -> dict[str, int]:
    """Write the marks that follow from what was looked at and decided; return counts by state."""
    with connect(spill) as connection:
        connection.execute(_LOOKED.format(looked=parquet(looked), bases=parquet([bases])))
        connection.execute(_TIES)
        connection.execute(_HITS)
        before = -1
        while follow and (after := _count(connection, "SELECT count(*) FROM marked")) != before:
            before = after
            connection.execute(_FOLLOW)
        connection.register("decided", _table(decisions))
        form = "FORMAT parquet, COMPRESSION zstd"
        connection.execute(f"COPY ({_STATES}) TO {quoted(out)} ({form})")
        found = connection.execute(
            f"SELECT state, count(*) FROM {parquet([out])} GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        counts = {str(state): int(count) for state, count in found}
        for name, query in _COUNTS.items():
            counts[name] = _count(connection, query)
        return counts


def write_decided(marks: Path, decisions: Sequence[Decision], out: Path, spill: Path) -> None:
    """Write the marks again as decisions have made them."""
    with connect(spill) as connection:
        connection.register("decided", _table(decisions))
        query = _DECIDED.format(marks=parquet([marks]))
        form = "FORMAT parquet, COMPRESSION zstd"
        connection.execute(f"COPY ({query}) TO {quoted(out)} ({form})")


def _table(decisions: Sequence[Decision]) -> pa.Table:
    return pa.table(
        {
            "message": pa.array([one.message for one in decisions], pa.binary()),
            "seen": pa.array([one.seen for one in decisions], pa.binary()),
            "state": pa.array([one.state for one in decisions], pa.string()),
        }
    )


def _count(connection: object, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])  # type: ignore[attr-defined]


def write_apart(marks: Path, out: Path, spill: Path) -> None:
    """Write the messages of `marks` that are set apart, by identity alone."""
    listed = ", ".join(f"'{state}'" for state in APART)
    with connect(spill) as connection:
        query = f"SELECT message FROM {parquet([marks])} WHERE state IN ({listed})"
        connection.execute(f"COPY ({query} ORDER BY message) TO {quoted(out)} (FORMAT parquet)")


def apart(marks: Path) -> frozenset[bytes]:
    """Return the identities of the messages that are set apart."""
    return frozenset(row["message"] for row in read_rows([marks]) if row["state"] in APART)


def digest_of(content: bytes) -> str:
    """Return the digest by which a log names a file."""
    return hashlib.sha256(content).hexdigest()
