"""Everything a message says and whom it names, one row each, for whoever must not miss anything.

Gathered by SQL from the settled tables like documents, and wider: display names, other fields,
what attachments say. `basis` is a digest of what a message is made of: as long as it stays, no new
look at the message can find more. The rows hold content of the whole case; nobody is shown them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from zegel.processing.bymessage import Columns, DocumentInput, Slice, by_message
from zegel.processing.documents import with_words
from zegel.processing.settled import BY_PLACE
from zegel.processing.sql import connect, parquet, quoted
from zegel.processing.texts import Said, Texts, write_with_texts

if TYPE_CHECKING:
    import duckdb

GROUP = 2048
"""Rows that are looked at together."""

_MADE_OF = Columns(places=", ".join(f"s.{name}" for name in BY_PLACE.split(", ")),
                   contents="c.plaintext_sha256")  # fmt: skip

_BASIS = """
INSERT INTO basis
WITH made AS (
  SELECT number, string_agg(hex(content_id) || coalesce(hex(plaintext_sha256), ''), ','
                            ORDER BY content_id) AS contents
  FROM (SELECT DISTINCT number, content_id, plaintext_sha256
        FROM {parts} LEFT JOIN {contents} USING (number, content_id, nth, nested))
  GROUP BY number
), lying AS (
  SELECT number, string_agg(concat_ws(':', {place}), ',' ORDER BY {place}) AS places
  FROM {places} GROUP BY number
)
SELECT m.message, unhex(sha256(places || '|' || coalesce(contents, ''))) AS basis
FROM {messages} m JOIN lying USING (number) LEFT JOIN made USING (number)
"""

_NEW = """
CREATE TABLE fresh AS SELECT b.* FROM basis b ANTI JOIN ({known}) k USING (message, basis)
"""
_NOTHING_KNOWN = "SELECT NULL::BLOB AS message, NULL::BLOB AS basis WHERE false"

_SAYING = Columns(
    places="""s.sender, s.recipients, s.envelope, s.account, s.also_named, s."references",
              s.message_id, s.subject""",
    contents="""c.place, c.sender, c.recipients, c.also_named, c.subject, c.attachments,
                c."references", c.message_id, c.chat_group""",
)

_WHOLE = """
WITH said AS (
  SELECT number,
         list(sender) AS sender, list(recipients) AS recipients, list(also_named) AS also_named,
         list(subject) AS subjects, list(place) AS texts,
         list([a.filename FOR a IN attachments]) AS filenames,
         list([a.content_type FOR a IN attachments]) AS types,
         list("references") AS refs, list(message_id) AS ids, list(chat_group) AS groups
  FROM (SELECT * FROM {contents}
        QUALIFY row_number() OVER (PARTITION BY number, content_id ORDER BY place) = 1)
  GROUP BY number
), kept AS (
  SELECT number,
         list(sender) AS sender, list(recipients) AS recipients, list(envelope) AS envelope,
         list([account]) AS accounts, list(also_named) AS also_named,
         list("references") AS refs, list(message_id) AS ids, list(subject) AS subjects
  FROM {places} GROUP BY number
)
SELECT m.message, f.basis,
       {words:said.sender|kept.sender|said.recipients|kept.recipients|kept.envelope|kept.accounts}
         AS addresses,
       {words:said.also_named|kept.also_named|said.filenames} AS names,
       said.texts, list_concat(said.subjects, kept.subjects) AS subjects,
       coalesce(flatten(said.filenames), []) AS filenames,
       coalesce(flatten(said.types), []) AS types,
       {words:said.refs|kept.refs|[said.ids]|[kept.ids]} AS ids,
       list_sort(list_distinct(list_filter(said.groups, lambda g: g <> ''))) AS groups
FROM {messages} m JOIN fresh f USING (message)
LEFT JOIN said USING (number) LEFT JOIN kept USING (number)
ORDER BY m.message
"""


def write_whole(
    files: DocumentInput, known: Sequence[Path], out: Path, bases: Path, spill: Path
) -> int:
    """Write to `out` the messages that no row of `known` knows as they are now; return how many.

    `bases` gets message and basis of every message of the case.
    """
    with connect(spill) as connection:
        connection.execute("CREATE TABLE basis (message BLOB, basis BLOB)")
        with by_message(connection, files, _MADE_OF, out) as slices:
            for one in slices:
                connection.execute(_filled(_BASIS, one))
        earlier = f"SELECT message, basis FROM {parquet(known)}" if known else _NOTHING_KNOWN
        connection.execute(_NEW.format(known=earlier))
        connection.execute(
            f"COPY (SELECT * FROM basis ORDER BY message) TO {quoted(bases)} (FORMAT parquet)"
        )
        ((fresh,),) = connection.execute("SELECT count(*) FROM fresh").fetchall()
        parts = list(_fresh_parts(connection, files, out))
    with _texts(files.contents if fresh else (), out) as said:
        write_with_texts(parts, out, said, rows=GROUP)
    return int(fresh)


def _fresh_parts(
    connection: duckdb.DuckDBPyConnection, files: DocumentInput, out: Path
) -> Iterator[Path]:
    """Write what is new, all but the texts: of some messages after others."""
    chosen = "SEMI JOIN fresh USING (message)"
    with by_message(connection, files, _SAYING, out, chosen=chosen) as slices:
        for number, one in enumerate(slices):
            part = out.with_name(f"{out.name}.{number}")
            query = _filled(with_words(_WHOLE), one)
            connection.execute(f"COPY ({query}) TO {quoted(part)} (FORMAT parquet)")
            yield part


def _filled(query: str, some: Slice) -> str:
    """Put the tables of a slice into a query, whose own words have braces too."""
    for name in ("messages", "places", "parts", "contents"):
        query = query.replace("{" + name + "}", getattr(some, name))
    return query.replace("{place}", BY_PLACE)


@contextmanager
def _texts(contents: Sequence[Path], out: Path) -> Iterator[Said]:
    """Give the column of all texts: subjects, what was written, what is attached; each once."""
    with (
        Texts(contents, "text", out.with_name(f"{out.name}.texts")) as written,
        Texts(contents, "attached_text", out.with_name(f"{out.name}.attached")) as attached,
    ):

        def value(places: Sequence[int] | None, subjects: Sequence[str | None] | None) -> list[str]:
            texts = [text.at(place) for text in (written, attached) for place in places or ()]
            return list(dict.fromkeys(filter(None, (*(subjects or ()), *texts))))

        field = pa.field("texts", pa.list_(pa.string()))
        both = (written, attached)
        yield Said(column=field, of=("texts", "subjects"), texts=both, value=value)
