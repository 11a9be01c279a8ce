"""Turns a cleartext-signed text into the packets a signed message would have, and nothing else.

The text keeps its own line ends and trailing blanks; only dash-escapes are undone. Nothing is
verified here. RFC 9580 section 7 (cleartext framework) and section 10.3 (signed messages).
"""

from __future__ import annotations

import re

from zegel.openpgp.armor import dearmor
from zegel.openpgp.framing import read_packets
from zegel.openpgp.model import ClearMessage
from zegel.records import Problem

_HEAD = re.compile(
    rb"-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\r?\n(?:[A-Za-z-]{1,40}: [^\r\n]*\r?\n)*[ \t]*\r?\n"
)
_SIGNATURE = re.compile(rb"\r?\n-----BEGIN PGP SIGNATURE-----")
_ESCAPE = re.compile(rb"(?m)^- ")
_SIGNATURE_TAG = 2


def cleartext_message(block: bytes) -> tuple[ClearMessage | None, tuple[Problem, ...]]:
    """Return signature packets and a literal packet with the text, or None where it is damaged."""
    head = _HEAD.match(block)
    start = head.end() if head else -1
    found = _SIGNATURE.search(block, start - 2) if head else None
    if found is None:
        return None, (Problem(kind="damaged cleartext signature"),)
    text = _ESCAPE.sub(b"", block[start : max(start, found.start())])
    binary, problems = dearmor(block[found.start() :].lstrip(b"\r\n"))
    end = 0
    for packet in read_packets(binary):
        if packet.tag != _SIGNATURE_TAG or not packet.complete:
            break
        end = packet.end
    if not end:
        return None, (*problems, Problem(kind="damaged cleartext signature"))
    packets = binary[:end] + _literal(text)
    return ClearMessage(start=0, end=len(packets), packets=packets), problems


def _literal(text: bytes) -> bytes:
    """Wrap text in a literal data packet without name or date (RFC 9580 section 5.9)."""
    body = b"t\x00\x00\x00\x00\x00" + text
    return b"\xcb\xff" + len(body).to_bytes(4, "big") + body
