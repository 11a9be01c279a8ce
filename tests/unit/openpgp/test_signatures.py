"""Signatures: GnuPG and Sequoia sign, we say what each is worth."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pysequoia
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gnupg import Home, gnupg_home
from tests.unit.openpgp import locking
from zegel.openpgp.framing import read_packets
from zegel.openpgp.keys import read_certificates
from zegel.openpgp.model import PublicKey
from zegel.openpgp.publickeys import read_public_key
from zegel.openpgp.signatures import MAX_SIGNATURES, check
from zegel.records import Verdict

CONTENT = b"Meet at the mill,  \nthe usual hour.\r\nBring nothing.\n"
ALGORITHMS = ["rsa2048", "ed25519", "dsa2048", "nistp256", "nistp521", "brainpoolP384r1"]

Find = Callable[[bytes], Sequence[PublicKey]]


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with gnupg_home() as made:
        for algorithm in ALGORITHMS:
            made.make(f"{algorithm}@example.org", algorithm)
        yield made


def finder(packets: bytes) -> Find:
    keys = [key for one in read_certificates(packets)[0] for key in one.keys]
    return lambda name: [key for key in keys if name in (key.key_id, key.fingerprint)]


def signed(home: Home, by: str, *words: str, content: bytes = CONTENT) -> list[bytes]:
    packets = home.gpg("-u", f"{by}@example.org", *words, "--detach-sign", given=content)
    return [packet.body for packet in read_packets(packets)]


@pytest.mark.parametrize("by", ALGORITHMS)
@pytest.mark.parametrize("words", [(), ("--textmode",), ("--digest-algo", "SHA512")])
def test_what_gnupg_signed_is_good_and_one_changed_letter_is_bad(
    home: Home, by: str, words: tuple[str, ...]
) -> None:
    packets = signed(home, by, *words)
    find = finder(home.gpg("--export"))
    verdicts = [
        check(content, packets, find)[0].verdict
        for content in (CONTENT, CONTENT.replace(b"mill", b"hill"))
    ]

    assert verdicts == [Verdict.GOOD, Verdict.BAD]


def test_a_result_names_signer_time_and_algorithms(home: Home) -> None:
    result = check(CONTENT, signed(home, "ed25519"), finder(home.gpg("--export")))[0]
    rows = home.listed("--list-keys", "ed25519@")
    listed = next(row for row in rows if row[0] == "fpr")[9]

    assert result.fingerprint.hex().upper() == listed
    assert result.key_id.hex().upper() == listed[-16:]
    assert (result.algorithm, result.note) == (22, "")
    assert result.created is not None


def test_text_signatures_hold_whatever_the_line_ends(home: Home) -> None:
    packets = signed(home, "ed25519", "--textmode")
    find = finder(home.gpg("--export"))
    forms = [
        CONTENT.replace(b"\r\n", b"\n"),
        CONTENT.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    ]

    assert [check(form, packets, find)[0].verdict for form in forms] == [Verdict.GOOD] * 2


def test_binary_signatures_do_not_hold_for_other_line_ends(home: Home) -> None:
    packets = signed(home, "ed25519")
    changed = CONTENT.replace(b"\r\n", b"\n")

    assert check(changed, packets, finder(home.gpg("--export")))[0].verdict is Verdict.BAD


def test_without_the_key_the_signer_is_unknown_but_named(home: Home) -> None:
    result = check(CONTENT, signed(home, "rsa2048"), lambda _: ())[0]

    assert result.verdict is Verdict.UNKNOWN_SIGNER
    assert (len(result.key_id), len(result.fingerprint)) == (8, 20)


def test_a_key_with_the_same_id_that_did_not_sign_gives_bad_not_good(home: Home) -> None:
    packets = signed(home, "rsa2048")
    find = finder(home.gpg("--export"))
    signer = find(check(CONTENT, packets, find)[0].fingerprint)[0]
    other = next(
        key for one in read_certificates(home.gpg("--export", "ed25519@"))[0] for key in one.keys
    )
    impostor = replace(other, key_id=signer.key_id)

    assert check(CONTENT, packets, lambda _: [impostor])[0].verdict is Verdict.BAD
    assert check(CONTENT, packets, lambda _: [impostor, signer])[0].verdict is Verdict.GOOD


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"revoked": True}, "signer revoked"),
        ({"expires": 1}, "signer expired"),
        ({"created": 1 << 40}, "older than its key"),
    ],
)
def test_a_doubtful_signer_is_noted_beside_a_good_signature(
    home: Home, change: dict[str, int], note: str
) -> None:
    find = finder(home.gpg("--export"))

    def changed(name: bytes) -> list[PublicKey]:
        return [replace(key, **change) for key in find(name)]  # type: ignore[arg-type]

    result = check(CONTENT, signed(home, "ed25519"), changed)[0]

    assert (result.verdict, result.note) == (Verdict.GOOD, note)


@pytest.mark.parametrize("digest", ["SHA1", "RIPEMD160"])
def test_a_weak_hash_is_noted(home: Home, digest: str) -> None:
    packets = signed(home, "rsa2048", "--digest-algo", digest, "--allow-weak-digest-algos")
    result = check(CONTENT, packets, finder(home.gpg("--export")))[0]

    assert (result.verdict, result.note) == (Verdict.GOOD, f"weak hash {digest}")


def test_several_signatures_are_each_checked_and_counted(home: Home) -> None:
    packets = signed(home, "rsa2048") + signed(home, "ed25519", content=b"other")
    results = check(CONTENT, packets, finder(home.gpg("--export")))

    assert [(one.verdict, one.note) for one in results] == [
        (Verdict.GOOD, "1 of 2"),
        (Verdict.BAD, "2 of 2"),
    ]


def test_more_signatures_than_any_message_has_are_not_all_tried(home: Home) -> None:
    packets = signed(home, "ed25519") * (MAX_SIGNATURES + 1)
    verdicts = [one.verdict for one in check(CONTENT, packets, finder(home.gpg("--export")))]

    assert verdicts == [Verdict.GOOD] * MAX_SIGNATURES + [Verdict.UNSUPPORTED]


def test_a_certification_is_no_signature_over_a_message(home: Home) -> None:
    ring = home.gpg("--export", "ed25519@")
    body = next(packet.body for packet in read_packets(ring) if packet.tag == 2)
    result = check(CONTENT, [body], finder(ring))[0]

    assert (result.verdict, result.note) == (Verdict.UNSUPPORTED, "signature-type-13")


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (b"", Verdict.BAD),
        (b"\x04", Verdict.BAD),
        (b"\x04\x00\x01\x08\xff\xff", Verdict.BAD),
        (b"\x63" + bytes(40), Verdict.UNSUPPORTED),
        (b"\x03\x05" + bytes(13) + b"\x01", Verdict.BAD),
    ],
)
def test_a_packet_that_is_no_signature_is_never_good(body: bytes, verdict: Verdict) -> None:
    assert check(CONTENT, [body], lambda _: ())[0].verdict is verdict


def test_a_version_3_signature_is_checked(home: Home) -> None:
    # GnuPG 2 no longer makes them: rebuilt here from the RFC 4880 section 5.2.2 layout, signed
    # with a key made on the spot.
    key = read_public_key(locking.rsa_public())
    trailer = b"\x00\x60\x00\x00\x00"
    digest = hashlib.sha256(CONTENT + trailer).digest()
    value = locking.RSA_KEY.sign(digest, PKCS1v15(), Prehashed(SHA256()))
    body = b"\x03\x05" + trailer + key.key_id + b"\x01\x08" + digest[:2]
    body += locking.mpi(int.from_bytes(value, "big"))

    assert check(CONTENT, [body], lambda _: [key])[0].verdict is Verdict.GOOD
    assert check(b"x", [body], lambda _: [key])[0].verdict is Verdict.BAD


@pytest.mark.parametrize("suite", ["Cv25519", "Cv448", "P384", "RSA2k"])
def test_version_6_signatures_by_sequoia_are_checked(suite: str) -> None:
    key = pysequoia.Tsk.generate(
        "six <six@example.org>",
        profile=pysequoia.Profile.RFC9580,
        cipher_suite=getattr(pysequoia.CipherSuite, suite),
    )
    mode = pysequoia.SignatureMode.DETACHED
    signature = pysequoia.sign(key.signer(), CONTENT, mode=mode, armor=False)
    packets = [packet.body for packet in read_packets(bytes(signature))]
    find = finder(bytes(key.extract_certificate()))
    verdicts = [check(content, packets, find)[0].verdict for content in (CONTENT, CONTENT + b"x")]

    assert packets[0][0] == 6
    assert verdicts == [Verdict.GOOD, Verdict.BAD]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_mutated_signature_is_good(data: st.DataObject) -> None:
    key = read_public_key(locking.rsa_public())
    hashed = b"\x05\x02\x60\x00\x00\x00"
    body = bytearray(
        b"\x04\x00\x01\x08" + len(hashed).to_bytes(2, "big") + hashed
        + b"\x00\x0a\x09\x10" + key.key_id + b"\x12\x34" + b"\x08\x00" + b"\x81" * 256
    )  # fmt: skip
    for _ in range(data.draw(st.integers(0, 5))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    result = check(CONTENT, [bytes(body[: data.draw(st.integers(0, 300))])], lambda _: [key])[0]

    assert result.verdict is not Verdict.GOOD
