"""Open a site's registry for one change or one look; keep the sales ledger in step with it.

A change is one transaction: it is there whole, with its event, or not at all. The ledger's lines
live in the registry and `ledger.csv` is written from them after the commit, beside its place and
renamed into it; a command killed between the two leaves an older ledger, which the next puts right.
Rollback journal, never WAL: Postfix could not read the registry. `secure_delete`, so that a login
or an enrolment that was deleted leaves nothing in free pages.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

from shieldnet import files
from shieldnet.devices.errors import RegistryError, UnknownDeviceError
from shieldnet.errors import HalfMadeError
from shieldnet.network import LiveSite, Network
from shieldnet.registry import LEDGER_HEADING, VERSION, Sale, detail

_HEADING = (",".join(LEDGER_HEADING) + "\r\n").encode()
PATIENCE_SECONDS = 20
"""How long a command waits for another one that is writing."""


def now() -> str:
    """Return this second as the registry writes times."""
    return text_of(dt.datetime.now(dt.UTC))


def text_of(moment: dt.datetime) -> str:
    """Return an aware instant as the registry writes times."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def after(moment: str, earlier: str | None) -> str:
    """Return `moment`, or the second after `earlier` where it is not later than that."""
    if earlier is None or moment > earlier:
        return moment
    return text_of(dt.datetime.fromisoformat(earlier) + dt.timedelta(seconds=1))


def _connected(site: LiveSite) -> sqlite3.Connection:
    if not site.registry.is_file():
        raise HalfMadeError(
            f"{site.registry} is missing. Finish the network with `shieldnet init`, "
            "or restore the site"
        )
    connection = sqlite3.connect(site.registry, isolation_level=None, timeout=PATIENCE_SECONDS)
    connection.row_factory = sqlite3.Row
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError:
        connection.close()
        raise
    if version != VERSION:
        connection.close()
        raise HalfMadeError(
            f"{site.registry} has layout {version}, this shieldnet keeps layout {VERSION}. "
            "Use the shieldnet that made it, or restore the site"
        )
    return connection


@contextmanager
def _told(site: LiveSite) -> Iterator[None]:
    """Turn what SQLite cannot do into a sentence: full, locked, damaged, of another layout."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise RegistryError(
            f"{site.registry}: {error}. Nothing was changed. Make room, wait for the other command "
            "or restore the registry, then give the command again"
        ) from None


@contextmanager
def reading(site: LiveSite) -> Iterator[sqlite3.Connection]:
    """Open the registry for looking only."""
    with _told(site), closing(_connected(site)) as connection:
        connection.execute("PRAGMA query_only = ON")
        yield connection


@contextmanager
def writing(site: LiveSite) -> Iterator[sqlite3.Connection]:
    """Open the registry for one change: committed when the block ends, undone when it raises."""
    with _told(site), closing(_connected(site)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            if connection.in_transaction:  # a full disk has ended it already
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        _renew_ledger(site, connection)


def happened(
    connection: sqlite3.Connection, serial: str, kind: str, at: str, **fields: str
) -> None:
    """Append one event."""
    row = (at, serial, kind, detail(**fields))
    connection.execute("INSERT INTO event (at, serial, kind, detail) VALUES (?, ?, ?, ?)", row)


def device_row(connection: sqlite3.Connection, name: str) -> Mapping[str, str | None]:
    """Return the device with this address, serial number or IMEI."""
    found = connection.execute(
        "SELECT * FROM device WHERE address = ?1 COLLATE NOCASE OR serial = ?1 COLLATE NOCASE"
        " OR imei = ?1",
        (name.strip(),),
    ).fetchone()
    if found is None:
        raise UnknownDeviceError(
            f"No device is known as {name}. `shieldnet device list` shows what there is"
        )
    return dict(found)


def find(network: Network, name: str) -> tuple[LiveSite, str]:
    """Return the site and the address of the device with this address, serial number or IMEI."""
    for site in network.sites.values():
        with reading(site) as connection:
            try:
                return site, str(device_row(connection, name)["address"])
            except UnknownDeviceError:
                continue
    raise UnknownDeviceError(
        f"No device of this network is known as {name}. `shieldnet device list` shows what there is"
    )


def enter_sale(connection: sqlite3.Connection, order: str, sale: Sale) -> None:
    """Append one line to the ledger; it is written out when the change is committed."""
    line = io.StringIO()
    fields = [getattr(sale, name) for name in LEDGER_HEADING[1:]]
    csv.writer(line).writerow((order, *fields))
    connection.execute(
        "INSERT INTO ledger_line (order_number, line, ends_at) VALUES (?, ?, ?)",
        (order, line.getvalue(), _ledger_size(connection) + len(line.getvalue().encode())),
    )


def _ledger_size(connection: sqlite3.Connection) -> int:
    """Return how many octets the ledger has, without reading it."""
    last = connection.execute(
        "SELECT ends_at FROM ledger_line ORDER BY number DESC LIMIT 1"
    ).fetchone()
    return int(last[0]) if last else len(_HEADING)


def _renew_ledger(site: LiveSite, connection: sqlite3.Connection) -> None:
    """Write `ledger.csv` from the registry where it is behind; keep its owner and rights."""
    if site.ledger.exists() and site.ledger.stat().st_size == _ledger_size(connection):
        return
    lines = connection.execute("SELECT line FROM ledger_line ORDER BY number")
    files.put(site.ledger, _HEADING + "".join(row[0] for row in lines).encode())
