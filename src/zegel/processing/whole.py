"""Everything a message says and whom it names, one row each, for whoever must not miss anything.

Gathered by SQL from the settled tables like documents, and wider: display names, other fields,
what attachments say. `basis` is a digest of what a message is made of: as long as it stays, no new
look at the message can find more. The rows hold content of the whole case; nobody is shown them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zegel.processing.bymessage import PARTS, DocumentInput
from zegel.processing.documents import with_words
from zegel.processing.settled import BY_PLACE, places_of
from zegel.processing.sql import connect, parquet, quoted

GROUP = 2048
"""Rows that are looked at together."""

CONTENTS = """
CREATE OR REPLACE TABLE contents AS
SELECT * FROM {contents}
WHERE content_id IN (SELECT content_id FROM parts)
QUALIFY row_number() OVER (PARTITION BY content_id ORDER BY round DESC) = 1
"""

_BASIS = """
CREATE TABLE basis AS
WITH made AS (
  SELECT message, string_agg(hex(content_id) || coalesce(hex(plaintext_sha256), ''), ','
                             ORDER BY content_id) AS contents
  FROM (SELECT DISTINCT message, content_id FROM parts)
  LEFT JOIN (SELECT content_id, max_by(plaintext_sha256, round) AS plaintext_sha256
             FROM {contents} GROUP BY content_id) USING (content_id)
  GROUP BY message
), lying AS (
  SELECT message, string_agg(concat_ws(':', {place}), ',' ORDER BY {place}) AS places
  FROM {places} GROUP BY message
)
SELECT message, unhex(sha256(places || '|' || coalesce(contents, ''))) AS basis
FROM lying LEFT JOIN made USING (message)
"""

_NEW = """
CREATE TABLE fresh AS SELECT b.* FROM basis b ANTI JOIN ({known}) k USING (message, basis)
"""
_NOTHING_KNOWN = "SELECT NULL::BLOB AS message, NULL::BLOB AS basis WHERE false"

_WHOLE = """
WITH said AS (
  SELECT p.message,
         list(c.sender) AS sender, list(c.recipients) AS recipients,
         list(c.also_named) AS also_named,
         list(c.subject) AS subjects, list(c.text) AS texts, list(c.attached_text) AS attached,
         list([a.filename FOR a IN c.attachments]) AS filenames,
         list([a.content_type FOR a IN c.attachments]) AS types,
         list(c."references") AS refs, list(c.message_id) AS ids, list(c.chat_group) AS groups
  FROM (SELECT DISTINCT message, content_id FROM parts) p JOIN contents c USING (content_id)
  GROUP BY p.message
), kept AS (
  SELECT place.message,
         list(s.sender) AS sender, list(s.recipients) AS recipients, list(s.envelope) AS envelope,
         list([s.account]) AS accounts, list(s.also_named) AS also_named,
         list(s."references") AS refs, list(s.message_id) AS ids, list(s.subject) AS subjects
  FROM {places} place SEMI JOIN fresh USING (message)
  JOIN {stored} s USING ({place}) GROUP BY place.message
)
SELECT f.message, f.basis,
       {words:said.sender|kept.sender|said.recipients|kept.recipients|kept.envelope|kept.accounts}
         AS addresses,
       {words:said.also_named|kept.also_named|said.filenames} AS names,
       list_filter(list_distinct(list_concat(said.subjects, kept.subjects,
                                             said.texts, said.attached)),
                   lambda t: t <> '') AS texts,
       coalesce(flatten(said.filenames), []) AS filenames,
       coalesce(flatten(said.types), []) AS types,
       {words:said.refs|kept.refs|[said.ids]|[kept.ids]} AS ids,
       list_sort(list_distinct(list_filter(said.groups, lambda g: g <> ''))) AS groups
FROM fresh f LEFT JOIN said USING (message) LEFT JOIN kept USING (message)
ORDER BY f.message
"""


def write_whole(
    files: DocumentInput, known: Sequence[Path], out: Path, bases: Path, spill: Path
) -> int:
    """Write to `out` the messages that no row of `known` knows as they are now; return how many.

    `bases` gets message and basis of every message of the case.
    """
    names = {
        "stored": parquet(files.stored),
        "sessions": parquet(files.sessions),
        "contents": parquet(files.contents),
        "messages": parquet([files.messages]),
        "places": places_of(files.states, parquet([files.messages])),
        "place": BY_PLACE,
        "key": "message",
        "known": f"SELECT message, basis FROM {parquet(known)}" if known else _NOTHING_KNOWN,
    }
    with connect(spill) as connection:
        connection.execute(PARTS.format(**names))
        connection.execute(_BASIS.format(**names))
        connection.execute(_NEW.format(**names))
        # What was looked at before is not read again.
        connection.execute("DELETE FROM parts WHERE message NOT IN (SELECT message FROM fresh)")
        connection.execute(CONTENTS.format(**names))
        query = with_words(_WHOLE)
        for name, value in names.items():
            query = query.replace("{" + name + "}", value)
        form = f"FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {GROUP}"
        connection.execute(f"COPY ({query}) TO {quoted(out)} ({form})")
        connection.execute(
            f"COPY (SELECT * FROM basis ORDER BY message) TO {quoted(bases)} (FORMAT parquet)"
        )
        counted = connection.execute("SELECT count(*) FROM fresh").fetchall()
        return int(counted[0][0])
