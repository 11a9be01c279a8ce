"""Fetches planned contents again: from the spool, else from where they are stored.

Key packets of every copy count, not only those of the copy whose body is read: places are visited
until each packet that the plan names is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from zegel import mailstores
from zegel.exhibits import Copy, SealBroken
from zegel.exhibits.model import Entry
from zegel.openpgp.model import BodyKind, EncryptedMessage, Esk
from zegel.processing.keypackets import head, unpacked
from zegel.processing.layers import FoundLayer, find_layers, find_layers_in_bytes
from zegel.processing.mime import read_mail
from zegel.processing.planned import Planned
from zegel.processing.spool import SpoolReader
from zegel.processing.stored import content_identity
from zegel.records import File, Span

FindEntry = Callable[[dict[str, Any]], tuple[Copy, Entry]]


class LostPlaceError(Exception):
    """No stored place of a content gives its sealed bytes any more."""


@dataclass(slots=True, kw_only=True)
class Fetched:
    """An encrypted message with the key packets of all its copies."""

    message: EncryptedMessage
    path: str
    place: dict[str, Any] | None = None
    """Where the body was read; None where the first place's spool had it."""
    keys_lost: bool = False
    """Whether a key packet stands in a copy that cannot be read any more."""


class Fetcher:
    """Reads what a plan names, as long as exhibit or spool have it."""

    def __init__(self, find_entry: FindEntry, spool: SpoolReader) -> None:
        self._find_entry, self._spool = find_entry, spool

    def message(self, row: Planned) -> Fetched:
        """Return the message of a planned row; raise `LostPlaceError` where no place has it."""
        body = self._spooled(row.kind, row.content_id, row.part, row.spooled, row.spooled_keys,
                             row.spooled_size)  # fmt: skip
        if body is not None:
            message, keys = body
            if keys.keys() >= set(row.esks):
                return Fetched(message=_with(message, row, keys), path=row.layer_path)
        return self._from_places(row)

    def _from_places(self, row: Planned) -> Fetched:
        wanted, keys, first = set(row.esks), dict[bytes, Esk](), None
        for place in row.places():
            found = self._at(place, row)
            if found is None:
                continue
            message, more = found
            first = first or (message, place)
            keys |= more
            if keys.keys() >= wanted:
                break
        if first is None:
            raise LostPlaceError
        message, place = first
        return Fetched(
            message=_with(message, row, keys),
            path=place["layer_path"],
            place=place,
            keys_lost=not keys.keys() >= wanted,
        )

    def _at(
        self, place: dict[str, Any], row: Planned
    ) -> tuple[EncryptedMessage, dict[bytes, Esk]] | None:
        found = self._spooled(row.kind, row.content_id, place["part"], place["spooled"],
                              place["spooled_keys"], place["spooled_size"])  # fmt: skip
        if found is not None:
            return found
        stored = self._layer(place, row)
        if stored is None:
            return None
        message = stored[0].message
        assert isinstance(message, EncryptedMessage)
        return message, {head(esk): esk for esk in message.esks}

    def _spooled(
        self,
        kind: str,
        identity: bytes,
        part: str,
        begin: int | None,
        keys: int | None,
        size: int | None,
    ) -> tuple[EncryptedMessage, dict[bytes, Esk]] | None:
        """Return a message as the scan put it aside, unless it did not or it is gone."""
        if begin is None or keys is None or size is None:
            return None
        found = self._spool.message(part, begin, keys, size, identity)
        if found is None:
            return None
        packets, body = found
        message = EncryptedMessage(
            esks=(), kind=BodyKind(kind), body=body, ciphertext_id=identity, start=0, end=0
        )
        return message, unpacked(packets)

    def clear(self, row: Planned) -> tuple[dict[str, Any], FoundLayer, bytes]:
        """Return what nothing encrypts, the stored message it lies in, and where that was read."""
        for place in row.places():
            found = self._layer(place, row)
            if found is not None:
                return place, *found
        raise LostPlaceError

    def _layer(self, place: dict[str, Any], row: Planned) -> tuple[FoundLayer, bytes] | None:
        """Return a content's layer and stored message, if its octets are those that were sealed.

        Its identity vouches for that: it is a digest of them, made when the whole file was checked.
        To check the file again for each content in it would take as long as both are large.
        """
        octets = self._octets(place)
        if octets is None:
            return None
        whole, digest = File(path=b"", data=octets), hashlib.sha256(octets).digest()
        span = Span(offset=0, length=len(octets), quoting=place["quoting"])
        raw = mailstores.by_name(place["format"]).message(whole, span)
        for layer in _layers_at(place, row.kind, raw):
            if content_identity(layer, digest) == row.content_id:
                return layer, raw
        return None

    def _octets(self, place: dict[str, Any]) -> bytes | None:
        copy, entry = self._find_entry(place)
        try:
            return copy.read_part(entry, place["offset"], place["length"])
        except (SealBroken, OSError):
            return None


def _layers_at(place: dict[str, Any], kind: str, raw: bytes) -> Iterator[FoundLayer]:
    """Yield the layers of a stored message at the path that a place names."""
    path = place["layer_path"]
    if kind == "plain":
        yield FoundLayer(path=path, kind="plain", message=None)
        return
    mail = mailstores.by_name(place["format"]).mail
    layers = find_layers(read_mail(raw)) if mail else find_layers_in_bytes(raw, "")
    yield from (layer for layer in layers if layer.path == path)


def _with(message: EncryptedMessage, row: Planned, keys: dict[bytes, Esk]) -> EncryptedMessage:
    return replace(message, esks=tuple([keys[one] for one in row.esks if one in keys]))
