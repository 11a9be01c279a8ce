"""Draws a random sample that nobody chose and anybody can draw again.

Each name gets the HMAC-SHA256 (RFC 2104) of the name under the seed; the lowest are drawn. So the
draw depends on the seed and the names alone, not on their order or a library's generator, and a
larger sample under the same seed holds the smaller. The seed must not be chosen by whoever knows
the names: a court names it, or it is drawn in public after `frame_digest` was fixed.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection
from hashlib import sha256


def draw(names: Collection[str], size: int, seed: str) -> list[str]:
    """Return `size` of `names` in the order drawn, all of them where there are no more."""
    key = seed.encode()
    ranked = sorted(set(names), key=lambda n: (hmac.digest(key, n.encode(), "sha256"), n))
    return ranked[: max(0, size)]


def frame_digest(names: Collection[str]) -> str:
    """Return the SHA-256 of all names a sample is drawn from: sorted, a line each."""
    return sha256(b"".join(name.encode() + b"\n" for name in sorted(set(names)))).hexdigest()
