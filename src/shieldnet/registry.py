"""Keep a site's device registry and sales ledger in the form docs/reference/copied-site.md fixes.

Events are append-only: triggers refuse to change or delete one. Rollback journal, never WAL,
because the mail server's lookups run as a user who may not create WAL's files.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from types import TracebackType

from shieldnet.network import LiveSite
from shieldnet.sites import Site

VERSION = 1
SCHEMA = """
CREATE TABLE site (
    name TEXT PRIMARY KEY, domain TEXT NOT NULL, host TEXT NOT NULL, country TEXT NOT NULL,
    utc_offset TEXT NOT NULL
);
CREATE TABLE device (
    serial TEXT PRIMARY KEY, imei TEXT NOT NULL UNIQUE, address TEXT NOT NULL UNIQUE,
    model TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('stock', 'active', 'blocked', 'wiped')),
    custody TEXT NOT NULL CHECK (custody IN ('server', 'device')),
    fingerprint TEXT,
    camera INTEGER NOT NULL DEFAULT 0 CHECK (camera = 0),
    microphone INTEGER NOT NULL DEFAULT 0 CHECK (microphone = 0),
    created TEXT NOT NULL, last_seen TEXT, profile TEXT
);
CREATE TABLE holding (
    id INTEGER PRIMARY KEY, serial TEXT NOT NULL REFERENCES device (serial),
    address TEXT NOT NULL, holder TEXT NOT NULL, valid_from TEXT NOT NULL, valid_to TEXT,
    CHECK (valid_to IS NULL OR valid_from < valid_to)
);
CREATE INDEX holding_address ON holding (address, valid_from);
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL,
    serial TEXT NOT NULL REFERENCES device (serial), kind TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE TRIGGER event_stays BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER event_remains BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TABLE login (
    address TEXT PRIMARY KEY REFERENCES device (address), password TEXT NOT NULL
);
CREATE TABLE enrolment (
    code_sha256 TEXT PRIMARY KEY, serial TEXT NOT NULL REFERENCES device (serial),
    holder TEXT NOT NULL, made TEXT NOT NULL, expires TEXT NOT NULL, used TEXT
);
CREATE INDEX enrolment_serial ON enrolment (serial);
CREATE TABLE hold (
    id INTEGER PRIMARY KEY AUTOINCREMENT, order_number TEXT NOT NULL, address TEXT,
    placed TEXT NOT NULL, lifted TEXT
);
CREATE TRIGGER hold_stays BEFORE UPDATE ON hold
WHEN OLD.lifted IS NOT NULL OR NEW.lifted IS NULL OR NEW.order_number <> OLD.order_number
    OR NEW.address IS NOT OLD.address OR NEW.placed <> OLD.placed OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'a hold can only be lifted, once'); END;
CREATE TRIGGER hold_remains BEFORE DELETE ON hold
BEGIN SELECT RAISE(ABORT, 'holds are append-only'); END;
CREATE TABLE ledger_line (
    number INTEGER PRIMARY KEY, order_number TEXT NOT NULL UNIQUE, line TEXT NOT NULL,
    ends_at INTEGER NOT NULL
);
CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger_line
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_remains BEFORE DELETE ON ledger_line
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""
LEDGER_HEADING = ("order", "date", "serial", "model", "buyer", "price_cents", "currency", "paid_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow:
    """One row of `device`."""

    serial: str
    imei: str
    address: str
    model: str
    status: str
    custody: str
    fingerprint: str | None
    created: str
    last_seen: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingRow:
    """One row of `holding`."""

    serial: str
    address: str
    holder: str
    valid_from: str
    valid_to: str | None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class EventRow:
    """One row of `event`; rows sort by time."""

    at: str
    serial: str
    kind: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Sale:
    """One sale, before it has an order number."""

    date: str
    serial: str
    model: str
    buyer: str
    price_cents: int
    currency: str
    paid_by: str


class Registry:
    """A site's registry, open for writing."""

    def __init__(self, path: Path, site: Site | LiveSite) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA journal_mode = DELETE")
        self._connection.executescript(SCHEMA)
        self._connection.execute(f"PRAGMA user_version = {VERSION}")
        zone = f"{site.zone_text[:3]}:{site.zone_text[3:]}"
        row = (site.name, site.domain, site.host, site.country, zone)
        self._connection.execute("INSERT INTO site VALUES (?, ?, ?, ?, ?)", row)

    def __enter__(self) -> Registry:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._connection.commit()
        self._connection.close()

    def add_device(self, row: DeviceRow) -> None:
        """Add a device."""
        self._connection.execute(
            "INSERT INTO device (serial, imei, address, model, status, custody, fingerprint,"
            " created, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            astuple(row),
        )

    def add_holding(self, row: HoldingRow) -> None:
        """Add an interval."""
        self._connection.execute(
            "INSERT INTO holding (serial, address, holder, valid_from, valid_to)"
            " VALUES (?, ?, ?, ?, ?)",
            astuple(row),
        )

    def add_events(self, rows: Iterable[EventRow]) -> None:
        """Append events in the order given."""
        self._connection.executemany(
            "INSERT INTO event (at, serial, kind, detail) VALUES (?, ?, ?, ?)",
            (astuple(row) for row in rows),
        )


def detail(**fields: str) -> str:
    """Return an event's detail: a JSON object with sorted keys."""
    return json.dumps(fields, sort_keys=True, ensure_ascii=False)


def write_ledger(path: Path, site: Site | LiveSite, sales: Iterable[Sale]) -> None:
    """Write the sales ledger in order of date, numbering orders within each year."""
    numbers: dict[int, int] = {}
    with path.open("w", encoding="utf-8", newline="") as target:
        rows = csv.writer(target)
        rows.writerow(LEDGER_HEADING)
        for sale in sorted(sales):
            year = dt.date.fromisoformat(sale.date).year
            numbers[year] = numbers.get(year, 0) + 1
            order = f"{site.name.upper()}-{year}-{numbers[year]:05d}"
            rows.writerow((order, *astuple(sale)))
