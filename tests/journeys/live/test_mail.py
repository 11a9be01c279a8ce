"""Mail through two live sites: who may write, what is refused, and what is left of a message."""

from __future__ import annotations

import imaplib
import smtplib
import ssl
import subprocess
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path

import pytest

from shieldnet import authority
from shieldnet.devices import block, unblock
from shieldnet.errors import ServiceError
from shieldnet.message import Attachment, Draft, seal
from shieldnet.network import LiveSite
from shieldnet.phone import Phone
from tests.live import Live, arrived, draft

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]


@pytest.fixture(scope="module")
def ams(live: Live) -> Phone:
    return live.phone("ams")


@pytest.fixture(scope="module")
def yyz(live: Live) -> Phone:
    return live.phone("yyz")


def stored(receiver: Phone) -> list[bytes]:
    """Return the mails of an account as they lie on the server's disk."""
    folder = receiver.site.mail / receiver.address / "Maildir"
    return [path.read_bytes() for path in sorted(folder.glob("[cn][ue][rw]/*"))]


def trusting(one: Phone) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(one.folder / "ca.pem"))


def test_a_message_crosses_both_ways_with_subject_and_file(ams: Phone, yyz: Phone) -> None:
    there = Draft(
        sender=ams.address,
        to=(yyz.address,),
        subject="Überfahrt",
        text="Morgen om half acht.\n.\nFrom the quay: 3 boxes 🚢",
        attachments=(Attachment(name="liste ü.bin", content=bytes(range(256)) * 40),),
    )
    sealed = ams.send(there)
    found = arrived(yyz, there.text)
    yyz.send(draft(yyz, ams, text="ok"))
    back = arrived(ams, "ok")

    assert [
        (one.literal, one.subject, one.text, one.attachments, one.signed_by) for one in found
    ] == [(sealed.literal, there.subject, there.text, there.attachments, ams.address)]
    assert [(one.text, one.signed_by, one.encrypted) for one in back] == [("ok", yyz.address, True)]


def test_what_reaches_the_disk_names_no_subject_no_agent_and_no_client(
    ams: Phone, yyz: Phone
) -> None:
    before = stored(yyz)
    sealed = ams.send(draft(ams, yyz, text="words", subject="a subject nobody may see"))
    arrived(yyz, "words")
    mail = next(one for one in stored(yyz) if one not in before)
    received = message_from_bytes(mail).get_all("Received") or []

    assert b"a subject nobody" not in mail
    assert message_from_bytes(mail)["Subject"] == "[...]"
    assert b"phone.invalid" not in mail
    assert b"filter.invalid" not in mail
    assert sealed.message_id.encode() in mail
    assert [line.split()[1] for line in received] == [yyz.site.host, ams.site.host]


@pytest.mark.parametrize("certificate", ["none", "of another network"])
def test_a_stranger_hands_nothing_to_a_site(
    live: Live, yyz: Phone, tmp_path: Path, certificate: str
) -> None:
    context = trusting(yyz)
    if certificate == "of another network":
        other = replace(yyz.site, folder=tmp_path / "sites/other")
        other.tls.mkdir(parents=True)
        authority.certify(replace(live.network, folder=tmp_path), other)
        context.load_cert_chain(other.tls / "cert.pem", other.tls / "key.pem")
    with smtplib.SMTP(yyz.site.address, yyz.site.relay_port, timeout=10) as smtp:

        def hand_in() -> None:
            smtp.starttls(context=context)
            smtp.sendmail("x@elsewhere.example", [yyz.address], b"x")

        with pytest.raises((smtplib.SMTPException, OSError)):
            hand_in()


def test_the_relay_port_wants_tls_before_anything(yyz: Phone) -> None:
    with smtplib.SMTP(yyz.site.address, yyz.site.relay_port, timeout=10) as smtp:
        smtp.ehlo("elsewhere.example")
        code, said = smtp.mail("x@elsewhere.example")

    assert (code, b"STARTTLS" in said) == (530, True)


@pytest.mark.parametrize("how", ["no login", "wrong password", "no TLS"])
def test_nobody_submits_without_a_login_over_tls(ams: Phone, how: str) -> None:
    place = ams.site
    if how == "no TLS":
        with (
            pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)),
            smtplib.SMTP(place.address, place.submission_port, timeout=1) as plain,
        ):
            plain.ehlo()
        return
    with smtplib.SMTP_SSL(
        place.address, place.submission_port, context=trusting(ams), timeout=10
    ) as smtp:
        if how == "wrong password":
            with pytest.raises(smtplib.SMTPAuthenticationError):
                smtp.login(ams.address, "wrong")
        smtp.ehlo_or_helo_if_needed()
        code, _ = smtp.mail(ams.address)
        code, _ = smtp.rcpt(ams.address) if code == 250 else (code, b"")

    assert code >= 500


def test_a_forged_sender_is_refused(live: Live, ams: Phone, yyz: Phone) -> None:
    other = live.phone("ams")
    sealed = seal(
        draft(other, yyz, text="not mine"), [bytes(yyz.key.extract_certificate())], ams.key
    )
    with pytest.raises(ServiceError, match="not owned by user"):
        ams.submit(sealed.mail, (yyz.address,), sender=other.address)
    with pytest.raises(ServiceError):
        ams.submit(sealed.mail, (yyz.address,))  # the envelope is true, the header is not


@pytest.mark.parametrize(
    "plain",
    [
        b"Subject: plain\r\n\r\nnobody encrypted this\r\n",
        b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\r\n'
        b"\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        b"--b\r\nContent-Type: application/octet-stream\r\n\r\nnot OpenPGP at all\r\n--b--\r\n",
    ],
)
def test_cleartext_is_refused_with_a_clear_sentence(ams: Phone, yyz: Phone, plain: bytes) -> None:
    before = stored(yyz)
    mail = f"From: <{ams.address}>\r\nTo: <{yyz.address}>\r\n".encode() + plain
    with pytest.raises(ServiceError, match=r"(?i)encrypt"):
        ams.submit(mail, (yyz.address,))

    assert stored(yyz) == before


def test_an_unknown_recipient_is_named(ams: Phone, yyz: Phone) -> None:
    sealed = seal(draft(ams, yyz, text="x"), [bytes(yyz.key.extract_certificate())], ams.key)
    for stranger in (f"nobody@{ams.site.domain}", "somebody@elsewhere.example"):
        with pytest.raises(ServiceError, match=stranger):
            ams.submit(sealed.mail, (stranger,))


def test_a_blocked_phone_neither_logs_in_nor_gets_mail(live: Live, yyz: Phone) -> None:
    barred = live.phone("ams")
    block(live.network, barred.address)
    for act in (lambda: barred.receive(lambda _: None), lambda: barred.submit(b"", ())):
        with pytest.raises(ServiceError, match="does not let"):
            act()
    unblock(live.network, barred.address)
    yyz.send(draft(yyz, barred, text="welcome back"))

    assert [one.text for one in arrived(barred, "welcome back")] == ["welcome back"]


def test_a_copy_in_sent_opens_with_the_phones_own_key(ams: Phone, yyz: Phone) -> None:
    ams.send(draft(ams, yyz, text="for the record"), keep_copy=True)
    kept: list[str] = []
    with ams.mailbox() as imap:
        imap.select("Sent")
        imap.uid("STORE", "1:*", "-FLAGS", r"(\Seen)")
    ams.receive(lambda one: kept.append(one.text), folder="Sent")

    assert kept == ["for the record"]


def test_what_a_phone_removes_is_gone_from_the_server(ams: Phone, yyz: Phone) -> None:
    ams.send(draft(ams, yyz, text="read once"))
    arrived(yyz, "read once")
    ams.send(draft(ams, yyz, text="and remove"))
    found: list[str] = []
    while not found:
        yyz.receive(lambda one: found.append(one.text), remove=True)
    left = len(stored(yyz))
    with yyz.mailbox() as imap:
        imap.select("INBOX")
        _, numbers = imap.uid("SEARCH", "ALL")

    assert found == ["and remove"]
    assert len(numbers[0].split()) == left


def test_no_password_and_no_code_stands_in_a_log_or_a_process_list(live: Live, ams: Phone) -> None:
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    logs = "".join(
        path.read_text("utf-8", "replace")
        for one in live.network.sites.values()
        for path in one.log.iterdir()
    )

    assert ams.password not in listed + logs
    assert ams.address in logs


def test_an_imap_login_over_the_sites_own_certificate_is_verified(ams: Phone) -> None:
    place: LiveSite = ams.site
    with pytest.raises(ssl.SSLCertVerificationError):
        imaplib.IMAP4_SSL(
            place.address, place.imap_port, ssl_context=ssl.create_default_context(), timeout=10
        )
