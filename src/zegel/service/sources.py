"""Use cases: where a message comes from: raw bytes, header lines, attachments, clause, certificate.

Bytes leave as they are, checked against the digest that was sealed; nothing here reads them further
than to where header lines end. The certificate is checked before it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from zegel.authorisation import read_order
from zegel.authorisation.order import Clause
from zegel.custody.merkle import leaf_hash, verify_inclusion
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.folder import SECRET
from zegel.investigation.leaves import as_json, leaf_of_rows
from zegel.investigation.rows import row_of, rows_of
from zegel.investigation.tree import tree
from zegel.service.door import Visit, Who, enter
from zegel.service.reading import find_message, iso
from zegel.text.nodes import render

SOURCE, TAKEN = "source read", "attachment taken"
LONGEST_HEADERS = 256 * 1024
"""Bytes of header lines that are shown; the rest is in the raw bytes."""
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Bytes that leave as they are."""

    number: int
    name: str
    """A name for a file, made of the message's number alone."""
    content: bytes = field(repr=False)
    sha256: str
    named: str | None = field(default=None, repr=False)
    """What an attachment calls itself."""
    media_type: str | None = field(default=None, repr=False)
    """What it says of its kind: for people; it is served as bytes."""


def raw_message(inv: Investigation, wanted: str, *, place: int = 0, who: Who = None) -> Taken:
    """Return the bytes of one stored copy of a message; `place` counts its places from 0."""
    with enter(inv, SOURCE, who, {"part": "raw", "place": place}) as visit:
        row = find_message(inv, wanted)
        content = _raw(inv, _place(_rows(inv, row, "places"), place))
        _written(visit, row)
    name = f"message-{row['number']}-{place}.eml"
    return _taken(row, name, content)


def message_headers(
    inv: Investigation, wanted: str, *, place: int = 0, who: Who = None
) -> dict[str, Any]:
    """Return the header lines of one stored copy, and those inside each block that was opened.

    Lines are as they stand; octets beyond ASCII that are no UTF-8 are shown as U+FFFD.
    """
    with enter(inv, SOURCE, who, {"part": "headers", "place": place}) as visit:
        row = find_message(inv, wanted)
        content = _raw(inv, _place(_rows(inv, row, "places"), place))
        parts = [{"of": "stored", "lines": _headers(content)}]
        for block in _rows(inv, row, "ciphertexts"):
            if block["plaintext_at"] is not None:
                lines = _headers(_plaintext(inv, block))
                parts += [{"of": block["layer_path"] or block["kind"], "lines": lines}] * bool(
                    lines
                )
        _written(visit, row)
    return {
        "training": inv.training,
        "message": row["number"],
        "id": row["message"].hex(),
        "place": place,
        "parts": parts,
    }


def attachment(inv: Investigation, wanted: str, number: int, *, who: Who = None) -> Taken:
    """Return the bytes of one attachment; `number` counts those of the message from 0."""
    with enter(inv, TAKEN, who, {"attachment": number}) as visit:
        row = find_message(inv, wanted)
        items = _rows(inv, row, "attachments")
        if not 0 <= number < len(items):
            raise UsageError("the message has no such attachment", where=str(inv.folder))
        item = items[number]
        if item["at"] is None:
            raise UsageError("the bytes of this attachment are not here", where=str(inv.folder))
        content = inv.bytes_at(item["at"], item["size"], item["sha256"])
        _written(visit, row)
    name = f"message-{row['number']}-attachment-{number + 1}.bin"
    return _taken(row, name, content, named=item["filename"], media_type=item["content_type"])


def message_clause(inv: Investigation, wanted: str, *, who: Who = None) -> dict[str, Any]:
    """Return what the order says that admits a message: its clauses, and why each admits it."""
    with enter(inv, SOURCE, who, {"part": "clause"}) as visit:
        row = find_message(inv, wanted)
        order = read_order(inv.order)
        clauses = {clause.name: clause for clause in order.clauses}
        admitted = [
            {"why": one["why"], **_clause(clauses[one["clause"]])} for one in row["admitted"]
        ]
        _written(visit, row)
    return {
        "training": inv.training,
        "message": row["number"],
        "id": row["message"].hex(),
        "order": order.number,
        "magistrate": order.magistrate,
        "investigation": order.investigation,
        "issued": iso(order.issued_ns),
        "expires": iso(order.expires_ns),
        "purpose": order.purpose,
        "offences": list(order.offences),
        "clauses": admitted,
    }


def _clause(clause: Clause) -> dict[str, Any]:
    return {
        "clause": clause.name,
        "accounts": sorted(clause.accounts),
        "devices": sorted(clause.devices),
        "holders": sorted(clause.holders),
        "from": iso(clause.period.start_ns),
        "until": iso(clause.period.end_ns),
        "terms": render(clause.terms) if clause.terms is not None else None,
        "languages": sorted(clause.languages),
        "context": {
            "thread": clause.context.thread,
            "messages": clause.context.messages,
            "hours": clause.context.hours,
        },
    }


def message_certificate(inv: Investigation, wanted: str, *, who: Who = None) -> dict[str, Any]:
    """Return what proves that a message was sealed, and where it was found; each step is checked.

    The message's leaf is made anew from its rows and led to the root of the investigation; each
    stored place is led to the seal of its exhibit. `VerificationError` where a step does not hold.
    """
    with enter(inv, SOURCE, who, {"part": "certificate"}) as visit:
        row = find_message(inv, wanted)
        result = _certificate(inv, row)
        _written(visit, row)
    return result


def _certificate(inv: Investigation, row: Mapping[str, Any]) -> dict[str, Any]:
    parts = [list(rows_of(inv, name, [row["message"]])) for name in _TABLES]
    leaf = leaf_of_rows((inv.folder / SECRET).read_bytes(), row, *parts)
    at = row_of(inv, row["number"])
    proofs = tree(inv)
    assert at is not None  # the row was found
    path = proofs.proof(at + 1)
    verify_inclusion(leaf=leaf, index=at + 1, size=proofs.size, proof=path, root=inv.root)
    exhibits = {one["exhibit"]: one for one in inv.header["exhibits"]}
    return {
        "training": inv.training,
        "message": row["number"],
        "id": row["message"].hex(),
        "leaf": leaf.hex(),
        "index": at + 1,
        "leaves": proofs.size,
        "path": [node.hex() for node in path],
        "root": inv.root.hex(),
        "order": {name: inv.header["order"][name] for name in ("number", "sha256")},
        "places": [_found_at(place, exhibits[place["exhibit"]]) for place in parts[0]],
        "blocks": [
            {
                name: as_json(name, block[name])
                for name in ("layer_path", "kind", "state", "content_id", "key_fingerprint",
                             "plaintext_sha256", "opener", "second_opinion", "integrity")
            }
            for block in parts[1]
        ],
    }  # fmt: skip


_TABLES = ("places", "ciphertexts", "attachments")


def _found_at(place: Mapping[str, Any], exhibit: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a copy lies, led to the seal of its exhibit."""
    seal = bytes.fromhex(exhibit["seal"])
    leaf = leaf_hash(place["sealed_entry"].encode("ascii"))
    verify_inclusion(
        leaf=leaf,
        index=place["entry"],
        size=exhibit["entries"],
        proof=place["proof"],
        root=seal,
    )
    names = ("exhibit", "path", "entry", "offset", "length", "sha256", "format", "account",
             "folder", "raw_sha256", "proof")  # fmt: skip
    return {
        **{name: as_json(name, place[name]) for name in names},
        "leaf": leaf.hex(),
        "entries": exhibit["entries"],
        "seal": exhibit["seal"],
        "stored": place["raw_at"] is not None,
    }


def _rows(inv: Investigation, row: Mapping[str, Any], table: str) -> list[dict[str, Any]]:
    return list(rows_of(inv, table, [row["message"]]))


def _place(places: list[dict[str, Any]], number: int) -> dict[str, Any]:
    if not 0 <= number < len(places):
        raise UsageError("the message is stored in no such place")
    return places[number]


def _raw(inv: Investigation, place: Mapping[str, Any]) -> bytes:
    if place["raw_at"] is None:
        raise UsageError("the bytes of this place could not be read any more when it was granted")
    return inv.bytes_at(place["raw_at"], place["raw_length"], place["raw_sha256"])


def _plaintext(inv: Investigation, block: Mapping[str, Any]) -> bytes:
    at, length, digest = (block[f"plaintext_{name}"] for name in ("at", "length", "sha256"))
    return inv.bytes_at(at, length, digest)


def _headers(content: bytes) -> list[str]:
    """Return the header lines with which `content` begins, none where it begins otherwise."""
    begin = content[:LONGEST_HEADERS]
    if not _FIELD.match(begin):
        return []
    head = re.split(rb"\r?\n\r?\n", begin, maxsplit=1)[0]
    return head.decode("utf-8", "replace").splitlines()


def _taken(row: Mapping[str, Any], name: str, content: bytes, **said: str | None) -> Taken:
    digest = sha256(content).hexdigest()
    return Taken(number=row["number"], name=name, content=content, sha256=digest, **said)


def _written(visit: Visit, row: Mapping[str, Any]) -> None:
    visit.write({"message": row["message"].hex()}, shown=[row["message"]])
