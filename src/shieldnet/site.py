"""Make a network's folder, start its sites, stop them, and say how they are.

Everything lies below the network's folder; nothing of the machine's own mail system is touched.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shieldnet import authority
from shieldnet.errors import (
    HalfMadeError,
    MissingPackagesError,
    NotEmptyError,
    RunningError,
    ServiceError,
    SettingsError,
    ShieldnetError,
)
from shieldnet.network import DEFAULT, LONGEST_FOLDER, SETTINGS, LiveSite, Network, read
from shieldnet.registry import Registry, write_ledger
from shieldnet.services import dovecot, filter, postfix
from shieldnet.services.processes import free, until

PACKAGES = {
    "postfix": "postfix",
    "dovecot": "dovecot-core",
    "/usr/lib/dovecot/imap": "dovecot-imapd",
    "/usr/lib/dovecot/lmtp": "dovecot-lmtpd",
    "/usr/lib/dovecot/modules/libdriver_sqlite.so": "dovecot-sqlite",
    "/usr/lib/postfix/postfix-sqlite.so": "postfix-sqlite",
}
"""What a site is made of, by a file that shows it is there."""


UMASK = 0o022
"""The servers' own users read settings and pass through folders, whatever the operator's umask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Which servers of a site run, and how many messages wait at it."""

    postfix: bool
    dovecot: bool
    filter: bool | None
    """None where the network has no filter."""
    waiting: int | None
    """None where Postfix cannot be asked: it is down, or going down this moment."""

    @property
    def up(self) -> bool:
        """Return whether the whole site is up."""
        return self.postfix and self.dovecot and self.filter is not False

    @property
    def down(self) -> bool:
        """Return whether the whole site is down."""
        return not (self.postfix or self.dovecot or self.filter)


def init(folder: Path, custody: str | None = None) -> Network:
    """Make a network in an empty folder, or beside a `network.toml` that lies there already.

    An interrupted `init` is finished by giving it again; a folder in use is refused.
    """
    os.umask(UMASK)
    folder = folder.resolve()
    _roomy(folder)
    held = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if held - {SETTINGS, "sites", "authority", "run"}:
        raise NotEmptyError(f"{folder} holds something else already. Name an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    reachable(folder)
    missing = missing_packages()
    if missing:
        raise MissingPackagesError(installing(missing))
    _write_settings(folder, custody)
    network = read(folder)
    if all(site.registry.exists() for site in network.sites.values()):
        raise NotEmptyError(f"{folder} holds a network already. Start it: shieldnet up {folder}")
    finish(folder)
    return network


def finish(folder: Path) -> None:
    """Make what the sites of a network lack; what is there stays as it is."""
    network = read(folder)
    for site in network.sites.values():
        _make(network, site)


def _roomy(folder: Path) -> None:
    if len(os.fsencode(folder)) > LONGEST_FOLDER:
        raise SettingsError(
            f"{folder} is too long a name: sockets below it would pass the 108 octets of a "
            f"socket's name. Choose a folder of at most {LONGEST_FOLDER}"
        )


def reachable(folder: Path) -> None:
    """Refuse a folder that the servers' own users cannot reach."""
    for path in (folder, *folder.parents):
        if not path.stat().st_mode & 0o001:
            raise SettingsError(
                f"The mail servers' users may not pass through {path}. "
                f"Choose another folder, or allow it: chmod o+x {path}"
            )


def _write_settings(folder: Path, custody: str | None) -> None:
    path = folder / SETTINGS
    if path.exists():
        if custody is not None and read(folder).custody != custody:
            raise SettingsError(f"{path} says otherwise than --custody. Change the file")
        return
    if (folder / "sites").exists() and any((folder / "sites").glob("*/mail/*")):
        raise HalfMadeError(f"{folder} holds mail but no {SETTINGS}. Put that file back")
    custody = custody or "device"
    encrypted = "true" if custody == "device" else "false"
    path.write_text(DEFAULT.format(custody=custody, only_encrypted=encrypted), "utf-8")


def _make(network: Network, site: LiveSite) -> None:
    """Make what a site lacks; never touch what is there."""
    for name in ("log", "keys", "postfix/etc", "dovecot"):
        (site.folder / name).mkdir(parents=True, exist_ok=True)
    # Nobody but the servers' users reads logs or sales.
    site.log.chmod(0o750)
    shutil.chown(site.log, "root", "postfix")
    authority.certify(network, site)
    dovecot.own_mailboxes(site)
    if not site.ledger.exists():
        write_ledger(site.ledger, site, ())
    site.ledger.chmod(0o640)
    if not site.registry.exists():
        if any(site.mail.iterdir()):
            raise HalfMadeError(f"{site.registry} is gone but there is mail. Restore it first")
        beside = site.registry.with_name("registry.new")
        beside.unlink(missing_ok=True)
        with Registry(beside, site):
            pass
        beside.rename(site.registry)
    site.registry.chmod(0o640)
    shutil.chown(site.registry, "root", "postfix")


def missing_packages() -> list[str]:
    """Return the Debian packages that a site needs and this machine lacks."""
    return [
        package
        for shown, package in PACKAGES.items()
        if not (Path(shown).exists() if shown.startswith("/") else shutil.which(shown, path=PATH))
    ]


PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def installing(packages: list[str]) -> str:
    """Return the sentence that says how missing packages are installed."""
    named = " ".join(packages)
    return f"Not installed: {', '.join(packages)}. Install: apt-get install {named}"


@contextmanager
def locked(network: Network) -> Iterator[None]:
    """Let one command at a time start and stop sites."""
    folder = network.folder / "run"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunningError(
                f"Another command is starting or stopping {network.folder}. Wait for it to end"
            ) from None
        yield


def up(network: Network, names: list[str]) -> None:
    """Start sites, all that are not up if none is named; refuse when there is nothing to start."""
    missing = missing_packages()
    if missing:
        raise MissingPackagesError(installing(missing))
    reachable(network.folder)
    with locked(network):
        sites = [network.site(name) for name in names] or list(network.sites.values())
        due = [site for site in sites if not health(network, site).up]
        if not due:
            raise RunningError(
                f"{', '.join(site.name for site in sites)}: up already. "
                f"See `shieldnet status {network.folder}`"
            )
        for site in due:
            start(network, site)
        for site in network.sites.values():
            if site not in due and postfix.running(site):
                postfix.flush(site)  # what waited for the sites that were down


def down(network: Network, names: list[str]) -> None:
    """Stop sites, all that run if none is named; refuse when there is nothing to stop."""
    with locked(network):
        sites = [network.site(name) for name in names] or list(network.sites.values())
        due = [site for site in sites if not health(network, site).down]
        if not due:
            raise RunningError(f"{', '.join(site.name for site in sites)}: down already")
        for site in due:
            stop(site)


def start(network: Network, site: LiveSite) -> None:
    """Start what does not run of a site; what was started is stopped where something fails."""
    os.umask(UMASK)
    before = health(network, site)
    _clear(site, before)
    _ports_free(site, before)
    authority.certify(network, site)
    postfix.configure(network, site)
    dovecot.configure(site)
    try:
        postfix.prepare(site)
        if not before.dovecot:
            dovecot.start(site)
        if before.filter is False:
            filter.start(site)
        if not before.postfix:
            postfix.start(site)
        for port in (site.imap_port, site.submission_port, site.relay_port):
            if not until(lambda port=port: free(site.address, port) is not None):  # type: ignore[misc]
                raise ServiceError(f"Nobody answers at {site.address}:{port}. See {site.log}")
    except ShieldnetError:
        if before.down:
            stop(site)
        raise


def stop(site: LiveSite) -> None:
    """Stop a site: no new mail first, then what is under way is finished."""
    postfix.stop(site)
    filter.stop(site)
    dovecot.stop(site)


def _clear(site: LiveSite, before: Health) -> None:
    """Clear away what servers that were killed left of themselves."""
    if not before.postfix:
        postfix.clear(site)
    if not before.dovecot:
        dovecot.clear(site)


def _ports_free(site: LiveSite, before: Health) -> None:
    wanted = {}
    if not before.postfix:
        wanted = {"relay_port": site.relay_port, "submission_port": site.submission_port}
    if not before.dovecot:
        wanted["imap_port"] = site.imap_port
    for name, port in wanted.items():
        reason = free(site.address, port)
        if reason is not None:
            raise RunningError(
                f"{site.address}:{port} cannot be listened on ({reason.strerror}). Stop what uses "
                f"it (ss -ltnp 'sport = :{port}'), or change {name} of [site.{site.name}] in "
                f"{SETTINGS}"
            )


def health(network: Network, site: LiveSite) -> Health:
    """Return which servers of a site run."""
    return Health(
        postfix=postfix.running(site),
        dovecot=dovecot.running(site),
        filter=filter.running(site) if network.only_encrypted else None,
        waiting=_waiting(site),
    )


def _waiting(site: LiveSite) -> int | None:
    if not postfix.running(site):
        return None
    try:
        return len(postfix.queue(site))
    except ServiceError:  # it went down between the two questions: the state is the answer
        return None


def devices(site: LiveSite) -> dict[str, int]:
    """Return how many devices of a site are in each status."""
    connection = sqlite3.connect(f"{site.registry.as_uri()}?mode=ro", uri=True)
    try:
        return dict(connection.execute("SELECT status, count(*) FROM device GROUP BY status"))
    finally:
        connection.close()
