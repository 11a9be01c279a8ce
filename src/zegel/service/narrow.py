"""Reads a case's narrow table: which messages an order may concern, found without a row in Python.

What is given to `authorisation.admit` must hold every message that it could admit; what is left
away here is only counted, by the same reasons.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zegel.authorisation.accounts import Interval, as_interval
from zegel.authorisation.admit import READABLE, Row
from zegel.authorisation.order import Clause, Exclusions
from zegel.processing.narrow import NARROW, PEOPLE

MOST_ROUNDS = 12
"""Steps from message to message by which a thread is followed before all rows are read instead."""


class Narrow:
    """The narrow table of an index, perhaps of some exhibits only."""

    def __init__(self, index: Path, exhibits: Collection[str] | None) -> None:
        self._file = index / NARROW
        self._exhibits = None if exhibits is None else pa.array(sorted(exhibits), pa.string())
        self._people = pq.read_table(index / PEOPLE).column("account").combine_chunks()

    def concerning(self, accounts: Collection[str]) -> set[int]:
        """Return the messages that somebody of `accounts` (in small letters) sent, got or kept."""
        wanted = self._numbers_of(accounts)
        found: set[int] = set()
        for start, group in self._groups(["people"]):
            found.update(_rows_with(group.column("people"), wanted, start))
        return found

    def talking_with(self, numbers: Collection[int]) -> set[int]:
        """Return the messages of the same conversations."""
        talks = self._taken("conversation", numbers)
        found: set[int] = set()
        for start, group in self._groups(["conversation"]):
            same = pc.is_in(group.column("conversation"), value_set=talks)
            found.update(pc.add(pc.indices_nonzero(same), start).to_pylist())
        return found

    def in_threads_of(self, numbers: Collection[int]) -> set[int] | None:
        """Return at least the messages of the same threads; None where following takes too long."""
        found = set(numbers)
        for _ in range(MOST_ROUNDS):
            names, before = self._taken("names", found).flatten().unique(), len(found)
            for start, group in self._groups(["names"]):
                found.update(_rows_with(group.column("names"), names, start))
            if len(found) == before:
                return found
        return None

    def rows(
        self, numbers: Collection[int] | None, *, names: bool = True, talks: bool = True
    ) -> Iterator[Row]:
        """Yield the rows of these numbers, or all, in order.

        Without `names` they lack what threads are made of, without `talks` the conversation.
        """
        columns = ["number", "state", "instants", "people"]
        columns += ["names"] if names else []
        columns += ["conversation"] if talks else []
        columns += [] if self._exhibits is None else ["exhibits"]
        for group in self._chosen(columns, numbers):
            kept = group if self._exhibits is None else group.filter(self._lie_in(group))
            yield from self._read(kept)

    def rest(
        self, clause: Clause, out: Exclusions, excluded: Collection[int], seen: Collection[int]
    ) -> Counter[str]:
        """Count why a clause that names nobody leaves out what is not in `seen`, none of it hits.

        `excluded` are the numbers that excluded terms match.
        """
        never, wanted = pa.array(sorted(excluded), pa.int64()), self._numbers_of(out.accounts)
        known, spans = pa.array(sorted(seen), pa.int64()), [as_interval(p) for p in out.periods]
        columns = ["state", "instants", "people", "exhibits"]
        counts: Counter[str] = Counter()
        for start, group in self._groups(columns):
            numbers = pa.array(range(start, start + group.num_rows), pa.int64())
            new = pc.invert(pc.is_in(numbers, value_set=known))
            if self._exhibits is not None:
                new = pc.and_(new, self._lie_in(group))
            named = _is_one_of(_rows_with(group.column("people"), wanted, start), numbers)
            shut = pc.or_(named, pc.is_in(numbers, value_set=never))
            clocks = group.column("instants")
            total = pc.list_value_length(clocks)
            for span in spans:
                shut = pc.or_(shut, pc.greater(_inside(clocks, span), 0))
            inside = _inside(clocks, as_interval(clause.period))
            readable = pc.is_in(group.column("state"), value_set=pa.array(sorted(READABLE)))
            counts += _reasons(new, total, inside, shut, readable)
        return counts

    def _numbers_of(self, accounts: Collection[str]) -> pa.Array:
        asked = pa.array(sorted(accounts), pa.string())
        return pc.index_in(asked, value_set=self._people).drop_null()

    def _groups(self, columns: list[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield the row groups with the number of their first row."""
        start = 0
        with pq.ParquetFile(self._file) as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, columns).combine_chunks()
                yield from ((start, batch) for batch in table.to_batches()[:1])
                start += table.num_rows

    def _chosen(
        self, columns: list[str], numbers: Collection[int] | None
    ) -> Iterator[pa.RecordBatch]:
        wanted = None if numbers is None else sorted(numbers)
        for start, group in self._groups(columns):
            if wanted is None:
                yield group
                continue
            first = bisect_left(wanted, start)
            last = bisect_left(wanted, start + group.num_rows)
            if first < last:
                yield group.take(pa.array([one - start for one in wanted[first:last]], pa.int64()))

    def _taken(self, column: str, numbers: Collection[int]) -> pa.Array:
        chunks = [group.column(column) for group in self._chosen([column], numbers)]
        kind = pq.read_schema(self._file).field(column).type
        return pa.chunked_array(chunks, kind).combine_chunks()

    def _lie_in(self, group: pa.RecordBatch) -> pa.BooleanArray:
        numbers = pa.array(range(group.num_rows), pa.int64())
        return _is_one_of(_rows_with(group.column("exhibits"), self._exhibits, 0), numbers)

    def _read(self, group: pa.RecordBatch) -> Iterator[Row]:
        people = group.column("people")
        addresses = self._people.take(people.flatten())
        ends = pc.cumulative_sum(pc.list_value_length(people)).to_pylist()
        everybody, start = addresses.to_pylist(), 0
        columns = ("number", "state", "instants", "names", "conversation")
        values = [_values(group, name) for name in columns]
        for end, number, state, instants, own, talk in zip(ends, *values, strict=True):
            yield Row(
                number=number,
                state=state,
                instants=tuple(instants),
                accounts=frozenset(everybody[start:end]),
                names=tuple(own or ()),
                conversation=talk,
            )
            start = end


def _values(group: pa.RecordBatch, column: str) -> list[Any]:
    """Return a column's values, of one that was not asked for None for each row."""
    here = column in group.schema.names
    return list(group.column(column).to_pylist()) if here else [None] * group.num_rows


def _rows_with(lists: pa.ListArray, wanted: pa.Array, start: int) -> list[int]:
    """Return the numbers of the lists that hold any value of `wanted`."""
    if not len(wanted):
        return []
    here = pc.is_in(lists.flatten(), value_set=wanted)
    rows = pc.list_parent_indices(lists).filter(here).unique()
    return list(pc.add(rows.cast(pa.int64()), start).to_pylist())


def _is_one_of(found: Iterable[int], numbers: pa.Array) -> pa.BooleanArray:
    return pc.is_in(numbers, value_set=pa.array(found, pa.int64()))


def _inside(clocks: pa.ListArray, span: Interval) -> pa.Array:
    """Return how many clocks of each row lie in a time, its end not included."""
    flat = clocks.flatten()
    here = pc.and_(pc.greater_equal(flat, span[0]), pc.less(flat, span[1]))
    counted = pc.value_counts(pc.list_parent_indices(clocks).cast(pa.int64()).filter(here))
    rows = pa.array(range(len(clocks)), pa.int64())
    places = pc.index_in(rows, value_set=counted.field("values"))
    return pc.fill_null(counted.field("counts").take(places), 0)


def _reasons(
    new: pa.Array, total: pa.Array, inside: pa.Array, shut: pa.Array, readable: pa.Array
) -> Counter[str]:
    """Count the reasons of `authorisation.admit`, in its order."""
    none, whole = pc.equal(total, 0), pc.equal(total, inside)
    within = pc.and_(whole, pc.invert(none))
    free = pc.and_(within, pc.invert(shut))
    partly = pc.and_(pc.greater(inside, 0), pc.invert(whole))
    outside = pc.and_(pc.equal(inside, 0), pc.invert(none))
    masks = {
        "no clock": none,
        "excluded": pc.and_(within, shut),
        "its clocks straddle the period": partly,
        "outside the period": outside,
        "cannot be read, and the clause has terms": pc.and_(free, pc.invert(readable)),
        "matches no term": pc.and_(free, readable),
    }
    counts = {name: pc.sum(pc.and_(new, mask)).as_py() or 0 for name, mask in masks.items()}
    return Counter({name: count for name, count in counts.items() if count})
