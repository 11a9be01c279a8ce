"""Show what the registry says of devices. Metadata only; never a code, a password or its digest."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from shieldnet.devices.books import device_row, find, reading
from shieldnet.devices.holds import orders_holding
from shieldnet.network import Network
from shieldnet.registry import LEDGER_HEADING


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device as it stands now."""

    site: str
    serial: str
    imei: str
    address: str
    model: str
    profile: str
    status: str
    custody: str
    fingerprint: str
    holder: str
    """Who holds it now, or whom it waits for; empty where nobody."""
    held_by_orders: tuple[str, ...]
    created: str
    last_seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One device with all that happened to it and what was paid for it."""

    device: Device
    holdings: list[dict[str, str | None]]
    events: list[dict[str, object]]
    sales: list[dict[str, str]]


_TEXTS = (
    *("serial", "imei", "address", "model", "profile", "status", "custody", "fingerprint"),
    *("holder", "created", "last_seen"),
)
_HOLDER = """coalesce(
    (SELECT holder FROM holding h WHERE h.serial = d.serial AND valid_to IS NULL),
    (SELECT holder FROM enrolment e WHERE e.serial = d.serial AND used IS NULL), '')"""


def devices(
    network: Network, *, site: str = "", status: str = "", holder: str = ""
) -> Iterator[Device]:
    """Yield devices in order of site and serial number."""
    places = [network.site(site)] if site else list(network.sites.values())
    for place in places:
        with reading(place) as connection:
            rows = connection.execute(
                f"SELECT d.*, {_HOLDER} AS holder FROM device d"
                " WHERE (?1 = '' OR status = ?1) ORDER BY serial",
                (status,),
            )
            for row in rows:
                if not holder or holder.lower() in row["holder"].lower():
                    yield _device(connection, place.name, row)


def history(network: Network, name: str) -> History:
    """Return everything the registry and the ledger say of one device."""
    place, address = find(network, name)
    with reading(place) as connection:
        serial = device_row(connection, address)["serial"]
        row = connection.execute(
            f"SELECT d.*, {_HOLDER} AS holder FROM device d WHERE serial = ?", (serial,)
        ).fetchone()
        device = _device(connection, place.name, row)
        holdings = connection.execute(
            "SELECT holder, valid_from, valid_to FROM holding WHERE serial = ? ORDER BY valid_from",
            (serial,),
        ).fetchall()
        events = connection.execute(
            "SELECT at, kind, detail FROM event WHERE serial = ? ORDER BY id", (serial,)
        ).fetchall()
        lines = connection.execute(
            "SELECT line FROM ledger_line WHERE instr(line, ?) ORDER BY number", (serial,)
        ).fetchall()
    sales = list(csv.DictReader(io.StringIO("".join(line[0] for line in lines)), LEDGER_HEADING))
    return History(
        device=device,
        holdings=[dict(row) for row in holdings],
        events=[{**dict(row), "detail": json.loads(row["detail"])} for row in events],
        sales=[sale for sale in sales if sale["serial"] == serial],
    )


def _device(connection: sqlite3.Connection, site: str, row: sqlite3.Row) -> Device:
    texts = {name: row[name] or "" for name in _TEXTS}
    orders = tuple(orders_holding(connection, row["address"]))
    return Device(site=site, held_by_orders=orders, **texts)
