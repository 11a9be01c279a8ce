"""Scan: one row per stored message, one per layer in it; keys, registries and problems beside.

No private key is used here and no content is kept. Every file is recognised by content; its
bytes were checked against the seal when they were read. What cannot become a row is a problem
marked `unread`, so that found = rows + unread.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from zegel import keystores, mailstores, registries
from zegel.exhibits import Copy, SealBroken
from zegel.exhibits.model import Entry, EntryKind
from zegel.openpgp.model import EncryptedMessage
from zegel.processing.clocks import clocks
from zegel.processing.headers import (
    envelope_accounts,
    message_id,
    participants,
    references,
)
from zegel.processing.layers import FoundLayer, find_keys_in, find_layers, find_layers_in_bytes
from zegel.processing.mime import Mail, read_mail
from zegel.records import Buffer, File, FoundKey, FoundPassphrase, Holding, Problem, Span

LARGEST_MESSAGE = 256 * 2**20
"""Bytes; a larger stored message gets a row, but its layer is `unsupported: too large`."""

_DAMAGED = {"openpgp": "damaged", "openpgp-clear": "damaged clear"}
_READABLE_KINDS = {EntryKind.FILE, EntryKind.HARDLINK}


class Sink(Protocol):
    """Where rows go: a part being written."""

    def add(self, table: str, row: dict[str, Any]) -> None:
        """Append one row to `table`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The file being scanned."""

    exhibit: str
    seal: str
    entry: Entry


def stored_identity(seal: str, entry: int, offset: int, length: int) -> bytes:
    """Return the identity of a stored message: SHA-256 over its place in the sealed copy."""
    return hashlib.sha256(f"{seal}:{entry}:{offset}:{length}".encode()).digest()


def best_format(formats: Iterable[Any], file: File) -> Any | None:
    """Return the format that fits `file` best, or None where none claims it."""
    claims = [(form.detect(file), form) for form in formats]
    fit, form = max(claims, key=lambda claim: claim[0], default=(0, None))
    return form if fit > 0 else None


def scan_entries(copy: Copy, exhibit: str, seal: str, entries: Iterable[Entry], sink: Sink) -> None:
    """Scan `entries` of one exhibit into `sink`."""
    for entry in entries:
        place = Place(exhibit=exhibit, seal=seal, entry=entry)
        if entry.problem is not None:
            _add_problem(sink, place, entry.problem)
        elif entry.kind is EntryKind.UNREADABLE:
            _add_problem(sink, place, Problem(kind="unreadable file", unread=_is_mail_place(entry)))
        if entry.kind in _READABLE_KINDS and entry.sha256 is not None:
            _scan_file(copy, place, sink)


def _is_mail_place(entry: Entry) -> bool:
    return entry.path.split(b"/")[-2:-1] in ([b"cur"], [b"new"])


def _scan_file(copy: Copy, place: Place, sink: Sink) -> None:
    entry = place.entry
    try:
        data = copy.read_checked(entry)
    except SealBroken:
        lost = Problem(kind="seal broken", unread=_is_mail_place(entry))
        _add_problem(sink, place, lost)
        return
    except OSError as error:
        note = f"errno {error.errno}"
        lost = Problem(kind="unreadable file", note=note, unread=_is_mail_place(entry))
        _add_problem(sink, place, lost)
        return
    file = File(path=entry.path, data=data, mtime_ns=entry.mtime_ns)
    _Scan(place, file, sink).run()


def _add_problem(
    sink: Sink, place: Place, problem: Problem, stored_id: bytes | None = None
) -> None:
    sink.add(
        "problems",
        {
            "kind": problem.kind,
            "exhibit": place.exhibit,
            "entry": place.entry.number,
            "path": place.entry.path,
            "offset": problem.offset,
            "note": problem.note,
            "unread": problem.unread,
            "stored_id": stored_id,
        },
    )


class _Scan:
    """The scan of one file."""

    def __init__(self, place: Place, file: File, sink: Sink) -> None:
        self.place = place
        self.file = file
        self.sink = sink
        self.found = 0

    def run(self) -> None:
        mail = best_format(mailstores.formats(), self.file)
        keys = registry = None
        if mail is not None:
            self._mail(mail)
        if mail is None or not mail.mail:
            keys = best_format(keystores.formats(), self.file)
            if keys is not None:
                self._keys(keys)
            registry = self._registry() if keys is None else None
        self._record_file(mail, keys, registry)

    def _record_file(self, mail: Any, keys: Any, registry: Any) -> None:
        roles = (("mail", mail), ("keys", keys), ("registry", registry))
        role, form = next(((r, f) for r, f in roles if f is not None), ("other", None))
        self.sink.add(
            "files",
            {
                "exhibit": self.place.exhibit,
                "entry": self.place.entry.number,
                "role": role,
                "format": form.name if form is not None else None,
                "found": self.found,
            },
        )

    def _mail(self, form: Any) -> None:
        for item in form.spans(self.file):
            if isinstance(item, Problem):
                _add_problem(self.sink, self.place, item)
                self.found += item.unread
            else:
                self.found += 1
                self._stored(form, item)

    def _stored(self, form: Any, span: Span) -> None:
        place = self.place
        stored_id = stored_identity(place.seal, place.entry.number, span.offset, span.length)
        row = self._stored_row(form.name, span, stored_id)
        for problem in span.problems:
            _add_problem(self.sink, place, problem, stored_id)
        if not span.message:
            self.sink.add("stored", row)
            return
        if span.length > LARGEST_MESSAGE:
            _add_problem(self.sink, place, Problem(kind="message too large"), stored_id)
            layers = [FoundLayer(path="", kind="too large", message=None)]
        elif form.mail:
            mail = read_mail(form.message(self.file, span))
            self._read_headers(row, mail, stored_id)
            layers = list(find_layers(mail))
            self._keys_in_mail(mail, span, form.name)
        else:
            layers = list(find_layers_in_bytes(form.message(self.file, span), ""))
            row["is_message"] = any(layer.kind != "foreign" for layer in layers)
        self.sink.add("stored", row)
        for layer in layers:
            if layer.kind != "foreign":
                self._layer(layer, row)

    def _stored_row(self, form: str, span: Span, stored_id: bytes) -> dict[str, Any]:
        entry = self.place.entry
        return {
            "stored_id": stored_id,
            "exhibit": self.place.exhibit,
            "entry": entry.number,
            "path": entry.path,
            "offset": span.offset,
            "length": span.length,
            "sha256": _digest(self.file.data, span, entry),
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

    def _read_headers(self, row: dict[str, Any], mail: Mail, stored_id: bytes) -> None:
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
        for problem in (*mail.problems, *read.problems):
            _add_problem(self.sink, self.place, problem, stored_id)

    def _layer(self, layer: FoundLayer, stored: dict[str, Any]) -> None:
        message = layer.message
        encrypted = isinstance(message, EncryptedMessage)
        esks = message.esks if isinstance(message, EncryptedMessage) else ()
        self.sink.add(
            "layers",
            {
                "stored_id": stored["stored_id"],
                "layer_path": layer.path,
                "kind": str(message.kind)
                if isinstance(message, EncryptedMessage)
                else layer_kind(layer),
                "content_id": content_identity(layer, stored["sha256"]),
                "encrypted": encrypted or layer_kind(layer) in ("smime", "damaged", "too large"),
                "esks": [bytes([esk.tag]) + esk.body for esk in esks],
                "first_key": min((esk.key_id for esk in esks if esk.key_id), default=b""),
                "exhibit": stored["exhibit"],
                "entry": stored["entry"],
                "offset": stored["offset"],
                "length": stored["length"],
                "format": stored["format"],
                "quoting": stored["quoting"],
                "accounts": [a for a in (stored["account"], *(stored.get("envelope") or ())) if a],
            },
        )
        for problem in (*layer.problems, *getattr(message, "problems", ())):
            _add_problem(self.sink, self.place, problem, stored["stored_id"])

    def _keys_in_mail(self, mail: Mail, span: Span, form: str) -> None:
        for material in find_keys_in(mail):
            self._key(
                FoundKey(offset=span.offset, length=span.length, form="openpgp", material=material),
                f"{form} message",
            )

    def _keys(self, form: Any) -> None:
        for item in form.keys(self.file):
            if isinstance(item, Problem):
                _add_problem(self.sink, self.place, item)
            else:
                self.found += 1
                self._key(item, form.name)

    def _key(self, key: FoundKey, form: str) -> None:
        entry = self.place.entry
        self.sink.add(
            "keys",
            {
                "material_id": hashlib.sha256(key.form.encode() + key.material).digest(),
                "form": key.form,
                "material": key.material,
                "exhibit": self.place.exhibit,
                "entry": entry.number,
                "path": entry.path,
                "offset": key.offset,
                "length": key.length,
                "file_sha256": entry.sha256,
                "format": form,
            },
        )

    def _registry(self) -> Any | None:
        # Several may apply: a note can hold passphrases inside what reads as a ledger.
        claimed = [form for form in registries.formats() if form.detect(self.file) > 0]
        for form in claimed:
            for item in form.holdings(self.file):
                self._registry_item(item)
        return claimed[0] if claimed and self.found else None

    def _registry_item(self, item: Holding | FoundPassphrase | Problem) -> None:
        if isinstance(item, Problem):
            _add_problem(self.sink, self.place, item)
            return
        self.found += 1
        where = {
            "exhibit": self.place.exhibit,
            "path": self.place.entry.path,
            "offset": item.offset,
            "source": item.source,
        }
        if isinstance(item, FoundPassphrase):
            self.sink.add("passphrases", {**where, "passphrase": item.passphrase})
            return
        fields = ("device", "account", "holder", "start_ns", "end_ns", "buyer")
        more = ("price_cents", "currency", "order", "raw")
        values = {name: getattr(item, name) for name in (*fields, *more)}
        self.sink.add("holdings", {**where, "entry": self.place.entry.number, **values})


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


def iter_partitions(
    entries: Iterator[Entry], *, files: int = 4096, size: int = 256 * 2**20
) -> Iterator[list[Entry]]:
    """Cut a manifest into partitions of bounded work, the same way every time; at least one."""
    batch: list[Entry] = []
    total = cut = 0
    for entry in entries:
        batch.append(entry)
        total += entry.size
        if len(batch) >= files or total >= size:
            yield batch
            batch, total, cut = [], 0, cut + 1
    if batch or not cut:
        yield batch
