"""One worker's share of a grant: rows and bytes of some admitted messages, gathered and written.

The raw bytes of each place are read from the exhibit again and checked against the seal; contents
are opened again by session key. A task is handed everything it needs and opens no case.
"""

from __future__ import annotations

import mmap
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from zegel import mailstores
from zegel.casefile.manifest import entry_leaf, row_entry
from zegel.custody.merkle import leaf_hash, verify_inclusion
from zegel.custody.proofs import Proofs
from zegel.errors import VerificationError
from zegel.exhibits import Copy, SealBroken, open_copy
from zegel.exhibits.model import Entry
from zegel.investigation import Portion, PortionWriter
from zegel.openpgp.model import SessionKey
from zegel.processing.reopening import Reopened, reopen
from zegel.records import Buffer, File, Span
from zegel.service.sealing import Decided, Gathered, add_gathered
from zegel.tables.groups import Groups
from zegel.text.language import identify

_KEPT_BYTES, _KEPT_FILES = 256 * 2**20, 256
_WORTH_KEEPING = 2**18


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """Where the bytes of an exhibit are, its seal, and the tree that leads to it."""

    name: str
    location: Path
    work: Path
    tree: Path
    entries: int
    seal: bytes
    manifest: Path
    """Named where an entry is not the one that was sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What a task gives back."""

    number: int
    portion: Portion
    fingerprints: frozenset[bytes]
    """Of the keys that opened or signed something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortionTask:
    """Gather one portion."""

    number: int
    rows: Path
    """Where the wanted rows of all portions lie: documents, places, blocks."""
    decided: Mapping[bytes, Decided] = field(repr=False)
    """By identity, in order, what was decided of each message."""
    exhibits: Mapping[str, Exhibit]
    secret: bytes = field(repr=False)
    out: Path

    def __call__(self) -> Filled:
        """Write the portion."""
        fingerprints: set[bytes] = set()
        with (
            PortionWriter(self.out, secret=self.secret) as writer,
            _Places(self.exhibits) as places,
        ):
            for gathered in self._messages(places):
                decided = self.decided[gathered.document["message"]]
                language = identify(gathered.document["text"] or "")
                add_gathered(writer, gathered, decided, language)
                fingerprints |= _keys_used(gathered.blocks)
            portion = writer.finish()
        return Filled(number=self.number, portion=portion, fingerprints=frozenset(fingerprints))

    def _messages(self, places: _Places) -> Iterator[Gathered]:
        of_message = Groups(self._rows("places"), "message")
        blocks = Groups(self._rows("blocks"), "message")
        for document in self._rows("documents"):
            identity = document["message"]
            yield _gather(document, of_message.of(identity), blocks.of(identity), places)

    def _rows(self, table: str) -> list[dict[str, Any]]:
        identities = list(self.decided)
        span = [("message", ">=", identities[0]), ("message", "<=", identities[-1])]
        found = pq.read_table(self.rows / f"{table}.parquet", filters=span)
        return list(found.to_pylist())


class _Places:
    """Reads the bytes of places, each large file checked once."""

    def __init__(self, exhibits: Mapping[str, Exhibit]) -> None:
        self._exhibits = exhibits
        self._copies: dict[str, Copy] = {}
        self._proofs = {
            name: Proofs.read(exhibit.tree, exhibit.entries) for name, exhibit in exhibits.items()
        }
        self._kept: OrderedDict[tuple[str, int], Buffer] = OrderedDict()

    def __enter__(self) -> _Places:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.clear()
        for copy in self._copies.values():
            copy.close()

    def raw(self, place: dict[str, Any]) -> bytes | None:
        """Return a place's own bytes, and note the leaf and the proof that vouch for its file."""
        exhibit = place["exhibit"]
        entry = row_entry(place.pop("sealed"))
        leaf, proof = entry_leaf(entry), self._proofs[exhibit].proof(entry.number)
        _check(self._exhibits[exhibit], entry.number, leaf, proof)
        place["sealed_entry"] = leaf.decode("ascii")
        place["proof"] = list(proof)
        try:
            content = self._content(exhibit, entry)
        except (SealBroken, OSError):
            return None
        file = File(path=entry.path, data=content, mtime_ns=entry.mtime_ns)
        span = Span(offset=place["offset"], length=place["length"], quoting=place["quoting"])
        return mailstores.by_name(place["format"]).message(file, span)

    def _content(self, exhibit: str, entry: Entry) -> Buffer:
        name = (exhibit, entry.number)
        if name in self._kept:
            self._kept.move_to_end(name)
            return self._kept[name]
        content = self._copy(exhibit).read_checked(entry)
        if len(content) >= _WORTH_KEEPING:
            self._kept[name] = content
            while len(self._kept) > 1 and _too_much(self._kept.values()):
                self._kept.popitem(last=False)
        return content

    def _copy(self, exhibit: str) -> Copy:
        if exhibit not in self._copies:
            where = self._exhibits[exhibit]
            self._copies[exhibit] = open_copy(where.location, where.work)
        return self._copies[exhibit]


def _check(exhibit: Exhibit, number: int, leaf: bytes, proof: Sequence[bytes]) -> None:
    """Raise unless the manifest's entry is the one that was sealed."""
    try:
        verify_inclusion(
            leaf=leaf_hash(leaf),
            index=number,
            size=exhibit.entries,
            proof=proof,
            root=exhibit.seal,
        )
    except VerificationError as error:
        raise VerificationError(
            f"the manifest of exhibit {exhibit.name} is not the one that was sealed",
            where=str(exhibit.manifest),
        ) from error


def _too_much(kept: Iterable[Buffer]) -> bool:
    """Say whether files kept take too much memory; what is mapped takes none."""
    sizes = [0 if isinstance(content, mmap.mmap) else len(content) for content in kept]
    return len(sizes) > _KEPT_FILES or sum(sizes) > _KEPT_BYTES


def _gather(
    document: Mapping[str, Any],
    places: Sequence[dict[str, Any]],
    blocks: Sequence[dict[str, Any]],
    read: _Places,
) -> Gathered:
    sessions = {
        block["content_id"]: SessionKey(
            algorithm=block["session_algorithm"], key=block["session_key"]
        )
        for block in blocks
        if block["session_key"] is not None
    }
    wanted = {block["content_id"] for block in blocks}
    raws: dict[bytes, bytes] = {}
    contents: dict[bytes, Reopened] = {}
    for place in places:
        raw = read.raw(place)
        if raw is None:
            continue
        raws[place["stored_id"]] = raw
        if wanted - contents.keys():
            mail = mailstores.by_name(place["format"]).mail
            for found in reopen(raw, mail=mail, sha256=place["sha256"], sessions=sessions):
                contents.setdefault(found.content_id, found)
    return Gathered(document=document, places=places, blocks=blocks, raws=raws, contents=contents)


def _keys_used(blocks: Iterable[Mapping[str, Any]]) -> set[bytes]:
    used = {block["key_fingerprint"] for block in blocks if block["key_fingerprint"]}
    for block in blocks:
        used |= {s["fingerprint"] for s in block["signatures"] or () if s["fingerprint"]}
    return used
