"""Register devices: serial number, IMEI, address, enrolment code and sale, in one transaction.

One device has one address for life; both carry the same number. A code is returned once and
never kept. Forty thousand devices are one transaction of a few seconds.
"""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from shieldnet import imei as imeis
from shieldnet.devices import codes
from shieldnet.devices.books import enter_sale, text_of, writing
from shieldnet.devices.errors import CustodyError, DeviceError, TakenError
from shieldnet.network import LiveSite, Network
from shieldnet.registry import Sale, detail

VALID_DAYS = 14
PRICE_CENTS = 150_000
LONGEST = 200
_LOCAL_PART = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}[a-z0-9]|[a-z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an operator says of one device; what is left empty is allotted."""

    holder: str
    model: str
    imei: str = ""
    address: str = ""
    """Local part, or whole address at the site."""
    profile: str = ""
    order: str = ""
    buyer: str = ""
    """Who paid; the holder where empty."""
    price_cents: int = PRICE_CENTS
    currency: str = ""
    """The site's where empty."""
    paid_by: str = "cash"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One registered device and the code that its phone is enrolled with."""

    serial: str
    imei: str
    address: str
    order: str
    expires: str
    code: str = field(repr=False)


def register(
    network: Network, site: str, requests: Sequence[Request], *, valid_days: int = VALID_DAYS
) -> list[Registered]:
    """Register devices at a site, all or none, and return them with their codes."""
    place = network.site(site)
    for request in requests:
        check(network, request)
    with writing(place) as connection:
        desk = Desk(connection, network, place, valid_days)
        rows = [_register(desk, request) for request in requests]
        desk.write_events()
    return rows


def check(network: Network, request: Request) -> None:
    """Refuse what cannot be entered: empty or endless words, a number that is no IMEI."""
    for what in ("holder", "model", "buyer", "order", "profile", "paid_by", "currency"):
        value = getattr(request, what)
        if len(value) > LONGEST or any(unicodedata.category(one)[0] == "C" for one in value):
            raise DeviceError(
                f"The {what.replace('_', ' ')} is longer than {LONGEST} letters or holds control "
                "characters. Write it on one line"
            )
    for what in ("holder", "model"):
        if not getattr(request, what).strip():
            raise DeviceError(f"A device needs a {what}. Give --{what}")
    if request.price_cents < 0:
        raise DeviceError(f"{request.price_cents} is no price. Give it in cents, 0 or more")
    if not request.imei:
        return
    if not imeis.valid(request.imei):
        raise DeviceError(
            f"{request.imei} is no IMEI: fifteen digits, the last of which is a check digit. "
            "Dial *#06# on the phone and copy what it shows"
        )
    if network.custody == "server" and not request.imei.startswith(imeis.TEST_RANGE):
        raise CustodyError(
            f"This network keeps secret keys at its servers, a test mode, and {request.imei} is a "
            'real phone: refused. Set up a network with custody = "device" for real phones'
        )


class Desk:
    """One site's numbers while devices are registered or sold again."""

    def __init__(
        self, connection: sqlite3.Connection, network: Network, site: LiveSite, valid_days: int
    ) -> None:
        if not 1 <= valid_days <= 365:
            raise DeviceError(f"A code is valid 1 to 365 days, not {valid_days}")
        self.connection = connection
        self.site = site
        self.custody = network.custody
        moment = dt.datetime.now(dt.UTC)
        self.now = text_of(moment)
        self.expires = text_of(moment + dt.timedelta(days=valid_days))
        self.numbers = count(self._highest("device", "serial") + 1)
        self._orders: dict[str, Iterator[int]] = {}
        self._events: list[tuple[str, str, str, str]] = []

    def _highest(self, table: str, column: str, prefix: str = "") -> int:
        prefix = prefix or f"SN-{self.site.name.upper()}-"
        found = self.connection.execute(
            f"SELECT max(CAST(substr({column}, ?2) AS INTEGER)) FROM {table}"
            f" WHERE substr({column}, 1, ?2 - 1) = ?1",
            (prefix, len(prefix) + 1),
        ).fetchone()
        return int(found[0] or 0)

    def order(self, wanted: str) -> str:
        """Return the order number of a sale; refuse one that another sale has."""
        if wanted:
            known = "SELECT 1 FROM ledger_line WHERE order_number = ?"
            if self.connection.execute(known, (wanted,)).fetchone():
                raise TakenError(
                    f"Order {wanted} is in the ledger already. Give another number, or none: "
                    "then the next is taken"
                )
            return wanted
        prefix = f"{self.site.name.upper()}-{self.now[:4]}-"
        if prefix not in self._orders:
            self._orders[prefix] = count(self._highest("ledger_line", "order_number", prefix) + 1)
        return f"{prefix}{next(self._orders[prefix]):05d}"

    def sell(self, serial: str, request: Request) -> str:
        """Enter a sale in the ledger and return its order number."""
        order = self.order(request.order.strip())
        sale = Sale(
            date=self.now[:10],
            serial=serial,
            model=request.model,
            buyer=request.buyer or request.holder,
            price_cents=request.price_cents,
            currency=request.currency or self.site.currency,
            paid_by=request.paid_by,
        )
        enter_sale(self.connection, order, sale)
        return order

    def issue_code(self, serial: str, holder: str) -> str:
        """Make a code for a device and keep its digest; earlier ones of it stop working."""
        code = codes.new_code()
        self.connection.execute(
            "DELETE FROM enrolment WHERE serial = ? AND used IS NULL", (serial,)
        )
        self.connection.execute(
            "INSERT INTO enrolment (code_sha256, serial, holder, made, expires)"
            " VALUES (?, ?, ?, ?, ?)",
            (codes.digest(code), serial, holder, self.now, self.expires),
        )
        self.note(serial, "code issued", expires=self.expires)
        return code

    def note(self, serial: str, kind: str, **fields: str) -> None:
        """Keep an event until all are written at once."""
        self._events.append((self.now, serial, kind, detail(**fields)))

    def write_events(self) -> None:
        """Append the events kept, in their order."""
        self.connection.executemany(
            "INSERT INTO event (at, serial, kind, detail) VALUES (?, ?, ?, ?)", self._events
        )
        self._events.clear()


def _register(desk: Desk, request: Request) -> Registered:
    number = next(desk.numbers)
    serial = f"SN-{desk.site.name.upper()}-{number:06d}"
    address = _address(desk.site, request.address, number)
    imei = request.imei or imeis.of_test_range(_imei_number(desk.site, number))
    try:
        desk.connection.execute(
            "INSERT INTO device (serial, imei, address, model, status, custody, created, profile)"
            " VALUES (?, ?, ?, ?, 'stock', ?, ?, ?)",
            (
                *(serial, imei, address, request.model, desk.custody),
                *(desk.now, request.profile or None),
            ),
        )
    except sqlite3.IntegrityError as error:
        what = f"IMEI {imei}" if "imei" in str(error) else f"address {address}"
        raise TakenError(
            f"The {what} belongs to a device already. `shieldnet device show` says which; "
            "give another"
        ) from None
    fields = {"profile": request.profile} if request.profile else {}
    desk.note(serial, "registered", model=request.model, **fields)
    order = desk.sell(serial, request)
    return Registered(
        serial=serial,
        imei=imei,
        address=address,
        order=order,
        expires=desk.expires,
        code=desk.issue_code(serial, request.holder),
    )


def _imei_number(site: LiveSite, number: int) -> int:
    """Keep the test IMEIs of sites apart: the letters of a site's name count too."""
    return int.from_bytes(site.name.encode()[:3]) % 10**5 * 10**7 + number


def _address(site: LiveSite, wanted: str, number: int) -> str:
    local, _, domain = wanted.strip().lower().partition("@")
    local = local or f"d{number:05d}"
    if domain not in ("", site.domain):
        raise DeviceError(
            f"{wanted} is not at {site.name}, whose addresses end in @{site.domain}. "
            "Leave the domain out, or name the other site"
        )
    if not _LOCAL_PART.fullmatch(local):
        raise DeviceError(
            f"{local!r} cannot be the first part of an address: small letters, digits and ._- "
            "between them, 64 at most"
        )
    return f"{local}@{site.domain}"
