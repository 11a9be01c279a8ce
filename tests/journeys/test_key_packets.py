"""Copies of a message may carry different key packets: only all of them say who reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pysequoia
import pytest

from tests.journeys.cases import balance, done, maildir, network
from zegel.casefile import Case
from zegel.openpgp.framing import frame, read_packets
from zegel.processing import parting, sql
from zegel.processing.fetching import Fetcher
from zegel.processing.spool import SpoolReader
from zegel.service import ProcessOptions, process

pytestmark = pytest.mark.slow


def key(name: str) -> pysequoia.Tsk:
    return pysequoia.Tsk.generate(
        f"{name}@test.example", cipher_suite=pysequoia.CipherSuite.Cv25519
    )


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """Two copies of one message: the first for a key that is nowhere, the second for one held."""
    held, lost = key("held"), key("lost")
    both = pysequoia.encrypt(
        b"Tot morgen.\n",
        recipients=[one.extract_certificate() for one in (lost, held)],
        armor=False,
    )
    *esks, body = [frame(one.tag, one.body) for one in read_packets(both)]
    mails = [
        f"From: lost@test.example\nMessage-ID: <{number}@x>\n\n".encode()
        + pysequoia.armor(esk + body, pysequoia.ArmorKind.Message).encode()
        for number, esk in enumerate(esks)
    ]
    maildir(tmp_path / "copy", mails)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "held.asc").write_bytes(bytes(held))
    return tmp_path


def case_of(folder: Path, *names: str) -> Case:
    done("init", folder / "case")
    for name in names:
        done("intake", folder / name, "--case", folder / "case")
    return Case.open(folder / "case")


def ledger(case: Case) -> Any:
    found = done("ledger", "--case", case.folder, "--json").json
    assert balance(found)
    return found


def nothing_spooled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SpoolReader, "message", lambda *_: None)


@pytest.mark.parametrize("spooled", [True, False])
def test_the_key_packet_of_another_copy_opens_the_message(
    copies: Path, monkeypatch: pytest.MonkeyPatch, spooled: bool
) -> None:
    case = case_of(copies, "copy", "keys")
    if not spooled:
        nothing_spooled(monkeypatch)
    process(case, ProcessOptions(workers=1))

    assert ledger(case)["states"] == {"readable": 2}


def test_a_key_that_comes_later_meets_the_packets_of_every_copy(copies: Path) -> None:
    case = case_of(copies, "copy")
    process(case, ProcessOptions(workers=1))
    before = ledger(case)["states"]
    done("intake", copies / "keys", "--case", case.folder)
    process(case, ProcessOptions(workers=1))

    assert before == {"no key": 2}
    assert ledger(case)["states"] == {"readable": 2}


def test_a_key_packet_in_a_copy_that_changed_is_lost_and_said_so(
    copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = case_of(copies, "copy", "keys")
    nothing_spooled(monkeypatch)
    kept = Fetcher._octets

    def changed(self: Fetcher, place: dict[str, Any]) -> bytes | None:
        octets = kept(self, place)
        return None if octets is None or b"<1@x>" in octets else octets

    monkeypatch.setattr(Fetcher, "_octets", changed)
    process(case, ProcessOptions(workers=1))
    kinds = [one["kind"] for one in done("problems", "--case", case.folder, "--json").json]

    assert ledger(case)["states"] == {"no key": 2}
    assert kinds == ["sealed bytes lost"]


def test_slices_of_any_size_give_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = []
    words = ("--devices", "12", "--messages", "150", "--algorithm", "cv25519")
    ams, _ = network(tmp_path / "net", *words)
    for rows in (sql.ROWS_AT_ONCE, 40, 7):
        monkeypatch.setattr(sql, "ROWS_AT_ONCE", rows)
        monkeypatch.setattr(parting, "ROWS_AT_ONCE", rows)
        folder = tmp_path / str(rows)
        done("init", folder)
        done("intake", ams, "--case", folder)
        process(Case.open(folder), ProcessOptions(workers=1))
        digests.append(settled(folder))

    assert digests[0] == digests[1] == digests[2]


def settled(folder: Path) -> list[list[dict[str, Any]]]:
    (part,) = (folder / "tables" / "settled").iterdir()
    return [
        pq.read_table(part / f"{name}.parquet").to_pylist()
        for name in ("states", "messages", "blocks")
    ]
