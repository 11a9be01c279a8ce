"""The audit lists exactly what was planted, and says when the promise is broken."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shieldnet import devices, erasure, walk
from shieldnet.audit import KINDS, Fact, NothingToAuditError, facts, report
from shieldnet.cli import app
from shieldnet.network import Network
from shieldnet.policy.rules import passed
from shieldnet.seize import seize
from tests.real_data import PROJECT
from tests.unit.shieldnet.networks import certificate, key, made
from tests.unit.shieldnet.policy.mails import (
    HERON,
    SPARROW,
    WORDS,
    ciphertext,
    headed,
    pgp_mime,
    plain,
)

AMS = "d00001@ams.shieldnet.example"
LOG = """\
Nov 25 10:00:00 mx postfix/submission/smtpd[1]: 4A: client=unknown[203.0.113.7], sasl_method=PLAIN
Nov 25 10:00:00 mx postfix/cleanup[2]: 4A: message-id=<abc.1@localhost>
Nov 25 10:00:00 mx postfix/qmgr[3]: 4A: from=<d00002@yyz.shieldnet.example>, size=900, nrcpt=1
Nov 25 10:00:01 mx postfix/lmtp[4]: 4A: to=<d00001@ams.shieldnet.example>, dsn=2.0.0, status=sent
Nov 25 10:00:02 mx postfix/qmgr[3]: 4A: removed
"""


@pytest.fixture
def network(tmp_path: Path) -> Network:
    network = made(tmp_path / "net")
    new = devices.register(network, "ams", [devices.Request(holder="heron", model="Cobalt S1")])[0]
    devices.enrol(network, new.code, certificate(new.address))
    folder = network.site("ams").folder
    cur = folder / "mail" / AMS / "Maildir/cur"
    cur.mkdir(parents=True)
    text = (
        f"Return-Path: <{SPARROW}>\r\nDelivered-To: {AMS}\r\n"
        "Received: from mx.yyz by mx.ams; Wed, 25 Nov 2026 10:00:01 +0100\r\n"
    ).encode() + passed(headed(pgp_mime()), HERON).octets
    (cur / "1764061201.M1P1.mx,S=900,W=920:2,S").write_bytes(text)
    os.utime(cur / "1764061201.M1P1.mx,S=900,W=920:2,S", ns=(0, 1_764_061_201 * 10**9))
    (cur.parent / "dovecot.index.cache").write_bytes(
        b"\x00\x01" + SPARROW.encode() + b"\x00" + b'((NIL NIL "d00009" "ams.shieldnet.example"))'
    )
    (folder / "log/postfix.log").write_text(LOG)
    queue = folder / "postfix/spool/deferred/4"
    queue.mkdir(parents=True)
    (queue / "4B").write_bytes(b"\x00S\x1c" + SPARROW.encode() + b"\x00R\x1c" + AMS.encode())
    return network


def of_kind(found: list[Fact], *kinds: str) -> list[str]:
    return [fact.value for fact in found if fact.kind in kinds]


def test_every_planted_fact_is_listed_and_no_other(network: Network) -> None:
    found = list(facts(network.folder))
    mail = next(fact.path for fact in found if fact.kind == "arrival")
    octets = (network.folder / "sites" / mail).stat().st_size
    counts = Counter(fact.kind for fact in found)

    assert counts == {
        **{"device": 1, "holder": 1, "event": 3, "sale": 1, "login digest": 1, "enrolment": 1},
        **{"certificate": 2, "sender": 2, "recipient": 2, "hop": 1, "date": 1, "thread": 2},
        **{"other header": 1, "recipient key": 1, "arrival": 1, "queued message": 1},
        **{"log: client": 1, "log: message": 1, "log: delivery": 2, "log: other": 1},
        **{"index cache": 2},
    }
    assert of_kind(found, "arrival") == [f"2025-11-25T09:00:01Z, {octets} octets, flags S"]
    assert of_kind(found, "sender") == [f"<{SPARROW}>", f"<{HERON}>"]
    assert sorted(of_kind(found, "index cache")) == [SPARROW, "d00009@ams.shieldnet.example"]
    assert of_kind(found, "queued message") == [f"{AMS}, {SPARROW}"]
    assert report(found).broken == 0
    assert report(found).encrypted == 1


def test_the_recipient_key_is_that_of_the_recipient(network: Network) -> None:
    [named] = of_kind(list(facts(network.folder)), "recipient key")

    binary = certificate(SPARROW)
    bodies = [one.body(binary) for one in walk.packets(binary) if one.tag == walk.PUBLIC_SUBKEY]
    prints = [hashlib.sha1(b"\x99" + len(body).to_bytes(2) + body).hexdigest() for body in bodies]

    assert named in prints


def test_a_copy_gives_away_what_its_network_does(network: Network, tmp_path: Path) -> None:
    here = list(facts(network.folder))
    seize(network, tmp_path / "copy", [])
    there = list(facts(tmp_path / "copy"))
    alone = list(facts(tmp_path / "copy/ams.tar"))

    assert sorted(map(repr, there)) == sorted(map(repr, here))
    assert alone == [fact for fact in there if fact.path.startswith("ams/")]


def test_what_people_wrote_breaks_the_promise_and_is_never_repeated(network: Network) -> None:
    folder = network.site("ams").folder
    (folder / "mail" / AMS / "Maildir/new").mkdir()
    (folder / "mail" / AMS / "Maildir/new/2.M2P2.mx,S=1,W=1").write_bytes(headed(plain()))
    (folder / "keys/secret").mkdir()
    (folder / "keys/secret" / f"{AMS}.asc").write_text(str(key(AMS)))
    found = list(facts(network.folder))

    assert report(found).broken == 2
    assert of_kind(found, "readable message") == ["cleartext"]
    assert of_kind(found, "secret key") == [AMS]
    assert [fact for fact in found if "quay" in repr(fact)] == [
        fact for fact in found if fact.kind in ("sender", "recipient") and "quay" in fact.value
    ]


def test_an_encrypted_message_with_something_beside_it_counts_as_readable(
    network: Network,
) -> None:
    cur = network.site("ams").mail / AMS / "Maildir/cur"
    (cur / "3.M3P3.mx,S=1,W=1:2,").write_bytes(headed(pgp_mime(ciphertext() + WORDS.encode())))

    assert of_kind(list(facts(network.folder)), "readable message") == ["cleartext"]


def test_after_a_wipe_it_names_what_is_left_of_an_address(network: Network) -> None:
    erasure.wipe(network, AMS)
    left = Counter(fact.kind for fact in facts(network.folder, of=AMS))

    assert left == {
        "device": 1,
        "holder": 1,
        "event": 4,
        "enrolment": 1,
        "log: delivery": 1,
        "queued message": 1,
    }


def test_the_command_lists_counts_and_tells_by_its_exit_code(
    network: Network, tmp_path: Path
) -> None:
    words = ["audit", str(network.folder), "--json", "--list", str(tmp_path / "facts.jsonl")]
    whole = CliRunner().invoke(app, words)
    (network.site("ams").folder / "found.asc").write_text(str(key(AMS)))
    broken = CliRunner().invoke(app, ["audit", str(network.folder)])
    lines = (tmp_path / "facts.jsonl").read_text().splitlines()

    assert (whole.exit_code, broken.exit_code) == (0, 4)
    assert (tmp_path / "facts.jsonl").stat().st_mode & 0o077 == 0
    assert len(lines) == sum(kind["facts"] for kind in json.loads(whole.stdout)["kinds"].values())
    assert "The promise is broken" in broken.stderr


def test_every_kind_that_is_yielded_is_explained(network: Network) -> None:
    page = (PROJECT / "docs/reference/audit.md").read_text("utf-8")

    assert {fact.kind for fact in facts(network.folder)} <= set(KINDS)
    assert [kind for kind in KINDS if f"| `{kind}` |" not in page] == []


def test_a_path_that_holds_no_site_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NothingToAuditError, match="neither a network"):
        list(facts(tmp_path))
