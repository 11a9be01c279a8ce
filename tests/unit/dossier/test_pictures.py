"""Hostile pictures: bounded before they are decoded, decoded apart, never fatal."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.dossier.materials import png
from zegel.dossier.reading import pictures
from zegel.dossier.reading.pictures import Drawer, Header, Unshown, header

CORPUS = Path(__file__).parents[2] / "corpus" / "pictures"
SAMPLES = sorted(path for path in CORPUS.iterdir() if path.suffix != ".md")


@pytest.fixture(scope="module")
def drawer() -> Iterator[Drawer]:
    with Drawer() as made:
        yield made


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_every_form_of_picture_is_measured_and_drawn(path: Path, drawer: Drawer) -> None:
    picture = path.read_bytes()
    told = header(picture)
    drawn = drawer.draw(picture)

    assert told == Header(kind=path.suffix[1:], width=64, height=48)
    assert drawn is not None
    assert header(drawn.png) == Header(kind="png", width=64, height=48)


def test_a_large_picture_is_drawn_small_and_in_proportion(drawer: Drawer) -> None:
    drawn = drawer.draw(png(1500, 500))

    assert drawn is not None
    assert (drawn.width, drawn.height) == (600, 200)


def test_two_pictures_one_after_the_other_are_not_taken_for_one(drawer: Drawer) -> None:
    first, second = drawer.draw(png(20, 20, (255, 0, 0))), drawer.draw(png(20, 20, (0, 0, 255)))

    assert first is not None
    assert second is not None
    assert first.png != second.png


def test_the_senders_own_bytes_never_pass(drawer: Drawer) -> None:
    text = b"tEXtComment\0hidden words"
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    picture = png(20, 20)
    at = picture.index(b"IDAT") - 4
    drawn = drawer.draw(picture[:at] + chunk + picture[at:])

    assert drawn is not None
    assert drawn.png
    assert b"hidden words" not in drawn.png


def bomb(width: int, height: int) -> bytes:
    """Return a PNG whose header claims a size, with nothing to it."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        (bomb(100_000, 100_000), Unshown.TOO_LARGE),
        (bomb(40_000, 1), Unshown.TOO_LARGE),
        (bomb(8000, 8000), Unshown.TOO_LARGE),
        (bomb(0, 5), Unshown.DAMAGED),
        (bomb(4000, 4000), Unshown.DAMAGED),
        (png(30, 30)[:-30], Unshown.DAMAGED),
        (b"\xff\xd8\xff", Unshown.DAMAGED),
        (b"GIF89a", Unshown.DAMAGED),
        (b"RIFF\x10\0\0\0WEBPVP8 ", Unshown.DAMAGED),
    ],
)
def test_a_picture_that_cannot_be_shown_says_why(
    picture: bytes, why: Unshown, drawer: Drawer
) -> None:
    drawn = drawer.draw(picture)

    assert drawn is not None
    assert drawn.unshown is why


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"BM6", b"RIFF1234WAVE"],
)
def test_what_is_no_picture_that_is_shown_is_left_alone(content: bytes, drawer: Drawer) -> None:
    assert drawer.draw(content) is None


def test_a_worker_that_dies_takes_one_picture_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with Drawer() as made:
        assert made.draw(png(10, 10)) is not None
        worker = made._worker
        assert worker is not None
        worker.kill()
        worker.wait()
        lost, next_one = made.draw(png(11, 11)), made.draw(png(12, 12))

    assert lost is not None
    assert lost.unshown is Unshown.DAMAGED
    assert next_one is not None
    assert (next_one.width, next_one.height) == (12, 12)


def test_all_pictures_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST", 1)
    with Drawer() as made:
        shown, unshown = made.draw(png(10, 10)), made.draw(png(11, 11))

    assert shown is not None
    assert shown.unshown is None
    assert unshown is not None
    assert unshown.unshown is Unshown.LIMIT


@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFFxxxxWEBP"]), st.binary()
)
def test_measuring_never_fails(magic: bytes, rest: bytes) -> None:
    told = header(magic + rest)

    assert told is not None
    assert told.width >= 0
    assert told.height >= 0
