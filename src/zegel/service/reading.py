"""Use cases inside one investigation: show a message, say what it is. Every read is logged first.

Nothing here opens a case. What is not in the folder does not exist: an id that was refused and one
that never was get the same answer, by the same path.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zegel.authorisation import read_order
from zegel.canonical import percent_encoded
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.casework import Line, Standing, all_lines, newest_line, standing
from zegel.investigation.leaves import as_json
from zegel.investigation.rows import rows_numbered, rows_of
from zegel.service.door import Who, enter
from zegel.service.fields import FIELDS
from zegel.service.life import state_of_investigation
from zegel.tables import rows_between, rows_with
from zegel.tables.held import Held
from zegel.text import parse, spans


def iso(instant: int | None) -> str | None:
    """Return an instant in UTC as ISO 8601 to the second."""
    if instant is None:
        return None
    return datetime.fromtimestamp(instant // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def listed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what every list of messages says of one, from its row."""
    return {
        "number": row["number"],
        "id": row["message"].hex(),
        "date": iso(row["clock_ns"]),
        "clock": row["clock"],
        "from": row["sender"],
        "to": row["recipients"],
        "subject": row["subject"],
        "state": row["state"],
    }


def show_message(
    inv: Investigation, wanted: str, *, query: str = "", who: Who = None
) -> dict[str, Any]:
    """Return one message whole, with every place and proof; `wanted` is its number or its id.

    `marks` are where in its text the terms of `query` stand.
    """
    with enter(inv, "message read", who, {"message": wanted}) as visit:
        row = find_message(inv, wanted)
        node = parse(query, fields=FIELDS) if query.strip() else None
        marks = spans(node, row["text"] or "") if node is not None else []
        result = {**_whole(inv, row), "marks": [list(mark) for mark in marks]}
        visit.write({"message": row["message"].hex()}, shown=[row["message"]])
    return result


def _whole(inv: Investigation, row: Mapping[str, Any]) -> dict[str, Any]:
    identity = row["message"]
    tables = {
        name: [as_json(name, other) for other in rows_of(inv, name, [identity])]
        for name in ("places", "ciphertexts", "attachments")
    }
    for block in tables["ciphertexts"]:
        block.pop("session_key")  # evidence of the folder, for a dossier; no screen needs it
    return {
        "training": inv.training,
        **as_json("message", row),
        "date": iso(row["clock_ns"]),
        **tables,
        "keys": _keys_of(inv, tables["ciphertexts"]),
        "casework": casework_of(inv, identity),
    }


def _keys_of(inv: Investigation, blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the keys that opened or signed something of a message, and where each was found."""
    signatures = [signature for block in blocks for signature in block["signatures"] or ()]
    wanted = {block["key_fingerprint"] for block in blocks}
    wanted |= {signature["fingerprint"] for signature in signatures}
    fingerprints = {bytes.fromhex(one) for one in wanted if one}
    rows = rows_with(inv.table("keys"), "fingerprint", fingerprints)
    return [as_json("key", row) for row in rows]


def casework_of(inv: Investigation, message: bytes) -> dict[str, Any]:
    """Return tags, relevance, who judges how, and every line about one message.

    `newest` is the newest line of the whole casework: what somebody who sees this has seen.
    """
    newest = newest_line(inv.folder)
    lines = all_lines(inv.folder, [message])
    now = standing(lines).get(message, Standing())
    return {
        "tags": list(now.tags),
        "relevance": now.relevance,
        "judged": dict(now.judged),
        "disagreement": now.disagreement,
        "newest": newest,
        "said": [shown_line(line) for line in lines],
    }


def shown_line(line: Line) -> dict[str, Any]:
    """Return one line as it is shown."""
    return {
        "kind": line.kind,
        "value": line.value,
        "who": line.who,
        "at": iso(line.at_ns),
        "said_in": line.said_in or None,
    }


def find_message(inv: Investigation, wanted: str) -> dict[str, Any]:
    """Return a message's row by number or id."""
    row = next(iter(_found(inv, wanted.lower())), None)
    if row is None:
        raise UsageError(
            "there is no such message here",
            where=str(inv.folder),
            next_step="`zegel search` lists what is.",
        )
    return row


def _found(inv: Investigation, wanted: str) -> Iterable[dict[str, Any]]:
    """Return the messages of that number, or whose id begins so."""
    if re.fullmatch(r"[0-9]{1,9}", wanted):
        return rows_numbered(inv, [int(wanted)]).values()
    if not re.fullmatch(r"[0-9a-f]{8,64}", wanted):
        return ()
    first, last = (bytes.fromhex(wanted.ljust(64, digit)) for digit in "0f")
    return rows_between(inv.table("messages"), "message", first, last)


def describe(inv: Investigation, *, who: Who = None) -> dict[str, Any]:
    """Say what the investigation is: order, exhibits, seal, ledger of its accounts."""
    with enter(inv, "investigation read", who) as visit:
        described = {
            "folder": percent_encoded(os.fsencode(inv.folder)),
            "root": inv.root.hex(),
            "messages": inv.messages,
            "life": state_of_investigation(inv),
            **_counts(inv),
            **inv.header,
        }
        visit.write(shown=[inv.root])
    return described


def _counts(inv: Investigation) -> dict[str, Any]:
    """Return what only its tables say; nothing of it where they are in an archive or destroyed."""
    if not inv.table("holdings").is_file():
        return {"records": None, "clauses": []}
    return {
        "records": int(pq.read_metadata(inv.table("holdings")).num_rows),
        "clauses": _clauses(inv),
    }


def _clauses(inv: Investigation) -> list[dict[str, Any]]:
    """Return the order's clauses by name, with how many messages of this folder each admits."""
    counts = _ADMITTED.of(inv.table("messages"))
    names = [clause.name for clause in read_order(inv.order).clauses]
    return [{"name": name, "messages": counts.get(name, 0)} for name in names]


def _count_admitted(messages: Path, _part: int) -> dict[str, int]:
    """Return how many messages each clause admits; one that does so twice counts once."""
    lists = pq.read_table(messages, columns=["admitted"])["admitted"].combine_chunks()
    pairs = pa.table(
        {
            "message": pc.list_parent_indices(lists),
            "clause": pc.struct_field(pc.list_flatten(lists), "clause"),
        }
    )
    counted = pairs.group_by(["message", "clause"]).aggregate([]).group_by("clause")
    rows = counted.aggregate([("message", "count")]).to_pylist()
    return {row["clause"]: row["message_count"] for row in rows}


_ADMITTED: Held[dict[str, int]] = Held(_count_admitted, most=16)


def check_investigation(inv: Investigation, *, who: Who = None) -> dict[str, Any]:
    """Verify every row and byte against the seal; raise `VerificationError` at the first fault."""
    with enter(inv, "investigation checked", who) as visit:
        inv.check()
        visit.write(shown=[inv.root])
    return {
        "training": inv.training,
        "root": inv.root.hex(),
        "messages": inv.messages,
        "whole": True,
    }
