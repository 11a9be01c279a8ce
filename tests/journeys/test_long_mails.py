"""A mailbox of long unencrypted mails costs what it holds, in memory that does not grow with it."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.journeys.cases import done
from tests.journeys.lives import order
from zegel.exhibits.folder import FolderCopy
from zegel.exhibits.model import Entry
from zegel.processing import sql
from zegel.records import Buffer

MAILS, LINES = 400, 3600
WORDS = ["".join(letters) for letters in product("bdfghklmnprst", "aeiou", "nrst")]
LIMIT = "60MB"
"""Less than all texts together have."""


def mail(number: int) -> str:
    """Return a mail of some 200 kB that no other one is like."""
    who, chance = "anna" if number % 2 else "bert", random.Random(number)
    words = chance.choices(WORDS, k=14 * LINES)
    lines = [" ".join(words[at : at + 14]) for at in range(0, len(words), 14)]
    head = (
        f"From {who}@test.example Tue Apr 19 09:11:40 2016\nFrom: {who}@test.example\n"
        f"To: carl@test.example\nMessage-ID: <{number}@test.example>\nSubject: long {number}\n"
        "Date: Tue, 19 Apr 2016 09:11:40 +0000\n\n"
    )
    return head + "\n".join([*lines, f"the end of mail {number}", "", ""])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy with one mailbox."""
    place = tmp_path / "copy" / "mail" / "inbox.mbox"
    place.parent.mkdir(parents=True)
    with place.open("w", encoding="ascii") as box:
        for number in range(MAILS):
            box.write(mail(number))
    return tmp_path / "copy"


@pytest.mark.slow
def test_a_mailbox_of_long_mails_is_processed_indexed_and_granted(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, inv = tmp_path / "case", tmp_path / "inv"
    size = (copy / "mail" / "inbox.mbox").stat().st_size
    monkeypatch.setattr(sql, "MEMORY_LIMIT", LIMIT)
    read = counted(monkeypatch)

    done("init", case, "--training")
    done("intake", copy, "--case", case)
    done("process", "--case", case, "--workers", "1")
    octets = sum(read)
    done("index", "--case", case)
    granted = done("grant", order(case, "L-1"), "--case", case, "--out", inv, "--json").json[
        "messages"
    ]
    found = done("search", "-i", inv, '"the end of mail 7"', "--json").json
    (documents,) = (case / "index").glob("*/documents.parquet")
    known = pq.read_metadata(documents)

    assert granted == MAILS // 2
    assert found["count"] == 1
    assert known.num_rows == MAILS
    assert known.num_row_groups > 1
    assert size > 64 * 10**6
    assert size <= octets <= 2 * size + 10**6


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note the octets of each reading of an exhibit."""
    read: list[int] = []

    def noting(real: Callable[..., Buffer]) -> Callable[..., Buffer]:
        def call(self: FolderCopy, entry: Entry, *more: Any) -> Buffer:
            content = real(self, entry, *more)
            read.append(len(content))
            return content

        return call

    for name in ("read_checked", "read_part"):
        monkeypatch.setattr(FolderCopy, name, noting(getattr(FolderCopy, name)))
    return read
