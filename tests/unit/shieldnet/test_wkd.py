"""The key directory is one that others read; a revoked or late certificate is not encrypted to."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import subprocess
from pathlib import Path

import pysequoia
import pytest

from shieldnet import certificates, custody, devices, wkd
from shieldnet.certificates import CertificateError
from shieldnet.network import Network
from tests.unit.shieldnet.networks import certificate, key, made, revocation

ADDRESS = "d00001@ams.shieldnet.example"


@pytest.fixture
def network(tmp_path: Path) -> Network:
    network = made(tmp_path / "net")
    new = devices.register(network, "ams", [devices.Request(holder="heron", model="S1")])[0]
    devices.enrol(network, new.code, certificate(new.address))
    return network


def test_a_local_part_has_the_name_that_the_draft_gives_as_its_example() -> None:
    # draft-koch-openpgp-webkey-service, section 3.1: Joe.Doe@Example.ORG
    digest = hashlib.sha1(b"joe.doe").digest()

    assert wkd.zbase32(digest) == "iy9q119eutrkn8s1mk4r39qejnbu3n5q"


@pytest.mark.skipif(shutil.which("gpg") is None, reason="GnuPG is not installed")
def test_gnupg_reads_what_is_published(network: Network, tmp_path: Path) -> None:
    where = wkd.path(network.site("ams"), ADDRESS)
    words = ("gpg", "--homedir", str(tmp_path), "--batch", "--with-colons", "--show-keys")
    shown = subprocess.run([*words, str(where)], check=True, capture_output=True, text=True).stdout
    fields = [line.split(":") for line in shown.splitlines()]

    prints = [one[9].lower() for one in fields if one[0] == "fpr"]

    assert prints[0] == certificates.read(certificate(ADDRESS)).fingerprint
    assert [one[9] for one in fields if one[0] == "uid"] == [f"test 0 <{ADDRESS}>"]
    assert (where.parent.parent / "policy").is_file()
    assert where.parts[-4:-1] == ("openpgpkey", "ams.shieldnet.example", "hu")


def test_pysequoia_itself_would_encrypt_to_a_revoked_certificate() -> None:
    later = certificate(ADDRESS) + revocation(ADDRESS)
    cert = pysequoia.Cert.from_bytes(later)

    assert pysequoia.encrypt(b"x", recipients=[cert])  # so that we must ask ourselves
    assert not certificates.read(later).usable(dt.datetime.now(dt.UTC))


def test_an_expired_certificate_is_refused(network: Network) -> None:
    soon = pysequoia.Tsk.generate(f"x <{ADDRESS}>", validity_seconds=86_400).extract_certificate()
    found = certificates.read(bytes(soon))
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)

    assert found.usable(dt.datetime.now(dt.UTC))
    assert not found.usable(tomorrow)
    with pytest.raises(CertificateError, match="expired"):
        certificates.check_for(found, ADDRESS, tomorrow)


def test_nobody_s_certificate_is_named_with_what_to_do(network: Network) -> None:
    with pytest.raises(wkd.NoKeyError, match="have the phone enrolled"):
        wkd.certificate(network, "d00009@ams.shieldnet.example")


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"", "exactly one certificate"),
        (b"hello", "no OpenPGP certificate"),
        (certificate(ADDRESS)[:-9], "no OpenPGP certificate"),
        (certificate(ADDRESS) * 2, "exactly one certificate"),
        (bytes(key(ADDRESS)), "must never leave the phone"),
        (str(key(ADDRESS)).encode(), "must never leave the phone"),
        (b"x" * 70_000, "at most 65536"),
        (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nx", "no armoured certificate"),
    ],
)
def test_what_is_no_certificate_is_refused_in_one_sentence(octets: bytes, said: str) -> None:
    with pytest.raises(CertificateError, match=said):
        certificates.read(octets)


def test_every_octet_changed_is_an_error_or_another_reading_but_never_a_crash() -> None:
    whole = bytearray(certificate(ADDRESS))
    for place in range(0, len(whole), 7):
        changed = whole.copy()
        changed[place] ^= 0xFF
        try:
            certificates.read(bytes(changed))
        except CertificateError:
            continue


def test_status_says_in_plain_words_who_could_read(network: Network, tmp_path: Path) -> None:
    assert "opens no message" in custody.sentence(network)
    assert "Whoever copies them reads every message" in custody.sentence(
        made(tmp_path / "test", "server")
    )
