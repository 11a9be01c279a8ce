"""What the log keeps of what a person asked for: decided in this one place, person by person.

Whoever prosecutes may be asked later what they searched for, so their words stand in the log, a
query under the fact `query`. What the defence looks for is the defence's own: their words, and the
identities of what was shown, are encrypted to their certificate before they enter the log. The
entry says that they searched and when, and in which of four buckets the number of results lies.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from zegel.canonical import JSON, canonical_json
from zegel.openpgp.sealing import Recipient
from zegel.people import Person
from zegel.people.rights import CONTENT

QUERY = "query"
SEALED, BUCKET = "sealed", "about"
OPEN = ("failed", "act", "purpose")
"""Facts that tell nothing of what was asked."""

BUCKETS = ((10, "fewer than 10"), (100, "10 to 99"), (1000, "100 to 999"))
LARGEST_BUCKET = "1,000 or more"
_SMALLEST = 4096
"""Bytes sealed are filled up to this, or this times a power of four: length tells little."""


def is_sealed(person: Person, act: str) -> bool:
    """Say whether what this person asks in this act is for nobody else to read."""
    return bool(person.sealed_to) and act in CONTENT


def kept(
    person: Person, act: str, facts: Mapping[str, JSON], shown: Sequence[str] | None
) -> tuple[dict[str, JSON], Sequence[str] | None]:
    """Return the facts that an entry holds of what `person` asked, and what it digests as shown."""
    if not is_sealed(person, act):
        return dict(facts), shown
    asked = {name: value for name, value in facts.items() if name not in OPEN}
    said = {name: value for name, value in facts.items() if name in OPEN}
    whole: dict[str, JSON] = {"act": act, "asked": asked}
    if shown is not None:
        whole |= {"results": len(shown), "shown": list(shown)}
        said[BUCKET] = bucket(len(shown))
    return {**said, SEALED: seal(person.sealed_to, whole)}, None


def bucket(count: int) -> str:
    """Return in which of four buckets a number of results lies."""
    return next((name for end, name in BUCKETS if count < end), LARGEST_BUCKET)


def seal(certificate: str, whole: Mapping[str, JSON]) -> str:
    """Return `whole` as JSON, filled up and encrypted, in base64."""
    text = canonical_json(whole)
    size = _SMALLEST
    while size < len(text):
        size *= 4
    message = Recipient(bytes.fromhex(certificate)).seal(text + b" " * (size - len(text)))
    return base64.b64encode(message).decode("ascii")
