"""What counts and conversations need of every message, held in memory by number: no text.

Made once from the sealed tables, in a second for 200,000 messages, and held for as long as they are
as they were (`zegel.tables.held`). Messages are numbered from 1 by trusted clock, so their order by
number is their order in time; a `place` is a number less one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from zegel.errors import VerificationError
from zegel.investigation.folder import Investigation
from zegel.investigation.rows import integers
from zegel.tables.held import Held, opened

_COLUMNS = (
    "number", "message", "message_id", "thread", "clock_ns", "sender", "recipients", "accounts",
    "holders", "language", "admitted", "chat_group",
)  # fmt: skip
_Named = tuple[pa.Array, pa.Array]
"""Places, and what the message at each bears; a place may come several times."""


@dataclass(frozen=True, slots=True)
class Coded:
    """Which values messages bear: pairs of place and code, each once, in rising order."""

    places: pa.Array
    codes: pa.Array
    values: Sequence[str]
    """By code."""
    borne: frozenset[str]
    """Those values that stand for a whole name; of others no pair is kept."""

    def counted(self, wanted: pa.Array | None) -> Iterator[tuple[str, int]]:
        """Yield the values with how many of the `wanted` places bear each, in no order.

        `wanted` is a mask over all places; None: all of them.
        """
        codes = self.codes if wanted is None else self.codes.filter(wanted.take(self.places))
        counts = pc.value_counts(codes)
        pairs = zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True)
        return ((self.values[code], n) for code, n in pairs)

    def of(self, place: int) -> list[str]:
        """Return the values that the message at a place bears."""
        places = integers(self.places)
        codes = integers(self.codes)[bisect_left(places, place) : bisect_right(places, place)]
        return [self.values[code] for code in codes]


@dataclass(frozen=True, slots=True)
class Chats:
    """Which messages are of one chat; any message of a chat leads to all of it."""

    of: memoryview = field(repr=False)
    """Chat of each place."""
    starts: Sequence[int]
    places: memoryview = field(repr=False)
    """Chat by chat, each in order of time."""

    def around(self, place: int) -> memoryview:
        """Return the places of the chat that a message is of, in order of time."""
        chat = self.of[place]
        return self.places[self.starts[chat] : self.starts[chat + 1]]


@dataclass(frozen=True, slots=True)
class Ids:
    """Message-IDs, found by halving."""

    ids: pa.Array
    order: memoryview = field(repr=False)
    """Places, by Message-ID; those without one last."""

    def place(self, wanted: str) -> int | None:
        """Return the first place that bears a Message-ID; None where none here is listed so."""
        end = len(self.ids) - self.ids.null_count
        at = bisect_left(self.order, wanted, 0, end, key=lambda place: self.ids[place].as_py())
        found = int(self.order[at]) if at < end else None
        return found if found is not None and self.ids[found].as_py() == wanted else None


@dataclass(frozen=True, slots=True)
class Outline:
    """An investigation's messages without their texts."""

    size: int
    messages: pa.Array
    message_ids: Ids
    days: pa.Array
    """Days since 1970 (UTC) of the trusted clock; null where a message has none."""
    accounts: Coded
    holders: Coded
    languages: Coded
    clauses: Coded
    attached: pa.Array
    """By place: whether something is attached."""
    people: Coded
    """Who sent a message and to whom it went."""
    by_people: Chats
    """Messages of one chat group, or else between the same people, whoever wrote; where nobody is
    known, each alone."""
    by_thread: Chats = field(repr=False)


def outline(inv: Investigation) -> Outline:
    """Return the outline of an investigation."""
    return _OUTLINES.of(inv.table("messages"))


def _made(file: Path, _part: int) -> Outline:
    with opened(file) as parquet:
        table = parquet.read(list(_COLUMNS)).sort_by("number").combine_chunks()
    _check_numbers(table, file)
    names = [_flat(table, "sender"), _flat(table, "recipients")]
    people = coded(names, _as_it_is)
    thread = coded([_single(table, "thread")], _as_it_is)
    clock = _column(table, "clock_ns")
    clock = pc.if_else(pc.greater(clock, 0), clock, None)  # 0 is none in the index
    clock = pc.cast(clock, pa.timestamp("ns"))
    attachments = file.with_name("attachments.parquet")
    return Outline(
        size=len(table),
        messages=_column(table, "message"),
        message_ids=_ids(_column(table, "message_id")),
        days=pc.cast(pc.cast(pc.floor_temporal(clock, unit="day"), pa.date32()), pa.int32()),
        accounts=coded([*names, _flat(table, "accounts")], as_fields_ask),
        holders=coded([_flat(table, "holders", "holder")], as_fields_ask),
        languages=coded([_single(table, "language")], as_fields_ask),
        clauses=coded([_flat(table, "admitted", "clause")], as_fields_ask),
        attached=pc.is_in(_column(table, "message"), value_set=_messages_in(attachments)),
        people=people,
        by_people=_chats(len(table), people, _column(table, "chat_group").to_pylist()),
        by_thread=_chats(len(table), thread),
    )


_OUTLINES: Held[Outline] = Held(_made, most=8)


def _check_numbers(table: pa.Table, file: Path) -> None:
    numbers = _column(table, "number")
    if not pc.all(pc.equal(numbers, pa.array(range(1, len(table) + 1), pa.int32()))).as_py():
        raise VerificationError("messages are not numbered from 1, each once", where=str(file))


def _ids(ids: pa.Array) -> Ids:
    return Ids(ids, integers(pc.cast(pc.array_sort_indices(ids), pa.int32())))


def _column(table: pa.Table, name: str) -> pa.Array:
    return table[name].combine_chunks()


def _messages_in(file: Path) -> pa.Array:
    with opened(file) as parquet:
        return pc.unique(parquet.read(["message"])["message"])


def _flat(table: pa.Table, column: str, part: str = "") -> _Named:
    lists = _column(table, column)
    items = pc.list_flatten(lists)
    places = pc.cast(pc.list_parent_indices(lists), pa.int32())
    return places, pc.struct_field(items, part) if part else items


def _single(table: pa.Table, column: str) -> _Named:
    return pa.array(range(len(table)), pa.int32()), _column(table, column)


def _as_it_is(name: str) -> tuple[str, ...]:
    return (folded(name),)


def as_fields_ask(name: str) -> tuple[str, ...]:
    """Return what a search finds it by: the whole, and what stands before an @."""
    return folded(name), folded(name.partition("@")[0] or name)


def folded(name: str) -> str:
    """Return a name as fields of a search compare it."""
    return " ".join(name.lower().split())


def coded(named: Iterable[_Named], words: Callable[[str], tuple[str, ...]]) -> Coded:
    """Return which values messages bear; `words` are those by which one name counts.

    Names are text, or digests, which count in hexadecimal. What is only a further word of names
    (what stands before an @), and no name as it stands, is no value.
    """
    parts = list(named)
    names = pa.concat_arrays([part for _, part in parts]).dictionary_encode()
    places = pa.concat_arrays([part for part, _ in parts])
    codes: dict[str, int] = {}
    whole: list[bool] = []
    columns: list[list[int | None]] = [[], []]
    for one in names.dictionary.to_pylist():
        name = one.hex() if isinstance(one, bytes) else one
        mine = [codes.setdefault(word, len(codes)) for word in words(name)] if name else []
        whole += [False] * (len(codes) - len(whole))
        if mine:
            whole[mine[0]] = True
        for number, column in enumerate(columns):
            column.append(mine[number] if number < len(mine) else None)
    kept = [
        [code if code is not None and whole[code] else None for code in column]
        for column in columns
    ]
    pairs = [_keys(places, names.indices, column) for column in kept]
    keys = pc.unique(pa.concat_arrays(pairs))
    keys = keys.take(pc.array_sort_indices(keys))
    return Coded(
        pc.cast(pc.shift_right(keys, pa.scalar(32, pa.int64())), pa.int32()),
        pc.cast(pc.bit_wise_and(keys, pa.scalar(2**32 - 1, pa.int64())), pa.int32()),
        list(codes),
        frozenset(word for word, code in codes.items() if whole[code]),
    )


def _keys(places: pa.Array, names: pa.Array, codes: Sequence[int | None]) -> pa.Array:
    """Return place and code as one number each, where there is a code."""
    found = pa.array(codes, pa.int64()).take(names)
    there = pc.is_valid(found)
    high = pc.shift_left(pc.cast(places.filter(there), pa.int64()), pa.scalar(32, pa.int64()))
    return pc.add(high, found.filter(there))


def _chats(size: int, coded: Coded, groups: Sequence[str | None] = ()) -> Chats:
    """Gather the places of the same group, or else that bear exactly the same values."""
    chats: dict[bytes, int] = {}
    of = array("i", [-1]) * size
    codes = bytes(integers(coded.codes).cast("B"))
    runs, start = pc.run_end_encode(coded.places), 0
    ends, places = runs.run_ends.to_pylist(), runs.values.to_pylist()
    for place, end in zip(places, ends, strict=True):
        of[place] = chats.setdefault(codes[4 * start : 4 * end], len(chats))
        start = end
    for place, group in enumerate(groups):
        if group:
            of[place] = chats.setdefault(b"group:" + group.encode(), len(chats))
    alone = len(chats)
    for place, chat in enumerate(of):
        if chat < 0:
            of[place], alone = alone, alone + 1
    return _sorted(of, alone)


def _sorted(of: array[int], count: int) -> Chats:
    column = pa.array(of, pa.int32())
    places = integers(pc.cast(pc.array_sort_indices(column), pa.int32()))
    sizes = [0] * (count + 1)
    for chat in of:
        sizes[chat + 1] += 1
    for chat in range(count):
        sizes[chat + 1] += sizes[chat]
    return Chats(memoryview(of), sizes, places)
