"""Dovecot of one site: configure, start, stop, ask. One instance per site, all below its folder.

Manual: https://doc.dovecot.org/2.3/
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from shieldnet.errors import NotRunningError, ServiceError
from shieldnet.network import LiveSite
from shieldnet.services.processes import PATIENCE, alive, below, end_below, pid_in, send, until
from shieldnet.services.templates import fill


def settings(site: LiveSite) -> Path:
    """Return the instance's configuration file."""
    return site.folder / "dovecot/dovecot.conf"


def base(site: LiveSite) -> Path:
    """Return the folder of its sockets and pid file."""
    return site.folder / "dovecot/run"


def configure(site: LiveSite) -> None:
    """Write every configuration file of the instance."""
    values = {
        "SITE": str(site.folder),
        "NAME": site.name,
        "HOST": site.host,
        "DOMAIN": site.domain,
        "ZONE": site.posix_zone,
        "ADDRESS": site.address,
        "IMAP_PORT": str(site.imap_port),
    }
    for name in ("dovecot.conf", "registry.sql"):
        fill("dovecot", name, values, site.folder / "dovecot" / name)
    for path in (base(site), site.folder / "dovecot/state"):
        path.mkdir(parents=True, exist_ok=True)


def start(site: LiveSite) -> None:
    """Start the instance and return once it answers."""
    words = ["dovecot", "-c", str(settings(site))]
    with tempfile.TemporaryFile() as said:  # a pipe would stay open as long as the server runs
        code = subprocess.run(words, check=False, stdout=said, stderr=said).returncode
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    if code or not until(lambda: running(site)):
        raise ServiceError(f"Dovecot of {site.name} would not start: {_last(text)}")


def clear(site: LiveSite) -> None:
    """Clear away what a master that was killed left: processes, and its number.

    "Dovecot is already running with PID …" is said of a number that nobody has collected yet.
    """
    end_below(base(site))
    (base(site) / "master.pid").unlink(missing_ok=True)


def stop(site: LiveSite) -> None:
    """Stop the instance and every process of it."""
    pid = pid_in(base(site) / "master.pid")
    if pid is not None and running(site):
        send(pid, signal.SIGTERM)
    if not until(lambda: not running(site) and not below(base(site)), 5):
        end_below(base(site), patience=PATIENCE, signs=[signal.SIGKILL])


def running(site: LiveSite) -> bool:
    """Return whether the instance's master runs."""
    return alive(pid_in(base(site) / "master.pid"), "dovecot")


def doveadm(site: LiveSite, *words: str) -> str:
    """Run `doveadm` for this instance and return what it printed."""
    if not running(site):
        raise NotRunningError(f"Dovecot of {site.name} is down. Start it with `shieldnet up`")
    done = subprocess.run(
        ["doveadm", "-c", str(settings(site)), *words], check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise ServiceError(f"doveadm {words[0]} of {site.name} failed: {_last(done.stderr)}")
    return done.stdout


def own_mailboxes(site: LiveSite) -> None:
    """Give the folder of mailboxes to the user that Dovecot delivers as."""
    site.mail.mkdir(exist_ok=True)
    site.mail.chmod(0o700)
    for path in (site.mail, *site.mail.rglob("*")):
        shutil.chown(path, "mail", "mail")


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "it said nothing"
