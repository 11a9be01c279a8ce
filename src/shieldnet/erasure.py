"""Take things away at the servers: cut a phone off, wipe its mail, let old mail expire.

The registry comes first (`shieldnet.devices`): once it says blocked or wiped, no login succeeds and
nothing is delivered, so nothing grows back behind the broom. What a legal hold covers is left
alone, and said. What these steps cannot reach, logs and the phone itself, is said too: see
`shieldnet audit --of`.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shieldnet import custody, devices, wkd
from shieldnet.certificates import merged
from shieldnet.devices import holds
from shieldnet.devices.books import reading
from shieldnet.devices.errors import DeviceError
from shieldnet.devices.holds import Hold, held_addresses
from shieldnet.errors import NotRunningError, ServiceError
from shieldnet.network import LiveSite, Network
from shieldnet.services import dovecot

SETTLE_SECONDS, SWEEPS = 0.1, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done to one device, and how long an online phone went on."""

    address: str
    what: str
    online: bool
    """Whether the site ran, so that a phone that was online has been cut off."""
    messages: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """What expiry did at one site."""

    site: str
    mailboxes: int
    messages: int
    held: tuple[str, ...]
    """Addresses left alone because of a legal hold."""
    site_held: bool


def block(network: Network, name: str) -> Done:
    """Block a device and end its sessions."""
    start = time.monotonic()
    site, address = devices.block(network, name)
    online = _cut_off(site, address)
    return _done(address, "blocked", online, 0, start)


def unblock(network: Network, name: str) -> Done:
    """Let a blocked device in again."""
    start = time.monotonic()
    site, address = devices.unblock(network, name)
    return _done(address, "unblocked", dovecot.running(site), 0, start)


def wipe(network: Network, name: str) -> Done:
    """End a device's login for good; remove its mail, its indexes and its keys from the server."""
    start = time.monotonic()
    site, address = devices.wipe(network, name)
    online = _cut_off(site, address)
    home = site.mail / address
    messages = _messages(home)
    _sweep(home)
    _remove_keys(site, address)
    return _done(address, "wiped", online, messages, start)


def hold(network: Network, order_number: str, *, device: str = "", site: str = "") -> Hold:
    """Place a legal hold, and end open sessions: Dovecot reads it when a phone logs in again.

    A session that was open before would still delete for good.
    """
    placed = holds.place(network, order_number, device=device, site=site)
    _cut_off(network.site(placed.site), placed.address or "*")
    return placed


def _done(address: str, what: str, online: bool, messages: int, start: float) -> Done:
    seconds = time.monotonic() - start
    return Done(address=address, what=what, online=online, messages=messages, seconds=seconds)


def _cut_off(site: LiveSite, address: str) -> bool:
    """End the sessions of an address where the site runs."""
    try:
        dovecot.doveadm(site, "auth", "cache", "flush", *([] if address == "*" else [address]))
        if "@" in dovecot.doveadm(site, "who", "-1", address):
            dovecot.doveadm(site, "kick", address)
    except NotRunningError:
        return False
    return True


def _messages(home: Path) -> int:
    return sum(1 for kind in ("cur", "new") for _ in home.glob(f"Maildir/**/{kind}/*"))


def _sweep(home: Path) -> None:
    """Remove a mailbox; again where a delivery that was under way brought it back."""
    for _ in range(SWEEPS):
        if home.exists():
            shutil.rmtree(home, ignore_errors=True)
        time.sleep(SETTLE_SECONDS)
        if not home.exists():
            return
    raise ServiceError(f"{home} comes back while it is removed. Stop the site and wipe again")


def _remove_keys(site: LiveSite, address: str) -> None:
    """Publish a deposited revocation, else withdraw the certificate; remove all else of it."""
    deposit = site.keys / "revocations" / f"{address}.rev"
    known = wkd.published(site, address)
    if known is not None and deposit.exists():
        wkd.publish(site, address, merged(known, deposit.read_bytes()))
    elif known is not None and not known.revoked:
        wkd.withdraw(site, address)
    deposit.unlink(missing_ok=True)
    (site.keys / f"{address}.asc").unlink(missing_ok=True)
    custody.forget_secret(site, address)


def expire(
    network: Network, days: int | None = None, *, moment: dt.datetime | None = None
) -> list[Expired]:
    """Remove mail stored more than `days` before `moment` (now), at every site; all must be up."""
    days = network.retention_days if days is None else days
    if not 0 < days <= 3650:
        raise DeviceError(f"Mail can be kept 1 to 3650 days, not {days}")
    for site in network.sites.values():
        if not dovecot.running(site):
            raise NotRunningError(
                f"{site.name} is down, and mail expires through its server. "
                f"Start it: shieldnet up {network.folder}"
            )
    cut = (moment or dt.datetime.now(dt.UTC)) - dt.timedelta(days=days)
    return [_expire(site, cut) for site in network.sites.values()]


def _expire(site: LiveSite, cut: dt.datetime) -> Expired:
    held = held_addresses(site)
    if held is None:
        return Expired(site=site.name, mailboxes=0, messages=0, held=(), site_held=True)
    with reading(site) as connection:
        rows = connection.execute("SELECT address, status FROM device ORDER BY address").fetchall()
    present = [row for row in rows if (site.mail / row["address"]).is_dir()]
    for row in present:
        if row["status"] == "wiped" and row["address"] not in held:
            _sweep(site.mail / row["address"])
    due = [row["address"] for row in present if row["status"] != "wiped"]
    due = [address for address in due if address not in held]
    removed = _remove_old(site, due, cut) if due else 0
    kept = tuple(sorted(held & {row["address"] for row in present}))
    return Expired(site=site.name, mailboxes=len(due), messages=removed, held=kept, site_held=False)


def _remove_old(site: LiveSite, addresses: Iterable[str], cut: dt.datetime) -> int:
    """Expunge what is old, and with it what the indexes cached of it; return how many."""
    query = ("mailbox", "*", "savedbefore", f"{int(cut.timestamp())}")
    with _listed(addresses) as users:
        found = dovecot.doveadm(site, "search", "-F", users, *query).splitlines()
        if not found:
            return 0
        dovecot.doveadm(site, "expunge", "-F", users, *query)
    touched = {line.split(" ", 1)[0] for line in found}
    holders: dict[str, list[str]] = {}
    with _listed(sorted(touched)) as users:
        for line in dovecot.doveadm(site, "mailbox", "list", "-F", users).splitlines():
            address, _, mailbox = line.partition(" ")
            holders.setdefault(mailbox, []).append(address)
    for mailbox, owners in holders.items():
        with _listed(owners) as users:
            dovecot.doveadm(site, "mailbox", "cache", "purge", "-F", users, mailbox)
    return len(found)


@contextmanager
def _listed(addresses: Iterable[str]) -> Iterator[str]:
    """Write addresses to a file for doveadm, which takes no longer list on its command line."""
    with tempfile.NamedTemporaryFile("w", encoding="ascii", suffix=".users") as users:
        users.write("".join(f"{address}\n" for address in addresses))
        users.flush()
        yield users.name
