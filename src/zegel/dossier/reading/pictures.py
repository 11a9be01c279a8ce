"""Decides which attachments are shown as pictures, and has them decoded within bounds.

A picture is known by its first bytes, never by its name or type. Its size is read from its header
and bounded before anything decodes it; decoding happens in a process with limits of its own, which
draws it again as a small PNG. The sender's own bytes never enter the PDF. A picture that cannot be
shown is said to be one, with the reason; it never stops anything.
"""

from __future__ import annotations

import struct
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from zegel.dossier.reading.worker import frame, read_frame

LARGEST_FILE = 32 << 20
LARGEST_AREA = 50_000_000
"""Pixels: 200 MB once decoded."""
LARGEST_SIDE = 30_000
LARGEST_TOTAL = 64 << 20
"""Octets of all pictures of one PDF, as drawn again."""
MOST = 500
"""Pictures of one PDF."""
_JPEG_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})


class Unshown(StrEnum):
    """Why a picture is not shown."""

    DAMAGED = "damaged"
    TOO_LARGE = "too large"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a picture says of itself."""

    kind: str
    width: int
    height: int

    @property
    def bounded(self) -> bool:
        """True where decoding it costs no more than is allowed."""
        sides = 0 < self.width <= LARGEST_SIDE and 0 < self.height <= LARGEST_SIDE
        return sides and self.width * self.height <= LARGEST_AREA


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as the PDF shows it, or why it does not."""

    png: bytes = field(default=b"", repr=False)
    width: int = 0
    height: int = 0
    unshown: Unshown | None = None


def header(picture: bytes) -> Header | None:
    """Return kind and size of a PNG, JPEG, GIF or WebP; None for anything else."""
    for magic, kind, size in (
        (b"\x89PNG\r\n\x1a\n", "png", _png),
        (b"\xff\xd8\xff", "jpg", _jpeg),
        (b"GIF8", "gif", _gif),
        (b"RIFF", "webp", _webp),
    ):
        if picture.startswith(magic) and (kind != "webp" or picture[8:12] == b"WEBP"):
            width, height = size(picture) or (0, 0)
            return Header(kind=kind, width=width, height=height)
    return None


def _png(picture: bytes) -> tuple[int, int] | None:
    if picture[12:16] != b"IHDR" or len(picture) < 24:
        return None
    width, height = struct.unpack_from(">II", picture, 16)
    return width, height


def _gif(picture: bytes) -> tuple[int, int] | None:
    return struct.unpack_from("<HH", picture, 6) if len(picture) >= 10 else None


def _jpeg(picture: bytes) -> tuple[int, int] | None:
    """Walk the segments to the first frame header (ITU-T T.81 section B.1.1)."""
    at = 2
    while at + 9 <= len(picture) and picture[at] == 0xFF:
        marker = picture[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _JPEG_BARE:
            at += 2
        elif marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", picture, at + 5)
            return width, height
        else:
            at += 2 + int.from_bytes(picture[at + 2 : at + 4], "big")
    return None


def _webp(picture: bytes) -> tuple[int, int] | None:
    """Read the first chunk (RFC 9649 section 2.5 to 2.7)."""
    if len(picture) < 30:
        return None
    kind, rest = picture[12:16], picture[20:30]
    if kind == b"VP8X":
        return int.from_bytes(rest[4:7], "little") + 1, int.from_bytes(rest[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(rest[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", rest, 6)
        return width & 0x3FFF, height & 0x3FFF
    return None


class Drawer:
    """Has pictures decoded and drawn again, one after the other, within bounds for all together."""

    def __init__(self) -> None:
        self._worker: subprocess.Popen[bytes] | None = None
        self._total = self._count = 0

    def __enter__(self) -> Drawer:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def draw(self, picture: bytes) -> Picture | None:
        """Return the picture as it may be shown, or why not; None for what is no picture."""
        told = header(picture)
        if told is None:
            return None
        if not told.width or not told.height:
            return Picture(unshown=Unshown.DAMAGED)
        if not told.bounded or len(picture) > LARGEST_FILE:
            return Picture(unshown=Unshown.TOO_LARGE)
        if self._count >= MOST or self._total >= LARGEST_TOTAL:
            return Picture(unshown=Unshown.LIMIT)
        png = self._ask(told, picture)
        size = header(png) if png else None
        if size is None:
            return Picture(unshown=Unshown.DAMAGED)
        self._count += 1
        self._total += len(png)
        return Picture(png=png, width=size.width, height=size.height)

    def _ask(self, told: Header, picture: bytes) -> bytes:
        """Return the picture as PNG; nothing where the worker refuses it, or dies of it."""
        worker = self._worker or self._start()
        assert worker.stdin is not None
        assert worker.stdout is not None
        described = f"{told.kind} {told.width} {told.height}".encode()
        try:
            worker.stdin.write(frame(described) + frame(picture))
            worker.stdin.flush()
            png = read_frame(worker.stdout)
        except BrokenPipeError:
            png = None
        if png is None:
            self._stop()
        return png or b""

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "zegel.dossier.reading.worker", "pictures"]
        self._worker = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return self._worker

    def _stop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
            for stream in (worker.stdin, worker.stdout):
                if stream is not None:
                    with suppress(BrokenPipeError):
                        stream.close()
            worker.wait()
