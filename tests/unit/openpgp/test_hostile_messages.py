"""What no message may do: raise, open under a wrong key, change its text unseen, or fill memory."""

import bz2
import hashlib
import os
import random
import zlib

import pytest
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESOCB3
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.openpgp.test_packets import partial
from zegel.openpgp import ciphers, content
from zegel.openpgp.bodies import open_clear, open_message
from zegel.openpgp.framing import frame
from zegel.openpgp.model import (
    ClearMessage,
    EncryptedMessage,
    Esk,
    Failure,
    Opened,
    OpenFailure,
    PublicKey,
    SessionKey,
    UnlockedKey,
)
from zegel.openpgp.packets import read_messages
from zegel.openpgp.sessionkeys import (
    session_keys,
    session_keys_bare,
    session_keys_from_passphrase,
)
from zegel.records import Integrity

KEY = bytes(range(32))
SESSION = SessionKey(algorithm=9, key=KEY)
LITERAL = b"b\x04name\x50\x00\x00\x00De boot komt om negen uur."
PLAIN = LITERAL[10:]


def seipd1(packets: bytes, key: bytes = KEY) -> EncryptedMessage:
    """Encrypt with MDC, as RFC 9580 section 5.13.1 says."""
    prefix = os.urandom(16)
    clear = prefix + prefix[-2:] + packets + b"\xd3\x14"
    clear += hashlib.sha1(clear, usedforsecurity=False).digest()
    body = b"\x01" + Cipher(AES(key), CFB(bytes(16))).encryptor().update(clear)
    return encrypted(frame(18, body))


def sed(packets: bytes, key: bytes = KEY) -> EncryptedMessage:
    """Encrypt without integrity, as RFC 9580 sections 5.7 and 13.9 say."""
    prefix = os.urandom(16)
    head = Cipher(AES(key), CFB(bytes(16))).encryptor().update(prefix + prefix[-2:])
    rest = Cipher(AES(key), CFB(head[2:])).encryptor().update(packets)
    return encrypted(frame(9, head + rest))


def aead20(packets: bytes, key: bytes = KEY) -> EncryptedMessage:
    """Encrypt in one chunk of LibrePGP's packet 20, OCB."""
    head, nonce = b"\x01\x09\x02\x10", os.urandom(15)
    associated = b"\xd4" + head
    sealed = AESOCB3(key).encrypt(nonce, packets, associated + bytes(8))
    last = nonce[:-1] + bytes((nonce[-1] ^ 1,))
    counted = associated + (1).to_bytes(8, "big") + len(packets).to_bytes(8, "big")
    return encrypted(frame(20, head + nonce + sealed + AESOCB3(key).encrypt(last, b"", counted)))


def encrypted(packets: bytes) -> EncryptedMessage:
    """Return the one message in `packets`."""
    ((message,), _) = read_messages(packets)
    assert isinstance(message, EncryptedMessage)
    return message


CONTAINERS = [seipd1, sed, aead20]


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_containers_of_this_test_open(container) -> None:  # type: ignore[no-untyped-def]
    opened = open_message(container(frame(11, LITERAL)), SESSION)

    assert isinstance(opened, Opened)
    assert (opened.content, opened.filename, opened.opener) == (PLAIN, b"name", "zegel")
    assert (opened.literal_format, opened.literal_date) == ("b", 0x50000000)


SOLID = {container.__name__: container(frame(11, LITERAL)) for container in CONTAINERS}


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.sampled_from(sorted(SOLID)),
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 255)), min_size=1, max_size=3),
    st.integers(0, 3),
)
def test_a_changed_body_never_gives_other_text_as_vouched_for(
    name: str, changes: list[tuple[int, int]], cut: int
) -> None:
    body = bytearray(SOLID[name].body)
    for place, change in changes:
        body[place % len(body)] ^= change
    tag = {"sed": 9, "aead20": 20}.get(name, 18)
    messages, _ = read_messages(frame(tag, bytes(body[: len(body) - cut])))
    if not messages:
        return  # no longer a body of a known version
    assert isinstance(messages[0], EncryptedMessage)

    opened = open_message(messages[0], SESSION)

    if isinstance(opened, Opened) and opened.integrity is not Integrity.UNAUTHENTICATED:
        assert opened.content == PLAIN


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_packets_inside_give_content_or_a_failure(packets: bytes) -> None:
    for container in CONTAINERS:
        result = open_message(container(packets), SESSION)

        assert isinstance(result, (Opened, Failure))
    assert isinstance(open_clear(ClearMessage(start=0, end=1, packets=packets)), (Opened, Failure))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([1, 3]), st.binary(max_size=120))
def test_any_session_key_packet_gives_candidates_or_a_failure(tag: int, junk: bytes) -> None:
    message = SOLID["seipd1"]
    for head in (
        b"",
        b"\x03" + bytes(8) + b"\x01",
        b"\x04\x09\x03",
        b"\x05\x09\x02",
        b"\x06\x1a\x09",
    ):
        esk = Esk(
            tag=tag, version=(head + junk + b"\0")[0], algorithm=9, key_id=b"", body=head + junk
        )

        found = session_keys_from_passphrase(esk, b"x", message.kind)
        asked = session_keys(esk, pool()[0], message.kind)

        assert isinstance(found, (tuple, Failure))
        assert isinstance(asked, (tuple, Failure))


_POOL: list[UnlockedKey] = []


def pool() -> list[UnlockedKey]:
    """Return a few RSA keys; 1024 bits, so that 10,000 tries take seconds."""
    while len(_POOL) < 20:
        private = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        numbers = private.private_numbers()
        n = numbers.public_numbers.n.to_bytes(128, "big")
        body = b"\x04" + bytes(4) + b"\x01\x04\x00" + n + b"\x00\x11\x01\x00\x01"
        public = PublicKey(
            fingerprint=hashlib.sha1(body, usedforsecurity=False).digest(),
            key_id=bytes(8),
            version=4,
            algorithm=1,
            created=0,
            primary=b"",
            public=body,
        )
        q, p = numbers.p, numbers.q
        secret = (numbers.d, p, q, pow(p, -1, q))
        octets = tuple(number.to_bytes((number.bit_length() + 7) // 8, "big") for number in secret)
        _POOL.append(UnlockedKey(public=public, numbers=octets))
    return _POOL


def esk_for(key: UnlockedKey, payload: bytes) -> Esk:
    """Encrypt `payload` to `key` in a version 3 packet for a hidden recipient."""
    n = int.from_bytes(key.public.public[8:136], "big")
    ciphertext = rsa.RSAPublicNumbers(65537, n).public_key().encrypt(payload, PKCS1v15())
    value = int.from_bytes(ciphertext, "big")
    octets = value.to_bytes((value.bit_length() + 7) // 8, "big")
    body = b"\x03" + bytes(8) + b"\x01" + value.bit_length().to_bytes(2, "big") + octets
    return Esk(tag=1, version=3, algorithm=1, key_id=b"", body=body)


def payload_of(session: SessionKey) -> bytes:
    """Return algorithm, key and checksum."""
    checksum = sum(session.key) & 0xFFFF
    return bytes((session.algorithm,)) + session.key + checksum.to_bytes(2, "big")


def test_the_right_rsa_key_finds_the_session_key() -> None:
    for key in pool():
        assert session_keys(esk_for(key, payload_of(SESSION)), key, SOLID["sed"].kind) == (SESSION,)


@pytest.mark.slow
def test_ten_thousand_wrong_private_keys_give_no_false_opening() -> None:
    keys, generator = pool(), random.Random(2580)
    opened = tries = candidates = 0
    for number in range(10_000):
        holder, other = generator.sample(keys, 2)
        esk = esk_for(holder, payload_of(SESSION))
        for message in (SOLID["seipd1"], SOLID["sed"]) if number % 2 else (SOLID["aead20"],):
            found = session_keys(esk, other, message.kind)
            tries += 1
            for session in found if isinstance(found, tuple) else ():
                candidates += 1
                opened += isinstance(open_message(message, session), Opened)

    assert tries == 15_000
    assert candidates <= 2, "algorithm, length and checksum let one in millions through"
    assert opened == 0


@pytest.mark.slow
def test_ten_thousand_wrong_session_keys_give_no_false_opening() -> None:
    generator = random.Random(2580)
    opened = 0
    for _ in range(10_000):
        session = SessionKey(algorithm=9, key=generator.randbytes(32))
        opened += sum(isinstance(open_message(one, session), Opened) for one in SOLID.values())

    assert opened == 0


def test_wrong_passphrases_give_candidates_that_no_body_accepts() -> None:
    found = session_keys_bare(b"anders", SOLID["sed"].kind)
    assert isinstance(found, tuple)

    failed = open_message(SOLID["sed"], found[0])

    assert isinstance(failed, Failure)
    assert failed.failure is OpenFailure.WRONG_KEY


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_compression_bomb_is_refused_before_it_fills_memory(container) -> None:  # type: ignore[no-untyped-def]
    zeros = b"\xcb\xff" + (1 << 31).to_bytes(4, "big") + LITERAL + bytes(20 << 20)
    bombs = {
        1: zlib.compressobj(9, wbits=-15),
        2: zlib.compressobj(9),
    }
    for algorithm, packer in bombs.items():
        packed = packer.compress(zeros) + packer.flush()
        result = open_message(container(frame(8, bytes((algorithm,)) + packed)), SESSION)

        assert result == Failure(failure=OpenFailure.UNSUPPORTED, code="content-over-limit")
    result = open_message(container(frame(8, b"\x03" + bz2.compress(zeros))), SESSION)

    assert result == Failure(failure=OpenFailure.UNSUPPORTED, code="content-over-limit")


def test_compression_within_compression_ends_at_a_fixed_depth() -> None:
    packets = frame(11, LITERAL)
    for _ in range(content.MAX_DEPTH + 1):
        packets = frame(8, b"\x02" + zlib.compress(packets))

    result = open_message(seipd1(packets), SESSION)

    assert result == Failure(failure=OpenFailure.UNSUPPORTED, code="content-too-deep")


def test_a_nested_encrypted_message_is_handed_on() -> None:
    inner = frame(18, SOLID["seipd1"].body)

    opened = open_message(seipd1(inner), SESSION)

    assert isinstance(opened, Opened)
    assert opened.nested is not None
    assert (opened.content, opened.nested.body) == (b"", SOLID["seipd1"].body)


def test_a_vouched_body_opens_in_spite_of_what_trails_its_content() -> None:
    opened = open_message(seipd1(frame(11, LITERAL) + b"junk"), SESSION)

    assert isinstance(opened, Opened)
    assert opened.content == PLAIN
    assert [problem.kind for problem in opened.problems] == ["bytes after the content"]


@pytest.mark.parametrize(
    "packets",
    [frame(11, LITERAL) + b"junk", frame(11, LITERAL)[:-1], frame(11, b"?" + LITERAL[1:])],
    ids=["junk after", "cut short", "unknown format"],
)
def test_a_body_nothing_vouches_for_must_parse_to_its_end(packets: bytes) -> None:
    assert isinstance(open_message(sed(packets), SESSION), Failure)


def test_literal_data_of_partial_lengths_are_joined() -> None:
    literal = LITERAL + b"x" * 5000

    for container in CONTAINERS:
        opened = open_message(container(partial(11, literal, 9)), SESSION)

        assert isinstance(opened, Opened)
        assert opened.content == PLAIN + b"x" * 5000


def test_a_body_cut_short_says_so() -> None:
    whole = frame(18, SOLID["seipd1"].body)

    for missing in (1, 20, 40):
        result = open_message(encrypted(whole[:-missing]), SESSION)

        assert result == Failure(failure=OpenFailure.DAMAGED, code="truncated-body")


@pytest.mark.parametrize(
    ("message", "sealed", "key", "nonce", "header"),
    [
        # Bellare, Rogaway and Wagner, "The EAX Mode of Operation" (2004), appendix G
        (
            "F7FB",
            "19DD5C4C9331049D0BDAB0277408F67967E5",
            "91945D3F4DCBEE0BF45EF52255F095A4",
            "BECAF043B0A23D843194BA972C66DEBD",
            "FA3BFD4806EB53FA",
        ),
        (
            "1A47CB4933",
            "D851D5BAE03A59F238A23E39199DC9266626C40F80",
            "01F74AD64077F2E704C0F60ADA3DD523",
            "70C3DB4F0D26368400A10ED05D2BFF5E",
            "234A3463C1264AC6",
        ),
        (
            "",
            "E037830E8389F27B025A2D6527E79D01",
            "233952DEE4D5ED5F9B9C6D6FF80FF478",
            "62EC67F9C3A4A407FCB2A8C49031A8B3",
            "6BFB914FD07EAE6B",
        ),
    ],
)
def test_eax_meets_the_vectors_of_its_authors(
    message: str, sealed: str, key: str, nonce: str, header: str
) -> None:
    octets = (bytes.fromhex(word) for word in (key, nonce, sealed, header))

    assert ciphers.aead_open(7, 1, *octets) == bytes.fromhex(message)
