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

from zegel.errors import CaseError
from zegel.processing.parting import Run, parted, runs_of
from zegel.processing.settled import BY_PLACE
from zegel.processing.sql import parquet

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
_OFTEN = """
CREATE OR REPLACE TABLE often AS
SELECT content_id, max(round) AS latest FROM {contents} GROUP BY content_id HAVING count(*) > 1
"""

_CONTENTS = """(
  SELECT p.number, p.content_id, p.nth, p.nested, {columns}
  FROM {placed} c JOIN parts p USING (content_id) LEFT JOIN often o USING (content_id)
  WHERE o.latest IS NULL OR c.round = o.latest
)"""

# A row of `states` stands where the row of `stored` for the same place stands.
_PLACES = """(
  SELECT t.message_number AS number, {columns}
  FROM (FROM {states} WHERE file_row_number >= {start} AND file_row_number < {end}) t {chosen}
  JOIN {stored} s USING ({place})
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
    parts: str
    """Names of contents, with `nth` and `nested`: which of the message's, and whether inside it."""
    contents: str
    """What can be read of those."""


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
    connection.execute(_OFTEN.format(contents=parquet(files.contents)))
    wanted = f"SEMI JOIN {messages} m ON m.number = t.message_number" if chosen else ""
    places = _places(files, columns, wanted)
    contents = [
        _CONTENTS.format(columns=columns.contents, placed=run.placed)
        for run in runs_of(files.contents)
    ]
    of = f"number // {size}"
    with (
        parted(connection, places, of, slices, beside.with_name(f"{beside.name}.places")) as lying,
        parted(
            connection, contents, of, slices, beside.with_name(f"{beside.name}.contents")
        ) as said,
    ):
        yield [
            Slice(
                messages=f"(SELECT * FROM {messages} WHERE {some})",
                places=one,
                parts=f"(SELECT * FROM parts WHERE {some})",
                contents=other,
            )
            for some, one, other in zip(_ranges(slices, size), lying, said, strict=True)
        ]


def _places(files: DocumentInput, columns: Columns, chosen: str) -> list[str]:
    return [
        _PLACES.format(
            columns=columns.places,
            states=parquet([files.states]),
            start=run.start,
            end=run.start + run.rows,
            chosen=chosen,
            stored=parquet(run.files),
            place=BY_PLACE,
        )
        for run in _beside_states(files)
    ]


def _beside_states(files: DocumentInput) -> list[Run]:
    runs = runs_of(files.stored)
    stored = sum(run.rows for run in runs)
    states = pq.read_metadata(files.states).num_rows
    if stored != states:
        raise CaseError(
            f"{stored} stored messages but {states} states",
            where=str(files.states),
            next_step="Give `zegel process` again; if it stays, keep the case and report it.",
        )
    return runs


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
