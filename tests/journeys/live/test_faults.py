"""Whatever is killed, cut off or full: what a site accepted arrives, at least once."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from shieldnet import authority, site
from shieldnet.errors import NotRunningError, ServiceError
from shieldnet.message import Draft, seal
from shieldnet.phone import Phone
from shieldnet.services import dovecot, postfix
from shieldnet.services.processes import below, send
from tests.live import Live, arrived, draft, eventually, running

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live-faults")]


@pytest.fixture(scope="module")
def faulty() -> Iterator[Live]:
    """A network of its own, because these tests kill and fill it."""
    with running("device", disk_mb=160) as network:
        yield network


@pytest.fixture(scope="module")
def ams(faulty: Live) -> Phone:
    return faulty.phone("ams")


@pytest.fixture(scope="module")
def yyz(faulty: Live) -> Phone:
    return faulty.phone("yyz")


class Load:
    """Hands in messages until told to stop, and remembers which the site accepted."""

    def __init__(self, sender: Phone, receiver: Phone) -> None:
        self._sender, self._receiver = sender, receiver
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.accepted: list[str] = []
        self.refused = 0

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        certificate = bytes(self._receiver.key.extract_certificate())
        while not self._stopping.is_set():
            message: Draft = draft(self._sender, self._receiver, text="under load")
            sealed = seal(message, [certificate], self._sender.key)
            try:
                self._sender.submit(sealed.mail, message.to)
            except (ServiceError, NotRunningError):
                self.refused += 1
                time.sleep(0.05)
            else:
                self.accepted.append(sealed.message_id)


def delivered(receiver: Phone) -> Counter[str]:
    """Return how often each message lies in a mailbox on the server's disk."""
    found: Counter[str] = Counter()
    for path in (receiver.site.mail / receiver.address / "Maildir").glob("[cn][ue][rw]/*"):
        head = path.read_bytes().partition(b"\n\n")[0].decode()
        found[next(x.split(": ")[1] for x in head.splitlines() if x.startswith("Message-ID"))] += 1
    return found


def all_there(load: Load, receiver: Phone) -> Counter[str]:
    """Wait until everything accepted has been delivered; return the counts.

    What was put off is tried at once, not after Postfix's ten seconds.
    """

    def there() -> bool:
        for one in receiver.network.sites.values():
            postfix.flush(one)
        time.sleep(0.5)
        return set(load.accepted) <= set(delivered(receiver))

    eventually(there, patience=60)
    return delivered(receiver)


def test_a_site_that_is_down_gets_its_mail_when_it_is_up_again(
    faulty: Live, ams: Phone, yyz: Phone
) -> None:
    site.down(faulty.network, ["yyz"])
    ams.send(draft(ams, yyz, text="for later"))
    eventually(lambda: len(postfix.queue(ams.site)) == 1)
    with pytest.raises(NotRunningError, match="does not answer"):
        yyz.receive(lambda _: None)
    site.up(faulty.network, ["yyz"])

    assert [one.text for one in arrived(yyz, "for later")] == ["for later"]
    assert postfix.queue(ams.site) == []


DAEMONS = ("smtpd", "cleanup", "qmgr", "smtp", "lmtp", "proxymap", "tlsmgr", "auth", "imap-login")


def test_killing_any_daemon_under_load_loses_nothing_accepted(
    faulty: Live, ams: Phone, yyz: Phone
) -> None:
    with Load(ams, yyz) as load:
        for name in DAEMONS:
            before = len(load.accepted)
            for one in faulty.network.sites.values():
                for pid, program in below(one.folder).items():
                    if program == name:
                        send(pid, signal.SIGKILL)
            eventually(lambda: len(load.accepted) > before + 1, patience=30)  # noqa: B023
    counts = all_there(load, yyz)
    twice = {name for name in load.accepted if counts[name] > 1}

    assert not set(load.accepted) - set(counts)
    assert len(twice) <= len(DAEMONS), "at least once, and seldom twice"


@pytest.mark.parametrize("server", ["Postfix", "Dovecot", "filter"])
def test_a_killed_server_is_seen_and_started_again_without_loss(
    faulty: Live, ams: Phone, yyz: Phone, server: str
) -> None:
    word = f"before {server} of yyz died"
    yyz.send(draft(yyz, ams, text=word))
    victims = {"Postfix": "master", "Dovecot": "dovecot", "filter": "python"}
    for pid, program in below(yyz.site.folder).items():
        if program.startswith(victims[server]):
            send(pid, signal.SIGKILL)
    eventually(lambda: not getattr(site.health(faulty.network, yyz.site), server.lower()))
    health = site.health(faulty.network, yyz.site)
    site.up(faulty.network, [])
    yyz.send(draft(yyz, ams, text=f"after {server}"))

    assert not health.up
    assert not health.down
    assert len(arrived(ams, word, f"after {server}")) == 2
    assert site.health(faulty.network, yyz.site).up


def test_a_daemon_still_serving_when_its_master_was_killed_does_not_hold_the_port(
    faulty: Live, ams: Phone, yyz: Phone
) -> None:
    """Somebody is connected, so the orphan would serve on, and keep the port, for minutes."""
    with socket.create_connection((yyz.site.address, yyz.site.relay_port), 10) as held:
        assert held.recv(1000).startswith(b"220 ")
        for pid, program in below(yyz.site.folder).items():
            if program == "master":
                send(pid, signal.SIGKILL)
        eventually(lambda: not site.health(faulty.network, yyz.site).postfix)
        assert "smtpd" in below(yyz.site.folder).values()
        site.up(faulty.network, [])
    ams.send(draft(ams, yyz, text="past the orphan"))

    assert len(arrived(yyz, "past the orphan")) == 1


def test_a_cut_link_is_taken_up_again(faulty: Live, ams: Phone, yyz: Phone) -> None:
    """Connections between the sites vanish, until one vanished in the middle of a message."""
    log = ams.site.log / "postfix.log"
    before = log.stat().st_size
    cut = ["ss", "--kill", "--tcp", "state", "established", f"dst {yyz.site.address}"]

    def was_cut() -> bool:
        subprocess.run(cut, capture_output=True, check=False)
        return b"lost connection with" in log.read_bytes()[before:]

    with Load(ams, yyz) as load:
        eventually(was_cut, patience=30)
    counts = all_there(load, yyz)

    assert load.accepted
    assert not set(load.accepted) - set(counts)


def test_a_full_disk_refuses_new_mail_and_loses_none(faulty: Live, ams: Phone, yyz: Phone) -> None:
    ballast = faulty.folder / "ballast"
    with Load(ams, yyz) as load:
        for _ in range(2):
            before = load.refused
            with ballast.open("wb") as target, suppress(OSError):
                while True:
                    target.write(bytes(1 << 20))
            eventually(lambda: load.refused > before + 2)  # noqa: B023
            ballast.unlink()
            count = len(load.accepted)
            eventually(lambda: len(load.accepted) > count)  # noqa: B023
    counts = all_there(load, yyz)

    assert not set(load.accepted) - set(counts)
    assert load.refused >= 4


def test_a_site_with_a_strangers_certificate_gets_no_mail(
    faulty: Live, ams: Phone, yyz: Phone, tmp_path: Path
) -> None:
    """Somebody else answers at the other site's address: mail waits instead of going there."""
    place = yyz.site
    held = {name: (place.tls / name).read_bytes() for name in ("key.pem", "cert.pem")}
    (tmp_path / "sites/yyz").mkdir(parents=True)
    stranger = replace(faulty.network, folder=tmp_path)
    authority.certify(stranger, replace(place, folder=tmp_path / "sites/yyz"))
    site.stop(place)
    for name in held:
        (place.tls / name).write_bytes((tmp_path / "sites/yyz/tls" / name).read_bytes())
    dovecot.start(place)
    postfix.start(place)
    ams.send(draft(ams, yyz, text="only for yyz itself"))
    eventually(lambda: "certificate not verified" in str(postfix.queue(ams.site)))
    site.stop(place)
    for name, content in held.items():
        (place.tls / name).write_bytes(content)
    site.up(faulty.network, [])

    assert len(arrived(yyz, "only for yyz itself")) == 1
