"""Use case: what is in an investigation and was never opened, by account, day and clause.

A message is opened when somebody had it shown whole: an entry `message read` or `conversation read`
of the log says so, and nothing beside the log is asked. To have seen it in a list of hits, or cut
in a conversation, is not to have opened it; what went out in a dossier is counted as exports, for
the log knows those by digest alone.
"""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zegel.custody.entries import Entry
from zegel.custody.log import Log
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.service.door import Who, enter

BY = ("account", "clause", "day")
_IDENTITY = re.compile("[0-9a-f]{64}")


def unopened(
    inv: Investigation, *, by: str = "clause", ids: bool = False, who: Who = None
) -> dict[str, Any]:
    """Return how many messages nobody opened, in all and by account, clause or day (UTC).

    A message of several accounts or clauses counts under each. With `ids`, numbers and identities
    of all that was never opened come along.
    """
    if by not in BY:
        raise UsageError(f"nothing is counted by {by}", next_step=f"By {', '.join(BY)}.")
    with enter(inv, "unopened counted", who, {"by": by, "ids": ids}) as visit:
        opened = opened_in(visit.log)
        table = _messages(inv, opened)
        never = table.filter(table["never"]).sort_by("number")
        rows = _counted(table, by)
        listed = _listed(never) if ids else []
        exports = sum(1 for _ in visit.log.acts(("dossier made",)))
        names = [one["id"] for one in listed] if ids else [row[by] for row in rows]
        visit.write({"unopened": len(never)}, shown=[name or "" for name in names])
    return {
        "training": inv.training,
        "messages": len(table),
        "unopened": len(never),
        "exports": exports,
        "by": by,
        "rows": rows,
        **({"ids": listed} if ids else {}),
    }


def _listed(never: pa.Table) -> list[dict[str, Any]]:
    pairs = zip(never["number"].to_pylist(), never["message"].to_pylist(), strict=True)
    return [{"number": number, "id": message.hex()} for number, message in pairs]


def opened_in(log: Log) -> set[bytes]:
    """Return the identities of the messages that somebody had shown whole."""
    found: set[bytes] = set()
    for entry in log.acts(("message read", "conversation read")):
        if "failed" not in entry.facts:
            found.update(bytes.fromhex(one) for one in read_in(entry) if _IDENTITY.fullmatch(one))
    return found


def read_in(entry: Entry) -> list[str]:
    """Return the messages that an entry says were shown whole, as it names them."""
    if entry.act == "conversation read":
        named = entry.facts.get("messages")
        return [one for one in named if isinstance(one, str)] if isinstance(named, list) else []
    message = entry.facts.get("message")
    return [message] if isinstance(message, str) else []


def _messages(inv: Investigation, opened: set[bytes]) -> pa.Table:
    columns = ["number", "message", "clock_ns", "admitted", "accounts", "sender", "recipients"]
    table = pq.read_table(inv.table("messages"), columns=columns)
    known = pa.array(sorted(opened), table.schema.field("message").type)
    return table.append_column("never", pc.invert(pc.is_in(table["message"], value_set=known)))


def _counted(table: pa.Table, by: str) -> list[dict[str, Any]]:
    """Return one row for each account, clause or day, with how many there are and were not opened.

    Where no mailbox holds a message, its accounts are those that sent and received it.
    """
    if by == "day":
        days = pc.floor_temporal(table["clock_ns"].cast(pa.timestamp("ns")), unit="day")
        return _sums(days.cast(pa.date32()).cast(pa.string()), table["never"], by)
    if by == "clause":
        parents, names = _flat(table, "admitted")
        return _sums(pc.struct_field(names, "clause"), table["never"].take(parents), by)
    boxless = pc.equal(pc.fill_null(pc.list_value_length(table["accounts"]), 0), 0)
    boxed = table.filter(pc.invert(boxless))
    pairs = [(boxed, "accounts")]
    pairs += [(table.filter(boxless), name) for name in ("sender", "recipients")]
    found = [_owners(part, name) for part, name in pairs]
    once = pa.concat_tables(found).group_by(["number", "owner", "never"]).aggregate([])
    return _sums(once["owner"], once["never"], by)


def _owners(table: pa.Table, column: str) -> pa.Table:
    parents, names = _flat(table, column)
    return pa.table(
        {
            "number": table["number"].take(parents),
            "owner": pc.utf8_lower(pc.cast(names, pa.string())),
            "never": table["never"].take(parents),
        }
    )


def _flat(table: pa.Table, column: str) -> tuple[pa.Array, pa.Array]:
    """Return each item of a column of lists, and which row it is of."""
    lists = table[column].combine_chunks()
    return pc.list_parent_indices(lists), pc.list_flatten(lists)


def _sums(keys: Any, never: Any, by: str) -> list[dict[str, Any]]:
    counted = (
        pa.table({by: keys, "unopened": pc.cast(never, pa.int64())})
        .group_by(by)
        .aggregate([("unopened", "count"), ("unopened", "sum")])
        .sort_by(by)
    )
    return [
        {by: row[by], "messages": row["unopened_count"], "unopened": row["unopened_sum"]}
        for row in counted.to_pylist()
    ]
