"""What an operator types for devices, holds and keys, and what is never shown."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from shieldnet import namespace
from shieldnet.cli import app
from shieldnet.errors import ShieldnetError
from shieldnet.network import Network
from tests.unit.shieldnet.networks import certificate, made, revocation

REGISTER = ("--site", "ams", "--holder", "heron", "--model", "Cobalt S1")


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Network:
    monkeypatch.setattr(namespace, "enter", lambda _folder: None)
    return made(tmp_path / "net")


def typed(network: Network, group: str, verb: str, *words: str, given: str = "") -> Result:
    return CliRunner().invoke(app, [group, verb, str(network.folder), *words], input=given)


def test_a_code_is_shown_as_text_and_qr_and_exchanged_for_a_login(network: Network) -> None:
    shown = typed(network, "device", "register", *REGISTER)
    code = re.search(r"([0-9A-Z]{4}-){4}[0-9A-Z]{4}", shown.stdout)
    assert code
    login = typed(network, "device", "enrol", given=code[0] + "\n")
    again = typed(network, "device", "enrol", given=code[0] + "\n")
    listed = typed(network, "device", "list", "--json")

    assert shown.stdout.count("█") > 100
    assert "dclogin://d00001@ams.shieldnet.example/?p=" in login.stdout
    assert "a code works once" in str(again.exception)
    assert json.loads(listed.stdout)[0]["status"] == "active"
    assert code[0] not in listed.stdout + typed(network, "device", "show", "SN-AMS-000001").stdout


def test_many_codes_go_into_a_file_that_nobody_else_reads(network: Network, tmp_path: Path) -> None:
    without = typed(network, "device", "register", *REGISTER, "--count", "3")
    codes = tmp_path / "codes.csv"
    done = typed(network, "device", "register", *REGISTER, "--count", "3", "--codes", str(codes))
    rows = list(csv.DictReader(codes.read_text().splitlines()))

    assert "Give --codes FILE" in str(without.exception)
    assert codes.stat().st_mode & 0o777 == 0o600
    assert len({row["code"] for row in rows}) == 3
    assert rows[0]["code"] not in done.stdout


def test_devices_come_from_a_list_with_a_header(network: Network, tmp_path: Path) -> None:
    wanted = tmp_path / "list.csv"
    wanted.write_text("holder,imei,price_cents\nheron,490154203237518,1000\nsparrow,,\n")
    words = ("--site", "ams", "--model", "Basalt 4", "--from", str(wanted), "--codes")
    typed(network, "device", "register", *words, str(tmp_path / "codes"))
    listed = json.loads(typed(network, "device", "list", "--json").stdout)

    assert [(one["holder"], one["model"]) for one in listed] == [
        ("heron", "Basalt 4"),
        ("sparrow", "Basalt 4"),
    ]
    assert listed[0]["imei"] == "490154203237518"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\nx\n", "unknown column 'name'"),
        ("holder,model\nx\n", "line 2: more or fewer values"),
        ("holder,price_cents\nx,1.50\n", "'1.50' is no price in cents"),
        ("holder\n", "names no device"),
        ('holder\n"x\n', "Correct that line"),
    ],
)
def test_a_list_that_cannot_be_read_is_one_sentence(
    text: str, said: str, network: Network, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_text(text)
    words = ("--site", "ams", "--from", str(tmp_path / "list.csv"))
    done = typed(network, "device", "register", *words, "--codes", str(tmp_path / "codes"))

    assert isinstance(done.exception, ShieldnetError)
    assert said in str(done.exception)
    assert not (tmp_path / "codes").exists()


def test_a_hold_is_seen_and_a_key_is_revoked(network: Network, tmp_path: Path) -> None:
    address = "d00001@ams.shieldnet.example"
    new = json.loads(typed(network, "device", "register", *REGISTER, "--json").stdout)[0]
    (tmp_path / "cert").write_bytes(certificate(address))
    (tmp_path / "rev").write_bytes(revocation(address))
    words = ("--certificate", str(tmp_path / "cert"), "--revocation", str(tmp_path / "rev"))
    typed(network, "device", "enrol", *words, given=new["code"] + "\n")
    before = typed(network, "key", "show", address).stdout
    typed(network, "key", "revoke", address)
    after = typed(network, "key", "show", address).stdout
    placed = typed(network, "hold", "place", "--order", "RK-1", "--device", address)
    refused = typed(network, "device", "wipe", address)

    assert "may be used" in before
    assert ", revoked" in after
    assert "nothing of it expires or is wiped" in placed.stdout
    assert "under legal hold (order RK-1)" in str(refused.exception)
    assert "stands" in typed(network, "hold", "list").stdout


def test_the_login_link_is_what_a_phone_s_own_reader_reads(network: Network) -> None:
    new = json.loads(typed(network, "device", "register", *REGISTER, "--json").stdout)[0]
    words = ("--server", "mx.ams.shieldnet.example", "--public-certificate")
    shown = typed(network, "device", "enrol", *words, given=new["code"] + "\n").stdout
    link = next(line for line in shown.splitlines() if line.startswith("dclogin:"))

    assert "ih=mx.ams.shieldnet.example&ip=10993&is=ssl&ic=1" in link
    assert "sh=mx.ams.shieldnet.example&sp=10465&ss=ssl&sc=1" in link
