"""Brings together by message what lies in many places and contents, some messages after others.

Whoever gathers lists needs the rows of a message at once, and lists do not spill. So messages are
taken in slices that memory holds, and each table is read once: its rows are sorted by slice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from zegel.processing.settled import BY_PLACE
from zegel.processing.sql import parquet, parted
from zegel.processing.texts import PLACE

if TYPE_CHECKING:
    import duckdb

PLACES_AT_ONCE = 300_000
"""Stored places whose messages are gathered at once: the limit of memory holds some 500,000."""

PARTS = """
CREATE OR REPLACE TABLE parts AS
SELECT {key}, unnest(content_ids) AS content_id, generate_subscripts(content_ids, 1) AS nth,
       false AS nested
FROM {messages};
INSERT INTO parts
SELECT DISTINCT n.{key}, i.content_id, n.nth, true FROM parts n JOIN (
  SELECT DISTINCT root_id, content_id FROM {sessions} WHERE root_id <> content_id
) i ON i.root_id = n.content_id
"""
"""The contents of each message, those found inside opened ones included."""

# A later round says all of a content again.
_CONTENTS = """(
  SELECT p.number, p.nth, p.nested, p.content_id, {columns}
  FROM parts p LEFT JOIN (
    SELECT *, {place} AS place FROM {contents} LEFT JOIN (
      SELECT content_id, max(round) AS latest FROM {contents}
      GROUP BY content_id HAVING count(*) > 1
    ) USING (content_id) WHERE latest IS NULL OR round = latest
  ) c USING (content_id)
)"""

_PLACES = """(
  SELECT t.message_number AS number, {columns}
  FROM {states} t {chosen} JOIN {stored} s USING ({place})
  WHERE t.message_number IS NOT NULL
)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentInput:
    """The Parquet files that documents are gathered from."""

    stored: Sequence[Path]
    sessions: Sequence[Path]
    contents: Sequence[Path]
    states: Path
    messages: Path
    blocks: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What is wanted of each place (`t` of `states`, `s` of `stored`) and of each content (`c`).

    Of a content's text that is `c.place`, by which `Texts` knows it: no text goes this way.
    """

    places: str
    contents: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Table expressions for some messages; rows of places and contents have their `number`."""

    messages: str
    places: str
    contents: str
    """With `nth` and `nested`: which of the message's contents, and whether found inside it."""


@contextmanager
def by_message(
    connection: duckdb.DuckDBPyConnection,
    files: DocumentInput,
    columns: Columns,
    beside: Path,
    *,
    chosen: str = "",
) -> Iterator[list[Slice]]:
    """Yield slices of messages in the order of their numbers, and all that they consist of.

    `chosen` joins those wanted to the table `messages`, called `m`; without, it is all of them.
    """
    messages = f"(SELECT m.* FROM {parquet([files.messages])} m {chosen})"
    slices, size = _sizes(files)
    connection.execute(
        PARTS.format(key="number", messages=messages, sessions=parquet(files.sessions))
    )
    contents = _CONTENTS.format(
        columns=columns.contents, contents=parquet(files.contents), place=PLACE
    )
    wanted = f"SEMI JOIN {messages} m ON m.number = t.message_number" if chosen else ""
    places = _PLACES.format(
        columns=columns.places,
        states=parquet([files.states]),
        chosen=wanted,
        stored=parquet(files.stored),
        place=BY_PLACE,
    )
    of = f"number // {size}"
    with (
        parted(connection, places, of, slices, beside) as of_places,
        parted(connection, contents, of, slices, beside) as of_contents,
    ):
        yield [
            Slice(messages=f"(SELECT * FROM {messages} WHERE {part})", places=one, contents=other)
            for part, one, other in zip(_ranges(slices, size), of_places, of_contents, strict=True)
        ]


def _sizes(files: DocumentInput) -> tuple[int, int]:
    """Return how many slices there are, and how many messages' numbers each has."""
    places = pq.read_metadata(files.states).num_rows
    messages = pq.read_metadata(files.messages).num_rows
    size = max(1, -(-messages // (1 + places // PLACES_AT_ONCE)))
    return max(1, -(-messages // size)), size


def _ranges(slices: int, size: int) -> Iterator[str]:
    """Yield the condition for the numbers of each slice."""
    for number in range(slices):
        yield f"number >= {number * size} AND number < {(number + 1) * size}"
