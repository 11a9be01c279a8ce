"""Enrol a phone: a code that works once is exchanged for a login.

The password is made here, returned once and kept as a salted digest. It has 160 random bits, so a
digest without stretching is enough and forty thousand take seconds. The phone brings its
certificate; its secret key never comes here (but in the test mode: `shieldnet.custody`).
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import secrets
import sqlite3
from dataclasses import dataclass, field

from shieldnet import certificates, custody
from shieldnet.certificates import Certificate
from shieldnet.devices import codes, directory
from shieldnet.devices.books import after, happened, now, reading, writing
from shieldnet.devices.errors import CodeError
from shieldnet.network import LiveSite, Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What a phone needs to log in; the password is known to the phone alone from here on."""

    address: str
    serial: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    serial: str
    address: str
    holder: str


def enrol(
    network: Network,
    code: str,
    certificate: bytes | None = None,
    secret: bytes | None = None,
    revocation: bytes | None = None,
) -> Login:
    """Use up a code: the device becomes active, its certificate is published.

    An app that hands its certificate to other phones itself (Delta Chat) may bring none.
    `revocation` is a revocation certificate that the holder deposits: a signature, no key.
    """
    site = _site_of(network, code)
    with writing(site) as connection:
        device = _open(connection, code)
        found = None if certificate is None else certificates.read(certificate)
        if found is not None:
            certificates.check_for(found, device.address, dt.datetime.now(dt.UTC))
        password = secrets.token_urlsafe(20)
        custody.keep_secret(network, site, device.address, found, secret)
        moment = now()
        connection.execute(
            "UPDATE enrolment SET used = ? WHERE code_sha256 = ?", (moment, codes.digest(code))
        )
        _issue(connection, device, found, moment)
        connection.execute(
            "INSERT OR REPLACE INTO login (address, password) VALUES (?, ?)",
            (device.address, digest(password)),
        )
        if found is not None:
            directory.keep(site, device.address, found, revocation)
    return Login(address=device.address, serial=device.serial, password=password)


def digest(password: str) -> str:
    """Return what Dovecot checks a password against: salted SHA-512."""
    salt = secrets.token_bytes(8)
    mixed = hashlib.sha512(password.encode() + salt).digest() + salt
    return "{SSHA512}" + base64.b64encode(mixed).decode()


def address_of(network: Network, code: str) -> str:
    """Return the address a code is for, without using the code up."""
    with reading(_site_of(network, code)) as connection:
        return _open(connection, code).address


def _site_of(network: Network, code: str) -> LiveSite:
    known = "SELECT 1 FROM enrolment WHERE code_sha256 = ?"
    for site in network.sites.values():
        with reading(site) as connection:
            if connection.execute(known, (codes.digest(code),)).fetchone():
                return site
    raise CodeError(
        "No device waits for this enrolment code. Check the letters; a code also ends when a newer "
        "one is made for the device (`shieldnet device reissue`)"
    )


def _open(connection: sqlite3.Connection, code: str) -> _Open:
    """Return the device that waits for a code; refuse one that is used or too old."""
    row = connection.execute(
        "SELECT e.*, d.address, d.status FROM enrolment e JOIN device d USING (serial)"
        " WHERE code_sha256 = ?",
        (codes.digest(code),),
    ).fetchone()
    if row is None:
        raise CodeError(
            "This enrolment code was withdrawn just now. Ask the operator for a new one"
        )
    if row["used"] is not None:
        raise CodeError(
            f"This enrolment code was used on {row['used']}: a code works once. If it was not you, "
            "tell the operator to block the device; else ask for a new code"
        )
    if row["expires"] <= now():
        raise CodeError(
            f"This enrolment code was valid until {row['expires']}. Ask the operator for a new one"
        )
    return _Open(serial=row["serial"], address=row["address"], holder=row["holder"])


def _issue(
    connection: sqlite3.Connection, device: _Open, found: Certificate | None, moment: str
) -> None:
    """Make the device active and start the holder's interval."""
    last = connection.execute(
        "SELECT holder, valid_to FROM holding WHERE serial = ? ORDER BY valid_from DESC LIMIT 1",
        (device.serial,),
    ).fetchone()
    fingerprint = None if found is None else found.fingerprint
    connection.execute(
        "UPDATE device SET status = 'active', fingerprint = ? WHERE serial = ?",
        (fingerprint, device.serial),
    )
    since = after(moment, last and last["valid_to"])
    connection.execute(
        "INSERT INTO holding (serial, address, holder, valid_from) VALUES (?, ?, ?, ?)",
        (device.serial, device.address, device.holder, since),
    )
    fields = {"holder": device.holder, "fingerprint": fingerprint or ""}
    if last is None:
        happened(connection, device.serial, "issued", since, **fields)
    else:
        happened(connection, device.serial, "reissued", since, previous=last["holder"], **fields)
