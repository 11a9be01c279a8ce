"""What a copy of the disk cannot hold: processes, sessions, sockets, the queue at that moment.

Taken before anything is stopped. Program names only, never command lines, and no content: a queue
is told by sender, recipients, size and age.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import Any

from shieldnet.devices.books import now, reading
from shieldnet.errors import ShieldnetError
from shieldnet.network import LiveSite, Network
from shieldnet.services import dovecot, postfix
from shieldnet.services.processes import below
from shieldnet.site import health


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One site at one moment."""

    at: str
    clock_ns: int
    """The machine's clock, so that other clocks can be held against it."""
    machine: str
    servers: dict[str, bool | None]
    answering: dict[str, bool]
    """By `address:port`."""
    processes: dict[int, str]
    sessions: list[str]
    """Lines of `doveadm who`: account, protocol, process, address."""
    queue: list[dict[str, Any]]
    devices: dict[str, int]
    messages: int
    not_told: list[str]
    """What could not be asked, and why."""


def state(network: Network, site: LiveSite) -> State:
    """Return what can be said of a site now."""
    not_told: list[str] = []
    found = health(network, site)
    ports = (site.imap_port, site.submission_port, site.relay_port)
    return State(
        at=now(),
        clock_ns=time.time_ns(),
        machine=socket.gethostname(),
        servers={"postfix": found.postfix, "dovecot": found.dovecot, "filter": found.filter},
        answering={f"{site.address}:{port}": _answers(site.address, port) for port in ports},
        processes=below(site.folder),
        sessions=_sessions(site, not_told),
        queue=_queue(site, not_told),
        devices=_devices(site, not_told),
        messages=sum(
            1 for kind in ("cur", "new") for _ in site.mail.glob(f"*/Maildir/**/{kind}/*")
        ),
        not_told=not_told,
    )


def _answers(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((address, port)) == 0


def _sessions(site: LiveSite, not_told: list[str]) -> list[str]:
    if not dovecot.running(site):
        return []
    try:
        return dovecot.doveadm(site, "who").splitlines()[1:]
    except ShieldnetError as error:
        not_told.append(f"sessions: {error}")
        return []


def _queue(site: LiveSite, not_told: list[str]) -> list[dict[str, Any]]:
    try:
        return postfix.queue(site)
    except (ShieldnetError, OSError) as error:
        not_told.append(f"queue: {error}")
        return []


def _devices(site: LiveSite, not_told: list[str]) -> dict[str, int]:
    try:
        with reading(site) as connection:
            rows = connection.execute("SELECT status, count(*) FROM device GROUP BY status")
            return dict(rows.fetchall())
    except ShieldnetError as error:
        not_told.append(f"devices: {error}")
        return {}
