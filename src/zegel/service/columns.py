"""What pictures count of an investigation's sealed tables, column by column, held in memory.

Made of the tables once and let go when they change (`zegel.tables.held`); who may see anything of
it is decided at the door, every time.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from zegel.analysis.apart import gaps
from zegel.analysis.traffic import COLUMNS, Traffic, traffic
from zegel.investigation import Investigation
from zegel.tables.held import Held, opened

_PLACES = ["message", "exhibit", "account", "clock", "clock_ns", "received_ns", "stored_ns",
           "date_ns"]  # fmt: skip


def traffic_of(inv: Investigation) -> Traffic:
    """Return who wrote to whom and when in all of an investigation."""
    return _TRAFFIC.of(inv.table("messages"))


def gaps_of(inv: Investigation) -> pa.Table:
    """Return how far the clocks of each stored place stand apart (`zegel.analysis.apart`)."""
    return _GAPS.of(inv.table("places"))


def _read_traffic(messages: Path, _part: int) -> Traffic:
    return traffic(_read(messages, list(COLUMNS)))


def _read(place: Path, columns: list[str]) -> pa.Table:
    with opened(place) as file:
        return file.read(columns)


def _read_gaps(places: Path, _part: int) -> pa.Table:
    messages = _read(places.with_name("messages.parquet"), ["number", "message"])
    blocks = _read(places.with_name("ciphertexts.parquet"), ["message", "date_ns"])
    rows = _read(places, _PLACES)
    order = messages["message"].combine_chunks()
    at = pc.index_in(rows["message"], value_set=order)
    table = pa.table(
        {
            "number": messages["number"].combine_chunks().take(at),
            "site": rows["exhibit"],
            "account": rows["account"],
            "trusted": rows["clock"],
            **{name: rows[name] for name in ("clock_ns", "received_ns", "stored_ns", "date_ns")},
            "inner_ns": _inner(blocks, order).take(at),
        }
    )
    return gaps(table)


def _inner(blocks: pa.Table, order: pa.Array) -> pa.Array:
    """Return the protected Date of each message: the first that a block of it has."""
    dated = blocks.filter(pc.is_valid(blocks["date_ns"]))
    first = dated.group_by("message", use_threads=False).aggregate([("date_ns", "first")])
    there = pc.index_in(order, value_set=first["message"].combine_chunks())
    return first["date_ns_first"].combine_chunks().take(there)


_TRAFFIC: Held[Traffic] = Held(_read_traffic, most=8)
_GAPS: Held[pa.Table] = Held(_read_gaps, most=4)
