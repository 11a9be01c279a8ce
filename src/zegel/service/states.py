"""Use cases: keep what was asked under an opaque id, open it again, call it by a name.

A page's address holds such an id and never a word of a query. Whoever has the right to search here
opens any id they have; nothing of the evidence is shown by it, so to keep or open one is no entry
of the log (what is then searched is), a refusal is, and so is a name.

What the defence alone asks is the defence's own: it is encrypted under a key that follows from the
token of their session, lies beside the sessions and not in the folder, and goes with the session.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from zegel.canonical import JSON, canonical_json
from zegel.errors import SessionError, UsageError
from zegel.investigation import Investigation, states
from zegel.investigation.states import State, checked_name, new_id, written
from zegel.people import Person
from zegel.people.person import Own
from zegel.people.sessions import Sessions
from zegel.service.door import Who, admit, enter
from zegel.service.place import Place

__all__ = ["State", "keep_state", "name_state", "named_states", "open_state"]

_ID = re.compile("[0-9a-f]{32}")
_NONCE = 12
_SMALLEST = 1024
"""What is encrypted is filled up to this, or this times a power of four: length tells little."""


def keep_state(inv: Investigation, kind: str, facts: Mapping[str, JSON], *, who: Who = None) -> str:
    """Keep a question of a kind and return its id; the same question has the same id."""
    place, person = admit(inv, "search", who)
    if not person.sealed_to:
        return states.put(inv.folder, kind, facts, person.name)
    return _put_own(place, person, State(id=new_id(), kind=kind, facts=facts))


def open_state(inv: Investigation, id_: str, *, who: Who = None) -> State:
    """Return what is kept under an id; `UsageError` where nothing is that this person may open."""
    place, person = admit(inv, "search", who)
    return _get(place, person, inv, id_)


def name_state(inv: Investigation, id_: str, name: str, *, who: Who = None) -> None:
    """Call a question by a name, so that `named_states` lists it; an empty name takes it away.

    Each person gives one name to a question. The log says that it was named, and what it asks.
    """
    name = checked_name(name)
    with enter(inv, "search named", who, {"name": name}) as visit:
        state = _get(visit.place, visit.person, inv, id_)
        visit.write({"kind": state.kind, "asks": state.facts})
        if not visit.person.sealed_to:
            states.give_name(inv.folder, id_, name, visit.person.name)
            return
        named = replace(state, name=name, who=visit.person.name, at_ns=time.time_ns())
        _put_own(visit.place, visit.person, named if name else replace(named, who="", at_ns=0))


def named_states(inv: Investigation, *, who: Who = None) -> list[State]:
    """Return what was given a name here, by name; for the defence alone, of their session."""
    place, person = admit(inv, "search", who)
    if not person.sealed_to:
        return states.named(inv.folder)
    sessions, own = _own(place, person)
    names = filter(_ID.fullmatch, sessions.names_own(own))  # a session keeps other things too
    kept = [_opened(own, id_, sessions.get_own(own, id_)) for id_ in names]
    return sorted((one for one in kept if one and one.name), key=lambda one: one.name)


def _get(place: Place, person: Person, inv: Investigation, id_: str) -> State:
    """Return a state of the folder, or of the session; both are tried by the same path."""
    found = None
    if _ID.fullmatch(id_):
        found = states.get(inv.folder, id_)
        if found is None and person.sealed_to:
            sessions, own = _own(place, person)
            found = _opened(own, id_, sessions.get_own(own, id_))
    if found is None:
        raise UsageError(
            "there is no such search here",
            where=str(inv.folder),
            next_step="Search anew; a link to a search of the defence works in their session only.",
        )
    return found


def _own(place: Place, person: Person) -> tuple[Sessions, Own]:
    for where in (place, place.case):
        if where is not None and person.own is not None and where.sessions.holds(person.own):
            return where.sessions, person.own
    raise SessionError(
        "what the defence asks is kept under their session, and there is none",
        next_step="`zegel login` begins one.",
    )


def _put_own(place: Place, person: Person, state: State) -> str:
    sessions, own = _own(place, person)
    written(state.kind, state.facts)  # raises where it is too large
    fields: dict[str, JSON] = {
        "at_ns": str(state.at_ns),
        "facts": state.facts,
        "kind": state.kind,
        "name": state.name,
        "who": state.who,
    }
    text, size = canonical_json(fields), _SMALLEST
    while size < len(text):
        size *= 4
    nonce = token_bytes(_NONCE)
    sealed = AESGCM(own.key).encrypt(nonce, text.ljust(size), state.id.encode())
    sessions.put_own(own, state.id, nonce + sealed)
    return state.id


def _opened(own: Own, id_: str, kept: bytes | None) -> State | None:
    if kept is None or len(kept) < _NONCE:
        return None
    try:
        text = AESGCM(own.key).decrypt(kept[:_NONCE], kept[_NONCE:], id_.encode())
    except InvalidTag:
        return None
    fields = json.loads(text)
    return State(id=id_, **{**fields, "at_ns": int(fields["at_ns"])})
