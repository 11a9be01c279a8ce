"""Finds the keys of a binary key ring: `pubring.gpg`, `secring.gpg`, exports, whatever the name.

It never takes a file for a key ring that does not begin with a well-formed key packet, and
leaves GnuPG's trust packets to be passed over by the reader of packets.

Specification: RFC 9580 sections 3.6 (keyrings) and 10.1
(https://www.rfc-editor.org/rfc/rfc9580#section-10.1).
"""

from __future__ import annotations

from collections.abc import Iterator

from zegel.openpgp.keys import split_certificates
from zegel.openpgp.packets import looks_like_keyring
from zegel.records import File, FoundKey, Problem

MAX_LENGTH = 4 << 30
"""Larger files are read up to here; the largest known key-server dump part has 300 MB."""


class Keyring:
    """Transferable keys one after another."""

    name = "keyring"
    specification = "https://www.rfc-editor.org/rfc/rfc9580#section-10.1"
    surest = 50

    def detect(self, file: File) -> int:
        """Test the first packets."""
        return 50 if looks_like_keyring(file.head) else 0

    def keys(self, file: File) -> Iterator[FoundKey | Problem]:
        """Yield each transferable key with its place."""
        packets = bytes(file.data[:MAX_LENGTH])
        end = 0
        for start, end in split_certificates(packets):
            yield FoundKey(
                offset=start, length=end - start, form="openpgp", material=packets[start:end]
            )
        if end < len(packets):
            yield Problem(kind="damaged packets", offset=end)


FORMAT = Keyring()
