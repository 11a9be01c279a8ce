"""Start and stop a site's before-queue filter, and keep it running.

`python -m shieldnet.services.filter PIDFILE USER WORD…` is the keeper: it loads `shieldnet.policy`
while it may still read it, and runs it as USER in a child, again whenever the child ends. Postfix
answers 451 while it is away, so nothing is lost and nothing passes by it.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import ctypes
import email
import encodings
import os
import pkgutil
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType

from shieldnet.errors import ServiceError
from shieldnet.network import LiveSite
from shieldnet.services.postfix import spool
from shieldnet.services.processes import alive, pid_in, send, until

USER = "postfix"
MODULE = "shieldnet.services.filter"
PR_SET_PDEATHSIG = 1
PAUSE = 0.5
"""Seconds before an ended filter is started again."""


def start(site: LiveSite) -> None:
    """Start the keeper and return once the filter's socket is there."""
    folder = spool(site) / "filter"
    folder.mkdir(mode=0o700, exist_ok=True)
    shutil.chown(folder, USER)
    log = site.log / "filter.log"
    log.touch(mode=0o640)
    shutil.chown(log, USER)
    (folder / "in").unlink(missing_ok=True)
    words = (
        *("--listen", f"unix:{folder / 'in'}"),
        *("--next", f"unix:{spool(site) / 'private/filter-out'}"),
        *("--log", str(log), "--site", site.name),
    )
    _pid_file(site).unlink(missing_ok=True)
    with (site.log / "filter-errors.log").open("ab") as said:
        code = subprocess.run(
            [sys.executable, "-m", MODULE, str(_pid_file(site)), USER, *words],
            check=False,
            cwd=site.folder,  # not in the spool: Postfix's end is that of all that runs there
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        ).returncode
    if code or not until(lambda: (folder / "in").exists()):
        stop(site)
        raise ServiceError(f"The filter of {site.name} would not start: see {said.name}")


def stop(site: LiveSite) -> None:
    """Stop the keeper and with it the filter."""
    pid = pid_in(_pid_file(site))
    if pid is None or not running(site):
        return
    send(pid, signal.SIGTERM)
    if not until(lambda: not running(site), 5):
        send(pid, signal.SIGKILL)


def running(site: LiveSite) -> bool:
    """Return whether the keeper runs."""
    return alive(pid_in(_pid_file(site)), MODULE)


def _pid_file(site: LiveSite) -> Path:
    return spool(site) / "filter/keeper.pid"


def keep(pid_file: Path, user: str, words: Sequence[str]) -> None:
    """Run the filter as `user`, apart from whoever started this, until told to end."""
    main = import_module("shieldnet.policy").main  # the keeper alone needs it, while it is root
    _import_all()
    account = pwd.getpwnam(user)
    if os.fork():
        return
    os.setsid()
    pid_file.write_text(f"{os.getpid()}\n", "ascii")
    child = 0

    def end(_number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)
        sys.exit(0)

    while True:
        child = os.fork()
        if child == 0:
            _become(account)
            main(list(words))
            os._exit(0)
        signal.signal(signal.SIGTERM, end)
        os.waitpid(child, 0)
        time.sleep(PAUSE)


def _import_all() -> None:
    """Import what the standard library would import later, when it may be out of reach.

    Where Python lies in root's home, `postfix` can read none of it.
    """
    for package in (encodings, asyncio, concurrent.futures, email):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            with contextlib.suppress(ImportError):  # those of other operating systems
                import_module(module.name)


def _become(account: pwd.struct_passwd) -> None:
    """Give up root for good, and end when the keeper ends."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.setgroups([account.pw_gid])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    # After setuid, which clears it (prctl(2)).
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
