"""The filter as a process between two ends of SMTP; the next hop is played by aiosmtpd."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import UnixSocketController
from aiosmtpd.smtp import SMTP, Envelope, Session

from shieldnet.policy.service import Handler, Log, _NextHop
from tests.unit.shieldnet.policy.mails import HERON, SPARROW, WORDS, headed, pgp_mime, plain

RUN = """
import sys
import shieldnet.services.filter  # who starts it
from shieldnet.policy import main
sys.path.clear()
main(sys.argv[1:])
"""
"""Run it as the user `postfix` does, who may not read Python's own library: nothing is imported
once it runs."""


class NextHop:
    """Takes what it is given; answers as it is told."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.reply = "250 2.0.0 Ok: queued as 4XYZ"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        if self.reply.startswith("2"):
            self.got.append(envelope.content)
        return self.reply


@pytest.fixture
def hop(tmp_path: Path) -> Iterator[NextHop]:
    next_hop = NextHop()
    controller = UnixSocketController(next_hop, unix_socket=str(tmp_path / "out"))
    controller.start()
    yield next_hop
    with contextlib.suppress(FileNotFoundError):
        controller.stop()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """Run the filter; a socket that a killed one left lies in its way."""
    (tmp_path / "in").touch()
    words = ("--listen", f"unix:{tmp_path}/in", "--next", f"unix:{tmp_path}/out")
    more = ("--log", str(tmp_path / "filter.log"), "--site", "ams")
    process = subprocess.Popen([sys.executable, "-c", RUN, *words, *more])
    while not _listens(tmp_path / "in"):
        assert process.poll() is None
        time.sleep(0.02)
    yield tmp_path / "filter.log"
    process.terminate()

    assert process.wait(10) == 0


def _listens(place: Path) -> bool:
    """Say whether somebody would answer; a socket is there a moment before it listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        return asking.connect_ex(str(place)) == 0


def send(log: Path, octets: bytes, sender: str = HERON) -> tuple[int, bytes]:
    client = _NextHop(f"unix:{log.parent}/in")
    with contextlib.closing(client):
        client.connect_to_place()
        client.ehlo()
        client.mail(sender)
        client.rcpt(SPARROW)
        return client.data(octets.replace(b"\n", b"\r\n"))


def test_it_hands_on_what_passes_and_answers_what_the_next_hop_answers(
    hop: NextHop, log: Path
) -> None:
    taken = send(log, headed(pgp_mime()))
    hop.reply = "452 4.3.1 Insufficient system storage"
    full = send(log, headed(pgp_mime()))
    hop.reply = "552 5.3.4 Too big"
    big = send(log, headed(pgp_mime()))
    refused = send(log, headed(plain()))

    assert taken == (250, b"2.0.0 Ok: queued as 4XYZ")
    assert full == (452, b"4.3.1 Insufficient system storage")
    assert big == (552, b"5.3.4 Too big")
    assert refused[0] == 523
    assert len(hop.got) == 1
    assert b"quay" not in hop.got[0]
    verdicts = [line.split(" ", 2)[2] for line in log.read_text().splitlines()]
    assert [line.split(" size=")[0] for line in verdicts] == [
        *("passed", "not taken", "not taken", "refused")
    ]
    assert WORDS not in log.read_text()
    assert "@" not in log.read_text()


def test_without_a_next_hop_it_says_try_again(log: Path) -> None:
    code, said = send(log, headed(pgp_mime()))

    assert code == 451
    assert b"sent again later" in said


def test_what_nobody_foresaw_is_answered_with_try_again_and_not_told(tmp_path: Path) -> None:
    handler = Handler("unix:nowhere", Log(tmp_path / "log", "ams"))
    reply = asyncio.run(handler.handle_exception(RuntimeError(WORDS)))

    assert reply.startswith("451 ")
    assert (tmp_path / "log").read_text().endswith("ams failed size=0 RuntimeError\n")
