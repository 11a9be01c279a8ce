"""What is the defence's own while they work: gone with their session, shown to nobody else.

It lies beside the sessions, outside the movable folder. What they collect is encrypted under a key
that follows from the session's token; a dossier is not, for another program makes it.
"""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from secrets import token_bytes
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from zegel.errors import SessionError, UsageError
from zegel.people import Person
from zegel.people.person import Own
from zegel.people.sessions import Sessions, own_name
from zegel.service.place import Place
from zegel.service.shelf import Shelf

LARGEST = 4 * 1024 * 1024
_NONCE = 12
_SMALLEST = 4096
"""What is encrypted is filled up to this, or this times a power of four: length tells little."""


def put(place: Place, person: Person, name: str, what: Any) -> None:
    """Keep what can be written as JSON under a name of the session."""
    sessions, own = _session(place, person)
    name = f"{_here(place)}-{name}"
    text, size = json.dumps(what).encode(), _SMALLEST
    if len(text) > LARGEST:
        raise UsageError("this is more than a session keeps for the defence")
    while size < len(text):
        size *= 4
    nonce = token_bytes(_NONCE)
    sealed = AESGCM(own.key).encrypt(nonce, text.ljust(size), name.encode())
    sessions.put_own(own, name, nonce + sealed)


def get(place: Place, person: Person, name: str) -> Any:
    """Return what was kept under a name; None where nothing was, or nothing that opens."""
    sessions, own = _session(place, person)
    name = f"{_here(place)}-{name}"
    kept = sessions.get_own(own, name)
    if kept is None or len(kept) < _NONCE:
        return None
    try:
        return json.loads(AESGCM(own.key).decrypt(kept[:_NONCE], kept[_NONCE:], name.encode()))
    except InvalidTag:
        return None


def own_shelf(place: Place, person: Person) -> Shelf:
    """Return where the dossiers of a session lie."""
    sessions, own = _session(place, person)
    return Shelf(sessions.folder, f"{own_name(own.session)}-{_here(place)}-dossier-")


def forget_all(place: Place) -> None:
    """Remove what any session keeps of this investigation: it is closed, or destroyed."""
    for where in (place, place.case):
        if where is None:
            continue
        for left in where.sessions.folder.glob(f"*own-*-{_here(place)}-*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


def _here(place: Place) -> str:
    """Name the investigation: a session of its case opens several."""
    return sha256(place.origin.encode()).hexdigest()[:16]


def _session(place: Place, person: Person) -> tuple[Sessions, Own]:
    for where in (place, place.case):
        if where is not None and person.own is not None and where.sessions.holds(person.own):
            return where.sessions, person.own
    raise SessionError(
        "what the defence collects is kept under their session, and there is none",
        next_step="`zegel login` begins one.",
    )
