from __future__ import annotations

from dataclasses import replace

import pytest

from shieldnet.keys import KeySpec, agent_key, forged, key_pair, keygrip, rsa_pool
from shieldnet.traffic.sealing import seal
from tests.gnupg import gnupg_home
from tests.unit.shieldnet.gnupg import decrypted

ALGORITHMS = ("rsa2048", "cv25519")
TEXT = "Ik sta om 8:15 bij de loods 👍".encode()


def described(algorithm: str) -> KeySpec:
    return KeySpec(
        address="d00017@ams.shieldnet.example",
        algorithm=algorithm,
        created=1_446_540_000,
        seed=b"seventeen",
        pool=(3, 4),
        form="armoured",
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_one_description_always_gives_one_certificate(algorithm: str) -> None:
    first = key_pair(described(algorithm))
    key_pair.cache_clear()
    second = key_pair(described(algorithm))

    assert first == second


def test_devices_that_share_rsa_numbers_have_certificates_of_their_own() -> None:
    one = described("rsa2048")
    other = replace(one, created=one.created + 1)

    assert key_pair(one).fingerprint != key_pair(other).fingerprint


def test_the_pool_holds_forty_different_keys() -> None:
    assert len({numbers.public for numbers in rsa_pool()}) == 40


def test_no_description_shows_its_seed_or_passphrase() -> None:
    spec = replace(described("cv25519"), passphrase="reiger blauwe otter 123")

    assert "reiger" not in repr(spec)
    assert "seventeen" not in repr(spec)
    assert "secret" not in repr(key_pair(spec))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_gnupg_opens_and_verifies_what_is_sealed_to_a_key(algorithm: str) -> None:
    spec = described(algorithm)
    sealed = seal(TEXT, [spec], spec, "good", hidden=False)
    with gnupg_home() as home:
        home.gpg("--import", given=key_pair(spec).secret)
        plaintext, status = decrypted(home, sealed)

    assert plaintext == TEXT
    assert b"GOODSIG" in status


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_gnupg_opens_a_locked_key_with_its_passphrase_only(algorithm: str) -> None:
    spec = replace(described(algorithm), passphrase="reiger blauwe otter 123")
    sealed = seal(TEXT, [spec], spec, "none", hidden=False)
    opened = []
    for passphrase in ("reiger blauwe otter 124", spec.passphrase):
        with gnupg_home() as home:
            home.gpg("--import", given=key_pair(spec).secret)
            opened.append(decrypted(home, sealed, passphrase)[0])

    assert opened == [None, TEXT]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_gnupg_sees_that_a_key_is_revoked(algorithm: str) -> None:
    spec = replace(described(algorithm), revoked=1_450_000_000)
    with gnupg_home() as home:
        home.gpg("--import", given=key_pair(spec).public)
        listed = home.gpg("--with-colons", "--list-keys")

    assert listed.count(b"pub:r:") == 1


def test_gnupg_calls_a_forged_signature_bad() -> None:
    spec = described("cv25519")
    sealed = seal(TEXT, [spec], spec, "bad", hidden=False)
    with gnupg_home() as home:
        home.gpg("--import", given=key_pair(spec).secret)
        plaintext, status = decrypted(home, sealed)

    assert plaintext == TEXT
    assert b"BADSIG" in status
    assert forged(spec, b"") != key_pair(spec).unlocked


def test_gnupg_does_not_know_a_stranger_who_signs() -> None:
    spec = described("rsa2048")
    sealed = seal(TEXT, [spec], spec, "unknown signer", hidden=False)
    with gnupg_home() as home:
        home.gpg("--import", given=key_pair(spec).secret)
        _, status = decrypted(home, sealed)

    assert b"NO_PUBKEY" in status


def test_gnupg_opens_with_keys_written_straight_into_its_home() -> None:
    spec = replace(described("rsa2048"), form="gnupg home")
    sealed = seal(TEXT, [spec], spec, "none", hidden=True)
    with gnupg_home() as home:
        keys = home.folder / "private-keys-v1.d"
        keys.mkdir(mode=0o700)
        for which in (0, 1):
            (keys / f"{keygrip(spec, which)}.key").write_bytes(agent_key(spec, which))
        (home.folder / "pubring.gpg").write_bytes(key_pair(spec).public)
        plaintext, _ = decrypted(home, sealed)

    assert plaintext == TEXT
