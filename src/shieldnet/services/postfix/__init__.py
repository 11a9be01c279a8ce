"""Postfix of one site: configure, start, stop, ask. One instance per site, all below its folder.

Manual: https://www.postfix.org/MULTI_INSTANCE_README.html, SMTPD_PROXY_README.html.
"""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

from shieldnet import custody, namespace
from shieldnet.errors import ServiceError
from shieldnet.network import LiveSite, Network
from shieldnet.services.processes import PATIENCE, alive, below, end_below, pid_in, until
from shieldnet.services.templates import fill

SYSTEM = Path("/etc/postfix")
LIBRARIES = Path("/usr/lib/postfix")
FILTER_NAME = "filter.invalid"
"""How the filter names itself, so that its hop can be taken out of the headers."""


def folder(site: LiveSite) -> Path:
    """Return the folder of an instance's settings."""
    return site.folder / "postfix/etc"


def spool(site: LiveSite) -> Path:
    """Return the queue's folder."""
    return site.folder / "postfix/spool"


def configure(network: Network, site: LiveSite) -> None:
    """Write every configuration file of the instance."""
    others = [one for one in network.sites.values() if one is not site]
    values = {
        "SITE": str(site.folder),
        "NAME": site.name,
        "HOST": site.host,
        "DOMAIN": site.domain,
        "ZONE": site.posix_zone,
        "ADDRESS": site.address,
        "RELAY_PORT": str(site.relay_port),
        "SUBMISSION_PORT": str(site.submission_port),
        "INTERFACES": "loopback-only" if site.address.startswith("127.") else site.address,
        "META": _lookup_tables(site),
        "ROUTES": ", ".join(f"{{{one.domain} = smtp:{_relay(one)}}}" for one in others),
        "PEERS": ", ".join(f"{{{_relay(one)} = secure match={one.host}}}" for one in others),
        "SUBMISSION": _submission(network),
    }
    for name in ("main.cf", "master.cf", "registry.cf"):
        fill("postfix", name, values, folder(site) / name)
    (folder(site) / "filtered").write_text(
        f"# The filter's own hop says nothing about the message.\n"
        f"/^Received: from {re.escape(FILTER_NAME)} /  IGNORE\n",
        "ascii",
    )
    for path in (spool(site), site.folder / "postfix/lib"):
        path.mkdir(parents=True, exist_ok=True)
    shutil.chown(site.folder / "postfix/lib", "postfix")


def _relay(site: LiveSite) -> str:
    return f"[{site.address}]:{site.relay_port}"


def _submission(network: Network) -> str:
    """Return the end of the submission service: through the filter, or marked."""
    if not network.only_encrypted:
        return _marking(network)
    return "\n".join(
        (
            "  -o smtpd_proxy_filter=unix:filter/in",
            "  -o smtpd_proxy_options=speed_adjust",
            *filter(None, (_marking(network),)),
            "# Back from the filter, over a socket that only Postfix and the filter can reach.",
            "filter-out unix - - n - 200 smtpd",
            "  -o syslog_name=postfix/filtered",
            "  -o smtpd_tls_security_level=none",
            "  -o smtpd_client_restrictions=",
            "  -o smtpd_relay_restrictions=permit_mynetworks,reject",
            "  -o { smtpd_recipient_restrictions=reject_unlisted_recipient,permit }",
            "  -o cleanup_service_name=filtered",
            "filtered unix n - n - 0 cleanup",
            "  -o syslog_name=postfix/filtered",
            "  -o header_checks=regexp:$config_directory/filtered",
        )
    )


def _marking(network: Network) -> str:
    if network.custody != custody.SERVER:
        return ""
    name, value = custody.MARK
    prepend = f"check_sender_access static:{{PREPEND {name}: {value}}}"
    return f"  -o {{ smtpd_data_restrictions={prepend} }}"


def _lookup_tables(site: LiveSite) -> str:
    """Return the line that names a table of lookup types which this process may load.

    In a user namespace the system's own table belongs to nobody, and Postfix refuses it
    ("dynamicmaps.cf: owned by non-root"): then a copy that belongs to us, in the site's folder.
    """
    if (SYSTEM / "dynamicmaps.cf").stat().st_uid == 0:
        return f"meta_directory = {SYSTEM}"
    library = "postfix-sqlite.so"
    shutil.copy(SYSTEM / "postfix-files", folder(site))  # by which the queue's folders are made
    shutil.copy(LIBRARIES / library, site.folder / "postfix" / library)
    (folder(site) / "dynamicmaps.cf").write_text(
        f"sqlite\t{site.folder / 'postfix' / library}\tdict_sqlite_open\n", "utf-8"
    )
    return f"meta_directory = {folder(site)}"


def start(site: LiveSite) -> None:
    """Start the instance and return once it answers; its own words where it would not."""
    if namespace.inside():
        # Else Postfix complains at length that the machine's files are not root's, which is nobody
        # here (postfix(1), drain: the next start skips these checks).
        (spool(site) / "quick-start").touch()
    said = _at_a_terminal("postfix", "-c", str(folder(site)), "start")
    if not until(lambda: running(site)):
        raise ServiceError(f"Postfix of {site.name} would not start: {_last(said)}")


def prepare(site: LiveSite) -> None:
    """Make the queue's folders, which Dovecot puts its sockets into, where they are missing."""
    if (spool(site) / "private").is_dir():
        return
    said = _at_a_terminal("postfix", "-c", str(folder(site)), "check")
    if not (spool(site) / "private").is_dir():
        raise ServiceError(f"Postfix of {site.name} finds its settings wrong: {_last(said)}")


def clear(site: LiveSite) -> None:
    """End what a master that was killed left: its daemons hold their ports as long as they serve.

    Nothing accepted is lost with them: that lies in the queue before anybody is told so.
    """
    end_below(spool(site))


def stop(site: LiveSite) -> None:
    """Stop the instance: deliveries under way end first, what waits stays in the queue."""
    if running(site):
        _at_a_terminal("postfix", "-c", str(folder(site)), "stop")
    if not until(lambda: not below(spool(site))):
        end_below(spool(site), patience=PATIENCE, signs=[signal.SIGKILL])


def running(site: LiveSite) -> bool:
    """Return whether the instance's master runs."""
    return alive(pid_in(spool(site) / "pid/master.pid"), "master")


def flush(site: LiveSite) -> None:
    """Try everything that waits in the queue now."""
    _ask(site, "postqueue", "-f")


def queue(site: LiveSite) -> list[dict[str, Any]]:
    """Return what waits in the queue, as `postqueue -j` describes it; empty when down."""
    if not running(site):
        return []
    return [json.loads(line) for line in _ask(site, "postqueue", "-j").splitlines()]


def _ask(site: LiveSite, program: str, *words: str) -> str:
    done = subprocess.run(
        [program, "-c", str(folder(site)), *words], check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise ServiceError(f"{program} of {site.name} failed: {_last(done.stderr)}")
    return done.stdout


def _at_a_terminal(*words: str) -> str:
    """Run a command with a terminal: Postfix prints why it would not start only to one."""
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs)
    finally:
        os.close(theirs)
    said = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        while True:
            try:
                part = terminal.read(4096)
            except OSError:  # Linux: EIO once the last writer has closed the terminal
                break
            if not part:
                break
            said += part
    process.wait()
    return said.decode("utf-8", "replace")


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "fatal" in line or "error" in line] or lines[-1:]
    return telling[-1].rstrip(".") if telling else "it said nothing"
