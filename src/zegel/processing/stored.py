"""Takes stored messages to their rows, each step over a whole batch before the next begins.

A stored message is a place: exhibit, entry, offset, length. Its layers are found here and named
by what they hold; nothing is opened and no content is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from zegel.exhibits.model import Entry
from zegel.openpgp.model import EncryptedMessage
from zegel.processing.clocks import clocks
from zegel.processing.headers import envelope_accounts, message_id, participants, references
from zegel.processing.layers import FoundLayer, find_keys_in, find_layers, find_layers_in_bytes
from zegel.processing.mime import Mail, read_mail
from zegel.processing.rows import Place, Sink, add_key, add_problem
from zegel.records import Buffer, File, FoundKey, Problem, Span

LARGEST_MESSAGE = 256 * 2**20
"""Bytes; a larger stored message gets a row, but its layer is `unsupported: too large`."""

_DAMAGED = {"openpgp": "damaged", "openpgp-clear": "damaged clear"}
_TOO_LARGE = FoundLayer(path="", kind="too large", message=None)


class Stored:
    """One stored message on its way to its rows."""

    __slots__ = ("file", "form", "layers", "mail", "place", "problems", "row", "span", "stored_id")

    def __init__(self, place: Place, file: File, form: Any, span: Span) -> None:
        self.place = place
        self.file = file
        self.form = form
        self.span = span
        self.stored_id = stored_identity(place.seal, place.entry.number, span.offset, span.length)
        self.mail: Mail | None = None
        self.layers: Sequence[FoundLayer] = ()
        self.problems: list[Problem] = list(span.problems)
        self.row: dict[str, Any] = {}

    def read(self) -> None:
        """Read the MIME tree of a mail; whatever else is a message by itself has its layers."""
        span = self.span
        if not span.message:
            return
        if span.length > LARGEST_MESSAGE:
            self.problems.append(Problem(kind="message too large"))
            self.layers = (_TOO_LARGE,)
        elif self.form.mail:
            self.mail = read_mail(self.form.message(self.file, span))
        else:
            content = self.form.message(self.file, span)
            self.layers = list(find_layers_in_bytes(content, ""))

    def find(self) -> None:
        """Find the layers of a mail."""
        if self.mail is not None:
            self.layers = list(find_layers(self.mail))

    def describe(self) -> None:
        """Make the row: what the store says, and what the header fields say."""
        self.row = _row_of_store(self.place, self.file, self.form.name, self.span, self.stored_id)
        if self.mail is not None:
            self.problems += _read_headers(self.row, self.mail)
        elif self.span.message and not self.form.mail:
            self.row["is_message"] = any(layer.kind != "foreign" for layer in self.layers)

    def write(self, sink: Sink) -> None:
        """Write every row of this message to `sink`."""
        sink.add("stored", self.row)
        for problem in self.problems:
            add_problem(sink, self.place, problem, self.stored_id)
        for layer in self.layers:
            if layer.kind != "foreign":
                sink.add("layers", _row_of_layer(layer, self.row))
                for problem in (*layer.problems, *getattr(layer.message, "problems", ())):
                    add_problem(sink, self.place, problem, self.stored_id)
        if self.mail is not None:
            where = {"offset": self.span.offset, "length": self.span.length}
            for material in find_keys_in(self.mail, self.layers):
                key = FoundKey(**where, form="openpgp", material=material)
                add_key(sink, self.place, key, f"{self.form.name} message")


def read_stored(batch: Sequence[Stored], sink: Sink) -> None:
    """Take a batch of stored messages through every step into `sink`, in order."""
    for item in batch:
        item.read()
    for item in batch:
        item.find()
    for item in batch:
        item.describe()
    for item in batch:
        item.write(sink)


def stored_identity(seal: str, entry: int, offset: int, length: int) -> bytes:
    """Return the identity of a stored message: SHA-256 over its place in the sealed copy."""
    return hashlib.sha256(f"{seal}:{entry}:{offset}:{length}".encode()).digest()


def _row_of_store(
    place: Place, file: File, form: str, span: Span, stored_id: bytes
) -> dict[str, Any]:
    entry = place.entry
    return {
        "stored_id": stored_id,
        "exhibit": place.exhibit,
        "entry": entry.number,
        "path": entry.path,
        "offset": span.offset,
        "length": span.length,
        "sha256": _digest(file.data, span, entry),
        "format": form,
        "store": span.store,
        "account": span.account,
        "folder": span.folder,
        "flags": span.flags,
        "quoting": span.quoting,
        "is_message": span.message,
        "stored_ns": span.delivered_ns,
        "stored_text": span.delivered_text,
        "clock": "stored" if span.delivered_ns is not None else "none",
        "clock_ns": span.delivered_ns,
        "zone_assumed": True,
    }


def _read_headers(row: dict[str, Any], mail: Mail) -> tuple[Problem, ...]:
    """Fill `row` from the header fields; return what was wrong with them."""
    headers = mail.headers
    people = participants(headers)
    read = clocks(headers, stored_ns=row["stored_ns"], stored_text=row["stored_text"])
    row.update(
        message_id=message_id(headers),
        sender=[person.address for person in people.sender],
        recipients=[person.address for person in (*people.to, *people.cc, *people.bcc)],
        envelope=list(envelope_accounts(headers)),
        references=list(references(headers)),
        received_ns=read.received_ns,
        received_text=read.received_text,
        date_ns=read.date_ns,
        date_text=read.date_text,
        clock=read.used,
        clock_ns=read.used_ns,
        zone_assumed=read.zone_assumed,
    )
    if not row["account"] and row["envelope"]:
        row["account"] = row["envelope"][0]
    return (*mail.problems, *read.problems)


def _row_of_layer(layer: FoundLayer, stored: dict[str, Any]) -> dict[str, Any]:
    message = layer.message
    encrypted = isinstance(message, EncryptedMessage)
    esks = message.esks if isinstance(message, EncryptedMessage) else ()
    return {
        "stored_id": stored["stored_id"],
        "layer_path": layer.path,
        "kind": str(message.kind) if isinstance(message, EncryptedMessage) else layer_kind(layer),
        "content_id": content_identity(layer, stored["sha256"]),
        "encrypted": encrypted or layer_kind(layer) in ("smime", "damaged", "too large"),
        "esks": [bytes([esk.tag]) + esk.body for esk in esks],
        "block_start": layer.block[0] if layer.block else None,
        "block_end": layer.block[1] if layer.block else None,
        "first_key": min((esk.key_id for esk in esks if esk.key_id), default=b""),
        "exhibit": stored["exhibit"],
        "entry": stored["entry"],
        "offset": stored["offset"],
        "length": stored["length"],
        "format": stored["format"],
        "quoting": stored["quoting"],
        "accounts": [a for a in (stored["account"], *(stored.get("envelope") or ())) if a],
    }


def _digest(data: Buffer, span: Span, entry: Entry) -> bytes:
    if span.offset == 0 and span.length == entry.size and entry.sha256 is not None:
        return entry.sha256
    with memoryview(data) as view:
        return hashlib.sha256(view[span.offset : span.offset + span.length]).digest()


def layer_kind(layer: FoundLayer) -> str:
    """Return the kind of a layer that is not an encrypted OpenPGP message."""
    if layer.message is None and layer.kind in _DAMAGED:
        return _DAMAGED[layer.kind]
    return layer.kind


def content_identity(layer: FoundLayer, stored_sha256: bytes) -> bytes:
    """Return the identity under which the layer's content is kept once.

    An encrypted message is its ciphertext id; clear OpenPGP the digest of its packets; anything
    else is what its stored message holds at its path.
    """
    message = layer.message
    if isinstance(message, EncryptedMessage):
        return message.ciphertext_id
    if message is not None:
        return hashlib.sha256(message.packets).digest()
    return hashlib.sha256(stored_sha256 + layer.path.encode()).digest()
