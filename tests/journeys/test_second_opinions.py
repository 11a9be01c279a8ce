"""What one implementation opened is opened by another where no session key would let it later."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pysequoia
import pytest

from tests.journeys.cases import done, maildir, processed
from tests.unit.openpgp import writers
from zegel.openpgp import secondopinion
from zegel.openpgp.model import EncryptedMessage, Esk, Opened, UnlockedKey

MESSAGES = 30


def key(profile: str) -> pysequoia.Tsk:
    return pysequoia.Tsk.generate(
        "anna@test.example",
        profile=getattr(pysequoia.Profile, profile),
        cipher_suite=pysequoia.CipherSuite.Cv25519,
    )


def mail(number: int, secret: pysequoia.Tsk) -> bytes:
    text = f"Bericht {number}.\n".encode()
    block = pysequoia.encrypt(text, recipients=[secret.extract_certificate()])
    return f"From: anna@test.example\nMessage-ID: <{number}@x>\n\n".encode() + block


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    secret = key("RFC9580")
    folder = maildir(tmp_path / "copy", [mail(number, secret) for number in range(MESSAGES)])
    (folder / "anna.key").write_bytes(bytes(secret))
    return folder


def sessions(case: Path) -> list[dict[str, Any]]:
    files = sorted((case / "tables" / "open").glob("[!.]*/sessions.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def opinions(case: Path) -> dict[bytes, str]:
    (settled,) = (case / "tables" / "settled").glob("[!.]*/blocks.parquet")
    once = {row["content_id"]: row["second_opinion"] for row in sessions(case)}
    merged = {
        row["content_id"]: row["second_opinion"] for row in pq.read_table(settled).to_pylist()
    }
    return once | merged


def test_a_few_are_always_opened_twice_and_the_rest_is_counted(tmp_path: Path, copy: Path) -> None:
    ledger = processed(tmp_path, copy)

    said = ledger["second_opinions"]
    assert said["sampled"] == said["agrees"] >= 4
    assert said["sampled"] + said["single implementation"] == MESSAGES
    shown = done("ledger", "--case", tmp_path / "case").out
    assert f"agrees {said['agrees']}, single implementation" in shown


@pytest.mark.parametrize(("one_in", "sampled"), [("1", MESSAGES), ("0", 0)])
def test_how_many_is_chosen_by_an_option(
    tmp_path: Path, copy: Path, one_in: str, sampled: int
) -> None:
    ledger = processed(tmp_path, copy, options=("--second-opinions", one_in))

    assert ledger["second_opinions"]["agrees"] == sampled


def test_the_sample_is_the_same_whoever_runs_it(tmp_path: Path, copy: Path) -> None:
    for name, options in (("a", ()), ("b", ("--workers", "2"))):
        processed(tmp_path / name, copy, options=("--second-opinions", "3", *options))

    assert opinions(tmp_path / "a" / "case") == opinions(tmp_path / "b" / "case")
    assert 4 < Counter(opinions(tmp_path / "a" / "case").values())["agrees: rpgp"] < MESSAGES


def test_a_second_implementation_that_reads_otherwise_is_a_problem_and_counted(
    tmp_path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = secondopinion.open_with_secret

    def other(message: EncryptedMessage, esk: Esk, secret: UnlockedKey | bytes) -> Any:
        opened = real(message, esk, secret)
        assert isinstance(opened, Opened)
        return replace(opened, content=opened.content.replace(b"Bericht", b"Verslag"))

    monkeypatch.setattr(secondopinion, "open_with_secret", other)
    ledger = processed(tmp_path, copy, options=("--second-opinions", "1"))

    assert ledger["second_opinions"]["differs"] == MESSAGES
    # What was opened first, and vouched for, stays readable: the difference is said beside it.
    assert ledger["states"] == {"readable": MESSAGES}
    found = done("problems", "--case", tmp_path / "case", "--json").json
    assert Counter((one["kind"], one["note"]) for one in found) == {
        ("implementations differ", "differs: rpgp"): MESSAGES
    }


def test_a_later_round_asks_for_what_is_new_and_forgets_nothing(tmp_path: Path, copy: Path) -> None:
    """A block is read again when what lay closed inside it may open; its opinion stays."""
    inner, outer = key("RFC9580"), key("RFC9580")
    nested = maildir(tmp_path / "nested", [wrapped(number, inner, outer) for number in range(3)])
    (nested / "outer.key").write_bytes(bytes(outer))
    first = processed(tmp_path, nested)
    case = tmp_path / "case"
    before = opinions(case)
    assert first["second_opinions"] | {"on demand": 0} == {
        **dict.fromkeys(("agrees", "sampled"), 3),
        **dict.fromkeys(("differs", "failed", "single implementation", "on demand"), 0),
    }
    copied = tmp_path / "keys"
    copied.mkdir()
    (copied / "inner.key").write_bytes(bytes(inner))
    done("intake", copied, "--case", case)
    done("process", "--case", case, "--workers", "1", "--second-opinions", "0")

    after = opinions(case)
    kept = {one: said for one, said in before.items() if said is not None}
    assert {one: after[one] for one in kept} == kept
    assert Counter(after.values()) == {"agrees: rpgp": 3, "single implementation": 3}
    again = [row for row in sessions(case) if row["content_id"] in kept and row["round"] > 1]
    assert [row["second_opinion"] for row in again] == [None] * 3


def wrapped(number: int, inner: pysequoia.Tsk, outer: pysequoia.Tsk) -> bytes:
    """Return a mail whose block holds a mail that holds a block for another key."""
    within = pysequoia.encrypt(mail(number, inner), recipients=[outer.extract_certificate()])
    return f"From: anna@test.example\nMessage-ID: <w{number}@x>\n\n".encode() + within


def test_what_gnupg_can_open_later_is_left_for_later(tmp_path: Path) -> None:
    block = writers.gnupg_encrypts("--armor", "-e", "-r", "cv25519@test.example")
    folder = maildir(tmp_path / "copy", [b"From: anna@test.example\nMessage-ID: <1@x>\n\n" + block])
    (folder / "bram.key").write_bytes(writers.gnupg_exports("cv25519"))
    ledger = processed(tmp_path, folder)

    assert ledger["second_opinions"]["on demand"] == 1
    assert ledger["second_opinions"]["sampled"] == 0
