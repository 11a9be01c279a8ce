"""Builds material from what lies in a dossier, and from nothing else.

So a rendering receives what every reader of the dossier has, and what is withheld is not there to
be shown. Works on a draft as on a finished file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields as fields_of_class
from functools import cache, partial
from typing import Any, Protocol

from zegel.dossier import material as m


class Source(Protocol):
    """Where members are read from."""

    def read(self, name: str) -> bytes:
        """Return a member's bytes."""

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield a member's lines."""

    def describe(self, name: str) -> tuple[int, str]:
        """Return a member's size and SHA-256."""


def material_of(source: Source, manifest: Mapping[str, Any]) -> m.Material:
    """Return everything the dossier in `source` shows; `manifest` may lack its list of members."""
    header = json.loads(source.read("header.json"))
    head = json.loads(next(source.lines("custody.jsonl")))["head"]
    return m.Material(
        training=header["training"],
        root=manifest["investigation"]["root"],
        order=_order(header, source.read("order.toml")),
        exhibits=tuple(_exhibit(one) for one in header["exhibits"]),
        ledger=header["ledger"],
        privilege=header["privilege"],
        matching=header["matching"],
        tools=manifest["tools"],
        selection=_selection(manifest["selection"]),
        states=manifest["states"],
        session_keys=manifest["session keys"],
        second_opinion=manifest["second opinion"],
        withheld=manifest["withheld"],
        custody=_custody(head),
        keys=tuple(_key(json.loads(line)["key"]) for line in source.lines("keys.jsonl")),
        presentation=m.Presentation(**manifest["presentation"]),
        messages=partial(_messages, source),
    )


def _order(header: Mapping[str, Any], text: bytes) -> m.Order:
    by = header.get("signature")
    signature = None if by is None else m.OrderSignature(**by)
    return m.Order(**header["order"], signature=signature, text=text)


def _exhibit(one: Mapping[str, Any]) -> m.Exhibit:
    return m.Exhibit(
        identity=one["exhibit"],
        seal=one["seal"],
        entries=one["entries"],
        acquisition=one["acquisition"],
        conditions=one["conditions"],
    )


def _selection(said: Mapping[str, Any]) -> m.Selection:
    return m.Selection(**{name.replace(" ", "_"): value for name, value in said.items()})


def _custody(head: Mapping[str, Any]) -> m.Custody:
    return m.Custody(
        origin=head["origin"],
        size=head["size"],
        root=head["root"],
        time_ns=int(head["time"]),
        public_key=head["public_key"],
    )


def _key(row: Mapping[str, Any]) -> m.Key:
    shown = _picked(m.Key, row)
    shown["found"] = tuple(m.FoundAt(**_picked(m.FoundAt, one)) for one in row["found"])
    return m.Key(**shown)


def _messages(source: Source) -> Iterator[m.Message]:
    for line in source.lines("certificates.jsonl"):
        yield _message(source, json.loads(line))


def _message(source: Source, certificate: Mapping[str, Any]) -> m.Message:
    values = {name: value for name, (_, value) in certificate["fields"].items()}
    bytes_of = partial(_bytes, source, certificate["members"])
    shown = _picked(m.Message, {**values, "message": certificate["message"]})
    shown["withheld"] = tuple(m.Withheld(**one) for one in certificate.get("withheld", ()))
    shown["admitted"] = tuple((one["clause"], one["why"]) for one in values.get("admitted", ()))
    shown["holders"] = tuple(m.Holder(**one) for one in values.get("holders") or ())
    shown["places"] = tuple(
        _place(value, bytes_of) for name, value in values.items() if name.startswith("place/")
    )
    shown["blocks"] = tuple(
        _block(value, certificate, values, bytes_of)
        for name, value in values.items()
        if name.startswith("ciphertext/")
    )
    attachments = ((n, v) for n, v in values.items() if n.startswith("attachment/"))
    shown["attachments"] = tuple(
        sorted((_attachment(*one, bytes_of) for one in attachments), key=lambda one: one.number)
    )
    return m.Message(**shown)


_BytesOf = Callable[[str], "m.Bytes | None"]


def _place(value: Mapping[str, Any], bytes_of: _BytesOf) -> m.Place:
    return m.Place(**_picked(m.Place, value), raw=bytes_of(f"stored/{value['stored_id']}"))


def _block(
    value: Mapping[str, Any],
    certificate: Mapping[str, Any],
    values: Mapping[str, Any],
    bytes_of: _BytesOf,
) -> m.Block:
    identity = value["content_id"]
    shown = _picked(m.Block, value)
    shown["path"] = value["layer_path"]
    shown["session_key"] = values.get(f"session-key/{identity}")
    shown["signatures"] = tuple(
        m.Signature(**_picked(m.Signature, one)) for one in value["signatures"] or ()
    )
    shown["opinion"] = certificate["opinions"].get(identity)
    shown["repeat"] = certificate["repeat"].get(identity)
    shown["ciphertext"] = bytes_of(f"ciphertext/{identity}")
    shown["plaintext"] = bytes_of(f"plaintext/{identity}")
    return m.Block(**shown)


def _attachment(name: str, value: Mapping[str, Any], bytes_of: _BytesOf) -> m.Attachment:
    number = int(name.partition("/")[2])
    return m.Attachment(**_picked(m.Attachment, value), number=number, content=bytes_of(name))


def _bytes(source: Source, members: Mapping[str, str], name: str) -> m.Bytes | None:
    member = members.get(name)
    if member is None:
        return None
    size, digest = source.describe(member)
    return m.Bytes(member=member, size=size, sha256=digest, read=partial(source.read, member))


@cache
def _names(kind: type) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the fields of a record: instants, which may be text, and all others."""
    names = [one.name for one in fields_of_class(kind)]
    return (
        tuple(name for name in names if name.endswith("_ns")),
        tuple(name for name in names if not name.endswith("_ns")),
    )


def _picked(kind: type, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a row a record of `kind` has a place for, lists as tuples."""
    instants, others = _names(kind)
    found: dict[str, Any] = {}
    for name in others:
        if name in row:
            value = row[name]
            found[name] = tuple(value) if type(value) is list else value
    for name in instants:
        if name in row:  # beyond 2**53 - 1 canonical JSON writes text
            found[name] = None if row[name] is None else int(row[name])
    return found
