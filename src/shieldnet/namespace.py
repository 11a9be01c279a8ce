"""Without root: a user namespace in which the servers find their users and may be started.

`enter(folder)` runs the same command again inside it and never returns; as root it does nothing.
While the network is up a holder keeps the namespace: it is process 1 of its own numbers, so that
nothing survives it. No network namespace: addresses and ports are the machine's own.
user_namespaces(7), pid_namespaces(7); ranges of numbers come from /etc/subuid (subuid(5)).
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from shieldnet.errors import MissingPackagesError, ServiceError
from shieldnet.services.processes import alive, pid_in, send, until

INSIDE = "SHIELDNET_INSIDE"
MODULE = "shieldnet.namespace"
NEW = ("unshare", "--user", "--map-auto", "--map-root-user", "--mount", "--pid", "--fork")
UIDMAP = "apt-get install uidmap"


def enter(folder: Path) -> None:
    """Be root, or run this command again as root of the network's namespace."""
    if os.geteuid() != 0:
        command = _again(folder)
        sys.stdout.flush()
        os.execvpe(command[0], command, {**os.environ, INSIDE: "1"})  # noqa: S606  the same command


def within(folder: Path) -> int:
    """Run this command again inside the namespace and return its exit code; not for root."""
    return subprocess.run(_again(folder), check=False, env={**os.environ, INSIDE: "1"}).returncode


def _again(folder: Path) -> list[str]:
    wanting()
    holder = _holder(folder)
    if holder is None:
        words = [*NEW, "--mount-proc", "--kill-child"]
    else:
        words = ["nsenter", "--target", str(holder), "--user", "--mount", "--pid"]
        words += ["--setuid", "0", "--setgid", "0", f"--wd={Path.cwd()}"]
    return [*words, sys.executable, "-c", "from shieldnet.cli import main; main()", *sys.argv[1:]]


def wanting() -> None:
    """Refuse a machine on which a namespace cannot be made, saying what it lacks."""
    user = getpass.getuser()
    if shutil.which("newuidmap") is None:
        raise MissingPackagesError(
            f"Without root the network needs the package uidmap. Install it: {UIDMAP}"
        )
    for path in ("/etc/subuid", "/etc/subgid"):
        if not _has_range(Path(path), user):
            raise MissingPackagesError(
                f"{path} gives {user} no range of numbers. As root: "
                f"usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}"
            )


def _has_range(path: Path, user: str) -> bool:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        return False
    return any(line.split(":")[0] in (user, str(os.getuid())) for line in lines)


def inside() -> bool:
    """Return whether this is root of a namespace only."""
    return os.environ.get(INSIDE) == "1"


def _pid_file(folder: Path) -> Path:
    return folder / "run/holder.pid"


def _holder(folder: Path) -> int | None:
    """Return process 1 of the network's namespace as it is numbered outside, or None."""
    pid = pid_in(_pid_file(folder))
    return pid if alive(pid, MODULE) else None


def hold(folder: Path) -> None:
    """Make the namespace that outlives this command, unless there is one; not for root."""
    if os.geteuid() == 0 or _holder(folder) is not None:
        return
    wanting()
    (folder / "run").mkdir(exist_ok=True)
    keeper = subprocess.Popen(
        [*NEW, "--mount-proc", "--kill-child", sys.executable, "-m", MODULE],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    children = Path(f"/proc/{keeper.pid}/task/{keeper.pid}/children")

    def first() -> str:
        """Return process 1, once it is itself and no longer `unshare` or its assistant."""
        for pid in children.read_text().split():
            with contextlib.suppress(OSError):
                if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(sys.executable.encode()):
                    return pid
        return ""

    if not until(lambda: keeper.poll() is not None or bool(first())) or keeper.poll() is not None:
        said = keeper.stderr.read().decode().strip() if keeper.stderr else ""
        raise ServiceError(f"This machine gives no user namespace: {said or 'no reason given'}")
    _pid_file(folder).write_text(f"{first()}\n", "ascii")


def release(folder: Path, *, idle: bool = False) -> None:
    """End the namespace and everything in it; with `idle` only where nothing is left in it."""
    holder = _holder(folder)
    if holder is not None:
        if idle and Path(f"/proc/{holder}/task/{holder}/children").read_text().split():
            return
        send(holder, signal.SIGKILL)
        until(lambda: not alive(holder))
    _pid_file(folder).unlink(missing_ok=True)


def reap() -> None:
    """Be process 1: collect what ends, until killed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    while True:
        signal.sigwait([signal.SIGCHLD])
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass


if __name__ == "__main__":
    reap()
