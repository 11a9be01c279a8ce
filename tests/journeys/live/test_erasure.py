"""Blocked, wiped, expired, held: at two sites that really run."""

from __future__ import annotations

import datetime as dt
import imaplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shieldnet import devices, erasure, wkd
from shieldnet.devices import holds
from shieldnet.devices.errors import HeldError
from shieldnet.errors import ServiceError
from shieldnet.message import seal
from shieldnet.phone import Phone
from shieldnet.services.dovecot import doveadm
from tests.live import Live, draft, eventually
from tests.unit.shieldnet.networks import made

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]


def exchange(live: Live, count: int = 1) -> tuple[Phone, Phone]:
    """Return a phone at each site; the second has mail of the first on its server."""
    one, two = live.phone("ams"), live.phone("yyz")
    for number in range(count):
        one.send(draft(one, two, text=f"message {number}"))
    eventually(lambda: len(stored(two)) == count)
    return one, two


def stored(owner: Phone) -> list[Path]:
    """Return every stored message of a phone, wherever in its mailbox."""
    home = owner.site.mail / owner.address / "Maildir"
    return [path for kind in ("cur", "new") for path in home.glob(f"**/{kind}/*")]


@contextmanager
def logged_in(owner: Phone) -> Iterator[imaplib.IMAP4_SSL]:
    context = ssl.create_default_context(cafile=str(owner.folder / "ca.pem"))
    context.check_hostname = False
    place = owner.site
    imap = imaplib.IMAP4_SSL(place.address, place.imap_port, ssl_context=context, timeout=20)
    try:
        imap.login(owner.address, owner.password)
        imap.select()
        yield imap
    finally:
        imap.shutdown()


def idle(imap: imaplib.IMAP4_SSL) -> None:
    imap.send(b"x1 IDLE\r\n")
    while not imap.readline().startswith(b"+ idling"):
        pass


def seconds_until_cut_off(imap: imaplib.IMAP4_SSL, start: float) -> float:
    while imap.readline():
        pass
    return time.monotonic() - start


def assert_dead(owner: Phone) -> None:
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"), logged_in(owner):
        pass


def test_a_blocked_phone_is_cut_off_and_keeps_its_mail(live: Live) -> None:
    _, two = exchange(live)
    with logged_in(two) as imap:
        idle(imap)
        start = time.monotonic()
        erasure.block(live.network, two.address)
        print(f"blocked: cut off after {seconds_until_cut_off(imap, start):.2f} s")
    assert_dead(two)
    erasure.unblock(live.network, two.address)

    assert len(stored(two)) == 1
    with logged_in(two) as imap:
        assert imap.select()[1] == [b"1"]


def test_a_wipe_leaves_no_mail_no_index_no_key_and_no_login(live: Live) -> None:
    _, two = exchange(live, 3)
    with logged_in(two) as imap:
        imap.fetch("1:*", "(ENVELOPE)")  # so that an index holds senders
        idle(imap)
        start = time.monotonic()
        done = erasure.wipe(live.network, two.address)
        gone = seconds_until_cut_off(imap, start)
        print(f"wiped in {done.seconds:.2f} s, cut off after {gone:.2f} s")
    assert_dead(two)

    assert done.messages == 3
    assert not (two.site.mail / two.address).exists()
    assert wkd.published(two.site, two.address) is None
    assert not (two.site.keys / f"{two.address}.asc").exists()


def test_mail_under_way_to_a_wiped_device_is_sent_back_and_not_delivered(live: Live) -> None:
    one, two = exchange(live)
    late = seal(draft(one, two, text="too late"), [wkd.certificate(live.network, two.address)],
                one.key)  # fmt: skip
    erasure.wipe(live.network, two.address)
    one.submit(late.mail, (two.address,))
    eventually(lambda: any("Undelivered" in path.read_text() for path in stored(one)))
    with pytest.raises(ServiceError):  # nor is what the site itself had taken before the wipe
        doveadm(two.site, "user", "-x", "service=lmtp", two.address)

    assert two.address in doveadm(two.site, "user", two.address)
    assert not (two.site.mail / two.address).exists()


def test_old_mail_expires_with_what_the_indexes_cached_of_it(live: Live) -> None:
    one, two = exchange(live, 2)
    with logged_in(two) as imap:
        imap.fetch("1:*", "(ENVELOPE)")
    home = two.site.mail / two.address
    before = b"".join(path.read_bytes() for path in home.rglob("dovecot.index*"))
    erasure.expire(live.network, 20)
    young = len(stored(two))
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=21)
    done = {one.site: one for one in erasure.expire(live.network, 20, moment=later)}
    after = b"".join(path.read_bytes() for path in home.rglob("dovecot.index*"))

    assert young == 2
    assert done["yyz"].messages >= 2
    assert stored(two) == []
    assert one.address.encode() in before
    assert one.address.encode() not in after


def test_a_hold_keeps_what_would_expire_be_wiped_or_be_deleted_by_the_phone(live: Live) -> None:
    _, two = exchange(live, 2)
    with logged_in(two) as before:  # such a session would still delete for good
        idle(before)
        erasure.hold(live.network, "RK-16-0421", device=two.address)
        seconds_until_cut_off(before, 0)
    with logged_in(two) as imap:
        imap.store("1", "+FLAGS", r"(\Deleted)")
        imap.expunge()
        seen = imap.select()[1]
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=400)
    done = {one.site: one for one in erasure.expire(live.network, 20, moment=later)}
    with pytest.raises(HeldError, match="RK-16-0421"):
        erasure.wipe(live.network, two.address)
    kept = [path.parts[-3] for path in stored(two)]
    holds.lift(live.network, "RK-16-0421", device=two.address)
    erasure.wipe(live.network, two.address)

    assert seen == [b"1"]
    assert two.address in done["yyz"].held
    assert sorted(kept) == [".EXPUNGED", "Maildir"]
    assert not (two.site.mail / two.address).exists()


def test_a_hold_on_a_site_ends_every_session_of_it(live: Live) -> None:
    one, two = live.phone("ams"), live.phone("yyz")
    with logged_in(one) as held, logged_in(two) as free:
        idle(held)
        erasure.hold(live.network, "RK-2", site="ams")
        seconds_until_cut_off(held, 0)
        answer = free.noop()
    holds.lift(live.network, "RK-2", site="ams")

    assert answer[0] == "OK"


def test_a_wipe_at_a_stopped_site_is_whole_too(tmp_path: Path) -> None:
    network = made(tmp_path)
    new = devices.register(network, "ams", [devices.Request(holder="x", model="M")])[0]
    devices.enrol(network, new.code)
    home = network.site("ams").mail / new.address / "Maildir/cur"
    home.mkdir(parents=True)
    (home / "1.M1P1.mx,S=1,W=1:2,S").write_text("x")
    done = erasure.wipe(network, new.address)

    assert (done.online, done.messages) == (False, 1)
    assert not home.parents[1].exists()
