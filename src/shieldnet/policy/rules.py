"""Hold one message against the rules; return what may pass in its place."""

from __future__ import annotations

from dataclasses import dataclass

from shieldnet.policy.headers import surviving
from shieldnet.policy.parts import entity
from shieldnet.policy.shapes import shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A message that may pass."""

    shape: str
    """`encrypted`, `securejoin` or `autocrypt`."""
    octets: bytes


def passed(octets: bytes, sender: str) -> Passed:
    """Return the message written anew, from `sender` who logged in; raise `RefusedError`."""
    whole = entity(_crlf(octets))
    kind, body = shape(whole)
    lines = [*surviving(whole, sender, kind), *body]
    return Passed(shape=kind, octets=b"\r\n".join(lines))


def _crlf(octets: bytes) -> bytes:
    """Return the message with CRLF line ends, whatever it came with."""
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
