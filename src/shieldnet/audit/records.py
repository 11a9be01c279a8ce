"""What registry, ledger and key files give away."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from collections.abc import Iterator

from shieldnet.audit.facts import Fact
from shieldnet.audit.sources import File

ADDRESS = re.compile(rb"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_TABLES = {
    "device": ("device", "serial || ' ' || imei || ' ' || address || ' ' || status"),
    "holding": ("holder", "holder || ' had ' || address || ' ' || valid_from"),
    "event": (
        "event",
        "at || ' ' || kind || ' ' || serial || ' '"
        " || (SELECT address FROM device d WHERE d.serial = event.serial)",
    ),
    "login": ("login digest", "address"),
    "enrolment": (
        "enrolment",
        "holder || ' ' || serial || ' '"
        " || (SELECT address FROM device d WHERE d.serial = enrolment.serial)",
    ),
    "hold": ("hold", "order_number || ' on ' || coalesce(address, 'the whole site')"),
}
SECRET = re.compile(rb"-----BEGIN PGP PRIVATE KEY BLOCK-----")


def database(file: File, content: bytes) -> Iterator[Fact]:
    """Yield every row of a registry, and addresses that no row has."""
    connection = sqlite3.connect(":memory:")
    try:
        # In a file of its own, read-only: bytes 18 and 19 would ask for WAL (never ours).
        connection.deserialize(content)
        known = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        for table, (kind, shown) in _TABLES.items():
            if table in known:
                rows = connection.execute(f"SELECT rowid, {shown} FROM {table}")
                for rowid, value in rows:
                    yield Fact(kind, str(value), file.path, f"{table} {rowid}")
        live = addresses("\n".join(connection.iterdump()).encode())
    except sqlite3.DatabaseError:
        yield Fact("unread", "no database that can be read", file.path)
        return
    finally:
        connection.close()
    domains = {address.partition(b"@")[2] for address in live}
    for address in sorted(addresses(content)):
        if not _in_rows(address, live, domains):
            yield Fact("residue in a database", address.decode("ascii"), file.path)


def _in_rows(found: bytes, live: set[bytes], domains: set[bytes]) -> bool:
    """Say whether an address found in raw pages is a row's, run together with its neighbours."""
    local, _, rest = found.partition(b"@")
    ends = [domain for domain in domains if rest.startswith(domain)]
    return any(local[start:] + b"@" + end in live for end in ends for start in range(len(local)))


def ledger(file: File, content: bytes) -> Iterator[Fact]:
    """Yield every sale."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8", "replace")))
    for row in rows:
        parts = (row.get(name) or "" for name in ("date", "serial", "buyer", "price_cents"))
        yield Fact("sale", " ".join(parts), file.path, f"line {rows.line_num}")


def key_file(file: File, content: bytes) -> Iterator[Fact]:
    """Yield secret keys and certificates; which address they are for is in the file's name."""
    name = file.path.rpartition("/")[2].removesuffix(".asc")
    secret = SECRET.findall(content)
    for number in range(len(secret)):
        yield Fact("secret key", name, file.path, f"block {number + 1}")
    if "private-keys-v1.d" in file.path or name == "secring.gpg":
        yield Fact("secret key", name, file.path)
    elif not secret:
        found = {address.decode("ascii") for address in addresses(content)}
        yield Fact("certificate", ", ".join(sorted(found | ({name} if "@" in name else set())))
                   or "a public key", file.path)  # fmt: skip


def addresses(content: bytes) -> set[bytes]:
    """Return every mail address in any octets."""
    return set(ADDRESS.findall(content))
