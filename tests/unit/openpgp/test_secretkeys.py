"""Secret keys: every lock opens with its passphrase and with no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gnupg import Home, gnupg_home
from tests.real_data import archive
from tests.unit.openpgp import locking
from tests.unit.openpgp.test_keys import key_files
from zegel.openpgp.framing import frame
from zegel.openpgp.keys import read_certificates
from zegel.openpgp.model import Failure, OpenFailure, SecretKey, UnlockedKey
from zegel.openpgp.publickeys import public_length
from zegel.openpgp.secretkeys import unlock


def secret_of(body: bytes, tag: int = 5) -> SecretKey:
    certificates, problems = read_certificates(frame(tag, body))
    assert problems == []
    return certificates[0].secrets[0]


def opened(body: bytes, passphrase: bytes | None = locking.PASSPHRASE) -> list[int] | str:
    key = unlock(secret_of(body), passphrase)
    if isinstance(key, Failure):
        return key.code
    return [int.from_bytes(value, "big") for value in key.numbers]


@pytest.mark.parametrize("cipher", sorted(locking.CIPHERS))
@pytest.mark.parametrize("usage", [254, 255, 0])
def test_every_cipher_unlocks_in_every_old_way(cipher: int, usage: int) -> None:
    body = locking.locked_cfb(cipher, usage or cipher)

    assert opened(body) == locking.rsa_numbers()
    assert opened(body, b"wrong") == "wrong-passphrase"


@pytest.mark.parametrize("mode", [2, 3])
@pytest.mark.parametrize("version", [4, 6])
def test_aead_locked_keys_unlock(mode: int, version: int) -> None:
    body = locking.locked_aead(mode, version=version)

    assert opened(body) == locking.rsa_numbers()
    assert opened(body, b"wrong") == "wrong-passphrase"


def test_an_aead_locked_subkey_found_as_a_primary_still_unlocks() -> None:
    assert opened(locking.locked_aead(2, tag=0xC7)) == locking.rsa_numbers()


def test_a_version_3_key_unlocks_number_by_number() -> None:
    assert opened(locking.locked_v3()) == locking.rsa_numbers()
    assert opened(locking.locked_v3(), b"wrong") == "wrong-passphrase"


def test_an_unlocked_key_needs_no_passphrase() -> None:
    plain = locking.rsa_secret()
    body = locking.rsa_public() + b"\0" + plain + locking.checksum(plain)

    assert opened(body, None) == locking.rsa_numbers()
    assert not secret_of(body).locked


def test_a_locked_key_without_passphrase_says_so() -> None:
    assert opened(locking.locked_cfb(9, 254), None) == "passphrase-needed"


def test_a_checksum_of_two_octets_cannot_vouch_for_foreign_numbers() -> None:
    # Well formed, its sum right, but not the numbers of this public key.
    other = b"".join([locking.mpi(value + 2) for value in locking.rsa_numbers()])

    assert opened(locking.locked_cfb(9, 255, other)) == "wrong-passphrase"


def test_numbers_that_fit_their_public_key_need_no_checksum() -> None:
    # PGPy 0.4 wrote wrong sums; GnuPG takes such keys too.
    assert opened(locking.rsa_public() + b"\0" + locking.rsa_secret() + b"\x00\x01", None) == (
        locking.rsa_numbers()
    )


def test_numbers_that_do_not_fit_under_a_true_hash_are_damage() -> None:
    other = b"".join([locking.mpi(value + 2) for value in locking.rsa_numbers()])

    assert opened(locking.locked_cfb(9, 254, other)) == "secret-does-not-fit-public"


def test_a_twofish_lock_is_named_as_unsupported() -> None:
    body = bytearray(locking.locked_cfb(9, 254))
    body[len(locking.rsa_public()) + 1] = 10
    failure = unlock(secret_of(bytes(body)), locking.PASSPHRASE)

    assert failure == Failure(failure=OpenFailure.UNSUPPORTED, code="cipher-10-twofish")


@pytest.mark.parametrize("stub", [b"GNU\x01", b"GNU\x02\x06serial"])
def test_a_stub_is_listed_but_holds_no_secret(stub: bytes) -> None:
    secret = secret_of(locking.rsa_public() + b"\xff\x07\x65\x00" + stub)

    assert (secret.locked, secret.material) == (False, b"")
    assert unlock(secret, b"any") == Failure(failure=OpenFailure.UNSUPPORTED, code="stub-no-secret")


def test_the_lock_is_described_for_the_list_of_keys() -> None:
    described = [
        secret_of(body).protection
        for body in (locking.locked_cfb(9, 254), locking.locked_cfb(1, 1), locking.locked_aead(2))
    ]

    assert described == [
        "AES256 CFB, iterated SHA256",
        "IDEA CFB, simple MD5",
        "AES256 OCB, iterated SHA256",
    ]


def test_no_repr_shows_a_secret() -> None:
    key = unlock(secret_of(locking.locked_cfb(9, 254)), locking.PASSPHRASE)
    assert isinstance(key, UnlockedKey)

    assert repr(key.numbers[1]) not in repr(key)
    assert repr(key.numbers[1])[10:30] not in repr(secret_of(locking.locked_cfb(9, 254)))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_mutation_of_a_secret_key_raises_or_opens_wrongly(data: st.DataObject) -> None:
    bodies = [locking.locked_cfb(7, 255), locking.locked_aead(3), locking.locked_v3(3)]
    body = bytearray(data.draw(st.sampled_from(bodies)))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] ^= data.draw(st.integers(1, 255))
    certificates, _ = read_certificates(frame(5, bytes(body[: data.draw(st.integers(1, 2000))])))
    for secret in [secret for one in certificates for secret in one.secrets]:
        key = unlock(replace(secret), locking.PASSPHRASE)
        if isinstance(key, UnlockedKey):
            numbers = [int.from_bytes(value, "big") for value in key.numbers]
            n = int.from_bytes(key.public.public[-261:-5], "big")

            assert numbers[1] * numbers[2] == n


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with gnupg_home() as made:
        for name, algorithm in [("rsa", "rsa2048"), ("ed", "ed25519"), ("p256", "nistp256")]:
            made.make(f"{name}@example.org", algorithm, "cert,sign", passphrase="secret")
        ed = next(row[9] for row in made.listed("--list-keys", "ed@") if row[0] == "fpr")
        for algorithm in ("cv25519", "nistp384", "brainpoolP256r1"):
            made.gpg("--quick-add-key", ed, algorithm, "encr", passphrase="secret")
        yield made


def test_what_gnupg_exports_locked_unlocks(home: Home) -> None:
    certificates, _ = read_certificates(home.gpg("--export-secret-keys", passphrase="secret"))
    secrets = [secret for one in certificates for secret in one.secrets]
    keys = [unlock(secret, b"secret") for secret in secrets]

    assert [secret.locked for secret in secrets] == [True] * 6
    assert [type(key) for key in keys] == [UnlockedKey] * 6
    assert [len(key.numbers) for key in keys if isinstance(key, UnlockedKey)].count(4) == 1


def test_a_wrong_passphrase_opens_nothing_gnupg_locked(home: Home) -> None:
    certificates, _ = read_certificates(home.gpg("--export-secret-keys", passphrase="secret"))
    codes = {
        key.code
        for one in certificates
        for secret in one.secrets
        if isinstance(key := unlock(secret, b"Secret"), Failure)
    }

    assert codes == {"wrong-passphrase"}


PASSPHRASES = {
    "thunderbird_tests": ("test", "alice", "yanIdMVvTzVA", "new-password-1234"),
    "openpgp_gnupg": ("abc", "def", "ecc"),
    "openpgp_gpgme": ("abc",),
    "openpgp_pgpy": ("QwertyUiop", "test"),
    "openpgp_autocrypt": (),
    "openpgp_go_crypto": (
        "sun",
        "juliet",
        "hello world",
        "abcd",
        "password",
        "passphrase",
        "testing",
        "test v6 key # password",
    ),
    # The RFC's words first: a wrong guess at its sample costs 2 GiB and seconds.
    "openpgp_rnp": ("correct horse battery staple", "password", "password1", "pass1"),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("thunderbird_tests", 24),
        ("openpgp_gnupg", 110),
        ("openpgp_gpgme", 6),
        ("openpgp_pgpy", 31),
        ("openpgp_autocrypt", 6),
        ("openpgp_go_crypto", 30),
        ("openpgp_rnp", 187),
    ],
)
def test_real_secret_keys_unlock_with_their_published_passphrases(name: str, expected: int) -> None:
    words: list[bytes] = [word.encode() for word in PASSPHRASES[name]]
    results: dict[bytes, bool] = {}
    for _, packets in key_files(archive(name)):
        for certificate in read_certificates(packets)[0]:
            for secret in certificate.secrets:
                if secret.material in results:
                    continue
                tries: list[bytes | None] = list(words) if secret.locked else [None]
                results[secret.material] = any(
                    isinstance(unlock(secret, word), UnlockedKey) for word in tries
                )

    assert sum(results.values()) >= expected


@pytest.mark.slow
def test_the_rfcs_sample_locked_with_argon2_unlocks() -> None:
    # RFC 9580 appendix A.5; takes 2 GiB.
    name = "A.5.sample-locked-v6-seckey-argon2-aead.asc"
    found = [packets for path, packets in key_files(archive("openpgp_rnp")) if path.name == name]
    secrets = read_certificates(found[0])[0][0].secrets
    types = [type(unlock(secret, b"correct horse battery staple")) for secret in secrets]

    assert types == [UnlockedKey, UnlockedKey]


def test_the_public_part_of_a_secret_packet_is_cut_off_exactly() -> None:
    assert public_length(locking.locked_cfb(9, 254)) == len(locking.rsa_public())
