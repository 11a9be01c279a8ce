"""Gathers, from the case, all rows and bytes of the messages that a grant admitted.

What leaves here goes into one investigation's folder, portion by portion (`portions`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zegel.casefile import Case
from zegel.errors import CaseError
from zegel.processing.bymessage import PARTS
from zegel.processing.settled import BY_PLACE, INSTANT, blocks_of, places_of
from zegel.processing.sql import connect, parquet, quoted
from zegel.service.caseindex import identity_in, settled_files
from zegel.service.cases import open_exhibit, shelf
from zegel.service.portions import Exhibit, PortionTask
from zegel.service.sealing import Decided
from zegel.tables import make_folder

_PLACES = """
SELECT p.message, {identity} AS stored_id, s.* EXCLUDE (is_message, "references"),
       {instant} AS clock_ns, p.state, e AS sealed
FROM {places} p JOIN {stored} s USING ({place})
JOIN ({entries}) e ON e.exhibit = s.exhibit AND e.number = s.entry
WHERE s.exhibit IN (SELECT exhibit FROM allowed)
ORDER BY p.message, s.exhibit, s.entry, s."offset"
"""

_BLOCKS = """
WITH content AS (SELECT DISTINCT message, content_id FROM parts),
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


_CONSISTING = """
SELECT message, list_sort(list_distinct(list(content_id))) AS content_ids FROM parts
GROUP BY message ORDER BY message
"""


_ENTRIES = """
SELECT {name} AS exhibit, number, parent, path, kind, size, mtime_ns, mode, sha256, target,
       data_offset, backing, problem, note FROM {manifest}
"""

PORTION = 1024
"""Messages of one portion, at most."""
_GROUP = 2048
"""Rows that are read together: few more than a portion has."""


class Gatherer:
    """Hands out the rows and bytes of admitted messages in portions, by their identities.

    Places in other exhibits than those given are left out.
    """

    def __init__(
        self, case: Case, documents: Path, admitted: Iterable[bytes], exhibits: Sequence[str]
    ) -> None:
        self._case = case
        self._documents = documents
        self._admitted = sorted(admitted)
        self._names = exhibits
        self._work = case.folder / "spill" / "grant"
        self._exhibits: dict[str, Exhibit] = {}

    def __enter__(self) -> Gatherer:
        shutil.rmtree(self._work, ignore_errors=True)
        make_folder(self._work)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._work, ignore_errors=True)

    def prepare(self) -> None:
        """Write the wanted rows of each table beside each other; find the exhibits they lie in."""
        files = settled_files(self._case)
        messages = f"(SELECT * FROM {parquet([files.messages])} SEMI JOIN admitted USING (message))"
        names = {
            "stored": parquet(files.stored),
            "sessions": parquet(files.sessions),
            "blocks": blocks_of(files.sessions, files.blocks),
            "contents": parquet(files.contents),
            "messages": messages,
            "places": places_of(files.states, messages),
            "place": BY_PLACE,
            "key": "message",
            "identity": identity_in(self._case),
            "instant": INSTANT,
            "entries": " UNION ALL ".join(map(self._entries, self._names)),
        }
        with connect(self._case.folder / "spill") as connection:
            connection.register("admitted", _column("message", self._admitted, pa.binary(32)))
            connection.register("allowed", _column("exhibit", self._names, pa.string()))
            connection.execute(PARTS.format(**names))
            queries = {"consisting": _CONSISTING, "places": _PLACES, "blocks": _BLOCKS}
            for table, query in queries.items():
                out = quoted(self._work / f"{table}.parquet")
                form = f"FORMAT parquet, ROW_GROUP_SIZE {_GROUP}"
                connection.execute(f"COPY ({query.format(**names)}) TO {out} ({form})")
        self._write_documents(pq.read_table(self._work / "consisting.parquet"))
        places = pq.read_table(self._work / "places.parquet", columns=["exhibit"])
        for name in places.column("exhibit").unique().to_pylist():
            self._exhibits[name] = self._exhibit(name)

    def _write_documents(self, consisting: pa.Table) -> None:
        """Write the documents of the messages in `consisting`, and what these consist of.

        Both tables are in the order of identities. Texts go through memory a row group at a time.
        """
        names = consisting.column("message").combine_chunks()
        with pq.ParquetFile(self._documents) as source:
            schema = source.schema_arrow.append(consisting.schema.field("content_ids"))
            done = 0
            with pq.ParquetWriter(self._work / "documents.parquet", schema) as writer:
                for group in range(source.num_row_groups):
                    identities = source.read_row_group(group, ["message"]).column("message")
                    wanted = pc.is_in(identities, value_set=names)
                    if not pc.any(wanted).as_py():
                        continue
                    rows = source.read_row_group(group).filter(wanted)
                    part = consisting.slice(done, rows.num_rows)
                    done += rows.num_rows
                    self._require_same(rows, part)
                    rows = rows.append_column(schema.field("content_ids"), part["content_ids"])
                    writer.write_table(rows, row_group_size=_GROUP)
            self._require_same(consisting.slice(done), consisting.slice(consisting.num_rows))

    def _require_same(self, rows: pa.Table, part: pa.Table) -> None:
        if rows.column("message").to_pylist() != part.column("message").to_pylist():
            raise CaseError(
                "the index and the tables of this case do not tell of the same messages",
                where=str(self._documents),
                next_step="Keep the case, and build the index anew: `zegel index`.",
            )

    def _entries(self, exhibit: str) -> str:
        manifest = parquet([shelf(self._case).manifest(exhibit)])
        return _ENTRIES.format(name=quoted(Path(exhibit)), manifest=manifest)

    def _exhibit(self, name: str) -> Exhibit:
        record = shelf(self._case).get(name)
        # Fails here, in words, where the copy is gone: workers would only say it thrice.
        open_exhibit(self._case, record).close()
        return Exhibit(
            name=name,
            location=record.place,
            work=self._case.work,
            tree=shelf(self._case).tree(name),
            entries=record.entries,
            seal=bytes.fromhex(record.seal),
            manifest=shelf(self._case).manifest(name),
        )

    @property
    def portions(self) -> int:
        """How many there are."""
        return -(-len(self._admitted) // PORTION)

    def tasks(self, decided: Callable[[bytes], Decided], secret: bytes) -> Iterator[PortionTask]:
        """Yield one task for each portion, in order."""
        for number, start in enumerate(range(0, len(self._admitted), PORTION)):
            yield PortionTask(
                number=number,
                rows=self._work,
                decided={m: decided(m) for m in self._admitted[start : start + PORTION]},
                exhibits=self._exhibits,
                secret=secret,
                out=self._work / f"portion-{number:06d}",
            )


def _column(name: str, values: Sequence[Any], kind: pa.DataType) -> pa.Table:
    return pa.table({name: pa.array(values, kind)})
