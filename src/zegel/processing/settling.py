"""Settle: one state for every stored message, one message for what a person wrote once.

Derived by SQL from the tables before it, so it can be made again at any time and gives the same
rows. Rules (docs/explanation/states.md):

- A block found inside an opened one counts as a layer of every message that holds the outer one.
- The state of a message is that of its encrypted layers. Where they differ it is `partly
  readable` if one of them is readable, else the gravest of damaged, unsupported, key locked and
  no key. Text around an encrypted block does not change it. With none encrypted it is
  `not encrypted`.
- Stored messages are one message when they hold the same ciphertexts and no text of their own
  around them, or the same Message-ID and the same plaintext.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zegel.processing.sql import PACKED, connect, parquet, quoted, slice_of, slices_of

if TYPE_CHECKING:
    import duckdb

BLOCKS = """
SELECT content_id, max_by(COLUMNS(* EXCLUDE (content_id)), round)
FROM {sessions} WHERE {slice} GROUP BY content_id
"""

CONTENT = """
SELECT content_id, max_by(plaintext_sha256, round) AS plaintext_sha256,
       max_by(message_id, round) AS message_id, max_by(signature, round) AS signature,
       max_by(date_ns, round) AS date_ns
FROM {contents} WHERE {slice} GROUP BY content_id
"""

LAYER_STATES = """
CREATE TABLE layer_states AS
WITH inside AS (
  SELECT DISTINCT root_id, content_id FROM {sessions} WHERE root_id <> content_id
)
SELECT layers.stored_id, blocks.state, blocks.reason, blocks.detail
FROM {layers} layers JOIN blocks USING (content_id)
UNION ALL
SELECT layers.stored_id, blocks.state, blocks.reason, blocks.detail
FROM {layers} layers JOIN inside ON inside.root_id = layers.content_id
JOIN blocks ON blocks.content_id = inside.content_id
"""

GATHERED = """
SELECT stored_id,
       list_distinct(list(state)) AS states,
       arg_max({'reason': reason, 'detail': detail},
         CASE state WHEN 'damaged' THEN 4 WHEN 'unsupported' THEN 3
                    WHEN 'key locked' THEN 2 WHEN 'no key' THEN 1 ELSE 0 END) AS why
FROM layer_states WHERE {slice} GROUP BY stored_id
"""

STATES = """
CREATE TABLE states AS
SELECT row_number() OVER (ORDER BY s.exhibit, s.entry, s."offset") AS place,
       s.stored_id, s.exhibit, s.entry, s.path, s."offset", s.length, s.sha256, s.format,
       s.store, s.account, s.folder, s.message_id AS header_message_id,
       coalesce(s.clock_ns, c.date_ns) AS clock_ns,
       CASE WHEN s.clock_ns IS NOT NULL THEN s.clock
            WHEN c.date_ns IS NOT NULL THEN 'inner' ELSE 'none' END AS clock,
       CASE WHEN NOT s.is_message THEN 'not a message'
            WHEN g.states IS NULL THEN 'not encrypted'
            WHEN len(g.states) = 1 THEN g.states[1]
            WHEN list_contains(g.states, 'readable') THEN 'partly readable'
            WHEN list_contains(g.states, 'damaged') THEN 'damaged'
            WHEN list_contains(g.states, 'unsupported') THEN 'unsupported'
            WHEN list_contains(g.states, 'key locked') THEN 'key locked'
            ELSE 'no key' END AS state,
       CASE WHEN NOT s.is_message AND s.format = 'openpgp' THEN 'armour-without-openpgp'
            WHEN NOT s.is_message THEN 'store-record'
            WHEN g.states IS NULL THEN 'plain' ELSE g.why.reason END AS reason,
       coalesce(g.why.detail, '') AS detail,
       f.content_ids, f.alone, c.plaintext_sha256, c.signature
FROM {stored} s
LEFT JOIN gathered g USING (stored_id)
LEFT JOIN first_content f USING (stored_id)
LEFT JOIN content c ON c.content_id = f.content_ids[1]
"""

FIRST_CONTENT = """
SELECT stored_id,
       list(content_id ORDER BY kind = 'plain', content_id) AS content_ids,
       NOT bool_or(kind = 'plain') AS alone
FROM {layers} WHERE {slice} GROUP BY stored_id
"""

# Each stored message has up to two names; equal names make one message.
NAMES = """
CREATE TABLE names AS
SELECT place, {'ids': content_ids, 'beside': CASE WHEN alone THEN ''
                 ELSE coalesce(header_message_id, hex(stored_id)) END} AS name
FROM states WHERE content_ids IS NOT NULL AND state <> 'not a message'
UNION ALL
SELECT place, {'ids': [plaintext_sha256], 'beside': 'm' || header_message_id} AS name
FROM states
WHERE header_message_id <> '' AND plaintext_sha256 IS NOT NULL AND state <> 'not a message'
"""

SPREAD = """
CREATE OR REPLACE TABLE labels AS
WITH lowest AS (SELECT name, min(l.label) AS label FROM names n JOIN labels l USING (place)
                GROUP BY name)
SELECT n.place, min(lowest.label) AS label FROM names n JOIN lowest USING (name)
GROUP BY n.place
"""

# For long chains of names: where a place found a lower label, the place it was labelled with gets
# that one too, and every label is followed once. So rounds grow as the logarithm of a chain.
FOLLOW = """
CREATE OR REPLACE TABLE labels AS
WITH hooked AS (
  SELECT place, min(label) AS label
  FROM (SELECT place, label FROM labels
        UNION ALL
        SELECT earlier.label AS place, labels.label FROM earlier JOIN labels USING (place))
  GROUP BY place
)
SELECT h.place, least(h.label, further.label) AS label
FROM hooked h JOIN hooked further ON further.place = h.label
"""

MESSAGES = """
WITH member AS (
  SELECT s.stored_id, s.place, s.content_ids, s.clock_ns, s.state, labels.label
  FROM states s JOIN labels USING (place) WHERE {slice}
)
SELECT min_by(stored_id, place) AS message, count(*) AS copies,
       list_sort(list(stored_id)) AS stored,
       list_sort(list_distinct(flatten(list(content_ids)))) AS content_ids,
       min(clock_ns) AS clock_ns,
       min_by(state, CASE state WHEN 'readable' THEN 0 WHEN 'not encrypted' THEN 1
                     WHEN 'partly readable' THEN 2 ELSE 3 END) AS state
FROM member GROUP BY label
"""


_SHORT = 2
"""Rounds that nearly every case needs; only longer chains are worth following."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The Parquet files that settling reads."""

    stored: Sequence[Path]
    layers: Sequence[Path]
    sessions: Sequence[Path]
    contents: Sequence[Path]


def settle(files: Settled, out: Path, spill: Path) -> None:
    """Write `states`, `messages` and `blocks` as Parquet files into the folder `out`.

    What lists are gathered from is taken a slice of keys at a time, since they cannot spill.
    """
    sessions, layers = parquet(files.sessions), parquet(files.layers)
    stored = slices_of(files.layers)
    with connect(spill) as connection:
        blocks = BLOCKS.replace("{sessions}", sessions)
        contents = CONTENT.replace("{contents}", parquet(files.contents))
        _gather(connection, "blocks", blocks, "content_id", slices_of(files.sessions))
        _gather(connection, "content", contents, "content_id", slices_of(files.contents))
        connection.execute(LAYER_STATES.replace("{layers}", layers).replace("{sessions}", sessions))
        first = FIRST_CONTENT.replace("{layers}", layers)
        _gather(connection, "first_content", first, "stored_id", stored)
        _gather(connection, "gathered", GATHERED, "stored_id", stored)
        connection.execute(STATES.replace("{stored}", parquet(files.stored)))
        connection.execute(NAMES)
        join_messages(connection)
        _gather(connection, "messages", MESSAGES, "labels.label", stored)
        for table, rows in (
            ("states", "SELECT * EXCLUDE (place) FROM states ORDER BY place"),
            ("messages", "SELECT * FROM messages ORDER BY message"),
            ("blocks", "SELECT * FROM blocks ORDER BY content_id"),
        ):
            place = quoted(out / f"{table}.parquet")
            connection.execute(f"COPY ({rows}) TO {place} ({PACKED})")


def _gather(
    connection: duckdb.DuckDBPyConnection, table: str, query: str, key: str, slices: int
) -> None:
    for number in range(slices):
        rows = query.replace("{slice}", slice_of(key, number, slices))
        into = f"INSERT INTO {table}" if number else f"CREATE TABLE {table} AS"
        connection.execute(f"{into} {rows}")


def join_messages(connection: duckdb.DuckDBPyConnection) -> int:
    """Spread the lowest label over all that shares a name, until nothing changes; count rounds."""
    connection.execute("CREATE TABLE labels AS SELECT DISTINCT place, place AS label FROM names")
    total = "SELECT coalesce(sum(label), 0) FROM labels"
    before, rounds = None, 0
    while (after := connection.execute(total).fetchall()[0][0]) != before:
        before, rounds = after, rounds + 1
        if rounds <= _SHORT:
            connection.execute(SPREAD)
        else:
            connection.execute("CREATE OR REPLACE TABLE earlier AS FROM labels")
            connection.execute(SPREAD)
            connection.execute(FOLLOW)
    return rounds
