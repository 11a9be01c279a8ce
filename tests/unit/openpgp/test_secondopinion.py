"""A second implementation agrees where both read the same, and never where they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pysequoia
import pytest
from openpgp._openpgp import encrypt_message_with_password_bytes

from tests.real_data import archive
from tests.unit.openpgp import writers
from tests.unit.openpgp.test_opening import only, sequoia_key
from tests.unit.openpgp.writers import TEXT
from zegel.openpgp import secondopinion
from zegel.openpgp.armor import dearmor
from zegel.openpgp.bodies import open_message
from zegel.openpgp.keys import read_certificates
from zegel.openpgp.model import (
    EncryptedMessage,
    Failure,
    Opened,
    SessionKey,
    UnlockedKey,
)
from zegel.openpgp.secondopinion import Agreement, Opinion, can_ask, second_opinion
from zegel.openpgp.secretkeys import unlock
from zegel.openpgp.sessionkeys import session_keys, session_keys_from_passphrase

AGREES = Opinion(agreement=Agreement.AGREES)


def opened_with(
    message: EncryptedMessage, keys: list[UnlockedKey]
) -> tuple[Opened, SessionKey, UnlockedKey]:
    """Open `message` as processing does, and say with what."""
    for esk in message.esks:
        for key in keys:
            found = session_keys(esk, key, message.kind)
            for session in () if isinstance(found, Failure) else found:
                opened = open_message(message, session)
                if isinstance(opened, Opened):
                    return opened, session, key
    raise AssertionError("it did not open at all")


def sealed(profile: str, suite: str, text: bytes = TEXT) -> tuple[EncryptedMessage, Any]:
    """Return a SEIPD version 2 message that pysequoia wrote, and its key."""
    secret = sequoia_key(profile, suite)
    certificate = secret.extract_certificate()
    packets = pysequoia.encrypt(text, recipients=[certificate], signer=secret.signer(), armor=False)
    return only(packets), secret


@pytest.mark.parametrize("profile", ["RFC4880", "RFC9580"])
@pytest.mark.parametrize("suite", ["Cv25519", "Cv448", "P256", "P384", "P521", "RSA2k"])
def test_rpgp_opens_with_the_private_key_what_was_opened_before(profile: str, suite: str) -> None:
    message, secret = sealed(profile, suite)
    opened, session, key = opened_with(message, writers.unlocked_keys(bytes(secret)))

    assert can_ask(message, opened)
    assert second_opinion(message, opened, session, key) == AGREES


@pytest.mark.parametrize("profile", ["RFC4880", "RFC9580"])
def test_other_content_is_a_difference(profile: str) -> None:
    message, secret = sealed(profile, "Cv25519")
    opened, session, key = opened_with(message, writers.unlocked_keys(bytes(secret)))
    for content in (b"", TEXT + b"!", TEXT[:-1], TEXT.replace(b"acht", b"tien", 1)):
        other = replace(opened, content=content)

        opinion = second_opinion(message, other, session, key)
        assert (opinion.agreement, opinion.from_session_key) == (Agreement.DIFFERS, False)


def test_line_ends_of_a_text_are_no_difference_but_those_of_octets_are() -> None:
    message, secret = sealed("RFC9580", "Cv25519", b"een\r\ntwee\r\n")
    opened, session, key = opened_with(message, writers.unlocked_keys(bytes(secret)))
    octets = replace(opened, content=b"een\ntwee\n", literal_format="b")
    text = replace(octets, literal_format="u")

    assert second_opinion(message, octets, session, key).agreement is Agreement.DIFFERS
    assert second_opinion(message, text, session, key) == AGREES


def test_without_a_secret_the_session_key_opens_the_body_and_the_answer_says_so() -> None:
    message, secret = sealed("RFC9580", "Cv25519")
    opened, session, _ = opened_with(message, writers.unlocked_keys(bytes(secret)))

    opinion = second_opinion(message, opened, session, None)
    assert opinion == Opinion(agreement=Agreement.AGREES, from_session_key=True)
    assert str(opinion) == "agrees: rpgp, from the session key"


@pytest.mark.parametrize("mode", ["eax", "ocb", "gcm"])
def test_a_passphrase_is_tried_by_the_second_implementation_itself(mode: Any) -> None:
    packets = encrypt_message_with_password_bytes(TEXT, "geheim", "", "seipd-v2", "aes256", mode)
    message = only(packets)
    found = session_keys_from_passphrase(message.esks[0], b"geheim", message.kind)
    assert not isinstance(found, Failure)
    opened = open_message(message, found[0])
    assert isinstance(opened, Opened)

    assert second_opinion(message, opened, found[0], b"geheim") == AGREES
    # A passphrase that leads nowhere is not handed on; the body still opens.
    other = second_opinion(message, opened, found[0], b"anders\xff")
    assert other == Opinion(agreement=Agreement.AGREES, from_session_key=True)


def test_a_body_that_the_second_cannot_open_is_a_failure_not_an_agreement() -> None:
    message, secret = sealed("RFC9580", "Cv25519")
    opened, session, key = opened_with(message, writers.unlocked_keys(bytes(secret)))
    damaged = replace(message, body=message.body[:-1] + bytes((message.body[-1] ^ 1,)))

    opinion = second_opinion(damaged, opened, session, key)
    assert str(opinion) == "failed: rpgp"


def test_only_the_packet_that_fitted_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another's passphrase packet may ask for any amount of memory."""
    message, secret = sealed("RFC9580", "Cv25519")
    stranger = only(
        encrypt_message_with_password_bytes(TEXT, "x", "", "seipd-v2", "aes256", "ocb")
    ).esks
    message = replace(message, esks=(*stranger, *message.esks, *stranger))
    opened, session, key = opened_with(message, writers.unlocked_keys(bytes(secret)))
    handed = []

    def spy(_: EncryptedMessage, esk: Any, __: Any) -> None:
        handed.append(esk)

    monkeypatch.setattr(secondopinion, "open_with_secret", spy)
    second_opinion(message, opened, session, key)

    assert handed == [message.esks[1]]


@pytest.mark.parametrize("opener", ["rpgp", "pysequoia"])
def test_what_the_second_opened_first_has_no_second(opener: str) -> None:
    message, secret = sealed("RFC9580", "Cv25519")
    opened, _, _ = opened_with(message, writers.unlocked_keys(bytes(secret)))

    assert not can_ask(message, replace(opened, opener=opener))


def test_a_body_too_large_to_hold_twice_has_no_second(monkeypatch: pytest.MonkeyPatch) -> None:
    message, secret = sealed("RFC9580", "Cv25519")
    opened, _, _ = opened_with(message, writers.unlocked_keys(bytes(secret)))
    monkeypatch.setattr(secondopinion, "LARGEST_BODY", len(message.body) - 1)

    assert not can_ask(message, opened)


def test_no_secret_shows_in_an_opinion() -> None:
    message, secret = sealed("RFC9580", "Cv25519")
    opened, session, key = opened_with(message, writers.unlocked_keys(bytes(secret)))

    shown = repr(second_opinion(message, opened, session, key))
    assert session.key.hex() not in shown
    assert "papieren" not in shown


def private_keys(packets: bytes, passphrase: bytes) -> list[UnlockedKey]:
    certificates, _ = read_certificates(packets)
    unlocked = [unlock(one, passphrase) for found in certificates for one in found.secrets]
    return [one for one in unlocked if isinstance(one, UnlockedKey)]


def test_on_the_samples_of_rfc_9580_both_agree() -> None:
    """Appendices A.8 (X25519), A.9 (EAX) and A.10 (OCB, to a passphrase)."""
    folder = archive("openpgp_rnp") / "RFC9580"
    message = only(dearmor((folder / "A.8.5-v6pkesk-v2seipd").read_bytes())[0])
    secret = dearmor((folder / "A.4.transferable-seckey-v6.asc").read_bytes())[0]
    opened, session, key = opened_with(message, private_keys(secret, b""))

    assert second_opinion(message, opened, session, key) == AGREES
    for name in ("A.9.5.v6_skesk_eax.asc", "A.10.5.v6_skesk_ocb.asc"):
        message = only(dearmor((folder / name).read_bytes())[0])
        found = session_keys_from_passphrase(message.esks[0], b"password", message.kind)
        assert not isinstance(found, Failure)
        first = open_message(message, found[0])
        assert isinstance(first, Opened)
        assert second_opinion(message, first, found[0], b"password") == AGREES
