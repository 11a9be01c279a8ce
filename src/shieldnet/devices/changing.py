"""Change what a device may do, in the registry: block, unblock, wipe, re-issue.

What this means at the mail servers is `shieldnet.erasure`, which calls these first: once the
registry says so, no login succeeds and no mail is accepted, whatever happens afterwards.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from shieldnet.devices.books import after, device_row, find, happened, now, reading, writing
from shieldnet.devices.errors import HeldError, StateError
from shieldnet.devices.holds import orders_holding
from shieldnet.devices.registering import VALID_DAYS, Desk, Registered, Request, check
from shieldnet.network import LiveSite, Network

Row = Mapping[str, str | None]


def block(network: Network, name: str) -> tuple[LiveSite, str]:
    """Block an active device; return its site and address."""
    site, address = find(network, name)
    with writing(site) as connection:
        device = _in_state(connection, address, {"active"}, "Only an active device can be blocked")
        _end(connection, device, "blocked")
    return site, address


def unblock(network: Network, name: str) -> tuple[LiveSite, str]:
    """Let a blocked device in again, held by whoever held it."""
    site, address = find(network, name)
    with writing(site) as connection:
        only = "Only a blocked device can be unblocked"
        device = _in_state(connection, address, {"blocked"}, only)
        serial = str(device["serial"])
        last = connection.execute(
            "SELECT holder, valid_to FROM holding WHERE serial = ?"
            " ORDER BY valid_from DESC LIMIT 1",
            (serial,),
        ).fetchone()
        since = after(now(), last["valid_to"])
        connection.execute(
            "INSERT INTO holding (serial, address, holder, valid_from) VALUES (?, ?, ?, ?)",
            (serial, address, last["holder"], since),
        )
        connection.execute("UPDATE device SET status = 'active' WHERE serial = ?", (serial,))
        fields = {"holder": last["holder"], "fingerprint": device["fingerprint"] or ""}
        happened(connection, serial, "unblocked", since, **fields)
    return site, address


def wipe(network: Network, name: str) -> tuple[LiveSite, str]:
    """Mark a device wiped and end its login for good; a legal hold refuses, and says so."""
    site, address = find(network, name)
    orders = _refused(site, address)
    if orders:
        raise HeldError(
            f"{address} is under legal hold (order {', '.join(orders)}) and was not wiped. Block "
            "it instead (`shieldnet device block`), or have the hold lifted"
        )
    with writing(site) as connection:
        if orders_holding(connection, address):
            raise HeldError(f"{address} came under legal hold just now and was not wiped")
        only = "It has been wiped already; what is left of it: `shieldnet audit --of`"
        device = _in_state(connection, address, {"stock", "active", "blocked"}, only)
        serial = str(device["serial"])
        connection.execute("DELETE FROM login WHERE address = ?", (address,))
        connection.execute("DELETE FROM enrolment WHERE serial = ? AND used IS NULL", (serial,))
        _end(connection, device, "wiped")
    return site, address


def _refused(site: LiveSite, address: str) -> list[str]:
    """Return the orders that hold an address; that they stopped a wipe becomes an event."""
    with reading(site) as connection:
        if not orders_holding(connection, address):
            return []
    with writing(site) as connection:
        orders = orders_holding(connection, address)
        serial = str(device_row(connection, address)["serial"])
        for order in orders:
            happened(connection, serial, "wipe refused", now(), order=order)
    return orders


def reissue(
    network: Network, name: str, request: Request, *, valid_days: int = VALID_DAYS
) -> Registered:
    """Sell a wiped device again: a new holder, order and code; serial, IMEI and address stay.

    Of a device that waits for its phone, a new code; its old code stops working. Where no holder is
    named, that is all: it waits for the same one, and nothing is sold.
    """
    site, address = find(network, name)
    if not request.holder:
        return _new_code(network, site, address, valid_days)
    check(network, request)
    with writing(site) as connection:
        only = f"Wipe it first: `shieldnet device wipe {address}`"
        device = _in_state(connection, address, {"wiped", "stock"}, only)
        serial = str(device["serial"])
        desk = Desk(connection, network, site, valid_days)
        connection.execute(
            "UPDATE device SET status = 'stock', fingerprint = NULL, profile = ? WHERE serial = ?",
            (request.profile or device["profile"], serial),
        )
        order = desk.sell(serial, request)
        code = desk.issue_code(serial, request.holder)
        desk.write_events()
    return Registered(
        serial=serial,
        imei=str(device["imei"]),
        address=address,
        order=order,
        expires=desk.expires,
        code=code,
    )


def _new_code(network: Network, site: LiveSite, address: str, valid_days: int) -> Registered:
    with writing(site) as connection:
        device = _in_state(connection, address, {"stock"}, "Name the new holder with --holder")
        serial = str(device["serial"])
        waits = connection.execute(
            "SELECT holder FROM enrolment WHERE serial = ? AND used IS NULL", (serial,)
        ).fetchone()
        desk = Desk(connection, network, site, valid_days)
        code = desk.issue_code(serial, waits["holder"])
        desk.write_events()
    return Registered(
        serial=serial,
        imei=str(device["imei"]),
        address=address,
        order="",
        expires=desk.expires,
        code=code,
    )


def _in_state(
    connection: sqlite3.Connection, address: str, states: set[str], otherwise: str
) -> Row:
    device = device_row(connection, address)
    if device["status"] not in states:
        raise StateError(f"{address} is {device['status']}. {otherwise}")
    return device


def _end(connection: sqlite3.Connection, device: Row, kind: str) -> None:
    """End the holder's interval and set the state; the event names the holder."""
    serial = str(device["serial"])
    open_ = connection.execute(
        "SELECT id, holder, valid_from FROM holding WHERE serial = ? AND valid_to IS NULL",
        (serial,),
    ).fetchone()
    moment = now()
    if open_ is not None:
        moment = after(moment, open_["valid_from"])
        connection.execute("UPDATE holding SET valid_to = ? WHERE id = ?", (moment, open_["id"]))
    connection.execute("UPDATE device SET status = ? WHERE serial = ?", (kind, serial))
    fields = {"holder": open_["holder"]} if open_ is not None else {}
    happened(connection, serial, kind, moment, **fields)
