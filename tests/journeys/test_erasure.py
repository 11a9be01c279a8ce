"""Blocked, wiped, expired, held: at two sites that really run."""

from __future__ import annotations

import datetime as dt
import email
import imaplib
import smtplib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shieldnet import erasure, wkd
from shieldnet.devices import holds
from shieldnet.devices.errors import HeldError
from shieldnet.network import Network
from shieldnet.services import postfix
from tests.live import Phone, needs_servers, phone, running, stored, until
from tests.unit.shieldnet.policy.mails import HERON, SPARROW, headed, pgp_mime, plain

pytestmark = [needs_servers, pytest.mark.slow]


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with running(third=7) as made:
        yield made


def letter(sender: Phone, to: str) -> bytes:
    text = headed(pgp_mime()).replace(HERON.encode(), sender.address.encode())
    return text.replace(SPARROW.encode(), to.encode())


def exchange(network: Network, count: int = 1) -> tuple[Phone, Phone]:
    """Return a phone at each site; the second has got mail of the first."""
    one, two = phone(network, "ams"), phone(network, "yyz")
    for _ in range(count):
        one.submit(letter(one, two.address), two.address)
    until(lambda: len(stored(network, two.address)) == count)
    return one, two


def idle(imap: imaplib.IMAP4_SSL) -> None:
    imap.select()
    imap.send(b"x1 IDLE\r\n")
    while not imap.readline().startswith(b"+ idling"):
        pass


def seconds_until_cut_off(imap: imaplib.IMAP4_SSL, start: float) -> float:
    while imap.readline():
        pass
    spent = time.monotonic() - start
    imap.shutdown()
    return spent


def test_what_arrives_tells_nothing_but_what_is_listed(network: Network) -> None:
    _, two = exchange(network)
    text = stored(network, two.address)[0].read_bytes()
    mail = email.message_from_bytes(text)
    hops = mail.get_all("Received") or []

    assert mail["Subject"] == "[...]"
    assert b"quay" not in text
    assert b"203.0.113.7" not in text
    assert mail["User-Agent"] is None
    assert not any("phone" in hop or "filter" in hop or "authenticated" in hop for hop in hops)


def test_cleartext_and_forged_authors_are_refused_before_they_are_queued(network: Network) -> None:
    one, two = phone(network, "ams"), phone(network, "yyz")
    clear = headed(plain()).replace(HERON.encode(), one.address.encode())
    with pytest.raises(smtplib.SMTPDataError) as refused:
        one.submit(clear, two.address)
    with pytest.raises(smtplib.SMTPDataError) as forged:
        one.submit(letter(two, one.address), two.address)

    assert refused.value.smtp_code == forged.value.smtp_code == 523
    assert isinstance(refused.value.smtp_error, bytes)
    assert isinstance(forged.value.smtp_error, bytes)
    assert b"carries encrypted mail only" in refused.value.smtp_error
    assert b"who logged in" in forged.value.smtp_error
    assert postfix.queue(network.site("ams")) == []


def test_a_blocked_phone_is_cut_off_and_gets_nothing_until_it_is_unblocked(
    network: Network,
) -> None:
    one, two = exchange(network)
    imap = two.imap()
    idle(imap)
    start = time.monotonic()
    erasure.block(network, two.address)
    gone = seconds_until_cut_off(imap, start)
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        two.imap()
    with pytest.raises(smtplib.SMTPAuthenticationError):
        two.submit(letter(two, one.address), one.address)
    kept = len(stored(network, two.address))
    erasure.unblock(network, two.address)
    two.imap().logout()

    assert kept == 1
    print(f"cut off after {gone:.2f} s")


def test_a_wipe_leaves_no_mail_no_index_no_key_and_no_login(network: Network) -> None:
    _, two = exchange(network, 3)
    place = network.site_of(two.address)
    imap = two.imap()
    imap.select()
    imap.fetch("1:*", "(ENVELOPE)")  # so that an index holds senders
    idle(imap)
    start = time.monotonic()
    done = erasure.wipe(network, two.address)
    gone = seconds_until_cut_off(imap, start)
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        two.imap()

    assert done.messages == 3
    assert not (place.mail / two.address).exists()
    assert wkd.published(place, two.address) is None
    assert not (place.keys / f"{two.address}.asc").exists()
    print(f"cut off after {gone:.2f} s, wiped after {done.seconds:.2f} s")


def test_mail_under_way_to_a_wiped_device_is_not_delivered_but_sent_back(network: Network) -> None:
    one, two = exchange(network)
    there = network.site_of(two.address)
    erasure.wipe(network, two.address)
    with_home = there.mail / two.address
    one.submit(letter(one, two.address), two.address)
    until(lambda: any("Undelivered" in path.read_text() for path in stored(network, one.address)))

    assert not with_home.exists()


def test_old_mail_expires_with_what_the_index_cached_of_it(network: Network) -> None:
    one, two = exchange(network, 2)
    imap = two.imap()
    imap.select()
    imap.fetch("1:*", "(ENVELOPE)")
    imap.logout()
    home = network.site_of(two.address).mail / two.address
    before = b"".join(path.read_bytes() for path in home.rglob("dovecot.index*"))
    erasure.expire(network, 20)
    young = len(stored(network, two.address))
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=21)
    done = {one.site: one for one in erasure.expire(network, 20, moment=later)}
    after = b"".join(path.read_bytes() for path in home.rglob("dovecot.index*"))

    assert young == 2
    assert done["yyz"].messages >= 2
    assert stored(network, two.address) == []
    assert one.address.encode() in before
    assert one.address.encode() not in after


def test_a_hold_keeps_what_would_expire_be_wiped_or_be_deleted_by_the_phone(
    network: Network,
) -> None:
    _, two = exchange(network, 2)
    holds.place(network, "RK-16-0421", device=two.address)
    imap = two.imap()
    imap.select()
    imap.store("1", "+FLAGS", r"(\Deleted)")
    imap.expunge()
    seen = imap.select()[1]
    imap.logout()
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=400)
    done = {one.site: one for one in erasure.expire(network, 20, moment=later)}
    with pytest.raises(HeldError, match="RK-16-0421"):
        erasure.wipe(network, two.address)
    kept = [path.relative_to(path.parents[2]) for path in stored(network, two.address)]
    holds.lift(network, "RK-16-0421", device=two.address)
    erasure.wipe(network, two.address)

    assert seen == [b"1"]
    assert two.address in done["yyz"].held
    assert len(kept) == 2
    assert [path.parts[0] for path in kept].count(".EXPUNGED") == 1
    assert not (network.site_of(two.address).mail / two.address).exists()


def test_a_wipe_of_a_stopped_site_is_whole_too(tmp_path: Path) -> None:
    from shieldnet import devices
    from tests.unit.shieldnet.networks import made

    network = made(tmp_path)
    new = devices.register(network, "ams", [devices.Request(holder="x", model="M")])[0]
    devices.enrol(network, new.code)
    home = network.site("ams").mail / new.address / "Maildir/cur"
    home.mkdir(parents=True)
    (home / "1.M1P1.mx,S=1,W=1:2,S").write_text("x")
    done = erasure.wipe(network, new.address)

    assert (done.online, done.messages) == (False, 1)
    assert not home.parents[1].exists()
