from __future__ import annotations

import hashlib
import itertools
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from zegel.processing import parting, sql
from zegel.processing.schemas import KEYS, OPEN, SCAN
from zegel.processing.settling import Settled, join_messages, settle
from zegel.tables import PartWriter


def joined(names: list[tuple[int, int]]) -> tuple[dict[int, int], int]:
    """Return the label of each place, and the rounds it took."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE names (place BIGINT, name BIGINT)")
        if names:
            columns = [list(column) for column in zip(*names, strict=True)]
            connection.execute("INSERT INTO names SELECT unnest(?), unnest(?)", columns)
        rounds = join_messages(connection)
        return dict(connection.execute("FROM labels").fetchall()), rounds


def lowest(names: list[tuple[int, int]]) -> dict[int, int]:
    """Do the same one step at a time."""
    labels = {place: place for place, _ in names}
    while True:
        least: dict[int, int] = {}
        for place, name in names:
            least[name] = min(labels[place], least.get(name, labels[place]))
        after = {place: min(least[n] for p, n in names if p == place) for place in labels}
        if after == labels:
            return labels
        labels = after


@pytest.mark.parametrize("seed", range(8))
def test_places_that_share_names_are_one_message_however_far_apart(seed: int) -> None:
    chance = random.Random(seed)
    names = [(chance.randint(1, 40), chance.randint(1, 35)) for _ in range(chance.randint(0, 70))]

    assert joined(names)[0] == lowest(names)


@pytest.mark.parametrize("seed", range(3))
def test_rounds_grow_as_the_logarithm_of_a_chain(seed: int) -> None:
    places = list(range(1, 3001))
    random.Random(seed).shuffle(places)
    chain = [(place, link) for link, place in enumerate(places)]
    chain += [(place, link + 1) for link, place in enumerate(places)]
    labels, rounds = joined(chain)

    assert set(labels.values()) == {1}
    assert len(labels) == len(places)
    assert rounds < 16


GRAVEST = ("damaged", "unsupported", "key locked", "no key")
FIRST = ("readable", "not encrypted", "partly readable")


class Copy:
    """A small case drawn by chance: two exhibits, few contents, so that much is shared."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.ids = [hashlib.sha256(bytes((number,))).digest() for number in range(9)]
        self.plain = [hashlib.sha256(b"plain%d" % number).digest() for number in range(6)]
        blocks = [*self.ids[:4], *self.ids[6:]]
        # The others are signed in clear: of them no session tells.
        self.ended = {one: chance.choice(("readable", *GRAVEST)) for one in blocks}
        self.inside = {
            outer: chance.sample(self.ids[6:], chance.randint(1, 2))
            for outer in self.ids[:4]
            if self.ended[outer] == "readable" and chance.random() < 0.4
        }
        self.plaintext = {
            one: bytes((chance.randint(1, 4),)) * 32
            for one in (*self.ids, *self.plain)
            if self.ended.get(one, "readable") == "readable"
        }
        self.again = set(chance.sample(blocks, 3))
        """Blocks that two rounds tell of."""
        self.places = [self._place(chance, number) for number in range(40)]

    def _place(self, chance: random.Random, number: int) -> dict[str, Any]:
        kept = chance.random() > 0.1
        layers = chance.sample(self.ids[:6], chance.choice((0, 1, 1, 1, 2)))
        around = chance.random() < 0.2 or not layers
        return {
            "exhibit": "E1" if number < 25 else "E2",
            "entry": number // 4,
            "offset": number % 4 * 100,
            "length": 100,
            "is_message": kept,
            "message_id": chance.choice(("", None, "a@x", "b@x", "c@x")),
            "received_ns": chance.choice((None, number * 10)),
            "layers": [*layers, *([chance.choice(self.plain)] if around else [])] * kept,
        }

    def identity(self, place: dict[str, Any]) -> bytes:
        where = ":".join(str(place[name]) for name in ("entry", "offset", "length"))
        return hashlib.sha256(f"seal of {place['exhibit']}:{where}".encode()).digest()

    def state(self, place: dict[str, Any]) -> str:
        if not place["is_message"]:
            return "not a message"
        blocks = [one for one in place["layers"] if one in self.ended]
        blocks += [inner for outer in blocks for inner in self.inside.get(outer, ())]
        states = {self.ended[one] for one in blocks}
        if len(states) < 2:
            return min(states, default="not encrypted")
        return "partly readable" if "readable" in states else min(states, key=GRAVEST.index)

    def names(self, place: dict[str, Any]) -> Iterator[tuple[object, ...]]:
        """Yield what makes two places one message."""
        layers = sorted(place["layers"], key=lambda one: (one in self.plain, one))
        alone = not set(layers) & set(self.plain)
        beside = place["message_id"] if place["message_id"] is not None else self.identity(place)
        yield ("same contents", tuple(layers), None if alone else beside)
        if place["message_id"] and layers[0] in self.plaintext:
            yield ("same text", place["message_id"], self.plaintext[layers[0]])

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages, joined one shared name at a time."""
        groups = [[place] for place in self.places if place["layers"]]
        joined = True
        while joined:
            joined = False
            for one, other in itertools.combinations(groups, 2):
                if set(self._names(one)) & set(self._names(other)):
                    one += other
                    groups.remove(other)
                    joined = True
                    break
        told = [self._told(sorted(group, key=self.places.index)) for group in groups]
        return sorted(told, key=lambda message: message["message"])

    def _names(self, group: list[dict[str, Any]]) -> Iterator[tuple[object, ...]]:
        return itertools.chain.from_iterable(map(self.names, group))

    def _told(self, group: list[dict[str, Any]]) -> dict[str, Any]:
        instants = [one["received_ns"] for one in group if one["received_ns"] is not None]
        states = [self.state(place) for place in group]
        first = next((state for state in FIRST if state in states), states[0])
        return {
            "message": self.identity(group[0]),
            "places": [self.identity(place) for place in group],
            "copies": len(group),
            "content_ids": sorted({one for place in group for one in place["layers"]}),
            "clock_ns": min(instants, default=None),
            "state": first,
        }


Rows = list[dict[str, Any]]


def scanned(copy: Copy, exhibit: str) -> tuple[Rows, Rows]:
    """Return what a scan of an exhibit found: its places, and the layers in them."""
    places = [place for place in copy.places if place["exhibit"] == exhibit]
    layers = [
        {
            **{name: place[name] for name in ("exhibit", "entry", "offset", "length")},
            "stored_row": row,
            "kind": "plain" if one in copy.plain else "seipd1",
            "content_id": one,
        }
        for row, place in enumerate(places)
        for one in place["layers"]
    ]
    stored = [
        {**place, "format": "mbox", "clock": "none" if place["received_ns"] is None
         else "received"} for place in places
    ]  # fmt: skip
    return stored, layers


def opened(copy: Copy, number: int) -> tuple[Rows, Rows]:
    """Return what a round, the first or the last, tells of blocks and of contents."""
    told = [one for one in copy.ended if number == 2 or one in copy.again]
    blocks = [
        {"round": number, "content_id": one, "state": copy.ended[one] if number == 2
         else "no key", "reason": "r", "detail": "", "kind": "seipd1"} for one in told
    ]  # fmt: skip
    blocks += [
        {**block, "root_id": outer}
        for outer, inner in copy.inside.items()
        for block in blocks
        if block["content_id"] in inner and number == 2
    ]
    contents = [
        {"round": number, "content_id": one, "plaintext_sha256": text}
        for one, text in copy.plaintext.items()
        if number == 2 or one in copy.again
    ]
    return blocks, contents


def settled(copy: Copy, folder: Path) -> Path:
    """Write the tables of a copy, settle them, and return where the settled ones are."""

    def write(part: str, table: str, rows: Rows) -> Path:
        writer = PartWriter(folder / part / table, {table: {**SCAN, **OPEN, "keys": KEYS}[table]})
        writer.add_all(table, rows)
        writer.finish()
        return folder / part / table / f"{table}.parquet"

    scans = {exhibit: scanned(copy, exhibit) for exhibit in ("E1", "E2")}
    rounds = {f"r{number}": opened(copy, number) for number in (1, 2)}
    out = folder / "settled"
    out.mkdir()
    files = Settled(
        stored=[write(exhibit, "stored", places) for exhibit, (places, _) in scans.items()],
        layers=[write(exhibit, "layers", layers) for exhibit, (_, layers) in scans.items()],
        sessions=[write(name, "sessions", blocks) for name, (blocks, _) in rounds.items()],
        contents=[write(name, "contents", contents) for name, (_, contents) in rounds.items()],
        keys=[write("k", "keys", [])],
        seals={name: f"seal of {name}" for name in ("E1", "E2")},
    )
    settle(files, out, folder / "spill")
    return out


@pytest.mark.parametrize("rows_at_once", [200_000, 3])
@pytest.mark.parametrize("seed", range(6))
def test_states_and_messages_are_what_the_rules_say_step_by_step(
    seed: int, rows_at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "ROWS_AT_ONCE", rows_at_once)
    monkeypatch.setattr(parting, "ROWS_AT_ONCE", rows_at_once)
    copy = Copy(seed)
    out = settled(copy, tmp_path)
    states = pq.read_table(out / "states.parquet").to_pylist()
    messages = pq.read_table(out / "messages.parquet").to_pylist()
    places = defaultdict(list)
    for row in states:
        places[row["message_number"]].append(copy.identity(row))

    assert [(copy.identity(row), row["state"]) for row in states] == [
        (copy.identity(place), copy.state(place)) for place in copy.places
    ]
    assert [
        {**{name: row[name] for name in row if name != "number"}, "places": places[row["number"]]}
        for row in messages
    ] == copy.messages()
    told = {row["content_id"]: row for row in pq.read_table(out / "blocks.parquet").to_pylist()}
    twice = copy.again.union(*copy.inside.values())
    assert {one: row["state"] for one, row in told.items()} == {
        one: copy.ended[one] for one in twice
    }
