"""Takes stored messages to their rows, each step over a whole batch before the next begins.

A stored message is a place: exhibit, entry, offset, length. Its layers are found here and named
by what they hold; nothing is opened and no content is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Any

from zegel.exhibits.model import Entry
from zegel.openpgp.model import EncryptedMessage
from zegel.processing.clocks import Clocks, clocks
from zegel.processing.headers import (
    also_named,
    envelope_accounts,
    message_id,
    participants,
    references,
    unstructured,
)
from zegel.processing.keypackets import head, packed
from zegel.processing.layers import (
    FoundLayer,
    find_keys_in,
    find_keys_in_fields,
    find_layers,
    find_layers_in_bytes,
)
from zegel.processing.mime import Mail, read_mail
from zegel.processing.pgpmime import read_pgp_mime
from zegel.processing.rows import Place, Sink, add_key, add_problem
from zegel.processing.slices import Headers
from zegel.processing.spool import Spool
from zegel.records import Buffer, File, FoundKey, Problem, Span, record

LARGEST_MESSAGE = 256 * 2**20
"""Bytes; a larger stored message gets a row, but its layer is `unsupported: too large`."""

_DAMAGED = {"openpgp": "damaged", "openpgp-clear": "damaged clear"}
_CLOSED = frozenset({"smime", "damaged", "too large"})
_TOO_LARGE = FoundLayer(path="", kind="too large", message=None)


@record
class Fields:
    """What the header fields of a mail say of it; nothing where it has none."""

    message_id: str | None = None
    sender: Sequence[str] | None = None
    recipients: Sequence[str] | None = None
    envelope: Sequence[str] | None = None
    also_named: Sequence[str] | None = None
    references: Sequence[str] | None = None
    subject: str | None = field(default=None, repr=False)
    """As anybody could read it on the way; what is encrypted may have another."""


_NO_FIELDS = Fields()


class Stored:
    """One stored message on its way to its rows."""

    __slots__ = (
        "account",
        "clocks",
        "fields",
        "file",
        "form",
        "headers",
        "is_message",
        "layers",
        "mail",
        "place",
        "problems",
        "sha256",
        "span",
    )

    def __init__(self, place: Place, file: File, form: Any, span: Span) -> None:
        self.place = place
        self.file = file
        self.form = form
        self.span = span
        self.sha256 = _digest(file.data, span, place.entry)
        self.is_message = span.message
        self.account = span.account
        self.headers: Headers | None = None
        self.mail: Mail | None = None
        self.layers: Sequence[FoundLayer] = ()
        self.problems: list[Problem] = list(span.problems)
        self.fields = _NO_FIELDS
        self.clocks: Clocks | None = None

    def read(self) -> None:
        """Read the MIME tree of a mail; whatever else is a message by itself has its layers."""
        span = self.span
        if not span.message:
            return
        if span.length > LARGEST_MESSAGE:
            self.problems.append(Problem(kind="message too large"))
            self.layers = (_TOO_LARGE,)
        elif self.form.mail:
            self._read_mail(self.form.message(self.file, span))
        else:
            content = self.form.message(self.file, span)
            self.layers = list(find_layers_in_bytes(content, ""))
            self.is_message = any(layer.kind != "foreign" for layer in self.layers)

    def _read_mail(self, raw: bytes) -> None:
        usual = read_pgp_mime(raw)
        if usual is not None:
            self.headers, self.layers = usual[0], usual[1:]
        else:
            self.mail = read_mail(raw)
            self.headers = self.mail.headers
            self.problems += self.mail.problems

    def find(self) -> None:
        """Find the layers of a mail."""
        if self.mail is not None:
            self.layers = list(find_layers(self.mail))

    def describe(self) -> None:
        """Read what the header fields of a mail say."""
        headers, span = self.headers, self.span
        if headers is None:
            return
        people = participants(headers)
        envelope = envelope_accounts(headers)
        self.fields = Fields(
            message_id=message_id(headers),
            sender=[person.address for person in people.sender],
            recipients=[person.address for person in (*people.to, *people.cc, *people.bcc)],
            envelope=envelope,
            also_named=also_named(headers, people),
            references=references(headers),
            subject=unstructured(headers, "subject") or None,
        )
        self.clocks = clocks(headers, stored_ns=span.delivered_ns, stored_text=span.delivered_text)
        self.problems += self.clocks.problems
        if not self.account and envelope:
            self.account = envelope[0]

    def note(self, sink: Sink) -> None:
        """Write the problems met in this message, and the keys that lie in it."""
        for problem in self.problems:
            add_problem(sink, self.place, problem, self._identity())
        for layer in self.layers:
            if layer.kind != "foreign":
                for problem in (*layer.problems, *getattr(layer.message, "problems", ())):
                    add_problem(sink, self.place, problem, self._identity())
        for material in self._keys():
            where = {"offset": self.span.offset, "length": self.span.length}
            key = FoundKey(**where, form="openpgp", material=material)
            add_key(sink, self.place, key, f"{self.form.name} message")

    def _identity(self) -> bytes:
        place, span = self.place, self.span
        return stored_identity(place.seal, place.entry.number, span.offset, span.length)

    def _keys(self) -> Iterator[bytes]:
        if self.mail is not None:
            yield from find_keys_in(self.mail, self.layers)
        if self.headers is not None:
            yield from find_keys_in_fields(self.headers)


def read_stored(batch: Sequence[Stored], sink: Sink, spool: Spool) -> None:
    """Take a batch of stored messages through every step into `sink`, in order."""
    for item in batch:
        item.read()
    for item in batch:
        item.find()
    for item in batch:
        item.describe()
    for item in batch:
        item.note(sink)
    first = sink.rows("stored")
    sink.add_columns("stored", _stored_columns(batch), len(batch))
    found = [
        (row, item, layer)
        for row, item in enumerate(batch, first)
        for layer in item.layers
        if layer.kind != "foreign"
    ]
    layers = _layer_columns([(item, layer) for _, item, layer in found], spool)
    layers["stored_row"] = [row for row, _, _ in found]
    sink.add_columns("layers", layers, len(found))


def stored_identity(seal: str, entry: int, offset: int, length: int) -> bytes:
    """Return the identity of a stored message: SHA-256 over its place in the sealed copy."""
    return hashlib.sha256(f"{seal}:{entry}:{offset}:{length}".encode()).digest()


def _stored_columns(batch: Sequence[Stored]) -> dict[str, list[Any]]:
    """Return the table `stored` for a batch."""
    spans = [item.span for item in batch]
    fields = [item.fields for item in batch]
    return {
        "exhibit": [item.place.exhibit for item in batch],
        "entry": [item.place.entry.number for item in batch],
        "path": [item.place.entry.path for item in batch],
        "sha256": [item.sha256 for item in batch],
        "format": [item.form.name for item in batch],
        "account": [item.account for item in batch],
        "is_message": [item.is_message for item in batch],
        "offset": [span.offset for span in spans],
        "length": [span.length for span in spans],
        "store": [span.store for span in spans],
        "folder": [span.folder for span in spans],
        "flags": [span.flags for span in spans],
        "quoting": [span.quoting for span in spans],
        "stored_ns": [span.delivered_ns for span in spans],
        "stored_text": [span.delivered_text for span in spans],
        "message_id": [found.message_id for found in fields],
        "sender": [found.sender for found in fields],
        "recipients": [found.recipients for found in fields],
        "envelope": [found.envelope for found in fields],
        "also_named": [found.also_named for found in fields],
        "references": [found.references for found in fields],
        "subject": [found.subject for found in fields],
        **_clock_columns([item.clocks or _by_store(item.span) for item in batch]),
    }


def _clock_columns(read: Sequence[Clocks]) -> dict[str, list[Any]]:
    return {
        "received_ns": [clock.received_ns for clock in read],
        "received_text": [clock.received_text for clock in read],
        "date_ns": [clock.date_ns for clock in read],
        "date_text": [clock.date_text for clock in read],
        "clock": [clock.used for clock in read],
        "zone_assumed": [clock.zone_assumed for clock in read],
    }


def _by_store(span: Span) -> Clocks:
    """Return the clocks of what has no header fields: the store's own, whose zone nobody says."""
    return clocks({}, stored_ns=span.delivered_ns, stored_text=span.delivered_text)


def _layer_columns(
    layers: Sequence[tuple[Stored, FoundLayer]], spool: Spool
) -> dict[str, list[Any]]:
    """Return the table `layers` for a batch; encrypted bodies go to `spool`."""
    stored = [item for item, _ in layers]
    messages = [layer.message for _, layer in layers]
    esks = [found.esks if isinstance(found, EncryptedMessage) else () for found in messages]
    spooled = [_spooled(layer, spool) for _, layer in layers]
    return {
        "layer_path": [layer.path for _, layer in layers],
        "kind": [kind_of(layer) for _, layer in layers],
        "content_id": [content_identity(layer, item.sha256) for item, layer in layers],
        "encrypted": [is_encrypted(layer) for _, layer in layers],
        "esks": [[head(esk) for esk in found] for found in esks],
        "first_key": [min((e.key_id for e in found if e.key_id), default=b"") for found in esks],
        "exhibit": [item.place.exhibit for item in stored],
        "entry": [item.place.entry.number for item in stored],
        "offset": [item.span.offset for item in stored],
        "length": [item.span.length for item in stored],
        "format": [item.form.name for item in stored],
        "quoting": [item.span.quoting for item in stored],
        "spooled": [begin for begin, _, _ in spooled],
        "spooled_keys": [keys for _, keys, _ in spooled],
        "spooled_size": [size for _, _, size in spooled],
        "accounts": [_accounts(item) for item in stored],
    }


def _spooled(layer: FoundLayer, spool: Spool) -> tuple[int | None, int | None, int | None]:
    """Put a body and its key packets aside; return where they begin, and the octets of either."""
    message = layer.message
    if not isinstance(message, EncryptedMessage) or layer.problems or message.problems:
        return None, None, None  # what is damaged is read in its place again
    keys = packed(message.esks)
    begin = spool.keep(keys, message.body)
    return (None, None, None) if begin is None else (begin, len(keys), len(message.body))


def _accounts(item: Stored) -> list[str]:
    """Return whose mailbox a message lies in and whom its envelope names: who may hold its key."""
    return [name for name in (item.account, *(item.fields.envelope or ())) if name]


def _digest(data: Buffer, span: Span, entry: Entry) -> bytes:
    if span.offset == 0 and span.length == entry.size and entry.sha256 is not None:
        return entry.sha256
    with memoryview(data) as view:
        return hashlib.sha256(view[span.offset : span.offset + span.length]).digest()


def kind_of(layer: FoundLayer) -> str:
    """Return the kind of any layer as the tables name it."""
    message = layer.message
    return message.kind if isinstance(message, EncryptedMessage) else layer_kind(layer)


def is_encrypted(layer: FoundLayer) -> bool:
    """Say whether something keeps a layer's content from being read as it stands."""
    return isinstance(layer.message, EncryptedMessage) or layer_kind(layer) in _CLOSED


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
