"""Legal holds: while one stands, nothing of an address, or of a whole site, expires or is wiped.

A hold is placed and lifted under an order's number and never rewritten. It stops what the network
itself would remove; Dovecot keeps what a phone removes, too, as long as the hold stands.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from shieldnet.devices.books import device_row, find, happened, now, reading, writing
from shieldnet.devices.errors import DeviceError, HeldError
from shieldnet.network import LiveSite, Network

_OPEN = "lifted IS NULL AND (address IS NULL OR address = ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One legal hold."""

    order_number: str
    site: str
    address: str | None
    """None: the whole site."""
    placed: str
    lifted: str | None


def place(network: Network, order_number: str, *, device: str = "", site: str = "") -> Hold:
    """Place a hold on one device or on a whole site."""
    if not order_number.strip():
        raise DeviceError("A hold needs the number of the order behind it. Give --order")
    where, address = _target(network, device, site)
    with writing(where) as connection:
        if _order(connection, address, order_number):
            raise HeldError(f"Order {order_number} holds {address or where.name} already")
        moment = now()
        connection.execute(
            "INSERT INTO hold (order_number, address, placed) VALUES (?, ?, ?)",
            (order_number, address, moment),
        )
        _tell(connection, address, "hold placed", moment, order_number)
    return Hold(
        order_number=order_number, site=where.name, address=address, placed=moment, lifted=None
    )


def lift(network: Network, order_number: str, *, device: str = "", site: str = "") -> Hold:
    """Lift the hold that an order placed on a device or a site."""
    where, address = _target(network, device, site)
    with writing(where) as connection:
        found = _order(connection, address, order_number)
        if not found:
            raise HeldError(
                f"Order {order_number} holds nothing on {address or where.name}. "
                "`shieldnet hold list` shows what stands"
            )
        moment = now()
        connection.execute("UPDATE hold SET lifted = ? WHERE id = ?", (moment, found["id"]))
        _tell(connection, address, "hold lifted", moment, order_number)
    return Hold(
        order_number=order_number,
        site=where.name,
        address=address,
        placed=found["placed"],
        lifted=moment,
    )


def all_holds(network: Network) -> list[Hold]:
    """Return every hold of every site, lifted ones too, oldest first."""
    found = []
    for site in network.sites.values():
        with reading(site) as connection:
            for row in connection.execute("SELECT * FROM hold ORDER BY id"):
                fields = {name: row[name] for name in row.keys() if name != "id"}  # noqa: SIM118
                found.append(Hold(site=site.name, **fields))
    return sorted(found, key=lambda hold: hold.placed)


def orders_holding(connection: sqlite3.Connection, address: str) -> list[str]:
    """Return the numbers of the orders that hold an address now."""
    rows = connection.execute(
        f"SELECT order_number FROM hold WHERE {_OPEN} ORDER BY id", (address,)
    )
    return [str(row[0]) for row in rows]


def held(site: LiveSite, address: str) -> bool:
    """Say whether a legal hold stands on an address."""
    with reading(site) as connection:
        return bool(orders_holding(connection, address))


def held_addresses(site: LiveSite) -> set[str] | None:
    """Return every address under a hold; None where a hold is on the whole site."""
    with reading(site) as connection:
        rows = [
            row[0] for row in connection.execute("SELECT address FROM hold WHERE lifted IS NULL")
        ]
    return None if None in rows else set(rows)


def _target(network: Network, device: str, site: str) -> tuple[LiveSite, str | None]:
    if bool(device) == bool(site):
        raise DeviceError("Name either one device or one site (--site)")
    return find(network, device) if device else (network.site(site), None)


def _order(
    connection: sqlite3.Connection, address: str | None, order_number: str
) -> sqlite3.Row | None:
    found: sqlite3.Row | None = connection.execute(
        "SELECT * FROM hold WHERE lifted IS NULL AND address IS ? AND order_number = ?",
        (address, order_number),
    ).fetchone()
    return found


def _tell(
    connection: sqlite3.Connection, address: str | None, kind: str, moment: str, order: str
) -> None:
    """Append the event to the device's; a hold on a site is its own record."""
    if address is not None:
        serial = str(device_row(connection, address)["serial"])
        happened(connection, serial, kind, moment, order=order)
