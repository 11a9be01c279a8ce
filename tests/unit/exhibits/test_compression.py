from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterator

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from zegel.exhibits.compression import FEED, Opening, recognise

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "xz": lzma.compress,
    "bz2": bz2.compress,
    "zst": zstandard.compress,
}


def fed(packed: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(packed), size):
        yield packed[start : start + size]


def opened(form: str, packed: bytes, size: int | None = None) -> tuple[bytes, str | None]:
    opening = Opening(form)
    content = b"".join(opening.pieces(fed(packed, size or FEED[form])))
    return content, opening.defect


@pytest.mark.parametrize("form", PACK)
@settings(deadline=None)
@given(
    content=st.binary(max_size=500),
    times=st.sampled_from([1, 10, 5000]),
    streams=st.integers(1, 3),
    size=st.integers(1, 70000),
)
def test_what_was_packed_comes_out_whole_however_it_is_fed(
    form: str, content: bytes, times: int, streams: int, size: int
) -> None:
    packed = PACK[form](content * times) * streams
    if len(packed) // size > 2000:
        size = 64

    assert recognise(packed[:512]) == form
    assert opened(form, packed, size) == (content * times * streams, None)


@pytest.mark.parametrize("form", PACK)
def test_a_stream_that_opens_to_exactly_one_piece_is_complete(form: str) -> None:
    content = bytes(2**20)

    assert opened(form, PACK[form](content)) == (content, None)


@pytest.mark.parametrize("form", PACK)
def test_a_cut_stream_gives_what_came_before_and_says_so(form: str) -> None:
    packed = PACK[form](bytes(range(256)) * 100)

    content, defect = opened(form, packed[:-3])
    assert (bytes(range(256)) * 100).startswith(content)
    assert defect == "compression cut short"


@pytest.mark.parametrize("form", PACK)
@given(place=st.integers(0, 10**6), value=st.integers(0, 255))
def test_a_changed_stream_never_raises(form: str, place: int, value: int) -> None:
    packed = bytearray(PACK[form](b"some words, some more words, " * 200))
    packed[place % len(packed)] = value

    opened(form, bytes(packed))


def test_zeros_behind_a_gzip_are_padding_and_anything_else_a_problem() -> None:
    packed = gzip.compress(b"x")

    assert opened("gz", packed + bytes(600)) == (b"x", None)
    assert opened("gz", packed + b"hidden") == (b"x", "bytes after the compression's end")


def test_text_that_begins_like_bzip2_is_not_taken_for_it() -> None:
    assert recognise(b"BZh is not a word, BZh9 neither") is None
