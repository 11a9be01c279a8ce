"""A device's life in the registry: registered, enrolled, blocked, wiped, issued again."""

from __future__ import annotations

import dataclasses
import itertools
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shieldnet import devices
from shieldnet.devices import books, holds
from shieldnet.devices.errors import (
    DeviceError,
    HeldError,
    RegistryError,
    StateError,
    TakenError,
    UnknownDeviceError,
)
from shieldnet.errors import HalfMadeError
from shieldnet.network import LiveSite, Network
from tests.unit.shieldnet.devices.desk import HERON, enrolled, ledger, one, rows
from tests.unit.shieldnet.networks import certificate


def test_a_device_gets_the_next_number_an_address_of_the_site_and_a_test_imei(
    network: Network,
) -> None:
    first, second = one(network), one(network)

    assert (first.serial, first.address) == ("SN-AMS-000001", "d00001@ams.shieldnet.example")
    assert (second.serial, second.address) == ("SN-AMS-000002", "d00002@ams.shieldnet.example")
    assert first.imei.startswith("00")
    assert first.imei != second.imei


def test_a_sale_is_in_the_ledger_with_order_imei_and_price(network: Network) -> None:
    request = dataclasses.replace(
        HERON, imei="490154203237518", buyer="reseller 4", price_cents=149_900, paid_by="voucher"
    )
    sold = one(network, request)
    entry = ledger(network)[-1]

    assert entry.pop("date")[:2] == "20"
    assert entry == {
        "order": sold.order,
        "serial": sold.serial,
        "model": "Cobalt S1",
        "buyer": "reseller 4",
        "price_cents": "149900",
        "currency": "EUR",
        "paid_by": "voucher",
    }
    assert rows(network, "SELECT imei FROM device") == [("490154203237518",)]


def test_a_ledger_left_behind_by_a_killed_command_is_put_right_by_the_next(
    network: Network,
) -> None:
    one(network)
    before = network.site("ams").ledger.read_bytes()
    one(network)
    network.site("ams").ledger.write_bytes(before)
    one(network)

    assert len(ledger(network)) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"address": "d00001"}, "address d00001@ams.shieldnet.example belongs to a device"),
        ({"imei": "490154203237518"}, "IMEI 490154203237518 belongs to a device"),
        ({"order": "A-1"}, "Order A-1 is in the ledger"),
    ],
)
def test_what_another_device_has_is_refused_and_nothing_is_written(
    change: dict[str, Any], said: str, network: Network
) -> None:
    one(network, dataclasses.replace(HERON, imei="490154203237518", order="A-1"))
    with pytest.raises(TakenError, match=said):
        devices.register(network, "ams", [HERON, dataclasses.replace(HERON, **change)])

    assert len(rows(network, "SELECT * FROM device")) == len(ledger(network)) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"imei": "490154203237517"}, "no IMEI"),
        ({"imei": "49015420323751"}, "no IMEI"),
        ({"holder": " "}, "needs a holder"),
        ({"model": "a\x1bb"}, "control"),
        ({"address": "d1@elsewhere.example"}, "not at ams"),
        ({"address": "no spaces"}, "cannot be the first part"),
        ({"price_cents": -1}, "no price"),
    ],
)
def test_words_that_cannot_be_entered_are_refused(
    change: dict[str, Any], said: str, network: Network
) -> None:
    with pytest.raises(DeviceError, match=said):
        one(network, dataclasses.replace(HERON, **change))


def test_operators_who_register_at_once_get_numbers_of_their_own(network: Network) -> None:
    with ThreadPoolExecutor(8) as desks:
        made_ = list(desks.map(lambda _number: one(network), range(16)))

    assert len({new.serial for new in made_}) == len({new.order for new in made_}) == 16
    assert len(ledger(network)) == 16


def test_the_events_tell_a_whole_life_and_cannot_be_rewritten(network: Network) -> None:
    address = enrolled(network)
    devices.block(network, address)
    devices.unblock(network, address)
    devices.wipe(network, address)
    again = devices.reissue(network, address, dataclasses.replace(HERON, holder="sparrow"))
    devices.enrol(network, again.code, certificate(address, 1))
    told = devices.history(network, address)

    assert [event["kind"] for event in told.events] == [
        *("registered", "code issued", "issued", "blocked", "unblocked", "wiped"),
        *("code issued", "reissued"),
    ]
    assert [held["holder"] for held in told.holdings] == ["heron", "heron", "sparrow"]
    ends = [(held["valid_from"] or "", held["valid_to"] or "9") for held in told.holdings]
    assert all(start < end for start, end in ends)
    assert all(end <= later for (_, end), (later, _) in itertools.pairwise(ends))
    assert told.events[-1]["detail"] == {
        "holder": "sparrow",
        "previous": "heron",
        "fingerprint": told.device.fingerprint,
    }
    assert len(told.sales) == 2
    for table in ("event", "ledger_line"):
        for change in (f"DELETE FROM {table}", f"UPDATE {table} SET rowid = rowid + 1"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                rows(network, change)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (["block"], "is stock. Only an active"),
        (["enrol", "unblock"], "is active. Only a blocked"),
        (["enrol", "block", "block"], "is blocked. Only an active"),
        (["enrol", "wipe", "wipe"], "wiped already"),
        (["enrol", "reissue"], "Wipe it first"),
    ],
)
def test_a_step_out_of_turn_says_what_comes_first(
    steps: list[str], said: str, network: Network
) -> None:
    new = one(network)
    step: dict[str, Callable[[], object]] = {
        "enrol": lambda: devices.enrol(network, new.code),
        "block": lambda: devices.block(network, new.address),
        "unblock": lambda: devices.unblock(network, new.address),
        "wipe": lambda: devices.wipe(network, new.address),
        "reissue": lambda: devices.reissue(network, new.address, HERON),
    }
    for name in steps[:-1]:
        step[name]()

    with pytest.raises(StateError, match=said):
        step[steps[-1]]()


def test_a_registry_that_is_damaged_or_busy_is_one_sentence(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "PATIENCE_SECONDS", 0)
    place = network.site("ams").registry
    busy = sqlite3.connect(place, isolation_level=None)
    busy.execute("BEGIN IMMEDIATE")
    with pytest.raises(RegistryError, match="database is locked"):
        one(network)
    busy.execute("ROLLBACK")
    busy.execute("PRAGMA user_version = 9")
    busy.close()
    with pytest.raises(HalfMadeError, match="has layout 9"):
        one(network)
    place.write_bytes(b"SQLite format 3\0" + bytes(4096))
    with pytest.raises(RegistryError, match="restore the registry"):
        one(network)
    place.unlink()
    with pytest.raises(HalfMadeError, match="is missing"):
        one(network)


def test_a_full_disk_leaves_registry_and_ledger_as_they_were(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = one(network)
    real = books._connected

    def cramped(site: LiveSite) -> sqlite3.Connection:
        connection = real(site)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr(books, "_connected", cramped)
    with pytest.raises(RegistryError, match="full"):
        devices.register(network, "ams", [HERON] * 2000)
    monkeypatch.undo()

    assert rows(network, "SELECT serial FROM device") == [(first.serial,)]
    assert len(ledger(network)) == 1


def test_a_device_is_found_by_address_serial_or_imei(network: Network) -> None:
    new = one(network, site="yyz")

    for name in (new.address.upper(), new.serial.lower(), new.imei):
        assert devices.history(network, name).device.serial == new.serial
    with pytest.raises(UnknownDeviceError, match="No device of this network is known as nobody"):
        devices.history(network, "nobody")


def test_a_hold_stops_a_wipe_and_that_is_told(network: Network) -> None:
    address = enrolled(network)
    holds.place(network, "RK-16-0421", device=address)
    with pytest.raises(HeldError, match="order RK-16-0421"):
        devices.wipe(network, address)
    told = devices.history(network, address)
    holds.lift(network, "RK-16-0421", device=address)
    devices.wipe(network, address)

    assert told.device.held_by_orders == ("RK-16-0421",)
    assert [event["kind"] for event in told.events][-2:] == ["hold placed", "wipe refused"]
    assert devices.history(network, address).device.held_by_orders == ()


def test_a_hold_on_a_site_holds_all_its_devices_and_no_other_site_s(network: Network) -> None:
    here, there = enrolled(network), one(network, site="yyz").address
    holds.place(network, "RK-1", site="ams")
    ams, yyz = network.site("ams"), network.site("yyz")

    assert devices.held(ams, here)
    assert not devices.held(yyz, there)
    with pytest.raises(HeldError):
        devices.wipe(network, here)
    devices.wipe(network, there)


def test_a_hold_is_never_rewritten(network: Network) -> None:
    address = enrolled(network)
    holds.place(network, "RK-1", device=address)
    holds.lift(network, "RK-1", device=address)

    for change in (
        "DELETE FROM hold",
        "UPDATE hold SET lifted = NULL",
        "UPDATE hold SET order_number = 'RK-2'",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            rows(network, change)
    with pytest.raises(HeldError, match="holds nothing"):
        holds.lift(network, "RK-1", device=address)


@pytest.mark.slow
def test_forty_thousand_devices_are_registered_at_once(network: Network) -> None:
    new = devices.register(network, "ams", [HERON] * 40_000)

    assert len({one.address for one in new}) == len({one.code for one in new}) == 40_000
    assert len(ledger(network)) == 40_000
