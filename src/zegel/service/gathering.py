"""Gathers, from the case, all rows and bytes of the messages that a grant admitted.

What leaves here goes into one investigation's folder. The raw bytes of each place are read from
the exhibit again and checked against the seal; contents are opened again by session key.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from zegel import mailstores
from zegel.casefile import Case
from zegel.casefile.manifest import entry_leaf
from zegel.custody.merkle import leaf_hash
from zegel.custody.proofs import Proofs
from zegel.errors import VerificationError
from zegel.exhibits import Copy, SealBroken
from zegel.exhibits.model import Entry
from zegel.openpgp.model import SessionKey
from zegel.processing.reopening import Reopened, reopen
from zegel.processing.sql import connect, parquet, quoted
from zegel.records import File, Span
from zegel.service.cases import open_exhibit, shelf
from zegel.tables import make_folder, read_rows
from zegel.tables.groups import Groups

_PLACES = """
WITH place AS (SELECT message, unnest(stored) AS stored_id FROM documents SEMI JOIN admitted
               USING (message))
SELECT p.message, s.* EXCLUDE (is_message, "references"), t.state
FROM place p JOIN {stored} s USING (stored_id) JOIN {states} t USING (stored_id)
WHERE s.exhibit IN (SELECT exhibit FROM allowed)
ORDER BY p.message, s.exhibit, s.entry, s."offset"
"""

_BLOCKS = """
WITH content AS (SELECT message, unnest(content_ids) AS content_id
                 FROM documents SEMI JOIN admitted USING (message)),
latest AS (SELECT * FROM {contents} WHERE content_id IN (SELECT content_id FROM content)
           QUALIFY row_number() OVER (PARTITION BY content_id ORDER BY round DESC) = 1)
SELECT c.message, b.* EXCLUDE (round, tried_keys, tried_passphrases, esks),
       l.integrity, l.cipher, l.compression, l.literal_format, l.literal_filename, l.literal_date,
       l.date_ns, l.date_text, l.signatures, l.plaintext_sha256, l.size AS plaintext_length,
       l.attachments
FROM content c JOIN {blocks} b USING (content_id) LEFT JOIN latest l USING (content_id)
UNION ALL BY NAME
SELECT c.message, l.content_id, l.content_id AS root_id,
       CASE WHEN l.literal_format IS NULL THEN 'plain' ELSE 'openpgp-clear' END AS kind,
       'not encrypted' AS state,
       CASE WHEN l.literal_format IS NULL THEN 'plain' ELSE 'signed-in-clear' END AS reason,
       l.integrity, l.cipher,
       l.compression, l.literal_format, l.literal_filename, l.literal_date, l.date_ns, l.date_text,
       l.signatures, l.plaintext_sha256, l.size AS plaintext_length, l.attachments
FROM content c JOIN latest l USING (content_id)
WHERE content_id NOT IN (SELECT content_id FROM {blocks})
ORDER BY ALL
"""


_ADMITTED = """
SELECT * FROM documents SEMI JOIN admitted USING (message) ORDER BY message
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """One admitted message with all its rows and bytes."""

    document: Mapping[str, Any]
    places: Sequence[dict[str, Any]]
    blocks: Sequence[dict[str, Any]]
    raws: Mapping[bytes, bytes] = field(repr=False)
    """Raw bytes by stored identity; a place whose sealed bytes are lost has none."""
    contents: Mapping[bytes, Reopened] = field(repr=False)


class Gatherer:
    """Reads the rows and bytes of admitted messages, in the order of their identities.

    Places in other exhibits than those given are left out.
    """

    def __init__(
        self,
        case: Case,
        documents: Path,
        admitted: Sequence[bytes],
        exhibits: Sequence[str],
    ) -> None:
        self._case = case
        self._documents = documents
        self._admitted = pa.table({"message": pa.array(sorted(admitted), pa.binary(32))})
        self._exhibits = pa.table({"exhibit": pa.array(exhibits, pa.string())})
        self._copies: dict[str, Copy] = {}
        self._proofs: dict[str, Proofs] = {}
        self._entries: dict[tuple[str, int], Entry] = {}
        self._work = make_folder(case.folder / "spill" / "grant")

    def messages(self) -> Iterator[Gathered]:
        """Yield every admitted message."""
        self._write_rows()
        self._open_exhibits()
        try:
            places = Groups(read_rows([self._work / "places.parquet"]), "message")
            blocks = Groups(read_rows([self._work / "blocks.parquet"]), "message")
            for document in read_rows([self._work / "documents.parquet"]):
                identity = document["message"]
                yield self._gather(document, places.of(identity), blocks.of(identity))
        finally:
            shutil.rmtree(self._work, ignore_errors=True)
            for copy in self._copies.values():
                copy.close()

    def _write_rows(self) -> None:
        """Write the wanted rows of each table beside each other, in one order."""
        settled, scanned = self._case.stage("settled"), self._case.stage("scan")
        names = {
            "stored": parquet(scanned.files("stored")),
            "states": parquet(settled.files("states")[-1:]),
            "blocks": parquet(settled.files("blocks")[-1:]),
            "contents": parquet(self._case.stage("open").files("contents")),
        }
        with connect(self._case.folder / "spill") as connection:
            connection.register("admitted", self._admitted)
            connection.register("allowed", self._exhibits)
            connection.execute(
                f"CREATE VIEW documents AS SELECT * FROM read_parquet({quoted(self._documents)})"
            )
            queries = {"documents": _ADMITTED, "places": _PLACES, "blocks": _BLOCKS}
            for table, query in queries.items():
                out = quoted(self._work / f"{table}.parquet")
                connection.execute(f"COPY ({query.format(**names)}) TO {out} (FORMAT parquet)")

    def _open_exhibits(self) -> None:
        """Open each copy; build the tree of its seal and keep the entries that places lie in."""
        wanted: dict[str, set[int]] = {}
        for row in read_rows([self._work / "places.parquet"], ["exhibit", "entry"]):
            wanted.setdefault(row["exhibit"], set()).add(row["entry"])
        for name, numbers in wanted.items():
            record = shelf(self._case).get(name)
            self._copies[name] = open_exhibit(self._case, record)
            self._proofs[name] = Proofs(self._leaves(name, numbers))
            if self._proofs[name].root.hex() != record.seal:
                raise VerificationError(
                    f"the manifest of exhibit {name} is not the one that was sealed",
                    where=str(shelf(self._case).manifest(name)),
                )

    def _leaves(self, exhibit: str, wanted: set[int]) -> Iterator[bytes]:
        for entry in shelf(self._case).entries(exhibit):
            if entry.number in wanted:
                self._entries[exhibit, entry.number] = entry
            yield leaf_hash(entry_leaf(entry))

    def _gather(
        self,
        document: Mapping[str, Any],
        places: Sequence[dict[str, Any]],
        blocks: Sequence[dict[str, Any]],
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
            raw = self._raw(place)
            if raw is None:
                continue
            raws[place["stored_id"]] = raw
            if wanted - contents.keys():
                mail = mailstores.by_name(place["format"]).mail
                for found in reopen(raw, mail=mail, sha256=place["sha256"], sessions=sessions):
                    contents.setdefault(found.content_id, found)
        return Gathered(
            document=document, places=places, blocks=blocks, raws=raws, contents=contents
        )

    def _raw(self, place: dict[str, Any]) -> bytes | None:
        """Return a place's own bytes, and note the leaf and the proof that vouch for its file."""
        exhibit = place["exhibit"]
        entry = self._entries[exhibit, place["entry"]]
        place["sealed_entry"] = entry_leaf(entry).decode("ascii")
        place["proof"] = list(self._proofs[exhibit].proof(place["entry"]))
        try:
            content = self._copies[exhibit].read_checked(entry)
        except (SealBroken, OSError):
            return None
        file = File(path=entry.path, data=content, mtime_ns=entry.mtime_ns)
        span = Span(offset=place["offset"], length=place["length"], quoting=place["quoting"])
        return mailstores.by_name(place["format"]).message(file, span)
