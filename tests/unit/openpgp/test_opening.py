"""Messages made by GnuPG, rpgp and pysequoia, opened from private key or passphrase to text."""

import dataclasses
import itertools
from functools import lru_cache
from typing import Any

import openpgp.composed
import pysequoia
import pytest
from openpgp._openpgp import (
    encrypt_message_to_recipient_bytes,
    encrypt_message_with_password_bytes,
)

from tests.unit.openpgp import writers
from tests.unit.openpgp.writers import PASSPHRASE, TEXT
from zegel.openpgp import gnupg, pqc, rpgp
from zegel.openpgp.bodies import open_clear, open_message
from zegel.openpgp.model import (
    BodyKind,
    ClearMessage,
    EncryptedMessage,
    Failure,
    Opened,
    OpenFailure,
    SessionKey,
    UnlockedKey,
)
from zegel.openpgp.packets import read_messages
from zegel.openpgp.sessionkeys import session_keys, session_keys_from_passphrase
from zegel.records import Integrity

CIPHERS = [
    *("IDEA", "3DES", "CAST5", "BLOWFISH", "AES", "AES192", "AES256", "TWOFISH"),
    *("CAMELLIA128", "CAMELLIA192", "CAMELLIA256"),
]
CURVES = ("cv25519", "nistp256", "nistp384", "nistp521", "brainpoolP256r1", "secp256k1")
RECIPIENTS = ("rsa", "elg", *CURVES)


def only(packets: bytes) -> EncryptedMessage:
    """Return the one encrypted message in `packets`."""
    ((message,), problems) = read_messages(packets)
    assert isinstance(message, EncryptedMessage)
    assert problems == []
    return message


def with_key(message: EncryptedMessage, *keys: UnlockedKey) -> Opened:
    """Open `message` with the one of `keys` that fits, trying every session-key packet."""
    opened = [
        open_message(message, session)
        for esk, key in itertools.product(message.esks, keys)
        if not isinstance(found := session_keys(esk, key, message.kind), Failure)
        for session in found
    ]
    (good,) = [one for one in opened if isinstance(one, Opened)]
    return good


def with_passphrase(message: EncryptedMessage, passphrase: bytes) -> Opened | Failure:
    """Open `message`, which has one passphrase packet, with `passphrase`."""
    found = session_keys_from_passphrase(message.esks[0], passphrase, message.kind)
    return found if isinstance(found, Failure) else open_message(message, found[0])


def session_of(message: EncryptedMessage, kind: str) -> SessionKey:
    """Return the session key that the key of `kind` finds."""
    found = session_keys(message.esks[0], writers.gnupg_key(kind), message.kind)
    assert not isinstance(found, Failure)
    return found[0]


@lru_cache(maxsize=32)
def sequoia_key(profile: str, suite: str) -> pysequoia.Tsk:
    """Return a key made by pysequoia."""
    return pysequoia.Tsk.generate(
        "test",
        profile=getattr(pysequoia.Profile, profile),
        cipher_suite=getattr(pysequoia.CipherSuite, suite),
    )


@pytest.mark.parametrize("kind", RECIPIENTS)
def test_every_kind_of_recipient_opens(kind: str) -> None:
    message = only(writers.gnupg_encrypts("-e", "-r", f"{kind}@test.example"))

    opened = with_key(message, writers.gnupg_key(kind))

    assert (opened.content, opened.integrity, opened.opener) == (TEXT, Integrity.MDC, "zegel")


@pytest.mark.parametrize("kind", ["rsa", "elg", "cv25519"])
def test_hidden_recipients_open_and_have_no_key_id(kind: str) -> None:
    message = only(writers.gnupg_encrypts("-e", "-R", f"{kind}@test.example"))

    assert message.esks[0].key_id == b""
    assert with_key(message, writers.gnupg_key(kind)).content == TEXT


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("old", [False, True], ids=["MDC", "no MDC"])
def test_every_cipher_opens_with_and_without_mdc(cipher: str, old: bool) -> None:
    options = ("--rfc2440", "--disable-mdc") if old else ()
    words = (*options, "--cipher-algo", cipher, "-e", "-r", "rsa@test.example")
    message = only(writers.gnupg_encrypts(*words))

    opened = with_key(message, writers.gnupg_key("rsa"))
    second = gnupg.open_with_gnupg(message, session_of(message, "rsa"))

    assert message.kind is (BodyKind.SED if old else BodyKind.SEIPD1)
    assert opened.content == TEXT
    assert opened.integrity is (Integrity.UNAUTHENTICATED if old else Integrity.MDC)
    assert isinstance(second, Opened)
    assert (second.content, second.integrity) == (opened.content, opened.integrity)


@pytest.mark.parametrize(
    ("compression", "old"), list(itertools.product(["none", "zip", "zlib", "bzip2"], [False, True]))
)
def test_every_compression_opens_with_and_without_mdc(compression: str, old: bool) -> None:
    options = ("--rfc2440", "--disable-mdc") if old else ()
    words = (*options, "--compress-algo", compression, "-e", "-r", "cv25519@test.example")
    text = TEXT * 500  # long enough for partial lengths everywhere
    opened = with_key(only(writers.gnupg_encrypts(*words, text=text)), writers.gnupg_key("cv25519"))

    assert opened.content == text
    assert opened.compression == ["none", "zip", "zlib", "bzip2"].index(compression)


@pytest.mark.parametrize("mode", ["0", "1", "3"])
@pytest.mark.parametrize("cipher", ["AES256", "CAST5", "TWOFISH"])
def test_messages_to_a_passphrase_open_with_it_and_no_other(mode: str, cipher: str) -> None:
    words = ("--s2k-mode", mode, "--cipher-algo", cipher)
    message = only(writers.gnupg_encrypts_to_passphrase(*words))

    opened = with_passphrase(message, PASSPHRASE)

    assert isinstance(opened, Opened)
    assert opened.content == TEXT
    assert isinstance(with_passphrase(message, b"anders"), Failure)


def test_a_message_to_key_and_passphrase_opens_with_either() -> None:
    words = ("-e", "-r", "rsa@test.example")
    message = only(writers.gnupg_encrypts_to_passphrase(*words))

    sessions = {
        found
        for esk in message.esks
        for found in [
            session_keys(esk, writers.gnupg_key("rsa"), message.kind)
            if esk.tag == 1
            else session_keys_from_passphrase(esk, PASSPHRASE, message.kind)
        ]
    }

    assert len(sessions) == 1


def test_a_signed_message_gives_its_signature_packets() -> None:
    words = ("-s", "-u", "rsa@test.example", "-u", "cv25519@test.example")
    message = only(writers.gnupg_encrypts(*words, "-e", "-r", "rsa@test.example"))

    opened = with_key(message, writers.gnupg_key("rsa"))

    assert opened.content == TEXT
    assert [packet[0] for packet in opened.signature_packets] == [4, 4]


def test_a_clear_signed_and_compressed_message_is_read() -> None:
    ((message,), _) = read_messages(writers.gnupg_encrypts("-s", "-u", "rsa@test.example"))

    assert isinstance(message, ClearMessage)
    opened = open_clear(message)

    assert isinstance(opened, Opened)
    assert (opened.content, opened.integrity, len(opened.signature_packets)) == (TEXT, None, 1)


@pytest.mark.parametrize("profile", ["RFC4880", "RFC9580"])
@pytest.mark.parametrize("suite", ["Cv25519", "Cv448", "P256", "P384", "P521", "RSA2k"])
def test_what_pysequoia_writes_opens(profile: str, suite: str) -> None:
    secret = sequoia_key(profile, suite)
    recipient = secret.extract_certificate()
    packets = pysequoia.encrypt(TEXT, recipients=[recipient], signer=secret.signer(), armor=False)
    message = only(packets)

    opened = with_key(message, *writers.unlocked_keys(bytes(secret)))

    assert (opened.content, opened.integrity) == (TEXT, Integrity.AEAD)
    assert len(opened.signature_packets) == 1


@pytest.mark.parametrize("mode", ["eax", "ocb", "gcm"])
@pytest.mark.parametrize("cipher", ["aes128", "aes192", "aes256"])
@pytest.mark.parametrize("suite", ["P256", "Cv25519", "RSA2k"])
def test_seipd2_in_every_mode_opens_as_rpgp_opens_it(mode: Any, cipher: Any, suite: str) -> None:
    secret = sequoia_key("RFC4880", suite)
    certificate = openpgp.composed.SignedPublicKey.from_bytes(bytes(secret.extract_certificate()))
    recipient = certificate.public_subkeys[-1]
    message = only(
        encrypt_message_to_recipient_bytes(TEXT, recipient, "", "seipd-v2", cipher, mode)
    )
    found = session_keys(message.esks[0], writers.unlocked_keys(bytes(secret))[-1], message.kind)
    assert not isinstance(found, Failure)

    ours, theirs = open_message(message, found[0]), rpgp.open_with_rpgp(message, found[0])

    assert isinstance(ours, Opened)
    assert isinstance(theirs, Opened)
    assert (ours.content, ours.opener) == (TEXT, "zegel")
    assert (theirs.content, theirs.opener) == (TEXT, "rpgp")


@pytest.mark.parametrize("version", ["seipd-v1", "seipd-v2"])
@pytest.mark.parametrize("mode", ["eax", "ocb", "gcm"])
def test_what_rpgp_writes_to_a_passphrase_opens(version: Any, mode: Any) -> None:
    message = only(encrypt_message_with_password_bytes(TEXT, "geheim", "", version, "aes256", mode))

    opened = with_passphrase(message, PASSPHRASE)
    wrong = with_passphrase(message, b"anders")

    assert isinstance(opened, Opened)
    assert opened.content == TEXT
    assert isinstance(wrong, Failure)
    assert wrong.failure is OpenFailure.WRONG_KEY


def test_a_wrong_passphrase_that_gives_a_twofish_key_is_wrong_and_no_damage() -> None:
    message = only(writers.gnupg_encrypts("-e", "-r", "rsa@test.example"))
    guess = SessionKey(algorithm=10, key=bytes(32), guessed=True)
    sure = SessionKey(algorithm=10, key=bytes(32))

    assert open_message(message, guess) == Failure(
        failure=OpenFailure.WRONG_KEY, code="prefix-mismatch"
    )
    assert open_message(message, sure) == Failure(failure=OpenFailure.DAMAGED, code="mdc-mismatch")


def test_a_post_quantum_key_opens_in_a_process_of_its_own() -> None:
    secret = pysequoia.Tsk.generate(
        "test",
        profile=pysequoia.Profile.RFC9580,
        encryption_algorithm=pysequoia.EncryptionAlgorithm.MLKEM768_X25519,
    )
    packets = pysequoia.encrypt(TEXT, recipients=[secret.extract_certificate()], armor=False)
    message = only(packets)
    cut = dataclasses.replace(message, body=message.body[:-3])

    opened = pqc.open_with_pysequoia(message, bytes(secret), None)
    refused = pqc.open_with_pysequoia(cut, bytes(secret), None)

    assert isinstance(opened, Opened)
    assert (opened.content, opened.integrity, opened.opener) == (TEXT, Integrity.AEAD, "pysequoia")
    assert isinstance(refused, Failure)


def test_gnupg_with_a_wrong_session_key_opens_nothing() -> None:
    message = only(writers.gnupg_encrypts("-e", "-r", "rsa@test.example"))
    old = only(writers.gnupg_encrypts("--rfc2440", "--disable-mdc", "-e", "-r", "rsa@test.example"))

    for one in (message, old):
        right = session_of(one, "rsa")
        wrong = SessionKey(algorithm=right.algorithm, key=bytes(len(right.key)))

        assert isinstance(gnupg.open_with_gnupg(one, wrong), Failure)
        assert isinstance(gnupg.unwrap_with_gnupg(one, wrong), Failure)


def test_secrets_never_show_in_representations() -> None:
    message = only(writers.gnupg_encrypts("-e", "-r", "rsa@test.example"))
    session = session_of(message, "rsa")
    opened = with_key(message, writers.gnupg_key("rsa"))

    shown = repr((message, session, opened, writers.gnupg_key("rsa")))

    assert session.key.hex() not in shown
    assert repr(session.key) not in shown
    assert "papieren" not in shown
