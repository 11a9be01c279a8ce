"""Start and stop a site's before-queue filter, and keep it running.

`python -m shieldnet.services.filter USER WORD…` is the keeper: it loads `shieldnet.policy` while
it may still read it, and runs it as USER in a child, again whenever the child ends. Postfix
answers 451 while it is away, so nothing is lost and nothing passes by it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import import_module
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
    with (site.log / "filter-errors.log").open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, USER, *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    (folder / "keeper.pid").write_text(f"{process.pid}\n", "ascii")
    if not until(lambda: (folder / "in").exists() or process.poll() is not None):
        stop(site)
    if process.poll() is not None or not (folder / "in").exists():
        raise ServiceError(f"The filter of {site.name} would not start: see {said.name}")


def stop(site: LiveSite) -> None:
    """Stop the keeper and with it the filter."""
    pid = pid_in(spool(site) / "filter/keeper.pid")
    if pid is None or not running(site):
        return
    send(pid, signal.SIGTERM)
    if not until(lambda: not running(site), 5):
        send(pid, signal.SIGKILL)


def running(site: LiveSite) -> bool:
    """Return whether the keeper runs."""
    return alive(pid_in(spool(site) / "filter/keeper.pid"), MODULE)


def keep(user: str, words: Sequence[str]) -> None:
    """Run the filter as `user` until told to end."""
    main = import_module("shieldnet.policy").main  # the keeper alone needs it, while it is root
    account = pwd.getpwnam(user)
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


def _become(account: pwd.struct_passwd) -> None:
    """Give up root for good, and end when the keeper ends."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.setgroups([account.pw_gid])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    # After setuid, which clears it (prctl(2)).
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    keep(sys.argv[1], sys.argv[2:])
