"""Who wrote to whom and when, column by column, so that 200,000 messages are counted in a moment.

Accounts are numbered by name, over all messages of an investigation: a number means the same
account whatever part of the messages is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

COLUMNS = ("number", "clock_ns", "sender", "recipients")
"""What is read of the table of messages."""

_Holds = Callable[[pa.Table], pa.ChunkedArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Messages, and who each went from and to."""

    accounts: tuple[str, ...] = field(repr=False)
    """Every account that sent or received anything, in order; others name it by its place here."""
    messages: pa.Table = field(repr=False)
    """`number` and `clock_ns` of each message, in order of the clock; those without one last."""
    sent: pa.Table = field(repr=False)
    """`number`, `clock_ns`, `sender`: one row for each message and sender; null where unknown."""
    pairs: pa.Table = field(repr=False)
    """The same with `recipient`: one row for each message, sender and recipient."""

    def __len__(self) -> int:
        return len(self.messages)

    def of(self, numbers: Collection[int]) -> Traffic:
        """Return the part that these messages are."""
        wanted = pa.array(sorted(numbers), pa.int32())
        return self._where(lambda table: pc.is_in(table["number"], value_set=wanted))

    def between(self, start_ns: int | None, end_ns: int | None) -> Traffic:
        """Return what lies in a time, its end not included; messages without a clock lie in none.

        Without start and end it is everything.
        """
        if start_ns is None and end_ns is None:
            return self
        low = -(2**63) if start_ns is None else start_ns
        high = 2**63 - 1 if end_ns is None else end_ns
        return self._where(
            lambda table: pc.fill_null(
                pc.and_(pc.greater_equal(table["clock_ns"], low), pc.less(table["clock_ns"], high)),
                False,
            )
        )

    def sent_by(self, account: int) -> Traffic:
        """Return what one account sent."""
        sent = self.sent.filter(pc.equal(self.sent["sender"], account))
        return replace(self.of(sent["number"].to_pylist()), sent=sent)

    def _where(self, holds: _Holds) -> Traffic:
        parts = {name: getattr(self, name) for name in ("messages", "sent", "pairs")}
        return replace(self, **{name: table.filter(holds(table)) for name, table in parts.items()})


def traffic(table: pa.Table) -> Traffic:
    """Return the traffic in a table of messages (`COLUMNS`); names are read without case.

    A name that stands twice among the recipients of a message counts once.
    """
    table = table.combine_chunks()
    senders, recipients = _flat(table, "sender"), _flat(table, "recipients")
    known = pc.unique(pa.chunked_array([senders[1], recipients[1]], pa.string()))
    accounts = tuple(sorted(known.drop_null().to_pylist()))
    order = pa.array(accounts, pa.string())
    sent, got = (_coded(named, order, len(table)) for named in (senders, recipients))
    keys = [("clock_ns", "ascending"), ("number", "ascending")]
    return Traffic(
        accounts=accounts,
        messages=table.select(["number", "clock_ns"]).sort_by(keys),
        sent=_told(table, sent["row"], sender=sent["code"]),
        pairs=_paired(table, sent, got),
    )


_Named = tuple[pa.Array, pa.Array]
"""Rows of the table, and the name that each bears."""


def _flat(table: pa.Table, column: str) -> _Named:
    lists = table[column].combine_chunks()
    return pc.list_parent_indices(lists), pc.utf8_lower(pc.list_flatten(lists))


def _coded(named: _Named, order: pa.Array, size: int) -> pa.Table:
    """Return `row` and `code`, each pair once, in order of rows; a row without a name has null."""
    rows, names = named
    bits = pa.scalar(32, pa.int64())
    keys = pc.bit_wise_or(
        pc.shift_left(pc.cast(rows, pa.int64()), bits),
        pc.cast(pc.index_in(names, value_set=order), pa.int64()),
    )
    keys = pc.unique(keys.drop_null())
    at = pc.shift_right(keys, bits)
    codes = pc.cast(pc.bit_wise_and(keys, pa.scalar(2**32 - 1, pa.int64())), pa.int32())
    here = pa.table({"row": at, "code": codes})
    if _distinct(at) == size:
        return here
    every = pa.array(range(size), pa.int64())
    none = every.filter(pc.invert(pc.is_in(every, value_set=at)))
    lacking = pa.table({"row": none, "code": pa.nulls(len(none), pa.int32())})
    return pa.concat_tables([here, lacking]).combine_chunks()


def _distinct(rising: pa.Array) -> int:
    """Return how many different values a rising column has."""
    if not len(rising):
        return 0
    return 1 + (pc.sum(pc.not_equal(rising[1:], rising[:-1])).as_py() or 0)


def _paired(table: pa.Table, sent: pa.Table, got: pa.Table) -> pa.Table:
    """Return each sender of a message with each of its recipients.

    Nearly all messages have one sender: those need no join.
    """
    if len(sent) == len(table):
        by_row = sent["code"].take(pc.array_sort_indices(sent["row"]))
        return _told(table, got["row"], sender=by_row.take(got["row"]), recipient=got["code"])
    both = sent.join(got, "row", join_type="inner", right_suffix="_got", use_threads=False)
    return _told(table, both["row"], sender=both["code"], recipient=both["code_got"])


def _told(table: pa.Table, rows: pa.ChunkedArray, **columns: pa.ChunkedArray) -> pa.Table:
    """Return number and clock of rows, beside what is known of each."""
    told = table.select(["number", "clock_ns"]).take(rows)
    for name, column in columns.items():
        told = told.append_column(name, column)
    return told
