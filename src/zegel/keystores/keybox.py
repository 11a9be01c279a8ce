"""Finds the OpenPGP keys of a GnuPG keybox (`pubring.kbx`), deleted ones included.

It never trusts a length of the file: every blob and key block must lie inside what is there.
X.509 certificates, which a keybox holds too, are passed over.

Specification: GnuPG, kbx/keybox-blob.c
(https://git.gnupg.org/cgi-bin/gitweb.cgi?p=gnupg.git;f=kbx/keybox-blob.c).
"""

from __future__ import annotations

from collections.abc import Iterator

from zegel.openpgp.packets import looks_like_keyring
from zegel.records import File, FoundKey, Problem

_MAGIC = b"KBXf"
_DELETED, _HEADER, _OPENPGP, _X509 = 0, 1, 2, 3
_SMALLEST = 16
"""Length, type, version, flags, and where the key block lies."""
MAX_BLOB = 1 << 26


class Keybox:
    """GnuPG's keybox."""

    name = "keybox"
    surest = 90
    specification = (
        "https://git.gnupg.org/cgi-bin/gitweb.cgi?p=gnupg.git;a=blob;f=kbx/keybox-blob.c"
    )

    def detect(self, file: File) -> int:
        """Test the first blob: a header, with its magic."""
        head = file.data[:12]
        return 90 if len(head) == 12 and head[4] == _HEADER and head[8:12] == _MAGIC else 0

    def keys(self, file: File) -> Iterator[FoundKey | Problem]:
        """Yield the key block of every OpenPGP blob."""
        offset, size = 0, len(file.data)
        while offset < size:
            head = file.data[offset : offset + _SMALLEST]
            length = int.from_bytes(head[:4], "big")
            if length < 5 or len(head) < 5 or offset + length > size or length > MAX_BLOB:
                yield Problem(kind="damaged keybox", offset=offset)
                return
            if head[4] in (_DELETED, _OPENPGP):
                yield from _key_of(file, offset, length)
            offset += length


def _key_of(file: File, offset: int, length: int) -> Iterator[FoundKey | Problem]:
    blob = bytes(file.data[offset : offset + length])
    start = int.from_bytes(blob[8:12], "big")
    end = start + int.from_bytes(blob[12:16], "big")
    if _SMALLEST <= start < end <= length and looks_like_keyring(blob[start:end][:65536]):
        yield FoundKey(
            offset=offset + start, length=end - start, form="openpgp", material=blob[start:end]
        )
    elif blob[4] == _OPENPGP:
        yield Problem(kind="damaged keybox", offset=offset)


FORMAT = Keybox()
