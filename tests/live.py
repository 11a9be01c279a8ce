"""A live network for tests: made, brought up, filled with phones, and gone for certain.

A watcher of its own outlives this process by a moment: when the pipe to it closes, however this
process ended, it takes down every server below the folder. Addresses are drawn from 127/8 by
process number, so that two test runs do not meet.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shieldnet import phone, site
from shieldnet.cli import main
from shieldnet.devices import Request, register
from shieldnet.message import Draft, Opened
from shieldnet.network import DEFAULT, Network, load
from shieldnet.phone import Phone

WATCHER = """
import shutil, subprocess, sys
from pathlib import Path
from shieldnet.services.processes import end_below
sys.stdin.buffer.read()
folder = Path(sys.argv[1])
end_below(folder, patience=3)
subprocess.run(["umount", "-q", folder / "n"])
shutil.rmtree(folder, ignore_errors=True)
"""
_drawn = 0


def wanting() -> str:
    """Return why no network can be run here, or nothing."""
    if os.geteuid() != 0:
        return "live network: these tests start servers as root"
    missing = site.missing_packages()
    return f"live network: {site.installing(missing)}" if missing else ""


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


def shieldnet(*words: str | Path) -> Said:
    """Run `shieldnet` in this process: quicker, and an error it does not know is the test's."""
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["shieldnet", *map(str, words)]
    try:
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as leaving:
            main()
    finally:
        sys.argv = before
    code = leaving.value.code
    return Said(
        code if isinstance(code, int) else int(code is not None), out.getvalue(), err.getvalue()
    )


@dataclass
class Live:
    """One network and what tests do with it."""

    folder: Path
    phones: dict[str, Phone] = field(default_factory=dict)

    @property
    def network(self) -> Network:
        return load(self.folder)

    def device(self, where: str) -> tuple[str, str]:
        """Register a device; return its address and its enrolment code."""
        one = register(self.network, where, [Request(holder="test holder", model="Cobalt S1")])[0]
        return one.address, one.code

    def phone(self, where: str) -> Phone:
        """Register a device and enrol a phone that is a folder."""
        address, code = self.device(where)
        made = phone.make(self.network, code, self.folder / "phones" / address)
        self.phones[address] = made
        return made


def draw() -> tuple[str, str]:
    """Return two loopback addresses that no other test run uses."""
    global _drawn
    _drawn += 1
    number = os.getpid()
    return tuple(  # type: ignore[return-value]
        f"127.{number >> 8 & 127 | 64}.{number & 255}.{2 * _drawn + last}" for last in (0, 1)
    )


@contextmanager
def made(custody: str, disk_mb: int = 0) -> Iterator[Live]:
    """Make a network, on a disk of its own where its size is given; all is gone afterwards."""
    if wanting():
        pytest.skip(wanting())
    base = Path(tempfile.mkdtemp(prefix="sn", dir="/tmp"))
    base.chmod(0o755)
    folder = base / "n"
    folder.mkdir()
    folder.chmod(0o755)
    text = DEFAULT.format(custody=custody, only_encrypted=str(custody == "device").lower())
    first, second = draw()
    text = text.replace("127.0.0.2", first).replace("127.0.0.3", second)
    if disk_mb:
        size = f"size={disk_mb}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], check=True)
        folder.chmod(0o755)
    (folder / "network.toml").write_text(text)
    # In a session of its own: what ends this process's whole group does not end the watcher.
    watcher = subprocess.Popen(
        [sys.executable, "-c", WATCHER, str(base)], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        site.init(folder)
        yield Live(folder)
    finally:
        watcher.communicate(timeout=30)
        shutil.rmtree(base, ignore_errors=True)


@contextmanager
def running(custody: str, disk_mb: int = 0) -> Iterator[Live]:
    """Make a network and bring both sites up."""
    with made(custody, disk_mb) as live:
        site.up(live.network, [])
        yield live


def draft(sender: Phone, *to: Phone, text: str, subject: str = "") -> Draft:
    return Draft(
        sender=sender.address, to=tuple(one.address for one in to), text=text, subject=subject
    )


def arrived(receiver: Phone, *texts: str, patience: float = 20) -> list[Opened]:
    """Wait until messages with these texts have come, and return them in that order."""
    found: dict[str, Opened] = {}

    def all_there() -> bool:
        receiver.receive(lambda one: found.__setitem__(one.text, one))
        return all(text in found for text in texts)

    eventually(all_there, patience)
    return [found[text] for text in texts]


def eventually(true: Callable[[], bool], patience: float = 20) -> None:
    """Wait until something is true; say so where it does not become so."""
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
