"""Who acts, and may they: a name that was shown to be theirs, its roles here, the right to the act.

Outside training nothing is taken at its word: a person is the operating-system account, or somebody
who logged in. Roles are looked up at every act, or once for the acts of one request
(`zegel.service.place.one_opening`), so that a block counts at once.
"""

from __future__ import annotations

from dataclasses import replace

from zegel.canonical import JSON
from zegel.custody.log import account
from zegel.errors import LockedOutError, NamedError, RefusedError, SessionError
from zegel.people import Person, machine
from zegel.people.rights import CONTENT, DEFENCE
from zegel.people.roster import Enrolled
from zegel.people.sessions import own_of
from zegel.service.place import Place
from zegel.service.tokens import token_of

Who = Person | str | None
"""A person who was authenticated; a name, for training; or nobody named: session or account."""

OF_OFFICERS = frozenset({"reviewer", "holder"})
ALONE = frozenset({"examiner", "administrator"})
"""What the account is in a case in which nobody was ever enrolled."""


def refuse(place: Place, act: str, name: str, error: RefusedError) -> RefusedError:
    """Write a refusal in the log and return it, to be raised."""
    facts: dict[str, JSON] = {"act": act, "why": error.what}
    place.append("refused", facts, name)
    error.where = error.where or str(place.folder)
    return error


def person_for(place: Place, act: str, who: Who) -> Person:
    """Return who does `act`, with the right to it; write a refusal in the log and raise it else."""
    name = who.name if isinstance(who, Person) else account()
    try:
        person = acting(place, who)
        name = person.name
        require_right(place, act, person)
    except RefusedError as error:
        raise refuse(place, act, name, error) from None
    return person


def acting(place: Place, who: Who) -> Person:
    """Return who acts here, with the roles of now; raise where that cannot be known."""
    if isinstance(who, Person):
        person = who
    else:
        person = _present(place) if who is None else _named(place, who)
    roles = _roles(place, person)
    return replace(person, roles=roles, sealed_to=_certificate(place, person))


def _named(place: Place, who: str) -> Person:
    if who == account():
        return Person(name=_of_account(place))
    if place.training:
        return Person(name=who, how="training")
    raise NamedError(f"{account()!r} cannot act as {who!r}: that is for training only")


def _present(place: Place) -> Person:
    """Return whoever is logged in here or, for an investigation at home, in its case; or the
    account."""
    for where in (place, place.case):
        token = token_of(where.origin) if where is not None else None
        if where is None or token is None:
            continue
        session = where.sessions.use(token)
        if where is place or _same(place, where, session.name):
            return Person(
                name=session.name, purpose=session.purpose, how=session.how, own=own_of(token)
            )
    return Person(name=_of_account(place))


def _same(place: Place, case: Place, name: str) -> bool:
    """Say whether a name of the case is nobody else in the investigation."""
    inside, outside = place.roster.people.get(name), case.roster.people.get(name)
    return inside is None or (outside is not None and _proof(inside) == _proof(outside))


def _proof(one: Enrolled) -> tuple[str, str, str]:
    return one.account, one.password, one.key


def _of_account(place: Place) -> str:
    for where in (place, place.case):
        enrolled = where.roster.of_account(account()) if where is not None else None
        if enrolled is not None:
            return enrolled.name
    return account()


def _roles(place: Place, person: Person) -> frozenset[str]:
    """Return what the person is here: in the investigation, and in its case where it lies there."""
    if place.is_case and not place.roster.people and person.how == "account":
        return ALONE
    roles: frozenset[str] = frozenset()
    for where in (place, place.case):
        enrolled = where.roster.people.get(person.name) if where is not None else None
        if where is None or enrolled is None or not _shown(enrolled, person):
            continue
        if enrolled.blocked:
            raise LockedOutError(f"{person.name!r} is blocked: {enrolled.blocked}")
        if where is place or _same(place, where, person.name):
            roles |= frozenset(enrolled.roles)
    return roles


def _certificate(place: Place, person: Person) -> str:
    """Return what the person's questions are encrypted to, where the person is the defence.

    Whoever is something else besides, an investigator say, is logged in words like everybody.
    """
    for where in (place, place.case):
        enrolled = where.roster.people.get(person.name) if where is not None else None
        if (
            where is not None
            and enrolled is not None
            and (where is place or _same(place, where, person.name))
        ):
            return enrolled.certificate if enrolled.roles == (DEFENCE,) else ""
    return ""


def _shown(enrolled: Enrolled, person: Person) -> bool:
    """Say whether the person has shown what this name asks for."""
    if person.how == "account":
        return enrolled.account == account()
    return enrolled.shown_by == person.how


def require_right(place: Place, act: str, person: Person) -> None:
    """Raise unless a role of the person has the right to the act here."""
    if act not in place.rights:
        raise RefusedError(f"`{act}` stands in no table of rights")
    if place.training:
        return
    if person.roles.isdisjoint(place.rights[act]):
        had = ", ".join(sorted(person.roles)) or "no role here"
        raise RefusedError(f"{person.name!r} ({had}) has no right to this act: {act}")
    if place.is_case or act not in CONTENT:
        return
    if place.officers and person.roles.isdisjoint(OF_OFFICERS):
        raise RefusedError("this is the privilege officer's, and only a reviewer reads it")
    if place.roster.was_granted_by(
        person.name, machine.digest() if person.how == "account" else ""
    ):
        raise RefusedError("nobody searches what they granted")
    if not person.purpose:
        raise SessionError("no purpose was said, and content is read for one")
