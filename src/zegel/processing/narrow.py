"""A narrow copy of documents: what orders are decided by, as numbers, so that millions read fast.

`people.parquet` holds each address once, in small letters; its row is its number. `narrow.parquet`
holds one row per document in the same order: state, clocks, exhibits, numbers of the people, and
digests in place of the names that make threads and conversations. It follows from the documents
alone and holds no text.

A digest is the first 128 bits of SHA-256: two names that share one would have to be sought by
2^64 trials.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from zegel.processing.sql import connect, parquet, put_together, quoted

if TYPE_CHECKING:
    import duckdb

PEOPLE, NARROW = "people.parquet", "narrow.parquet"
DOCUMENTS_AT_ONCE = 500_000
_FORM = "FORMAT parquet, COMPRESSION zstd"

_PAIRS = """
CREATE OR REPLACE TABLE pairs AS
SELECT DISTINCT number, w.id FROM (
  SELECT number, unnest(list_concat(coalesce(accounts, []), envelope, sender, recipients)) AS raw
  FROM documents
) JOIN who w USING (raw)
"""

_MINE = """
CREATE OR REPLACE TABLE mine AS
SELECT number, list(id ORDER BY id) AS people FROM pairs GROUP BY number
"""

# Who talks: sender and recipients as written; where a mail names none, whoever has it.
_LONELY = """
CREATE OR REPLACE TABLE lonely AS
SELECT number, list_sort(list(p.account)) AS names
FROM documents d JOIN pairs USING (number) JOIN people p USING (id)
WHERE len(d.sender) + len(d.recipients) = 0 GROUP BY number
"""

_NARROW = """
SELECT d.number, d.state, coalesce(d.instants, []) AS instants, d.exhibits,
       coalesce(m.people, []) AS people,
       list_concat(
         list_transform(list_concat(d.message_ids, d."references"), lambda x: {digest:'i' || x}),
         CASE WHEN d.chat_group <> '' THEN [{digest:'g' || d.chat_group}] ELSE [] END
       ) AS names,
       CASE WHEN d.chat_group <> '' THEN {digest:'g' || d.chat_group}
            ELSE {digest:'t' || array_to_string(list_transform(
              coalesce(l.names, list_sort(list_distinct(list_concat(d.sender, d.recipients)))),
              lambda x: length(x) || ':' || x), '')} END AS conversation
FROM documents d LEFT JOIN mine m USING (number) LEFT JOIN lonely l USING (number)
ORDER BY d.number
"""


def write_narrow(documents: Path, folder: Path, spill: Path) -> None:
    """Write the narrow copy of `documents` into `folder`."""
    with connect(spill) as connection:
        connection.execute(f"CREATE VIEW documents AS SELECT * FROM {parquet([documents])}")
        raw = connection.execute(
            "SELECT DISTINCT raw FROM (SELECT unnest(list_concat(coalesce(accounts, []), envelope,"
            " sender, recipients)) AS raw FROM documents) WHERE raw IS NOT NULL ORDER BY raw"
        ).fetchall()
        # Small letters are Python's, as everywhere else: SQL has others.
        small = {name: name.lower() for (name,) in raw}
        numbers = {name: number for number, name in enumerate(sorted(set(small.values())))}
        people = pa.table({"account": pa.array(list(numbers), pa.string())})
        pq.write_table(people, folder / PEOPLE)
        whose = [numbers[name] for name in small.values()]
        who = pa.table(
            {"raw": pa.array(list(small), pa.string()), "id": pa.array(whose, pa.int32())}
        )
        by_id = people.append_column("id", pa.array(range(len(numbers)), pa.int32()))
        connection.register("who", who)
        connection.register("people", by_id)
        _write(connection, documents, folder / NARROW)


def _write(connection: duckdb.DuckDBPyConnection, documents: Path, out: Path) -> None:
    """Write the rows of some documents after others: the lists of people do not spill."""
    count = pq.read_metadata(documents).num_rows
    parts: list[Path] = []
    for first in range(0, max(1, count), DOCUMENTS_AT_ONCE):
        some = f"number >= {first} AND number < {first + DOCUMENTS_AT_ONCE}"
        connection.execute(
            f"CREATE OR REPLACE VIEW documents AS SELECT * FROM {parquet([documents])} WHERE {some}"
        )
        for step in (_PAIRS, _MINE, _LONELY):
            connection.execute(step)
        parts.append(out.with_name(f"{out.name}.{len(parts)}"))
        query = _with_digests(_NARROW)
        connection.execute(f"COPY ({query}) TO {quoted(parts[-1])} ({_FORM})")
    put_together(connection, parts, out, _FORM)


def _with_digests(query: str) -> str:
    """Put in, for each `{digest:x}`, the digest of that text; the braces may nest no further."""
    pieces = query.split("{digest:")
    done = [pieces[0]]
    for piece in pieces[1:]:
        text, _, rest = piece.partition("}")
        done.append(f"unhex(left(sha256({text}), 32)){rest}")
    return "".join(done)
