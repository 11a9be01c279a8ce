"""The manifest of an exhibit: one row per entry, and the leaf by which the seal commits to it."""

from __future__ import annotations

import json
import re
from typing import Any

import pyarrow as pa

from zegel.exhibits import Entry
from zegel.exhibits.model import entry_of
from zegel.records import Problem

ENTRY_SCHEMA = pa.schema(
    [
        ("number", pa.int32()),
        ("parent", pa.int32()),
        ("path", pa.binary()),
        ("kind", pa.string()),
        ("size", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("mode", pa.int32()),
        ("sha256", pa.binary(32)),
        ("target", pa.binary()),
        ("data_offset", pa.int64()),
        ("backing", pa.string()),
        ("problem", pa.string()),
        ("note", pa.string()),
    ]
)


def entry_row(entry: Entry) -> dict[str, Any]:
    """Return the manifest row of `entry`."""
    problem = entry.problem
    return {
        "number": entry.number,
        "parent": entry.parent,
        "path": entry.path,
        "kind": str(entry.kind),
        "size": entry.size,
        "mtime_ns": entry.mtime_ns,
        "mode": entry.mode,
        "sha256": entry.sha256,
        "target": entry.target,
        "data_offset": entry.data_offset,
        "backing": entry.backing,
        "problem": problem.kind if problem else None,
        "note": problem.note if problem else None,
    }


def row_entry(row: dict[str, Any]) -> Entry:
    """Return the entry that a manifest row describes."""
    problem = Problem(kind=row["problem"], note=row["note"] or "") if row["problem"] else None
    return entry_of(row, problem)


def entry_leaf(entry: Entry) -> bytes:
    """Return the bytes that the seal commits to for `entry`: RFC 8785 JSON, all ASCII.

    Where a file lies inside its carrier (`data_offset`, `backing`) is not evidence, so not sealed.
    """
    digest = f'"{entry.sha256.hex()}"' if entry.sha256 else "null"
    parent = "null" if entry.parent is None else entry.parent
    # Written by hand, names sorted: an exhibit has millions of leaves, and a percent-encoded name
    # needs no escapes.
    return (
        f'{{"kind":"{entry.kind}","mode":{entry.mode},"mtime_ns":"{entry.mtime_ns}",'
        f'"number":{entry.number},"parent":{parent},"path":"{_quoted(entry.path)}",'
        f'"problem":{json.dumps(entry.problem.kind) if entry.problem else "null"},'
        f'"sha256":{digest},"size":"{entry.size}","target":"{_quoted(entry.target)}"}}'
    ).encode("ascii")


_ESCAPED = re.compile(rb"[^A-Za-z0-9_.~/-]")
_ESCAPES = {bytes((octet,)): b"%%%02X" % octet for octet in range(256)}


def _quoted(path: bytes) -> str:
    """Return what `urllib.parse.quote_from_bytes` does, which looks at every byte."""
    return _ESCAPED.sub(_escape, path).decode("ascii")


def _escape(found: re.Match[bytes]) -> bytes:
    return _ESCAPES[found[0]]
