"""Reads from the case's documents what deciding needs: rows without text, identities, languages."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zegel.authorisation.admit import Row
from zegel.text.language import identify

_PEOPLE = ["accounts", "envelope", "sender", "recipients"]
_COLUMNS = [
    "number", "message", "state", "instants", *_PEOPLE,
    "message_ids", "references", "chat_group", "exhibits",
]  # fmt: skip


def rows_of(
    documents: Path, exhibits: Collection[str], named: Collection[str] | None
) -> Iterator[Row]:
    """Yield each message that lies in `exhibits` and concerns an account of `named`.

    `named` is in small letters; None stands for everybody.
    """
    for batch in _batches(documents, _COLUMNS):
        chosen = batch if named is None else batch.filter(_concerned(batch, named))
        for row in chosen.to_pylist():
            if not set(exhibits).isdisjoint(row["exhibits"]):
                yield _row(row)


def _row(row: Mapping[str, Any]) -> Row:
    people = {*row["sender"], *row["recipients"], *row["envelope"]}
    mine = frozenset(a.lower() for a in (*(row["accounts"] or ()), *people))
    names = [("id", name) for name in (*row["message_ids"], *row["references"])]
    group = [("group", row["chat_group"])] if row["chat_group"] else []
    talkers = frozenset((*row["sender"], *row["recipients"])) or mine
    return Row(
        number=row["number"],
        state=row["state"],
        instants=tuple(row["instants"] or ()),
        accounts=mine,
        names=(*names, *group),
        conversation=row["chat_group"] or talkers,
    )


def _batches(documents: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(documents) as file:
        yield from file.iter_batches(batch_size=16384, columns=columns)


def _concerned(batch: pa.RecordBatch, named: Collection[str]) -> pa.BooleanArray:
    """Say of each row whether anybody of it is named; each address is looked at once."""
    found = []
    for column in _PEOPLE:
        lists = batch.column(column)
        names = lists.flatten().dictionary_encode()
        known = [(name or "").lower() in named for name in names.dictionary.to_pylist()]
        mine = pa.array(known, pa.bool_()).take(names.indices)
        found.append(pc.list_parent_indices(lists).cast(pa.int64()).filter(mine))
    rows = pa.array(range(batch.num_rows), pa.int64())
    return pc.is_in(rows, value_set=pa.chunked_array(found).unique())


def identities_of(documents: Path, numbers: Iterable[int]) -> dict[int, bytes]:
    """Return the identities of messages by their numbers, which count the rows of the table."""
    wanted, start = sorted(numbers), 0
    found: dict[int, bytes] = {}
    with pq.ParquetFile(documents) as file:
        for group in range(file.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            mine = wanted[bisect_left(wanted, start) : bisect_left(wanted, end)]
            if mine:
                column = file.read_row_group(group, ["message"]).column("message")
                places = pa.array([number - start for number in mine], pa.int64())
                found.update(zip(mine, column.take(places).to_pylist(), strict=True))
            start = end
    return found


class Languages:
    """Names the language of messages by their numbers, which count the rows of the table."""

    def __init__(self, documents: Path) -> None:
        self._documents = documents
        with pq.ParquetFile(documents) as file:
            sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
        self._starts = [0, *accumulate(sizes)]
        self._group = -1
        self._texts: pa.Array | None = None

    def of(self, number: int) -> str:
        """Return the language of a message; ask for them in rising order."""
        group = bisect_right(self._starts, number) - 1
        if group != self._group or self._texts is None:
            with pq.ParquetFile(self._documents) as file:
                table = file.read_row_group(group, ["text"])
            self._texts, self._group = table.column("text").combine_chunks(), group
        return identify(self._texts[number - self._starts[group]].as_py() or "")
