"""A mailbox larger than memory is read through a map of which few pages are ours at a time."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.memory import resident
from zegel.exhibits.model import Entry, EntryKind
from zegel.exhibits.reading import check
from zegel.mailstores.mbox import FORMAT
from zegel.records import File, Span

MESSAGES, LINES = 40, 2**15
HEAD = b"From anna@test.example Tue Apr 19 09:11:40 2016\nSubject: large\n\n"
MAIL = HEAD + b">From here\n" + LINES * (75 * b"x" + b"\n") + b"\n"
MOST = 40 * 2**20
"""Bytes of a map that may be resident at once: less than half of this one."""


@pytest.fixture
def mapped(tmp_path: Path) -> Iterator[mmap.mmap]:
    with (tmp_path / "mbox").open("wb+") as file:
        for _ in range(MESSAGES):
            file.write(MAIL)
        file.flush()
        yield mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def test_the_pages_of_a_mailbox_that_was_checked_and_gone_through_are_given_back(
    mapped: mmap.mmap,
) -> None:
    size, before = len(mapped), resident()
    entry = Entry(
        number=0,
        parent=None,
        mtime_ns=0,
        mode=0o600,
        path=b"mbox",
        kind=EntryKind.FILE,
        size=size,
        sha256=hashlib.sha256(MESSAGES * MAIL).digest(),
    )
    assert size > 2 * MOST

    content = check(entry, mapped)
    checked = resident() - before
    file = File(path=b"mbox", data=content)
    found, most = 0, 0
    for item in FORMAT.spans(file):
        assert isinstance(item, Span)
        assert FORMAT.message(file, item) == MAIL[MAIL.index(b"Subject") : -1].replace(
            b">From", b"From"
        )
        found, most = found + 1, max(most, resident() - before)

    assert found == MESSAGES
    assert checked < MOST
    assert most < MOST
