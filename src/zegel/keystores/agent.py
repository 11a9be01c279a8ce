"""Finds the secret keys of a GnuPG agent (`private-keys-v1.d`), in every form it ever wrote.

Both forms are read: the canonical s-expression and the later lines of `Name: value`; armoured
copies (`gpg --enarmor`) too. It never unlocks, and never decides by the file's name whose key
it is.

Specification: GnuPG, agent/keyformat.txt
(https://git.gnupg.org/cgi-bin/gitweb.cgi?p=gnupg.git;f=agent/keyformat.txt).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from zegel.openpgp.agentkeys import AgentKey, read_agent_key
from zegel.openpgp.armor import dearmor, find_armor
from zegel.records import File, FoundKey, Problem

MAX_LENGTH = 1 << 20
_ARMOR = b"-----BEGIN PGP ARMORED FILE-----"
_CANONICAL = re.compile(rb"\((?:11:private|21:protected-private|20:shadowed-private)-key\(")
_LINES = re.compile(
    rb"(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\n|[ \t][^\n]*\n|#[^\n]*\n|\r?\n){0,64}?"
    rb"Key:\s*\((?:protected-|shadowed-)?private-key",
    re.IGNORECASE,
)


class Agent:
    """Files of `private-keys-v1.d`."""

    name = "agent"
    surest = 90
    specification = (
        "https://git.gnupg.org/cgi-bin/gitweb.cgi?p=gnupg.git;a=blob;f=agent/keyformat.txt"
    )

    def detect(self, file: File) -> int:
        """Test for one of the three kinds of key at the start."""
        head = file.head
        if _CANONICAL.match(head) or _LINES.match(head):
            return 90
        return 60 if any(True for _ in _armored(file)) else 0

    def keys(self, file: File) -> Iterator[FoundKey | Problem]:
        """Yield the key, or what is wrong with it."""
        if _ARMOR in file.head:
            for start, length, material in _armored(file):
                yield _found(start, length, material)
            return
        length = min(len(file.data), MAX_LENGTH)
        yield _found(0, length, bytes(file.data[:length]))


def _armored(file: File) -> Iterator[tuple[int, int, bytes]]:
    """Yield place and content of armoured files that hold an agent's key."""
    if _ARMOR not in file.head:
        return
    for block in find_armor(file.data):
        text = bytes(file.data[block.start : min(block.end, block.start + MAX_LENGTH)])
        if text.startswith(_ARMOR):
            material, _ = dearmor(text)
            if _CANONICAL.match(material) or _LINES.match(material[:65536]):
                yield block.start, block.end - block.start, material


def _found(offset: int, length: int, material: bytes) -> FoundKey | Problem:
    key = read_agent_key(material)
    if isinstance(key, AgentKey):
        return FoundKey(offset=offset, length=length, form="gnupg-agent", material=key.material)
    return replace(key, offset=offset)


FORMAT = Agent()
