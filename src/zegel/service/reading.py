"""Use cases inside one investigation: search, show, say what it is. Every read is logged first.

Nothing here opens a case. What is not in the folder does not exist: an id that was refused and one
that never was get the same answer, by the same path.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zegel.authorisation import read_order
from zegel.canonical import JSON, percent_encoded
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.casework import Line, Standing, all_lines, standing
from zegel.investigation.leaves import as_json
from zegel.search import Page, TextIndex
from zegel.service.door import Who, enter
from zegel.service.fields import FIELDS, Fields
from zegel.service.life import state_of_investigation
from zegel.service.snippets import snippet
from zegel.tables import read_rows, rows_between, rows_with
from zegel.text import parse, spans
from zegel.text.nodes import Node

MOST_HITS = 1000
"""Hits of one page."""


def search(
    inv: Investigation, query: str, page: Page | None = None, *, who: Who = None
) -> dict[str, Any]:
    """Return the hits of one page, with marks, and the exact count of all."""
    page = page or Page()
    asked: dict[str, JSON] = {"query": query, "offset": page.offset, "limit": page.limit}
    with enter(inv, "search", who, asked) as visit:
        result = _search(inv, query, page)
        visit.write(shown=[bytes.fromhex(hit["id"]) for hit in result["hits"]])
    return result


def hits_of(inv: Investigation, query: str, page: Page) -> list[str]:
    """Return the identities that a page of hits names, in its order; for whoever checks a log."""
    return [hit["id"] for hit in _search(inv, query, page)["hits"]]


def _search(inv: Investigation, query: str, page: Page) -> dict[str, Any]:
    if not 0 < page.limit <= MOST_HITS or page.offset < 0:
        raise UsageError(f"a page holds 1 to {MOST_HITS} hits")
    fields = Fields(inv)
    node = parse(query, fields=FIELDS) if query.strip() else None
    if node is not None:
        fields.check(node, query)
    found = TextIndex(inv.folder / "index").page(node, page, fields.answer)
    rows = {row["number"]: row for row in _messages(inv, set(found.rows))}
    said = standing(all_lines(inv.folder, [row["message"] for row in rows.values()]))
    hits = [rows[number] for number in found.rows]
    return {
        "training": inv.training,
        "query": query,
        "count": found.count,
        "offset": page.offset,
        "limit": page.limit,
        "hits": [_hit(row, node, said.get(row["message"], Standing())) for row in hits],
    }


def _messages(inv: Investigation, numbers: set[int]) -> Iterator[dict[str, Any]]:
    return rows_with(inv.table("messages"), "number", numbers)


def _hit(row: Mapping[str, Any], node: Node | None, now: Standing) -> dict[str, Any]:
    text = row["text"] or ""
    return {
        "number": row["number"],
        "id": row["message"].hex(),
        "date": iso(row["clock_ns"]),
        "clock": row["clock"],
        "from": row["sender"],
        "to": row["recipients"],
        "subject": row["subject"],
        "state": row["state"],
        "language": row["language"],
        "clauses": [admitted["clause"] for admitted in row["admitted"]],
        "tags": list(now.tags),
        "relevance": now.relevance,
        "snippet": snippet(text, spans(node, text) if node is not None else []),
    }


def iso(instant: int | None) -> str | None:
    """Return an instant in UTC as ISO 8601 to the second."""
    if instant is None:
        return None
    return datetime.fromtimestamp(instant // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def show_message(inv: Investigation, wanted: str, *, who: Who = None) -> dict[str, Any]:
    """Return one message whole, with every place and proof; `wanted` is its number or its id."""
    with enter(inv, "message read", who, {"message": wanted}) as visit:
        row = find_message(inv, wanted)
        result = _whole(inv, row)
        visit.write({"message": row["message"].hex()}, shown=[row["message"]])
    return result


def _whole(inv: Investigation, row: Mapping[str, Any]) -> dict[str, Any]:
    identity = row["message"]
    tables = {
        name: [as_json(name, other) for other in rows_with(inv.table(name), "message", [identity])]
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
    rows = inv.rows("keys")
    return [as_json("key", row) for row in rows if row["fingerprint"].hex() in wanted]


def casework_of(inv: Investigation, message: bytes) -> dict[str, Any]:
    """Return tags, relevance and every line about one message."""
    lines = all_lines(inv.folder, [message])
    now = standing(lines).get(message, Standing())
    return {
        "tags": list(now.tags),
        "relevance": now.relevance,
        "said": [_shown(line) for line in lines],
    }


def _shown(line: Line) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "value": line.value,
        "who": line.who,
        "at": iso(line.at_ns),
        "said_in": line.said_in or None,
    }


def find_message(inv: Investigation, wanted: str) -> dict[str, Any]:
    """Return a message's row by number or id."""
    row = next(_found(inv.table("messages"), wanted.lower()), None)
    if row is None:
        raise UsageError(
            "there is no such message here",
            where=str(inv.folder),
            next_step="`zegel search` lists what is.",
        )
    return row


def _found(messages: Path, wanted: str) -> Iterator[dict[str, Any]]:
    """Return the messages of that number, or whose id begins so."""
    if re.fullmatch(r"[0-9]{1,9}", wanted):
        return rows_with(messages, "number", [int(wanted)])
    if not re.fullmatch(r"[0-9a-f]{8,64}", wanted):
        return iter(())
    first, last = (bytes.fromhex(wanted.ljust(64, digit)) for digit in "0f")
    return rows_between(messages, "message", first, last)


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
    return {"records": sum(1 for _ in inv.rows("holdings")), "clauses": _clauses(inv)}


def _clauses(inv: Investigation) -> list[dict[str, Any]]:
    """Return the order's clauses by name, with how many messages of this folder each admits."""
    counts: Counter[str] = Counter()
    for row in read_rows([inv.table("messages")], ["admitted"]):
        counts.update({part["clause"] for part in row["admitted"]})
    names = [clause.name for clause in read_order(inv.order).clauses]
    return [{"name": name, "messages": counts[name]} for name in names]


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


def rows_for_analysis(inv: Investigation) -> list[dict[str, Any]]:
    """Return who wrote to whom and when, for contacts and timeline; whoever shows it logs it."""
    columns = ["number", "clock_ns", "sender", "recipients", "state"]
    return list(read_rows([inv.table("messages")], columns))
