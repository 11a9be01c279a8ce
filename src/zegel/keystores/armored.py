"""Finds armoured public and private keys in any text file, several in one, cut short or not.

It never looks at a file's name, and takes a block's own first and last dash for its place, so
that a key inside a log, a script or a database dump is found like one by itself.

Specification: RFC 9580 section 6 (https://www.rfc-editor.org/rfc/rfc9580#section-6).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from zegel.openpgp.armor import ArmorBlock, dearmor, find_armor
from zegel.openpgp.framing import read_packets
from zegel.openpgp.keys import split_certificates
from zegel.records import File, FoundKey, Problem, find_in

_MARKS = tuple(b"-----BEGIN PGP " + kind for kind in (b"PUBLIC KEY", b"PRIVATE KEY", b"SECRET KEY"))
_ANY_FILE = b"-----BEGIN PGP ARMORED FILE"
"""What `gpg --enarmor` writes around any file, a key ring for one."""
_KEYS = (5, 6)
"""Tags of secret and public keys: RFC 9580 section 5.5."""


class Armored:
    """Armoured key blocks."""

    name = "armored"
    specification = "https://www.rfc-editor.org/rfc/rfc9580#section-6"
    surest = 20

    def detect(self, file: File) -> int:
        """Look through the whole file: a key may stand far down in a log."""
        if any(find_in(file.data, mark) >= 0 for mark in _MARKS):
            return 20
        rings = find_in(file.data, _ANY_FILE) >= 0 and next(_rings(file), None) is not None
        return 20 if rings else 0

    def keys(self, file: File) -> Iterator[FoundKey | Problem]:
        """Yield the keys of every block, placed where the block stands."""
        for block in find_armor(file.data):
            text = bytes(file.data[block.start : block.end])
            if block.kind.endswith("KEY BLOCK") or _is_a_ring(text):
                yield from _keys_of(block, text)


def _rings(file: File) -> Iterator[ArmorBlock]:
    for block in find_armor(file.data):
        if _is_a_ring(bytes(file.data[block.start : block.end])):
            yield block


def _is_a_ring(text: bytes) -> bool:
    """Say whether an armoured file is one of keys."""
    if not text.startswith(_ANY_FILE):
        return False
    return any(packet.tag in _KEYS for packet in read_packets(dearmor(text)[0], 1))


def _keys_of(block: ArmorBlock, text: bytes) -> Iterator[FoundKey | Problem]:
    packets, problems = dearmor(text)
    for problem in problems:
        yield replace(problem, offset=block.start + problem.offset)
    found = False
    for start, end in split_certificates(packets):
        found = True
        yield FoundKey(
            offset=block.start,
            length=block.end - block.start,
            form="openpgp",
            material=packets[start:end],
        )
    if not found:
        # Often a revocation certificate: a signature alone, in the armour of a public key.
        tags = [packet.tag for packet in read_packets(packets, 1)]
        note = f"starts with packet {tags[0]}" if tags else "no packets"
        yield Problem(kind="no key in armour", offset=block.start, note=note)


FORMAT = Armored()
