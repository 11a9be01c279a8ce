"""A sender whose program used one session key twice: neither message is shown with it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import openpgp.composed
import openpgp.errors
import pysequoia
import pytest

from tests.journeys.cases import done, mail, maildir, say
from tests.journeys.dossier.exports import ORDER, certificates, verify
from zegel.custody.log import Log
from zegel.investigation import Investigation

pytestmark = pytest.mark.xdist_group("dossier")


def sealed(text: bytes, key: openpgp.composed.SignedPublicKey, session: bytes) -> str:
    """Encrypt to the first subkey that can be encrypted to, under the session key given."""
    for subkey in key.public_subkeys:
        builder = openpgp.composed.MessageBuilder.from_bytes("", text)
        with suppress(openpgp.errors.Error):
            builder = builder.seipd_v1("aes256").set_session_key(session)
            return str(builder.encrypt_to_key(subkey).to_armored_string())
    raise AssertionError("nothing can be encrypted to this key")


@pytest.fixture(scope="module")
def reused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an investigation of three messages, two of them under one session key."""
    folder = tmp_path_factory.mktemp("reused")
    secret = pysequoia.Tsk.generate("Bram <bram@test.example>")
    key, _ = openpgp.composed.SignedPublicKey.from_armor(str(secret.extract_certificate()))
    sessions = (b"r" * 32, b"r" * 32, b"o" * 32)
    mails = [
        mail(sealed(b"text %d\n" % number, key, session), number)
        for number, session in enumerate(sessions, 1)
    ]
    copy = maildir(folder / "copy", mails)
    (copy / "key.asc").write_text(str(secret), "ascii")
    case = folder / "case"
    done("init", case, "--training")
    done("intake", copy, "--case", case)
    done("process", "--case", case, "--index", "--workers", "1")
    (folder / "order.toml").write_text(ORDER.format(accounts='["anna@test.example"]'), "utf-8")
    done("grant", folder / "order.toml", "--case", case, "-o", folder / "inv")
    return folder / "inv"


def test_the_three_messages_were_read(reused: Path) -> None:
    keys = [row["session_key"] for row in Investigation.open(reused).rows("ciphertexts")]

    assert sorted(keys) == [b"o" * 32, b"r" * 32, b"r" * 32]


@pytest.mark.parametrize("numbers", [(1, 2, 3), (1,), (2, 3)])
def test_an_export_that_would_open_another_message_too_is_refused_with_the_reason(
    reused: Path, tmp_path: Path, numbers: tuple[int, ...]
) -> None:
    (tmp_path / "ids").write_text("\n".join(map(str, numbers)), "utf-8")
    words = ("-i", reused, "-o", tmp_path / "a.zip", "--ids", tmp_path / "ids")
    said = say("dossier", "make", *words)

    assert (said.code, "session key" in said.err) == (8, True)
    assert (b"r" * 32).hex() not in said.err + said.out
    assert not (tmp_path / "a.zip").exists()
    acts = [entry.act for entry in Log.open(reused / "custody", None).entries()]
    assert acts[-2:] == ["dossier begun", "dossier refused"]


def test_what_no_other_message_shares_is_exported(reused: Path, tmp_path: Path) -> None:
    (tmp_path / "ids").write_text("3", "utf-8")
    words = ("-i", reused, "-o", tmp_path / "a.zip", "--ids", tmp_path / "ids", "--json")
    keys = json.loads(done("dossier", "make", *words).out)["session_keys"]

    assert keys == {"disclosed": 1, "compared": 3, "not testable": 0}
    assert [one["number"] for one in certificates(tmp_path / "a.zip")] == [3]
    root = Investigation.open(reused).root.hex()
    assert verify(tmp_path / "a.zip", root)[0] == 0


def test_withheld_in_part_both_can_be_exported(reused: Path, tmp_path: Path) -> None:
    judge = pysequoia.Tsk.generate("Judge <judge@court.example>")
    (tmp_path / "cert").write_text(str(judge.extract_certificate()), "ascii")
    entry = {"ids": [1, 2], "parts": ["subject"], "reason": "one session key for both"}
    (tmp_path / "list").write_text(json.dumps(entry), "utf-8")
    held = ("--withhold", tmp_path / "list", "--magistrate-cert", tmp_path / "cert")
    done("dossier", "make", "-i", reused, "-o", tmp_path / "a.zip", *held)

    assert (b"r" * 32).hex().encode() not in (tmp_path / "a.zip").read_bytes()
    assert len(certificates(tmp_path / "a.zip")) == 3
