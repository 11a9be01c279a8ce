"""Documents: one row per message with all that a search, an order or a thread can ask of it.

Gathered by SQL from the settled tables, so it can be made again at any time and gives the same
rows. A message's text is that of all its readable contents, blocks found inside opened ones
included; its participants are those that inner and outer headers and envelopes name. This table
holds content of the whole case: it lies in the case's index, and nothing shows it to anyone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from zegel.processing.settled import BY_PLACE, places_of
from zegel.processing.sql import connect, parquet, put_together, quoted

if TYPE_CHECKING:
    import duckdb

PARTS = """
CREATE OR REPLACE TABLE parts AS
WITH named AS (
  SELECT message, u.content_id, u.nth
  FROM {messages} m, unnest([{{'content_id': x, 'nth': i}} FOR x, i IN m.content_ids]) AS t(u)
), inside AS (
  SELECT DISTINCT root_id, content_id FROM {sessions} WHERE root_id <> content_id
)
SELECT message, content_id, nth, false AS nested FROM named
UNION
SELECT n.message, i.content_id, n.nth, true FROM named n JOIN inside i ON i.root_id = n.content_id
"""

CONTENTS = """
CREATE OR REPLACE TABLE contents AS
SELECT * FROM {contents}
WHERE content_id IN (SELECT content_id FROM parts)
QUALIFY row_number() OVER (PARTITION BY content_id ORDER BY round DESC) = 1
"""

# The copies of an unencrypted mail are contents of their own that say the same: said once.
_SAID = """
CREATE OR REPLACE TABLE said AS
WITH p AS (
  SELECT *, row_number() OVER (PARTITION BY message, plaintext_sha256
                               ORDER BY nth, nested, content_id) = 1 AS fresh
  FROM parts LEFT JOIN contents USING (content_id)
)
SELECT p.message,
       string_agg(nullif(p.text, ''), chr(10) ORDER BY p.nth, p.nested, p.content_id)
         FILTER (p.fresh) AS text,
       arg_min(p.subject, (p.nth, p.nested, p.content_id)) AS subject,
       list(p.sender) AS sender, list(p.recipients) AS recipients,
       list(p."references") AS refs,
       list(DISTINCT nullif(p.message_id, '')) FILTER (p.message_id <> '') AS message_ids,
       min(nullif(p.chat_group, '')) AS chat_group,
       list(DISTINCT p.date_ns ORDER BY p.date_ns) FILTER (p.date_ns IS NOT NULL) AS inner_ns,
       list([a.filename FOR a IN p.attachments]) FILTER (p.fresh) AS attachments,
       max(CASE p.signature WHEN 'bad' THEN 4 WHEN 'unknown signer' THEN 3
                            WHEN 'unsupported' THEN 2 WHEN 'good' THEN 1 ELSE 0 END) AS signed
FROM p GROUP BY p.message
"""

_KEPT = """
CREATE OR REPLACE TABLE kept AS
SELECT t.message,
       list(DISTINCT s.exhibit ORDER BY s.exhibit) AS exhibits,
       list(DISTINCT s.account ORDER BY s.account) FILTER (s.account <> '') AS accounts,
       list(s.envelope) AS envelope, list(s.sender) AS sender, list(s.recipients) AS recipients,
       list(s."references") AS refs,
       arg_min(s.subject, (s.exhibit, s.entry, s."offset")) AS subject,
       list(DISTINCT s.message_id) FILTER (s.message_id <> '') AS message_ids,
       list(DISTINCT s.received_ns ORDER BY s.received_ns)
         FILTER (s.received_ns IS NOT NULL) AS received_ns,
       list(DISTINCT s.stored_ns ORDER BY s.stored_ns)
         FILTER (s.stored_ns IS NOT NULL) AS stored_ns,
       list(DISTINCT s.date_ns ORDER BY s.date_ns) FILTER (s.date_ns IS NOT NULL) AS date_ns,
       arg_min(t.clock, (t.clock_ns, t.exhibit, t.entry, t."offset")) AS clock,
       min(t.clock_ns) AS clock_ns,
       list(DISTINCT t.clock_ns ORDER BY t.clock_ns) FILTER (t.clock_ns IS NOT NULL) AS instants,
       arg_min(t.reason, CASE t.state WHEN 'readable' THEN 0 WHEN 'not encrypted' THEN 1
                                      WHEN 'partly readable' THEN 2 ELSE 3 END) AS reason
FROM {places} t JOIN {stored} s USING ({place})
GROUP BY t.message
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
       said.chat_group, coalesce(said.subject, k.subject) AS subject, said.text,
       list_filter(flatten(said.attachments), lambda name: name <> '') AS attachments,
       CASE said.signed WHEN 4 THEN 'bad' WHEN 3 THEN 'unknown signer' WHEN 2 THEN 'unsupported'
                        WHEN 1 THEN 'good' ELSE 'none' END AS signature
FROM {messages} m JOIN kept k USING (message) LEFT JOIN said USING (message)
ORDER BY m.message
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentInput:
    """The Parquet files that documents are gathered from."""

    stored: Sequence[Path]
    sessions: Sequence[Path]
    contents: Sequence[Path]
    states: Path
    messages: Path
    blocks: Path


PLACES_AT_ONCE = 300_000
"""Stored places whose messages are gathered at once: the limit of memory holds some 500,000. Each
slice reads the names of all tables again, so more slices would cost time."""
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

    `but` and `only` are tables of messages to leave out, or to keep to. What is gathered into lists
    does not spill, so it is gathered for some messages after others.
    """
    slices = 1 + pq.read_metadata(files.states).num_rows // PLACES_AT_ONCE
    parts = [out.with_name(f"{out.name}.{number}") for number in range(slices)]
    written = 0
    with connect(spill) as connection:
        for number, part in enumerate(parts):
            messages = _chosen(files.messages, but, only, _range_of(number, slices))
            written += _write(connection, files, messages, part, columns, written)
        put_together(connection, parts, out, _FORM)
    return written


def _write(
    connection: duckdb.DuckDBPyConnection,
    files: DocumentInput,
    messages: str,
    out: Path,
    columns: Sequence[str],
    first: int,
) -> int:
    """Write the documents of some messages, numbered from `first`; return how many."""
    names = {
        "stored": parquet(files.stored),
        "sessions": parquet(files.sessions),
        "contents": parquet(files.contents),
        "messages": messages,
        "places": places_of(files.states, messages),
        "place": BY_PLACE,
    }
    for step in (PARTS, CONTENTS, _SAID, _KEPT):
        connection.execute(step.format(**names))
    query = with_words(_DOCUMENTS).replace("{messages}", messages).replace("{first}", str(first))
    if columns:
        listed = ", ".join(f'"{name}"' for name in columns)
        query = f"SELECT {listed} FROM ({query}) ORDER BY message"
    connection.execute(f"COPY ({query}) TO {quoted(out)} ({_FORM})")
    return int(pq.read_metadata(out).num_rows)


def _range_of(number: int, slices: int) -> str:
    """Return the condition for the identities of one slice; slices follow each other in order.

    Identities are digests, so that equal ranges hold about as many.
    """
    low, high = (0x10000 * at // slices for at in (number, number + 1))
    conditions = [f"message >= {_blob(low)}"] if number else []
    if number + 1 < slices:
        conditions.append(f"message < {_blob(high)}")
    return " AND ".join(conditions) or "true"


def _blob(prefix: int) -> str:
    return f"unhex('{prefix:04x}')"


def _chosen(messages: Path, but: Path | None, only: Path | None, which: str) -> str:
    source = f"(SELECT * FROM {parquet([messages])} WHERE {which})"
    for how, table in (("ANTI", but), ("SEMI", only)):
        if table is not None:
            source = f"(SELECT * FROM {source} {how} JOIN {parquet([table])} t USING (message))"
    return source


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
