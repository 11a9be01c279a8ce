"""Whatever an operator does in whatever order, the registry stays one that tells one story.

The oracle replays the events by its own rules, straight from SQL.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shieldnet import devices
from shieldnet.devices import Registered, Request, holds
from shieldnet.devices.errors import DeviceError
from shieldnet.network import Network
from tests.unit.shieldnet.networks import made

STATUS = {
    "registered": "stock",
    "issued": "active",
    "reissued": "active",
    "unblocked": "active",
    "blocked": "blocked",
    "wiped": "wiped",
}
STEPS = ("enrol", "block", "unblock", "wipe", "reissue", "new code", "hold", "lift")


def world(folder: Path) -> tuple[Network, dict[str, Registered]]:
    network = made(folder / "net")
    new = devices.register(network, "ams", [Request(holder="a", model="S1")] * 2)
    return network, {one.address: one for one in new}


def take(network: Network, codes: dict[str, Registered], address: str, step: str) -> None:
    def renewed(holder: str) -> None:
        codes[address] = devices.reissue(network, address, Request(holder=holder, model="S1"))

    steps: dict[str, Callable[[], object]] = {
        "enrol": lambda: devices.enrol(network, codes[address].code),
        "block": lambda: devices.block(network, address),
        "unblock": lambda: devices.unblock(network, address),
        "wipe": lambda: devices.wipe(network, address),
        "reissue": lambda: renewed("b"),
        "new code": lambda: renewed(""),
        "hold": lambda: holds.place(network, "RK-1", device=address),
        "lift": lambda: holds.lift(network, "RK-1", device=address),
    }
    with contextlib.suppress(DeviceError):
        steps[step]()


def check(network: Network) -> None:
    connection = sqlite3.connect(network.site("ams").registry)
    connection.row_factory = sqlite3.Row
    with contextlib.closing(connection):
        for device in connection.execute("SELECT * FROM device").fetchall():
            where = (device["serial"],)
            events = connection.execute("SELECT * FROM event WHERE serial = ? ORDER BY id", where)
            story = [(row["kind"], json.loads(row["detail"]), row["at"]) for row in events]
            held = connection.execute(
                "SELECT * FROM holding WHERE serial = ? ORDER BY valid_from", where
            ).fetchall()
            login = connection.execute(
                "SELECT 1 FROM login WHERE address = ?", (device["address"],)
            ).fetchone()
            _one_story(device["status"], story, held, bool(login))


def _one_story(
    status: str,
    story: list[tuple[str, dict[str, str], str]],
    held: list[sqlite3.Row],
    login: bool,
) -> None:
    last, standing = "", 0
    for kind, _, _ in story:
        last = STATUS.get(kind, "stock" if (kind, last) == ("code issued", "wiped") else last)
        standing += {"hold placed": 1, "hold lifted": -1}.get(kind, 0)
        assert kind != "wiped" or standing == 0
    starts = [kind for kind, _, _ in story if kind in ("issued", "reissued", "unblocked")]
    holders = [detail["holder"] for kind, detail, _ in story if kind in
               ("issued", "reissued", "unblocked")]  # fmt: skip

    assert last == status
    assert login == (status in ("active", "blocked"))
    assert [row["holder"] for row in held] == holders
    assert len(held) == len(starts)
    assert [row["valid_to"] is None for row in held].count(True) == (status == "active")
    for earlier, later in itertools.pairwise(held):
        assert earlier["valid_from"] < earlier["valid_to"] <= later["valid_from"]


@pytest.mark.slow
@settings(max_examples=12)
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(STEPS)), min_size=4, max_size=14))
def test_any_steps_in_any_order_leave_one_story(steps: list[tuple[int, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        network, codes = world(Path(name))
        for which, step in steps:
            take(network, codes, sorted(codes)[which], step)
        check(network)


def test_a_whole_life_twice_over_is_one_story(tmp_path: Path) -> None:
    network, codes = world(tmp_path)
    address = sorted(codes)[0]
    for step in ("enrol", "block", "unblock", "hold", "wipe", "lift", "wipe", "reissue") * 2:
        take(network, codes, address, step)
        check(network)
    kinds = [event["kind"] for event in devices.history(network, address).events]

    assert kinds.count("wiped") == 2
    assert kinds.count("wipe refused") == 2
