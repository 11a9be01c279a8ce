"""Session-key packets on their way from scan to open.

The tables keep of each packet what it names and a digest: enough to know who could open a message,
whether two copies carry the same packets, and whether a packet found again is the one. The packets
themselves (256 octets and more for RSA, in every copy of a message) lie before the body in the
spool, and in the exhibit for as long as it is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from zegel.openpgp.model import Esk
from zegel.openpgp.packets import parse_esk

_NAMES = 11
"""Octets in which a packet says whom it is for: version, key ID, algorithm (RFC 9580, 5.1.1)."""
_NAMES_V6 = 3
"""Octets beside the fingerprint in version 6: version, length, algorithm (5.1.2)."""
_DIGEST = 8
"""Octets of SHA-256 that tell packets apart; opening trusts none of them with more than that."""
_SIZE = 4


def head(esk: Esk) -> bytes:
    """Return what the tables keep of a packet: tag, what it names, the beginning of its digest."""
    body = esk.body
    names = max(_NAMES, _NAMES_V6 + body[1]) if esk.tag == 1 and esk.version == 6 else _NAMES
    return bytes((esk.tag,)) + body[:names] + hashlib.sha256(body).digest()[:_DIGEST]


def named(heads: Iterable[bytes]) -> tuple[Esk, ...]:
    """Return packets that say whom they are for and can open nothing."""
    found = (parse_esk(one[0], one[1:-_DIGEST]) for one in heads)
    return tuple([esk for esk in found if esk is not None])


def packed(esks: Iterable[Esk]) -> bytes:
    """Return whole packets in a row, for the spool."""
    return b"".join([
        bytes((esk.tag,)) + len(esk.body).to_bytes(_SIZE, "big") + esk.body for esk in esks
    ])  # fmt: skip


def unpacked(octets: bytes) -> dict[bytes, Esk]:
    """Return the packets of a row by their heads; those that were altered bear another head."""
    found: dict[bytes, Esk] = {}
    at, size = 0, len(octets)
    while at < size:
        begin = at + 1 + _SIZE
        end = begin + int.from_bytes(octets[at + 1 : begin], "big")
        esk = parse_esk(octets[at], octets[begin:end])
        if esk is not None:
            found[head(esk)] = esk
        at = end
    return found
