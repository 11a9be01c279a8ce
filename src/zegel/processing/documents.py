"""Documents: one row per message with all that a search, an order or a thread can ask of it.

Gathered by SQL from the settled tables, so it can be made again at any time and gives the same
rows. A message's text is that of all its readable contents, blocks found inside opened ones
included; its participants are those that inner and outer headers and envelopes name. This table
holds content of the whole case: it lies in the case's index, and nothing shows it to anyone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from zegel.processing.bymessage import Columns, DocumentInput, Slice, by_message
from zegel.processing.sql import connect, parquet, put_together, quoted
from zegel.processing.texts import Said, Texts, write_with_texts

if TYPE_CHECKING:
    import duckdb

_COLUMNS = Columns(
    places="""t.clock, t.clock_ns, t.state, t.reason, s.exhibit, s.entry, s."offset", s.account,
              s.envelope, s.sender, s.recipients, s."references", s.subject, s.message_id,
              s.received_ns, s.stored_ns, s.date_ns""",
    contents="""c.plaintext_sha256, c.place, c.subject, c.sender, c.recipients, c."references",
                c.message_id, c.chat_group, c.date_ns, c.attachments, c.signature""",
)

# The copies of an unencrypted mail are contents of their own that say the same: said once.
_SAID = """
CREATE OR REPLACE TABLE said AS
WITH p AS (
  SELECT *, row_number() OVER (PARTITION BY number, plaintext_sha256
                               ORDER BY nth, nested, content_id) = 1 AS fresh
  FROM {parts} LEFT JOIN {contents} USING (number, content_id, nth, nested)
)
SELECT p.number,
       list(p.place ORDER BY p.nth, p.nested, p.content_id)
         FILTER (p.fresh AND p.place IS NOT NULL) AS texts,
       arg_min(p.subject, (p.nth, p.nested, p.content_id)) AS subject,
       list(p.sender) AS sender, list(p.recipients) AS recipients,
       list(p."references") AS refs,
       list(DISTINCT nullif(p.message_id, '')) FILTER (p.message_id <> '') AS message_ids,
       min(nullif(p.chat_group, '')) AS chat_group,
       list(DISTINCT p.date_ns ORDER BY p.date_ns) FILTER (p.date_ns IS NOT NULL) AS inner_ns,
       list([a.filename FOR a IN p.attachments]) FILTER (p.fresh) AS attachments,
       max(CASE p.signature WHEN 'bad' THEN 4 WHEN 'unknown signer' THEN 3
                            WHEN 'unsupported' THEN 2 WHEN 'good' THEN 1 ELSE 0 END) AS signed
FROM p GROUP BY p.number
"""

_KEPT = """
CREATE OR REPLACE TABLE kept AS
SELECT number,
       list(DISTINCT exhibit ORDER BY exhibit) AS exhibits,
       list(DISTINCT account ORDER BY account) FILTER (account <> '') AS accounts,
       list(envelope) AS envelope, list(sender) AS sender, list(recipients) AS recipients,
       list("references") AS refs,
       arg_min(subject, (exhibit, entry, "offset")) AS subject,
       list(DISTINCT message_id) FILTER (message_id <> '') AS message_ids,
       list(DISTINCT received_ns ORDER BY received_ns)
         FILTER (received_ns IS NOT NULL) AS received_ns,
       list(DISTINCT stored_ns ORDER BY stored_ns)
         FILTER (stored_ns IS NOT NULL) AS stored_ns,
       list(DISTINCT date_ns ORDER BY date_ns) FILTER (date_ns IS NOT NULL) AS date_ns,
       arg_min(clock, (clock_ns, exhibit, entry, "offset")) AS clock,
       min(clock_ns) AS clock_ns,
       list(DISTINCT clock_ns ORDER BY clock_ns) FILTER (clock_ns IS NOT NULL) AS instants,
       arg_min(reason, CASE state WHEN 'readable' THEN 0 WHEN 'not encrypted' THEN 1
                                      WHEN 'partly readable' THEN 2 ELSE 3 END) AS reason
FROM {places}
GROUP BY number
"""

_DOCUMENTS = """
SELECT (row_number() OVER (ORDER BY m.message) - 1 + {first})::INTEGER AS number,
       m.message, m.state,
       k.reason, k.clock, k.clock_ns, k.instants, k.received_ns, k.stored_ns, said.inner_ns,
       k.date_ns,
       k.exhibits, k.accounts, {words:k.envelope} AS envelope,
       {words:said.sender|k.sender} AS sender,
       {words:said.recipients|k.recipients} AS recipients,
       {words:said.refs|k.refs} AS "references",
       list_sort(list_distinct(list_concat(said.message_ids, k.message_ids))) AS message_ids,
       said.chat_group, coalesce(said.subject, k.subject) AS subject, said.texts,
       list_filter(flatten(said.attachments), lambda name: name <> '') AS attachments,
       CASE said.signed WHEN 4 THEN 'bad' WHEN 3 THEN 'unknown signer' WHEN 2 THEN 'unsupported'
                        WHEN 1 THEN 'good' ELSE 'none' END AS signature
FROM {messages} m JOIN kept k USING (number) LEFT JOIN said USING (number)
ORDER BY m.message
"""


_FORM = "FORMAT parquet, COMPRESSION zstd"

WHO_AND_WHEN = (
    "number", "message", "state", "instants", "accounts", "envelope", "sender", "recipients",
    "message_ids", "references", "chat_group", "exhibits",
)  # fmt: skip
"""Columns that say nothing of what was written."""


def write_documents(
    files: DocumentInput,
    out: Path,
    spill: Path,
    *,
    but: Path | None = None,
    only: Path | None = None,
    columns: Sequence[str] = (),
) -> int:
    """Write one row per message to `out`, in the order of identities; return how many.

    `but` and `only` are tables of messages to leave out, or to keep to.
    """
    written = 0
    with connect(spill) as connection:
        chosen = _chosen(but, only)
        with by_message(connection, files, _COLUMNS, out, chosen=chosen) as slices:
            parts = [out.with_name(f"{out.name}.{number}") for number in range(len(slices))]
            for one, part in zip(slices, parts, strict=True):
                written += _write(connection, one, part, columns, written)
        if columns:
            put_together(connection, parts, out, _FORM)
    if not columns:
        with Texts(files.contents, "text", out.with_name(f"{out.name}.texts")) as texts:
            write_with_texts(parts, out, _said(texts))
    return written


def _said(texts: Texts) -> Said:
    def value(places: Sequence[int] | None) -> str | None:
        return "\n".join(filter(None, map(texts.at, places or ()))) or None

    field = pa.field("text", pa.string())
    return Said(column=field, of=("texts",), texts=(texts,), value=value)


def _write(
    connection: duckdb.DuckDBPyConnection,
    some: Slice,
    out: Path,
    columns: Sequence[str],
    first: int,
) -> int:
    """Write the documents of some messages, numbered from `first`; return how many."""
    connection.execute(_SAID.format(parts=some.parts, contents=some.contents))
    connection.execute(_KEPT.format(places=some.places))
    query = with_words(_DOCUMENTS).replace("{messages}", some.messages)
    query = query.replace("{first}", str(first))
    if columns:
        listed = ", ".join(f'"{name}"' for name in columns)
        query = f"SELECT {listed} FROM ({query}) ORDER BY message"
    connection.execute(f"COPY ({query}) TO {quoted(out)} ({_FORM})")
    return int(pq.read_metadata(out).num_rows)


def _chosen(but: Path | None, only: Path | None) -> str:
    return " ".join(
        f"{how} JOIN {parquet([table])} {how.lower()}_these USING (message)"
        for how, table in (("ANTI", but), ("SEMI", only))
        if table is not None
    )


def with_words(query: str) -> str:
    """Put in, for each `{words:a|b}`, the sorted distinct words of those lists of lists."""
    pieces = query.split("{words:")
    done = [pieces[0]]
    for piece in pieces[1:]:
        columns, _, rest = piece.partition("}")
        joined = "flatten(" + columns.split("|")[0] + ")"
        for column in columns.split("|")[1:]:
            joined = f"list_concat({joined}, flatten({column}))"
        done.append(f"list_sort(list_distinct(list_filter({joined}, lambda w: w <> ''))){rest}")
    return "".join(done)
