"""Check everything a network needs from its machine, and say what to do about what is wrong.

Never stops at the first finding, and never changes anything.
"""

from __future__ import annotations

import datetime as dt
import os
import pwd
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shieldnet import authority, custody, namespace, site
from shieldnet.errors import ShieldnetError
from shieldnet.network import LiveSite, Network, load
from shieldnet.services.processes import free

ROOM = 200_000_000
"""Octets below which a disk is called nearly full."""
_GRAVE = re.compile(r" (?:fatal|panic|error|Fatal|Panic|Error): (.*)")
TAIL = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    good: bool
    what: str
    do: str = ""


def startable() -> bool:
    """Return whether this is root, or a namespace cannot be made and that is the finding."""
    if os.geteuid() == 0:
        return True
    try:
        namespace.wanting()
    except ShieldnetError:
        return True
    return False


def examine(folder: Path) -> list[Finding]:
    """Return every finding, in the order a person would mend them."""
    return [*_machine(), *_network(folder)]


def _machine() -> Iterator[Finding]:
    missing = site.missing_packages()
    yield Finding(
        good=not missing,
        what="Postfix and Dovecot are installed" if not missing else "Packages are missing",
        do=site.installing(missing) if missing else "",
    )
    if os.geteuid() == 0:
        who = "root of a user namespace" if namespace.inside() else "root"
        yield Finding(good=True, what=f"Runs as {who}")
    else:
        try:
            namespace.wanting()
        except ShieldnetError as error:
            yield Finding(good=False, what="Without root", do=f"{error}")
    for user in ("postfix", "dovecot", "dovenull", "mail"):
        if user not in {entry.pw_name for entry in pwd.getpwall()}:
            yield Finding(good=False, what=f"There is no user {user}", do="Install the packages")


def _network(folder: Path) -> Iterator[Finding]:
    try:
        network = load(folder)
        site.reachable(network.folder)
    except ShieldnetError as error:
        yield Finding(good=False, what=f"{folder}", do=f"{error}")
        return
    yield Finding(good=True, what=f"{network.folder} holds a network; {custody.sentence(network)}")
    room = shutil.disk_usage(network.folder).free
    yield Finding(
        good=room > ROOM,
        what=f"{room / 1e9:,.1f} GB are free",
        do="" if room > ROOM else "Make room: Postfix takes no mail on a full disk",
    )
    for one in network.sites.values():
        yield from _site(network, one)


def _site(network: Network, one: LiveSite) -> Iterator[Finding]:
    health = site.health(network, one)
    if health.up:
        yield Finding(good=True, what=f"{one.name} is up")
    elif not health.down:
        yield Finding(
            good=False,
            what=f"{one.name} is partly down",
            do=f"Start what is down: shieldnet up {network.folder} --site {one.name}",
        )
    else:
        yield from _ports(one)
    left = authority.ends(one) - dt.datetime.now(dt.UTC)
    yield Finding(
        good=left.days >= 0,
        what=f"{one.name}: the certificate of {one.host} ends in {left.days} days",
        do="" if left.days >= 0 else "Renew it: shieldnet down, then shieldnet up",
    )
    if health.waiting:
        yield Finding(
            good=not health.up,
            what=f"{one.name}: {health.waiting} messages wait",
            do=f"See why: postqueue -c {one.folder / 'postfix/etc'} -p",
        )
    for log in ("postfix", "dovecot"):
        grave = _grave(one.log / f"{log}.log")
        if grave:
            yield Finding(
                good=False,
                what=f"{one.name}: {log} logged {len(grave)} errors lately, last: {grave[-1]}",
                do=f"Read {one.log / f'{log}.log'}",
            )


def _ports(one: LiveSite) -> Iterator[Finding]:
    for port in (one.relay_port, one.submission_port, one.imap_port):
        reason = free(one.address, port)
        if reason is not None:
            yield Finding(
                good=False,
                what=f"{one.name}: {one.address}:{port} cannot be listened on ({reason.strerror})",
                do=f"Stop what uses it (ss -ltnp 'sport = :{port}'), or change the port",
            )
    yield Finding(good=True, what=f"{one.name} is down")


def _grave(log: Path) -> list[str]:
    """Return what servers logged as errors in the last part of a log."""
    if not log.exists():
        return []
    with log.open("rb") as source:
        source.seek(max(0, log.stat().st_size - TAIL))
        return _GRAVE.findall(source.read().decode("utf-8", "replace"))
