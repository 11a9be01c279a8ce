"""Transferable keys: fingerprints, user ids, expiry and revocation, as GnuPG sees them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gnupg import Home, gnupg_home
from tests.real_data import archive
from zegel.keystores import formats
from zegel.openpgp.framing import frame, read_packets
from zegel.openpgp.keys import Certificate, read_certificates, split_certificates
from zegel.openpgp.model import PublicKey
from zegel.openpgp.publickeys import fingerprint, key_id, public_length, public_parameters
from zegel.records import File, FoundKey

# RFC 9580 appendix A.3, the sample version 6 certificate's primary key packet and fingerprint.
V6_PRIMARY = bytes.fromhex(
    "0663877fe31b00000020f94da7bb48d60a61e567706a6587d0331999bb9d891a08242ead84543df895a3"
)
V6_FINGERPRINT = "cb186c4f0609a697e4d52dfa6c722b0c1f1e27c18a56708f6525ec27bad9acc9"


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with gnupg_home() as made:
        made.make("Ada <ada@example.org>", "ed25519", "cert,sign")
        ada = made.fingerprints()[0]
        made.gpg("--quick-add-key", ada, "cv25519", "encr", "2029-01-01")
        made.make("Bob <bob@example.org>", "rsa2048", "cert,sign")
        yield made


def read(packets: bytes) -> dict[str, PublicKey]:
    certificates, _ = read_certificates(packets)
    return {key.fingerprint.hex().upper(): key for one in certificates for key in one.keys}


def test_the_version_6_sample_of_the_rfc_has_the_rfcs_fingerprint() -> None:
    assert fingerprint(V6_PRIMARY).hex() == V6_FINGERPRINT


def test_a_version_6_key_id_is_the_start_of_its_fingerprint() -> None:
    assert key_id(V6_PRIMARY).hex() == V6_FINGERPRINT[:16]


def test_a_version_3_key_is_named_by_its_modulus_and_md5() -> None:
    # RFC 4880 section 12.2: MD5 over the numbers' bodies; the id is the modulus's low 64 bits.
    modulus = bytes(range(0x80, 0xC0)) * 2
    body = b"\x03" + bytes(4) + b"\x00\x0a" + b"\x01\x04\x00" + modulus + b"\x00\x05\x11"

    assert key_id(body) == modulus[-8:]
    assert len(fingerprint(body)) == 16
    assert public_parameters(body) == (int.from_bytes(modulus, "big"), 17)


def test_fingerprints_of_a_key_ring_are_those_gnupg_lists(home: Home) -> None:
    assert list(read(home.gpg("--export"))) == home.fingerprints()


def test_user_ids_and_expiry_are_those_gnupg_lists(home: Home) -> None:
    keys = read(home.gpg("--export"))
    rows = home.listed("--list-keys", "--fixed-list-mode")
    expected = [int(row[6]) for row in rows if row[0] in ("pub", "sub")]
    names = {row[9] for row in rows if row[0] == "uid"}

    assert [key.expires for key in keys.values()] == expected
    assert {name for key in keys.values() for name in key.user_ids} == names


def test_secret_and_public_export_describe_the_same_keys(home: Home) -> None:
    public, _ = read_certificates(home.gpg("--export"))
    secret, problems = read_certificates(home.gpg("--export-secret-keys"))

    assert [one.keys for one in secret] == [one.keys for one in public]
    assert (problems, [len(one.secrets) for one in secret]) == ([], [2, 1])


def test_a_revoked_key_and_its_subkeys_are_marked_only_if_the_revocation_holds() -> None:
    with gnupg_home() as made:
        made.make("Eve <eve@example.org>", "ed25519", "cert,sign")
        eve = made.fingerprints()[0]
        made.gpg("--quick-add-key", eve, "cv25519", "encr")
        before = made.gpg("--export")
        text = (made.folder / "openpgp-revocs.d" / f"{eve}.rev").read_bytes()
        made.gpg("--import", given=text.replace(b":-----BEGIN", b"-----BEGIN"))
        after = made.gpg("--export")
    revocation = next(packet for packet in read_packets(after) if packet.tag == 2)
    spoilt = bytearray(after)
    spoilt[revocation.end - 1] ^= 1

    marked = [[key.revoked for key in read(bytes(one)).values()] for one in (before, after, spoilt)]
    assert marked == [[False, False], [True, True], [False, False]]


def test_a_revocation_signed_by_someone_else_does_not_revoke(home: Home) -> None:
    certificate = home.gpg("--export", "ada@example.org")
    ada = read_certificates(certificate)[0][0].keys[0]
    # Type 0x20, EdDSA, claims to be Ada's; its numbers are made up.
    hashed = b"\x05\x02\x60\x00\x00\x00" + b"\x09\x10" + ada.key_id
    body = b"\x04\x20\x16\x08" + len(hashed).to_bytes(2, "big") + hashed + b"\x00\x00" + b"\x12\x34"
    body += b"\x01\x00" + b"\x80" * 32 + b"\x01\x00" + b"\x80" * 32
    first = next(read_packets(certificate)).end
    forged = certificate[:first] + frame(2, body) + certificate[first:]

    assert [key.revoked for key in read(forged).values()] == [False, False]


def test_stray_octets_behind_the_numbers_do_not_change_the_fingerprint(home: Home) -> None:
    key = read_certificates(home.gpg("--export", "bob@example.org"))[0][0].keys[0]
    stray = read(frame(6, key.public + b"stray"))

    assert list(stray) == [key.fingerprint.hex().upper()]


def test_damage_in_one_certificate_leaves_the_others(home: Home) -> None:
    ring = home.gpg("--export")
    damaged = frame(6, b"\x04\x00\x00") + ring + frame(6, b"\x63nonsense")
    certificates, problems = read_certificates(damaged)

    assert len(certificates) == 2
    assert [problem.kind for problem in problems] == ["unreadable key", "unreadable key"]
    assert [problem.offset for problem in problems] == [0, len(damaged) - 15]


def test_a_key_ring_cut_short_keeps_what_is_whole(home: Home) -> None:
    ring = home.gpg("--export")
    certificates, problems = read_certificates(ring[:-10])

    assert [len(one.keys) for one in certificates] == [2, 1]
    assert [problem.kind for problem in problems] == ["truncated packet"]


def test_splitting_gives_each_certificate_by_itself(home: Home) -> None:
    ring = home.gpg("--export")
    parts: list[Certificate] = []
    for start, end in split_certificates(ring):
        parts += read_certificates(ring[start:end])[0]

    assert parts == read_certificates(ring)[0]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_mutation_of_a_certificate_raises(data: st.DataObject) -> None:
    ring = bytearray(frame(6, V6_PRIMARY) + frame(13, b"x") + frame(2, b"\x04\x13\x1b\x08" * 9))
    for _ in range(data.draw(st.integers(1, 6))):
        ring[data.draw(st.integers(0, len(ring) - 1))] = data.draw(st.integers(0, 255))
    certificates, problems = read_certificates(bytes(ring[: data.draw(st.integers(0, 120))]))

    assert len(certificates) <= 3
    assert all(problem.offset >= 0 for problem in problems)


@given(st.binary(max_size=80))
def test_any_bytes_have_parameters_or_a_value_error(body: bytes) -> None:
    try:
        length = public_length(body)
    except ValueError:
        return

    assert 0 < length <= len(body)


def key_files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield every file that holds transferable keys by themselves, and their packets."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        file = File(path=bytes(path), data=path.read_bytes())
        best = max(formats(), key=lambda form: form.detect(file))
        if path.name == "timeout-6140201111519232":
            continue  # made to keep parsers busy: gpg takes 40 seconds over it
        if best.detect(file) and best.name in ("armored", "keyring"):
            found = [one for one in best.keys(file) if isinstance(one, FoundKey)]
            yield path, b"".join([one.material for one in found])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("openpgp_rnp", 489),
        ("openpgp_gnupg", 327),
        ("openpgp_gpgme", 64),
        ("openpgp_pgpy", 72),
        ("openpgp_autocrypt", 14),
        ("thunderbird_tests", 80),
        ("openpgp_hockeypuck", 127),
    ],
)
def test_every_key_gnupg_shows_in_real_files_is_found(name: str, keys: int) -> None:
    shown = 0
    missing = []
    folder = archive(name)
    with gnupg_home() as made:
        for path, packets in key_files(folder):
            theirs = set(made.fingerprints("--show-keys", str(path)))
            shown += len(theirs)
            missing += [(path.name, one) for one in theirs - set(read(packets))]

    assert (missing, shown >= keys) == ([], True)
