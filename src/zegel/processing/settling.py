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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zegel.processing.parting import runs_of
from zegel.processing.settled import INSTANT, blocks_of, identity_of
from zegel.processing.sql import (
    PACKED,
    connect,
    parquet,
    put_together,
    quoted,
    slice_of,
    slices_for,
)

if TYPE_CHECKING:
    import duckdb

# While settling, a place is a number: of the file of `stored` that tells it, and of the row there.
# Numbers come in the order of exhibits, files and offsets.
STORED = """
CREATE VIEW stored AS
SELECT *, file_index::BIGINT << 40 | file_row_number AS place FROM {stored}
"""

LAYERS = """
CREATE VIEW layers AS
SELECT file_index::BIGINT << 40 | stored_row AS place, content_id, kind = 'plain' AS plain
FROM {layers}
"""

AGAIN = """
CREATE TABLE again AS SELECT content_id FROM {sessions} GROUP BY content_id HAVING count(*) > 1
"""

# What a later round does not say again stays as it was: columns are merged, not rows.
MERGED = """
SELECT content_id, max_by(COLUMNS(* EXCLUDE (content_id, earlier)),
                          {'round': round, 'earlier': -earlier})
FROM (SELECT * REPLACE (coalesce(root_id, content_id) AS root_id),
             file_index::BIGINT << 40 | file_row_number AS earlier
      FROM {sessions} SEMI JOIN again USING (content_id) WHERE {slice})
GROUP BY content_id
"""

# The algorithm of a block is that of its key, with the key's size or curve, and its cipher.
BLOCKS = """
CREATE VIEW blocks AS
WITH known AS (
  SELECT fingerprint, any_value(algorithm) AS algorithm, any_value(bits) AS bits,
         any_value(curve) AS curve FROM {keys} GROUP BY fingerprint
)
SELECT content_id, state, reason, detail, CASE
    WHEN session_algorithm IS NULL AND k.algorithm IS NULL THEN 'none'
    ELSE concat_ws('.', coalesce(k.algorithm::VARCHAR, ''), coalesce(k.bits::VARCHAR, ''),
         coalesce(lower(regexp_replace(k.curve, '[^A-Za-z0-9]', '', 'g')), ''),
         coalesce(session_algorithm::VARCHAR, '')) END AS algorithm
FROM {blocks} b LEFT JOIN known k ON k.fingerprint = b.key_fingerprint
"""

CONTENT = """
CREATE VIEW content AS
WITH often AS (SELECT content_id FROM {contents} GROUP BY content_id HAVING count(*) > 1)
SELECT content_id, plaintext_sha256, message_id, signature, date_ns
FROM {contents} ANTI JOIN often USING (content_id)
UNION ALL
SELECT content_id, max_by(plaintext_sha256, round), max_by(message_id, round),
       max_by(signature, round), max_by(date_ns, round)
FROM {contents} SEMI JOIN often USING (content_id) GROUP BY content_id
"""

INSIDE = """
CREATE TABLE inside AS
SELECT DISTINCT root_id, content_id FROM {sessions} WHERE root_id <> content_id
"""

# Nearly every place has one layer with nothing inside it: nothing of those has to be gathered.
SEVERAL = """
CREATE TABLE several AS
SELECT place FROM layers GROUP BY place HAVING count(*) > 1
UNION
SELECT place FROM layers l SEMI JOIN inside i ON i.root_id = l.content_id
"""

GATHERED = """
WITH one AS (SELECT * FROM layers SEMI JOIN several USING (place) WHERE {slice}),
ended AS (
  SELECT place, state, reason, detail, algorithm FROM one JOIN blocks USING (content_id)
  UNION ALL
  SELECT place, state, reason, detail, NULL
  FROM one JOIN inside ON inside.root_id = one.content_id
  JOIN blocks ON blocks.content_id = inside.content_id
), worst AS (
  SELECT place, list_distinct(list(state)) AS states,
         arg_max({'reason': reason, 'detail': detail},
           CASE state WHEN 'damaged' THEN 4 WHEN 'unsupported' THEN 3
                      WHEN 'key locked' THEN 2 WHEN 'no key' THEN 1 ELSE 0 END) AS why,
         CASE WHEN min(algorithm) <> max(algorithm) THEN 'several' ELSE min(algorithm) END
           AS algorithm
  FROM ended GROUP BY place
), held AS (
  SELECT place, list(content_id ORDER BY plain, content_id) AS content_ids,
         NOT bool_or(plain) AS alone
  FROM one GROUP BY place
)
SELECT place, content_ids, alone, why.reason AS reason, why.detail AS detail, algorithm,
       CASE WHEN states IS NULL OR len(states) = 1 THEN states[1]
            WHEN list_contains(states, 'readable') THEN 'partly readable'
            WHEN list_contains(states, 'damaged') THEN 'damaged'
            WHEN list_contains(states, 'unsupported') THEN 'unsupported'
            WHEN list_contains(states, 'key locked') THEN 'key locked'
            ELSE 'no key' END AS state
FROM held LEFT JOIN worst USING (place)
"""

STATES = """
CREATE TABLE states AS
WITH ended AS (
  SELECT place, content_id, NOT plain AS alone, state, reason, detail, algorithm
  FROM layers ANTI JOIN several USING (place) LEFT JOIN blocks USING (content_id)
  UNION ALL
  SELECT place, content_ids[1], alone, state, reason, detail, algorithm FROM gathered
)
SELECT s.place, s.message_id, e.content_id, e.alone,
       coalesce({instant}, c.date_ns) AS clock_ns,
       CASE WHEN {instant} IS NOT NULL THEN s.clock
            WHEN c.date_ns IS NOT NULL THEN 'inner' ELSE 'none' END AS clock,
       CASE WHEN NOT s.is_message THEN 'not a message'
            ELSE coalesce(e.state, 'not encrypted') END AS state,
       CASE WHEN NOT s.is_message AND s.format = 'openpgp' THEN 'armour-without-openpgp'
            WHEN NOT s.is_message THEN 'store-record'
            WHEN e.state IS NULL THEN 'plain' ELSE e.reason END AS reason,
       coalesce(e.detail, '') AS detail, coalesce(e.algorithm, 'none') AS algorithm,
       c.plaintext_sha256, c.signature
FROM stored s LEFT JOIN ended e USING (place) LEFT JOIN content c USING (content_id)
"""

# Each stored message has up to two names; equal names make one message. A name is octets: those of
# one identity, or more of them, the first of which says how many identities they begin with.
CALLED = """
CREATE TABLE called AS
SELECT place, content_id AS name FROM states ANTI JOIN several USING (place) WHERE alone
UNION ALL
SELECT place, encode(len(ids) || ':') || unhex(array_to_string([hex(x) FOR x IN ids], '')) ||
         encode(CASE WHEN alone THEN '' ELSE coalesce('m' || message_id, 'p' || place) END)
FROM (SELECT place, s.alone, message_id, coalesce(content_ids, [content_id]) AS ids
      FROM states s LEFT JOIN gathered g USING (place)
      WHERE content_ids IS NOT NULL OR NOT s.alone)
UNION ALL
SELECT place, encode('m') || plaintext_sha256 || encode(message_id)
FROM states WHERE message_id <> '' AND plaintext_sha256 IS NOT NULL
"""

# From here on a name is the lowest place that has it; one that no two share joins nothing.
NAMES = """
CREATE TABLE names AS
WITH shared AS (SELECT name, min(place) AS lowest FROM called GROUP BY name HAVING count(*) > 1)
SELECT DISTINCT place, lowest AS name FROM called JOIN shared USING (name)
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

# A message is called by its first place: the one whose number is the label of them all.
MEMBERS = """
CREATE TABLE members AS
SELECT place, coalesce(label, place) AS label, content_id, clock_ns, state
FROM states LEFT JOIN labels USING (place) WHERE content_id IS NOT NULL
"""

# Nearly every message has one content in all its places: nothing of those has to be gathered.
TOLD = """
CREATE TABLE told AS
SELECT label, count(*) AS copies, min(clock_ns) AS clock_ns, min(content_id) AS content_id,
       min(content_id) <> max(content_id) OR count(s.place) > 0 AS mixed,
       min_by(state, (CASE state WHEN 'readable' THEN 0 WHEN 'not encrypted' THEN 1
                      WHEN 'partly readable' THEN 2 ELSE 3 END)::BIGINT << 60 | place) AS state
FROM members LEFT JOIN several s USING (place) GROUP BY label
"""

MIXED = """
SELECT label, list_sort(list(DISTINCT layers.content_id)) AS content_ids
FROM members SEMI JOIN (FROM told WHERE mixed) USING (label) JOIN layers USING (place)
WHERE {slice} GROUP BY label
"""

MESSAGES = """
CREATE TABLE messages AS
SELECT (row_number() OVER (ORDER BY {identity}) - 1)::INTEGER AS number, label,
       {identity} AS message, copies, coalesce(content_ids, [content_id]) AS content_ids,
       t.clock_ns, state
FROM told t JOIN stored s ON s.place = label LEFT JOIN mixed USING (label)
"""

NUMBERED = """
CREATE TABLE numbered AS
SELECT place, number FROM members JOIN messages USING (label)
"""

# Some files of `stored` after others: joins of all places at once are more than memory holds.
OUT = """
SELECT s.exhibit, s.entry, s.path, s."offset", s.length, s.format, s.store, s.account, s.folder,
       t.clock_ns, t.clock, t.state, t.reason, t.detail, t.algorithm, t.signature,
       n.number AS message_number
FROM {placed} s JOIN (FROM states WHERE {some}) t USING (place)
LEFT JOIN (FROM numbered WHERE {some}) n USING (place) ORDER BY place
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
    keys: Sequence[Path]
    seals: Mapping[str, str]
    """Of the exhibits, by their identity."""


def settle(files: Settled, out: Path, spill: Path) -> None:
    """Write `states`, `messages` and `blocks` as Parquet files into the folder `out`.

    What lists are gathered from is taken a slice of keys at a time, since they cannot spill.
    """
    tables = ("stored", "layers", "sessions", "contents", "keys")
    names = {name: parquet(getattr(files, name)) for name in tables}
    names |= {"instant": INSTANT, "identity": identity_of(files.seals)}
    with connect(spill) as connection:

        def make(step: str) -> None:
            for name, table in names.items():
                step = step.replace("{" + name + "}", table)
            connection.execute(step)

        def write(table: str, rows: str) -> None:
            place = quoted(out / f"{table}.parquet")
            connection.execute(f"COPY ({rows}) TO {place} ({PACKED})")

        make(AGAIN)
        merged = MERGED.replace("{sessions}", names["sessions"])
        _gather(connection, "merged", merged, "content_id", "again")
        write("blocks", "SELECT * FROM merged ORDER BY content_id")
        names["blocks"] = blocks_of(files.sessions, out / "blocks.parquet")
        for step in (STORED, LAYERS, BLOCKS, CONTENT, INSIDE, SEVERAL):
            make(step)
        _gather(connection, "gathered", GATHERED, "place", "several")
        for step in (STATES, CALLED, NAMES):
            make(step)
        connection.execute("DROP TABLE called")
        join_messages(connection)
        make(MEMBERS)
        make(TOLD)
        _gather(connection, "mixed", MIXED, "label", "(FROM told WHERE mixed)")
        make(MESSAGES)
        write("messages", "SELECT * EXCLUDE (label) FROM messages ORDER BY number")
        make(NUMBERED)
        for name in ("members", "told", "messages"):
            connection.execute(f"DROP TABLE {name}")
        _write_states(connection, files.stored, out / "states.parquet")


def _write_states(connection: duckdb.DuckDBPyConnection, stored: Sequence[Path], out: Path) -> None:
    runs = runs_of(stored)
    parts = [out.with_name(f"{out.name}.{number}") for number in range(len(runs))]
    for run, part in zip(runs, parts, strict=True):
        query = OUT.replace("{placed}", run.placed).replace("{some}", run.within)
        connection.execute(f"COPY ({query}) TO {quoted(part)} ({PACKED})")
    put_together(connection, parts, out, PACKED)


def _gather(
    connection: duckdb.DuckDBPyConnection, table: str, query: str, key: str, of: str
) -> None:
    """Make `table` by a query that gathers lists, as many rows of the table `of` at a time."""
    ((rows,),) = connection.execute(f"SELECT count(*) FROM {of}").fetchall()
    slices = slices_for(rows)
    for number in range(slices):
        one = query.replace("{slice}", f"{slice_of(key, slices)} = {number}")
        into = f"INSERT INTO {table}" if number else f"CREATE TABLE {table} AS"
        connection.execute(f"{into} {one}")


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
