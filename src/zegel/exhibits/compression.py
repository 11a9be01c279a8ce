"""Opens gzip, xz, Zstandard and bzip2 streams piece by piece, never more at once than is bounded.

The format is recognised by its first bytes, never by a name. A stream that is cut or damaged
gives what came before the defect, then says so. Formats: RFC 1952, the .xz file format 1.1,
RFC 8878, bzip2.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import zstandard

_OUTPUT = 2**20
_LZMA_MEMORY = 2**30
_ZSTD_WINDOW = 2**27
_MAGIC: dict[str, bytes] = {
    "gz": b"\x1f\x8b\x08",
    "xz": b"\xfd7zXZ\0",
    "zst": b"\x28\xb5\x2f\xfd",
    "bz2": b"BZh",
}
_BZ2_BLOCK = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
"""What follows `BZh` and a level: a block, or the end of an empty stream."""

FEED: dict[str, int] = {"gz": 65536, "xz": 65536, "zst": 1024, "bz2": 65536}
"""Packed bytes to hand over at a time. Zstandard's decoder has no bound on its output: 1 KiB
opens to 32 MiB at most (RFC 8878 section 3.1.1.2: three octets may stand for 128 KiB)."""

_DEFECTS = (zlib.error, lzma.LZMAError, zstandard.ZstdError, OSError, EOFError, ValueError)


class _Decoder(Protocol):
    eof: bool
    unused_data: bytes

    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Gzip:
    """zlib's decoder with the interface that bz2's and lzma's have."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(wbits=31)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    @property
    def needs_input(self) -> bool:
        # A full piece may leave output inside zlib although all input is taken.
        return not (self._full or self._decoder.unconsumed_tail)

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        piece = self._decoder.decompress(self._decoder.unconsumed_tail + data, max_length)
        self._full = len(piece) == max_length
        return piece


class _Zstandard:
    """Zstandard's decoder with the same interface; see `FEED` for its bound."""

    needs_input = True

    def __init__(self) -> None:
        self._decoder = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    def decompress(self, data: bytes, _max_length: int, /) -> bytes:
        return self._decoder.decompress(data)


_DECODERS: dict[str, Callable[[], object]] = {
    "gz": _Gzip,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_LZMA_MEMORY),
    "zst": _Zstandard,
    "bz2": bz2.BZ2Decompressor,
}


def recognise(head: bytes) -> str | None:
    """Return the compression `head` begins with, or None."""
    for name, magic in _MAGIC.items():
        if head.startswith(magic):
            plausible = name != "bz2" or (head[3:4].isdigit() and head[4:10] in _BZ2_BLOCK)
            return name if plausible else None
    return None


class Opening:
    """One pass over a compressed file; `defect` tells afterwards what ended it early."""

    def __init__(self, compression: str) -> None:
        self.compression = compression
        self.defect: str | None = None

    def pieces(self, packed: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the opened bytes; further streams behind the first are read too."""
        decoder: _Decoder | None = None
        left = b""
        magic = _MAGIC[self.compression]
        for chunk in packed:
            left += chunk
            while left:
                if decoder is None:
                    if len(left) < len(magic):
                        break
                    if not left.startswith(magic):
                        self._trailing(left)
                        return
                    decoder = self._decoder()
                try:
                    yield from _drain(decoder, left)
                except _DEFECTS:
                    self.defect = "damaged compression"
                    return
                left = decoder.unused_data if decoder.eof else b""
                decoder = None if decoder.eof else decoder
        if decoder is not None:
            self.defect = "compression cut short"
        else:
            self._trailing(left)

    def _trailing(self, left: bytes) -> None:
        if left.strip(b"\0"):  # gzip pads with zeros; anything else is worth a word
            self.defect = "bytes after the compression's end"

    def _decoder(self) -> _Decoder:
        decoder: _Decoder = _DECODERS[self.compression]()  # type: ignore[assignment]
        return decoder


def _drain(decoder: _Decoder, packed: bytes) -> Iterator[bytes]:
    """Yield all that `packed` opens to, in pieces of bounded size."""
    piece = decoder.decompress(packed, _OUTPUT)
    while piece or not (decoder.eof or decoder.needs_input):
        if piece:
            yield piece
        if decoder.eof or decoder.needs_input:
            return
        piece = decoder.decompress(b"", _OUTPUT)
