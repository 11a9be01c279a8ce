"""What was shown is in the log as a number and a salted digest, however long the list was.

The digest is HMAC-SHA256 (RFC 2104) of the canonical JSON of the results' names in the order
shown, under the salt of the entry's field `facts/shown`. Whoever is shown that field (value and
salt) and has the names can check them; whoever lacks the salt must never learn a name by trying.
An entry so grows by the same hundred bytes for one result and for a hundred thousand.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from zegel.canonical import JSON, canonical_json
from zegel.custody.entries import Entry
from zegel.errors import VerificationError

RESULTS, SHOWN = "results", "shown"
"""The facts that hold number and digest; no act may name its own so."""
FIELD = f"facts/{SHOWN}"


def shown_digest(salt: bytes, names: Sequence[str]) -> str:
    """Return the digest of what was shown, under the salt of the entry's field `facts/shown`."""
    return hmac.digest(salt, canonical_json(list(names)), "sha256").hex()


def shown_facts(salt: bytes, names: Sequence[str]) -> dict[str, JSON]:
    """Return the two facts of an entry that say what was shown."""
    return {RESULTS: len(names), SHOWN: shown_digest(salt, names)}


def require_shown(entry: Entry, names: Sequence[str]) -> None:
    """Raise unless exactly these results, in this order, were shown by `entry`."""
    expected = shown_facts(entry.field_salt(FIELD), names)
    if {name: entry.facts.get(name) for name in expected} != expected:
        raise VerificationError(f"this is not what entry {entry.index} of the log says was shown")
