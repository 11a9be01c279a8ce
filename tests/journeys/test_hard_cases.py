"""What is too large, may not be read, is hidden or is done in another order: said, and not lost."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.gnupg import gnupg_home
from tests.journeys.cases import network, zegel, zegel_json

HEAD = b"From: a@test.example\nTo: b@test.example\nSubject: x\n\n"
TWO_GB = 2 * 2**30
PROGRAM = [sys.executable, "-c", "from zegel.cli import main; main()"]


def large(place: Path, head: bytes) -> Path:
    """Make a file of 2 GB that takes no room: `head`, then zeros."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("wb") as file:
        file.write(head)
        file.truncate(TWO_GB)
    return place


def within(limit: int) -> None:
    """Let the process hold no more than `limit` bytes of its own; maps of files do not count."""
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "head"),
    [("large.eml", HEAD), ("mail.mbox", b"From a@test.example Mon Mar  7 12:00:00 2016\n" + HEAD)],
)
def test_a_message_of_two_gigabytes_is_a_row_and_never_in_memory(
    name: str, head: bytes, tmp_path: Path
) -> None:
    large(tmp_path / "copy" / name, head)
    case = tmp_path / "case"
    words = [["init", case], ["intake", tmp_path / "copy", "--case", case]]
    for command in [*words, ["process", "--case", case, "--workers", "1"]]:
        subprocess.run(
            [*PROGRAM, *map(str, command)],
            check=True,
            capture_output=True,
            preexec_fn=lambda: within(3 * 2**29),
        )
    totals = zegel_json("ledger", "--case", case)

    assert (totals["found"], totals["states"]) == (1, {"unsupported": 1})
    assert list(totals["unsupported"]) == ["larger-than-268435456-bytes"]


def without_rights(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `zegel` bound by the modes of files, as root is not."""
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    bound = drop if os.getuid() == 0 else []
    return subprocess.run(
        [*bound, *PROGRAM, *map(str, words)], check=False, capture_output=True, text=True
    )


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed")
def test_what_may_not_be_read_is_a_problem_and_the_rest_is_read(tmp_path: Path) -> None:
    box = tmp_path / "copy" / "mail" / "a@test.example" / "Maildir" / "cur"
    (tmp_path / "copy" / "closed").mkdir(parents=True)
    box.mkdir(parents=True)
    for number in range(3):
        (box / f"145000000{number}.M1P1.mx:2,S").write_bytes(HEAD + b"hello\n")
    (box / "1450000001.M1P1.mx:2,S").chmod(0)
    (tmp_path / "copy" / "closed").chmod(0)
    case = tmp_path / "case"
    ends = [
        without_rights("init", case),
        without_rights("intake", tmp_path / "copy", "--case", case),
        without_rights("process", "--case", case, "--workers", "1"),
    ]
    totals = zegel_json("ledger", "--case", case)
    kinds = [problem["kind"] for problem in zegel_json("problems", "--case", case)]
    (tmp_path / "copy" / "closed").chmod(0o700)

    assert [end.returncode for end in ends] == [0, 0, 0]
    assert not any("Traceback" in end.stderr for end in ends)
    assert (totals["found"], totals["states"], totals["unread"]) == (3, {"not encrypted": 2}, 1)
    assert {"unreadable file", "unreadable folder"} <= set(kinds)


def hidden_message_and_keys(count: int) -> tuple[list[bytes], bytes]:
    """Return secret keys, and a message to the last of them that names no key."""
    names = [f"k{number}@test.example" for number in range(count)]
    with gnupg_home() as home:
        for name in names:
            home.make(name, "rsa2048", "encrypt,sign,cert", passphrase="")
        keys = [home.gpg("--armor", "--export-secret-keys", name) for name in names]
        to = ("--hidden-recipient", names[-1])
        words = ("--armor", "--trust-model", "always", "--encrypt", *to)
        return keys, home.gpg(*words, given=b"hello")


@pytest.mark.slow
def test_hidden_recipients_are_tried_a_budget_at_a_time_and_no_key_twice(tmp_path: Path) -> None:
    keys, message = hidden_message_and_keys(4)
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "mail.eml").write_bytes(HEAD + message)
    for number, key in enumerate(keys):
        (tmp_path / "copy" / f"{number}.asc").write_bytes(key)
    case = tmp_path / "case"
    zegel("init", case)
    zegel("intake", tmp_path / "copy", "--case", case)
    seen: list[Any] = []
    for _ in range(4):
        zegel("process", "--case", case, "--hidden-budget", "1", "--workers", "1")
        seen.append(zegel_json("ledger", "--case", case)["states"])
        if seen[-1] == {"readable": 1}:
            break
    tried = _tried(case)

    assert seen[-1] == {"readable": 1}
    assert len(tried) == len(set(tried)) == len(seen)


def _tried(case: Path) -> list[int]:
    """Return the keys tried, in the order of rounds; each round's list holds those before it."""
    longest: list[int] = []
    for path in sorted(case.glob("tables/open/*/sessions.parquet")):
        for row in pq.read_table(path).to_pylist():
            longest = max(longest, row["tried_keys"] or [], key=lambda keys: len(keys))
    return longest


@pytest.mark.slow
def test_one_worker_and_two_give_the_same_digests(tmp_path: Path) -> None:
    ams, _ = network(tmp_path / "net")
    digests = []
    for workers in ("1", "2"):
        case = tmp_path / workers
        zegel("init", case)
        zegel("intake", ams, "--case", case)
        words = ("process", "--case", case, "--workers", workers)
        digests.append(zegel_json(*words)["digests"])

    assert digests[0] == digests[1]
