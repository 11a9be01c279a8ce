"""Use cases: log in, say for what, log out, ask who acts here.

Nothing here shows anything of a case. Every login, failed try, lock and logout is in the log; a
name that nobody has is not, for it may be a password in the wrong place.
"""

from __future__ import annotations

import secrets
import time
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from zegel.canonical import JSON
from zegel.casefile import Case
from zegel.custody.log import account
from zegel.errors import LockedOutError, LoginError, RefusedError, SessionError, UsageError
from zegel.investigation import Investigation
from zegel.people import Person
from zegel.people.passwords import (
    WrongProofError,
    challenge_text,
    check_password,
    check_signature,
)
from zegel.people.person import How
from zegel.people.roster import Enrolled, checked_name
from zegel.people.sessions import Session, name_in_log, own_of
from zegel.people.tries import MOST
from zegel.service.identity import Who, acting, refuse
from zegel.service.place import Place, place_of
from zegel.service.tokens import keep, token_of

LONGEST_PURPOSE = 500
BY_WORD = "\0"
"""No account: whoever a training case takes at their word."""
NOBODY = "nobody"
"""What the log calls whoever failed under a name that nobody here has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What somebody shows so that a name is theirs; without either, their account is."""

    password: str | None = field(default=None, repr=False)
    challenge: bytes | None = field(default=None, repr=False)
    signature: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A working session that has begun."""

    name: str
    roles: tuple[str, ...]
    how: How
    purpose: str
    origin: str
    token: str = field(repr=False)


def shown_by(of: Case | Investigation, name: str | None) -> str:
    """Return how a name is shown to be somebody's: `password`, `key` or `account`.

    For a name that nobody has it is a password: whoever asks learns nothing.
    """
    place = place_of(of)
    if name is None:
        return "account"
    enrolled = place.roster.people.get(name)
    return enrolled.shown_by if enrolled else "account" if name == account() else "password"


def challenge(of: Case | Investigation, name: str) -> bytes:
    """Return a text for a key to sign, good for one answer within two minutes."""
    place = place_of(of)
    text = challenge_text(origin=place.origin, name=name, nonce=secrets.token_bytes(32))
    place.sessions.challenge(text)
    return text


def login(
    of: Case | Investigation, name: str | None = None, proof: Proof | None = None, *, purpose: str
) -> LoggedIn:
    """Begin a working session and return it with its token; every failed try is logged."""
    place, proof = place_of(of), proof or Proof()
    purpose = " ".join(purpose.split())
    if not 0 < len(purpose) <= LONGEST_PURPOSE:
        raise UsageError(f"a purpose has 1 to {LONGEST_PURPOSE} characters")
    if name is None or name == account():
        enrolled = _of_account(place)
    else:
        enrolled = place.roster.people.get(name) or _in_training(place, name)
    try:
        _prove(place, enrolled, proof)
    except RefusedError as error:
        raise refuse(place, "log in", enrolled.name if enrolled else NOBODY, error) from None
    assert enrolled is not None
    return _begin(place, enrolled, purpose, by_word=enrolled.account == BY_WORD)


def _in_training(place: Place, name: str) -> Enrolled | None:
    """Return whoever says so: in training a name is taken at its word."""
    return Enrolled(name=checked_name(name), roles=(), account=BY_WORD) if place.training else None


def _of_account(place: Place) -> Enrolled | None:
    """Return whose the account at hand is; in training, or where nobody is enrolled, its own."""
    found = place.roster.of_account(account()) or place.roster.people.get(account())
    if found is None and (place.training or (place.is_case and not place.roster.people)):
        return Enrolled(name=account(), roles=(), account=account())
    return found


def _prove(place: Place, enrolled: Enrolled | None, proof: Proof) -> None:
    """Raise unless the name is shown to be theirs; the try is counted before it is judged."""
    if enrolled is not None and enrolled.blocked:
        # Not why: whoever types a name has not shown that it is theirs.
        raise LockedOutError("the name is blocked")
    if enrolled is not None and enrolled.shown_by == "account":
        if enrolled.account not in (account(), BY_WORD):
            raise LoginError("this name belongs to another account of this machine")
        return
    bucket = enrolled.name if enrolled else ""
    failed = place.tries.begin(bucket)
    try:
        _judge(place, enrolled, proof)
    except WrongProofError:
        if enrolled is not None and failed >= MOST:
            _lock(place, enrolled, failed)
        raise LoginError("name, password or key is wrong") from None
    place.tries.forget(bucket)


def _judge(place: Place, enrolled: Enrolled | None, proof: Proof) -> None:
    if enrolled is not None and enrolled.key:
        if proof.challenge is None or proof.signature is None:
            raise WrongProofError
        place.sessions.answered(proof.challenge)
        check_signature(bytes.fromhex(enrolled.key), proof.challenge, proof.signature)
        return
    check_password(proof.password or "", enrolled.password if enrolled else "")


def _lock(place: Place, enrolled: Enrolled, failed: int) -> None:
    with place.changing():
        why = f"{failed} tries to log in failed"
        locked = replace(place.roster.get(enrolled.name), blocked=why)
        facts: dict[str, JSON] = {"name": enrolled.name, "why": why}
        place.change_roster(place.roster.put(locked), "person locked", facts, "zegel")
    place.sessions.end_all_of(enrolled.name)


def _begin(place: Place, enrolled: Enrolled, purpose: str, *, by_word: bool) -> LoggedIn:
    how: How = "account"
    if by_word:
        how = "training"
    elif enrolled.shown_by != "account":
        how = "password" if enrolled.password else "key"
    began = Session(name=enrolled.name, how=how, purpose=purpose, began_ns=time.time_ns())
    return _logged_in(place, began, place.sessions.begin(began))


def _logged_in(place: Place, began: Session, token: str) -> LoggedIn:
    facts: dict[str, JSON] = {
        "how": began.how,
        "purpose": began.purpose,
        "session": name_in_log(token),
    }
    place.append("logged in", facts, began.name)
    enrolled = place.roster.people.get(began.name)
    return LoggedIn(
        name=began.name,
        roles=enrolled.roles if enrolled else (),
        how=began.how,
        purpose=began.purpose,
        origin=place.origin,
        token=token,
    )


def hand_over(of: Case | Investigation) -> str:
    """Return a code that carries the session kept here into a browser: once, within two minutes."""
    place = place_of(of)
    try:
        token = token_of(place.origin)
        if token is None:
            raise SessionError("nobody is logged in here")
        session = place.sessions.use(token)
        code = place.sessions.hand_over(token)
    except RefusedError as error:
        raise refuse(place, "hand a session over", NOBODY, error) from None
    place.append("session handed over", {"session": name_in_log(token)}, session.name)
    return code


def take_over(of: Case | Investigation, code: str) -> LoggedIn:
    """Begin, in a browser, the session that a terminal handed over."""
    place = place_of(of)
    try:
        session, token = place.sessions.taken_over(code)
    except RefusedError as error:
        raise refuse(place, "log in", NOBODY, error) from None
    return _logged_in(place, session, token)


def signed_proof(challenge: bytes, signature: str) -> Proof:
    """Return the proof of a key from what was given as text: the challenge and, in base64, its
    Ed25519 signature (RFC 8032), as `openssl pkeyutl -sign -rawin` makes it."""
    try:
        octets = b64decode("".join(signature.split()), validate=True)
    except ValueError:
        raise UsageError("a signature is given in base64") from None
    return Proof(challenge=challenge, signature=octets)


def nobody_here(proof: Proof) -> LoginError:
    """Return the refusal of a place that is not served, as slow as that of a wrong password."""
    with suppress(WrongProofError):
        check_password(proof.password or "", "")
    return LoginError("name, password or key is wrong")


def remember(of: Case | Investigation, began: LoggedIn) -> None:
    """Keep a session's token in the file of whoever types commands, for those that follow."""
    keep(began.origin, began.token, outside=of.folder)


def logout(of: Case | Investigation, token: str | None = None) -> str:
    """End a session, of the token kept here where none is given, and return whose it was."""
    place = place_of(of)
    kept = token_of(place.origin)
    ended = token or kept
    try:
        if ended is None:
            raise SessionError("nobody is logged in here")
        session = place.sessions.use(ended)
    except RefusedError as error:
        raise refuse(place, "log out", NOBODY, error) from None
    finally:
        if kept is not None and kept == ended:
            keep(place.origin, None, outside=of.folder)
    place.append("logged out", {"session": name_in_log(ended)}, session.name)
    place.sessions.end(ended)
    return session.name


def person_of(of: Case | Investigation, token: str) -> Person:
    """Return who holds a token, to be given as `who`; raise, and log, where the session ended."""
    place = place_of(of)
    try:
        session = place.sessions.use(token)
    except RefusedError as error:
        raise refuse(place, "go on", NOBODY, error) from None
    return Person(name=session.name, purpose=session.purpose, how=session.how, own=own_of(token))


def whoami(of: Case | Investigation, *, who: Who = None) -> dict[str, Any]:
    """Say who acts here, with which roles, shown how, for which purpose."""
    place = place_of(of)
    try:
        person = acting(place, who)
    except RefusedError as error:
        raise refuse(place, "who acts", account(), error) from None
    return {
        "training": place.training,
        "name": person.name,
        "roles": sorted(person.roles),
        "how": person.how,
        "purpose": person.purpose or None,
        "may": sorted(
            act
            for act, roles in place.rights.items()
            if place.training or not roles.isdisjoint(person.roles)
        ),
    }
