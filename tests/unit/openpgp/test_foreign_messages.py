"""Messages, keys and expected texts published by other implementations."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.real_data import archive
from zegel.openpgp import gnupg
from zegel.openpgp.armor import dearmor, find_armor
from zegel.openpgp.bodies import open_message
from zegel.openpgp.framing import read_packets
from zegel.openpgp.model import (
    EncryptedMessage,
    Failure,
    Opened,
    OpenFailure,
    UnlockedKey,
)
from zegel.openpgp.packets import read_messages
from zegel.openpgp.pqc import open_with_pysequoia
from zegel.openpgp.publickeys import public_length, read_public_key
from zegel.openpgp.secretkeys import read_secret_key, unlock
from zegel.openpgp.sessionkeys import session_keys, session_keys_from_passphrase

VECTORS = "openpgp/integration_tests/testdata/test_vectors.json"
PQC = "openpgp/test_data/pqc"


def packets_in(path: Path) -> bytes:
    """Return the packets of the first armoured block in the file."""
    data = path.read_bytes()
    block = next(find_armor(data))
    return dearmor(data[block.start : block.end])[0]


def message_in(packets: bytes) -> EncryptedMessage:
    """Return the first message in `packets`, which is encrypted."""
    message = read_messages(packets)[0][0]
    assert isinstance(message, EncryptedMessage)
    return message


def keys_in(packets: bytes, passphrase: bytes) -> list[UnlockedKey]:
    """Return the keys of a transferable secret key that `passphrase` unlocks."""
    found = []
    for packet in read_packets(packets):
        if packet.tag in (5, 7):
            public = read_public_key(packet.body[: public_length(packet.body)])
            secret = read_secret_key(public, packet.body)
            unlocked = unlock(secret, passphrase if secret.locked else None)
            found += [unlocked] if isinstance(unlocked, UnlockedKey) else []
    return found


def opened_with(message: EncryptedMessage, keys: list[UnlockedKey]) -> list[Opened]:
    """Return what every session key that any of `keys` finds opens."""
    results = []
    for esk in message.esks:
        for key in keys:
            found = session_keys(esk, key, message.kind)
            for session in found if isinstance(found, tuple) else ():
                results.append(open_message(message, session))
    return [one for one in results if isinstance(one, Opened)]


def test_every_vector_of_go_crypto_opens_to_its_text() -> None:
    vectors = json.loads((archive("openpgp_go_crypto") / VECTORS).read_text())

    for vector in vectors:
        block = dearmor(vector["encryptedSignedMessage"].encode())[0]
        secret = dearmor(vector["privateKey"].encode())[0]
        keys = keys_in(secret, vector["password"].encode())

        (opened,) = opened_with(message_in(block), keys)

        assert opened.content.decode() == vector["message"], vector["name"]


def test_the_vectors_are_found_inside_their_json() -> None:
    path = archive("openpgp_go_crypto") / VECTORS
    data = path.read_bytes()
    vectors = json.loads(data)

    found = [
        dearmor(data[block.start : block.end])[0]
        for block in find_armor(data)
        if block.kind == "MESSAGE"
    ]

    assert found == [dearmor(one["encryptedSignedMessage"].encode())[0] for one in vectors]


@pytest.mark.parametrize(
    ("message", "key"),
    [
        ("v6-mldsa-65-sample-message.asc", "v6-mldsa-65-sample-sk.asc"),
        ("v4-eddsa-sample-message-v2.asc", "v4-eddsa-sample-sk.asc"),
    ],
)
def test_the_post_quantum_samples_name_their_algorithm_and_open(message: str, key: str) -> None:
    folder = archive("openpgp_go_crypto") / PQC
    secret = packets_in(folder / key)
    sealed = message_in(packets_in(folder / message))
    (esk,) = sealed.esks

    refused = session_keys(esk, _post_quantum_key(secret), sealed.kind)
    opened = open_with_pysequoia(sealed, secret, None)

    assert refused == Failure(
        failure=OpenFailure.UNSUPPORTED, code="algorithm-35-ml-kem-768-x25519"
    )
    assert isinstance(opened, Opened)
    assert opened.content.startswith(b"Testing")


def _post_quantum_key(secret: bytes) -> UnlockedKey:
    bodies = [packet.body for packet in read_packets(secret) if packet.tag == 7]
    public = [read_public_key(body[: public_length(body)]) for body in bodies]
    return UnlockedKey(public=next(one for one in public if one.algorithm == 35), numbers=())


@pytest.mark.slow
def test_the_passphrase_messages_of_rnp_and_go_crypto_open_or_say_why() -> None:
    passphrases = [b"password", b"password1", b"pass1", b"pass2", b"123", b"testpw"]
    passphrases += [b"hello world", b"passphrase", b"correct horse battery staple"]
    states: Counter[str] = Counter()
    seen = set()
    for name in ("openpgp_rnp", "openpgp_go_crypto"):
        for path in sorted(archive(name).rglob("*.asc")):
            data = path.read_bytes()
            for block in find_armor(data):
                if block.kind != "MESSAGE":
                    continue
                for message in read_messages(dearmor(data[block.start : block.end])[0])[0]:
                    if not isinstance(message, EncryptedMessage) or message.ciphertext_id in seen:
                        continue
                    if not message.esks or message.esks[0].tag != 3:
                        continue
                    seen.add(message.ciphertext_id)
                    states[_state(message, passphrases)] += 1

    assert states["opened"] >= 3
    assert set(states) <= {"opened", "wrong key", "damaged"}


def _state(message: EncryptedMessage, passphrases: list[bytes]) -> str:
    worst = "wrong key"
    for passphrase in passphrases:
        found = session_keys_from_passphrase(message.esks[0], passphrase, message.kind)
        for session in found if isinstance(found, tuple) else ():
            result = open_message(message, session)
            if isinstance(result, Opened):
                return "opened"
            if result.failure is OpenFailure.DAMAGED:
                worst = "damaged"
    return worst


@pytest.mark.skipif(not gnupg.available(), reason="GnuPG is not installed: only it undoes these")
@pytest.mark.parametrize("passphrase", [b"", b"pass\nword", b"pass\0word"])
def test_a_passphrase_gnupg_cannot_take_is_a_wrong_one_so_that_the_next_is_tried(
    passphrase: bytes,
) -> None:
    folder = archive("openpgp_rnp") / "test_messages"
    message = message_in((folder / "message.txt.enc-aead-ocb").read_bytes())

    refused = session_keys_from_passphrase(message.esks[0], passphrase, message.kind)
    found = session_keys_from_passphrase(message.esks[0], b"password", message.kind)

    assert isinstance(refused, Failure)
    assert refused.failure is OpenFailure.WRONG_KEY
    assert not isinstance(found, Failure)
    assert isinstance(open_message(message, found[0]), Opened)
