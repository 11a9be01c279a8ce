"""A phone comes into the registry with a code that works once and keys of its own."""

from __future__ import annotations

import dataclasses
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shieldnet import devices, wkd
from shieldnet.certificates import CertificateError
from shieldnet.devices.errors import CodeError, CustodyError
from shieldnet.network import Network
from tests.unit.shieldnet.devices.desk import HERON, enrolled, ledger, one, rows
from tests.unit.shieldnet.networks import certificate, key, made, revocation


def test_a_code_is_kept_as_a_digest_only_and_enrols_one_phone_once(network: Network) -> None:
    new = one(network)
    login = devices.enrol(network, new.code.lower().replace("-", " "), certificate(new.address))
    with pytest.raises(CodeError, match=r"used on .* works once"):
        devices.enrol(network, new.code, certificate(new.address))
    stored = network.site("ams").registry.read_bytes()

    assert login.address == new.address
    assert rows(network, "SELECT status FROM device") == [("active",)]
    assert new.code.encode() not in stored
    assert new.code.replace("-", "").encode() not in stored
    assert login.password.encode() not in stored
    assert repr(new).find(new.code) == repr(login).find(login.password) == -1


def test_of_many_phones_with_one_code_one_is_enrolled(network: Network) -> None:
    new = one(network)

    def attempt(_number: int) -> str:
        try:
            return devices.enrol(network, new.code).password
        except CodeError as error:
            return str(error)

    with ThreadPoolExecutor(8) as phones:
        answers = list(phones.map(attempt, range(8)))

    assert sum("works once" in answer for answer in answers) == 7
    assert len(rows(network, "SELECT * FROM holding")) == 1


def test_an_unknown_or_late_code_is_refused(network: Network) -> None:
    new = one(network)
    connection = sqlite3.connect(network.site("ams").registry)
    connection.execute("UPDATE enrolment SET expires = '2020-01-01T00:00:00Z'")
    connection.commit()
    connection.close()

    with pytest.raises(CodeError, match="No device waits"):
        devices.enrol(network, "0000-0000-0000-0000-0000")
    with pytest.raises(CodeError, match="valid until 2020"):
        devices.enrol(network, new.code)


def test_a_phone_that_brings_what_it_must_not_leaves_its_code_unused(network: Network) -> None:
    new = one(network)
    secret = bytes(key(new.address))
    other = certificate("d00002@ams.shieldnet.example")
    with pytest.raises(CertificateError, match="secret key"):
        devices.enrol(network, new.code, secret)
    with pytest.raises(CertificateError, match="is for d00002"):
        devices.enrol(network, new.code, other)
    with pytest.raises(CustodyError, match="never keep one"):
        devices.enrol(network, new.code, certificate(new.address), secret=secret)
    wrong = revocation("d00002@ams.shieldnet.example")
    with pytest.raises(CertificateError, match="does not revoke"):
        devices.enrol(network, new.code, certificate(new.address), revocation=wrong)
    devices.enrol(network, new.code, certificate(new.address))

    assert not list(network.site("ams").keys.rglob("secret"))


def test_a_lost_code_is_replaced_without_a_sale(network: Network) -> None:
    new = one(network)
    again = devices.reissue(network, new.address, dataclasses.replace(HERON, holder=""))
    with pytest.raises(CodeError, match="No device waits"):
        devices.enrol(network, new.code)
    devices.enrol(network, again.code)

    assert len(ledger(network)) == 1
    assert devices.history(network, new.address).device.holder == "heron"


def test_the_test_mode_keeps_secrets_and_refuses_real_phones(tmp_path: Path) -> None:
    network = made(tmp_path, "server")
    with pytest.raises(CustodyError, match="is a real phone"):
        one(network, dataclasses.replace(HERON, imei="490154203237518"))
    new = one(network)
    with pytest.raises(CustodyError, match="needs certificate and secret key"):
        devices.enrol(network, new.code, certificate(new.address))
    secret = bytes(key(new.address))
    with pytest.raises(CustodyError, match="not that of the certificate"):
        devices.enrol(network, new.code, certificate(new.address, 1), secret=secret)
    devices.enrol(network, new.code, certificate(new.address), secret=secret)
    kept = network.site("ams").keys / "secret" / f"{new.address}.asc"

    assert kept.read_text().startswith("-----BEGIN PGP PRIVATE KEY BLOCK-----")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert rows(network, "SELECT custody FROM device") == [("server",)]


def test_a_revocation_deposited_is_published_and_nothing_more_is_encrypted(
    network: Network,
) -> None:
    new = one(network)
    deposit = revocation(new.address)
    devices.enrol(network, new.code, certificate(new.address), revocation=deposit)
    assert wkd.certificate(network, new.address)
    devices.revoke(network, new.address)
    shown = wkd.published(network.site("ams"), new.address)

    assert shown is not None
    assert shown.revoked
    with pytest.raises(wkd.RevokedError, match="is revoked: nothing was encrypted"):
        wkd.certificate(network, new.address)
    assert devices.history(network, new.address).events[-1]["kind"] == "key revoked"


def test_a_new_key_takes_the_place_of_the_old_and_both_are_kept(network: Network) -> None:
    address = enrolled(network)
    devices.roll(network, address, certificate(address, 1))
    text = (network.site("ams").keys / f"{address}.asc").read_text()
    shown = wkd.published(network.site("ams"), address)

    assert text.count("BEGIN PGP PUBLIC KEY BLOCK") == 2
    assert shown is not None
    assert shown.binary == certificate(address, 1)
    assert devices.history(network, address).events[-1]["kind"] == "key rolled"
