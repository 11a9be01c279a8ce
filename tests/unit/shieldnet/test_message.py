"""PGP/MIME written and opened on the phone's side; GnuPG reads what is written here."""

from __future__ import annotations

import email

import pysequoia
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shieldnet.message import Attachment, Draft, Opened, Sealed, open_mail, seal
from tests.gnupg import gnupg_home
from tests.unit.shieldnet.gnupg import decrypted

HERON, FINCH = "heron@one.example", "finch@two.example"
KEYS = {who: pysequoia.Tsk.generate(f"<{who}>") for who in (HERON, FINCH)}
PUBLISHED = {who: bytes(key.extract_certificate()) for who, key in KEYS.items()}


def sealed(draft: Draft) -> Sealed:
    return seal(draft, [PUBLISHED[one] for one in draft.to], KEYS[draft.sender])


def opened(mail: bytes, by: str = FINCH) -> Opened:
    return open_mail(mail, KEYS[by], PUBLISHED.get, by)


def letter(text: str = "hello", **more: object) -> Draft:
    return Draft(sender=HERON, to=(FINCH,), text=text, **more)  # type: ignore[arg-type]


LINES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=60)


@settings(max_examples=60)
@given(
    text=st.lists(LINES, min_size=1, max_size=6).map("\n".join),
    subject=LINES.map(str.strip).filter(lambda x: "=?" not in x and "  " not in x),
    name=st.text(st.characters(categories=("Ll", "Lu")), min_size=1, max_size=20),
    content=st.binary(max_size=300),
)
def test_what_was_written_is_what_is_opened(
    text: str, subject: str, name: str, content: bytes
) -> None:
    files = (Attachment(name=name, content=content),)
    found = opened(sealed(letter(text, subject=subject, attachments=files)).mail)

    assert (found.trouble, found.signed_by, found.encrypted) == ("", HERON, True)
    assert found.text == text.removesuffix("\n")
    assert " ".join(found.subject.split()) == " ".join(subject.split())
    assert found.attachments == files


def test_a_line_without_end_survives() -> None:
    text = "ü" * 5000

    assert opened(sealed(letter(text)).mail).text == text


def test_gnupg_opens_what_is_for_a_key_of_its_own_and_finds_the_signature_good() -> None:
    with gnupg_home() as home:
        home.gpg("--quick-generate-key", FINCH, "future-default", "default", "2030-01-01")
        home.gpg("--import", given=PUBLISHED[HERON])
        theirs = home.gpg("--export", FINCH)
        outer = email.message_from_bytes(seal(letter("for GnuPG"), [theirs], KEYS[HERON]).mail)
        part = [*outer.walk()][-1].get_payload(decode=True)
        assert isinstance(part, bytes)
        plain, said = decrypted(home, part)

    assert plain is not None, said
    assert b"for GnuPG" in plain
    assert b"GOODSIG" in said


def test_outside_stand_addresses_and_nothing_that_was_written() -> None:
    mail = sealed(letter("deep secret", subject="deep subject")).mail

    assert b"deep" not in mail
    assert b"Subject: [...]" in mail


def test_a_signature_by_another_than_the_sender_counts_for_nothing() -> None:
    forged = seal(letter("not by heron"), [PUBLISHED[FINCH]], KEYS[FINCH])

    assert (opened(forged.mail).text, opened(forged.mail).signed_by) == ("not by heron", "")


@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b"\xff\xfe\x00",
        b"From: x\r\nContent-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n\r\n--b--\r\n",
        b"Content-Type: text/plain; charset=no-such-set\r\n\r\nabc\r\n",
        b"Subject: =?utf-8?b?////?=\r\n\r\nabc\r\n",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n" * 50,
    ],
)
def test_mail_that_is_no_message_of_ours_is_shown_as_it_is(mail: bytes) -> None:
    found = opened(mail)

    assert (found.encrypted, found.signed_by) == (False, "")


@pytest.mark.parametrize("damage", ["cut", "flipped", "for somebody else"])
def test_what_cannot_be_opened_says_so_in_one_line(damage: str) -> None:
    mail = sealed(letter("whole")).mail
    if damage == "cut":
        mail = mail.replace(mail[900:1000], b"")
    if damage == "flipped":
        where = mail.index(b"-----END PGP MESSAGE") - 20  # in the body's integrity tag
        mail = (
            mail[:where] + (b"A" if mail[where : where + 1] != b"A" else b"B") + mail[where + 1 :]
        )
    reader = HERON + ".other" if damage == "for somebody else" else FINCH
    key = pysequoia.Tsk.generate(f"<{reader}>") if damage == "for somebody else" else KEYS[FINCH]
    found = open_mail(mail, key, PUBLISHED.get, reader)

    assert found.trouble.startswith("not opened: ")
    assert "\n" not in found.trouble
    assert found.text == ""
    assert "PRIVATE" not in repr(found)
