"""Draw the same chances from the same seed, wherever and in whatever order they are asked for.

Every part of a plan has its own generator, named by what it is for, so that one device or one
slice of time can be planned without planning what comes before it.
"""

from __future__ import annotations

import hashlib
import random


def chances(seed: int, *names: object) -> random.Random:
    """Return the generator that belongs to `names` under `seed`."""
    label = "\x1f".join(str(name) for name in (seed, *names)).encode()
    return random.Random(int.from_bytes(hashlib.sha256(label).digest()))
