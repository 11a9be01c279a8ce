"""A mapped file is searched as a whole, and held a window at a time."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.memory import resident
from zegel import keystores, mailstores, records
from zegel.openpgp.armor import find_armor
from zegel.processing.scan import best_format
from zegel.records import File, find_in

LINE = b"Apr 19 09:11:40 mx postfix/smtpd[1]: 4RkGkX: client=unknown[192.0.2.7]\n"
BLOCK = b"-----BEGIN PGP MESSAGE-----\n\nwy4=\n-----END PGP MESSAGE-----\n"
SIZE = 160 * 2**20


@given(
    data=st.lists(st.sampled_from([b"a", b"ab", b"abc", b"-"]), min_size=1).map(b"".join),
    words=st.sampled_from([b"a", b"ab", b"abca", b"abcabcabc", b"z"]),
    start=st.integers(0, 40),
    window=st.integers(1, 9),
)
def test_windows_find_what_a_search_of_the_whole_finds(
    data: bytes, words: bytes, start: int, window: int
) -> None:
    mapped = mmap.mmap(-1, len(data))
    mapped[:] = data
    with pytest.MonkeyPatch.context() as patch:
        # Anonymous memory is gone when it is given back, unlike a file's.
        patch.setattr(records, "give_back", lambda *_: None)
        patch.setattr(records, "_WINDOW", window)

        assert (
            find_in(mapped, words, start) == data.find(words, start) == find_in(data, words, start)
        )


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Callable[[bytes], File]]:
    """A mapped log of lines, an armoured message at its end, perhaps one now and then."""
    maps: list[mmap.mmap] = []

    def made(between: bytes) -> File:
        with (tmp_path / "log").open("wb+") as file:
            part = LINE * (2**20 // len(LINE)) + between
            while file.tell() < SIZE:
                file.write(part)
            file.write(BLOCK)
            file.flush()
            maps.append(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        return File(path=b"var/log/mail.log", data=maps[0])

    yield made
    maps[0].close()


@pytest.mark.parametrize("between", [b"", BLOCK], ids=["at the end", "all through"])
def test_a_log_of_any_size_is_searched_through_in_little_memory(
    log: Callable[[bytes], File], between: bytes
) -> None:
    file, before = log(between), resident()

    mail = best_format(mailstores.formats(), file)
    found, most = 0, resident() - before
    keys = best_format(keystores.formats(), file)
    most = max(most, resident() - before)
    for block in find_armor(file.data):
        assert file.data[block.start : block.end] + b"\n" == BLOCK
        found, most = found + 1, max(most, resident() - before)

    assert mail is not None
    assert mail.name == "openpgp"
    assert keys is None
    assert found == (file.data[:].count(BLOCK) if between else 1)
    assert most < SIZE // 2
