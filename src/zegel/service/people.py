"""Use cases: who is enrolled in a case or an investigation; enrol, change roles, block, unblock.

Nobody changes their own roles, nobody grants what they also search, and a case keeps somebody who
can unblock the others. Every change is an entry with the digest of the roster it leads to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from zegel.canonical import JSON
from zegel.casefile import Case
from zegel.custody.log import account
from zegel.errors import LockedOutError, LoginError, RefusedError, UsageError
from zegel.investigation import Investigation
from zegel.openpgp.sealing import Recipient
from zegel.people import machine
from zegel.people.passwords import (
    WrongProofError,
    check_password,
    digest_password,
    read_public_key,
)
from zegel.people.rights import CASE_ROLES, DEFENCE
from zegel.people.roster import Enrolled, Roster, checked_name, checked_roles
from zegel.service.door import Visit, Who, enter_either
from zegel.service.identity import refuse

IN_CASE = (*CASE_ROLES, "investigator", "reviewer", "defence")
"""Roles a name can have in a case; the last three have no right there, and wait for a grant."""
LARGEST_CERTIFICATE = 100_000
IN_INVESTIGATION = ("investigator", "reviewer", "defence")
"""Roles somebody can be given in an investigation; its holder is whoever opens it elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """How a new name will be shown to be somebody's; with nothing, by the account of that name."""

    password: str | None = field(default=None, repr=False)
    key: bytes | None = field(default=None, repr=False)
    """A file with an Ed25519 public key: PEM or OpenSSH's."""
    certificate: bytes | None = field(default=None, repr=False)
    """The defence's OpenPGP certificate: what they ask is encrypted to it."""


def list_people(of: Case | Investigation, *, who: Who = None) -> dict[str, Any]:
    """Return everybody enrolled, with roles and how they are shown; nothing to guess from."""
    with enter_either(of, "people read", who) as visit:
        visit.write()
    place = visit.place
    return {
        "training": place.training,
        "granted_by": place.roster.granted_by.get("name"),
        "people": [
            {
                "name": one.name,
                "roles": list(one.roles),
                "shown_by": one.shown_by,
                "blocked": one.blocked or None,
            }
            for _, one in sorted(place.roster.people.items())
        ],
    }


def enrol(
    of: Case | Investigation,
    name: str,
    roles: Iterable[str],
    credentials: Credentials | None = None,
    *,
    who: Who = None,
) -> dict[str, Any]:
    """Enrol a new name with roles; return who is enrolled then."""
    given = credentials or Credentials()
    name = checked_name(name)

    def change(visit: Visit, roster: Roster) -> Enrolled:
        if name in roster.people:
            raise UsageError(
                f"{name!r} is enrolled already", next_step="`zegel people role` changes roles."
            )
        chosen = checked_roles(roles, IN_CASE if visit.place.is_case else IN_INVESTIGATION)
        sealed = _certificate(given.certificate, chosen)
        return _with_credentials(Enrolled(name=name, roles=chosen, certificate=sealed), given)

    return _change(of, "person enrolled", name, change, who)


def _certificate(given: bytes | None, roles: Iterable[str]) -> str:
    """Return the certificate of somebody who is enrolled as defence; nobody else has one."""
    if DEFENCE not in roles:
        if given is not None:
            raise UsageError("a certificate is the defence's: what they ask is encrypted to it")
        return ""
    if given is None:
        raise UsageError(
            "the defence needs an OpenPGP certificate: what they ask is encrypted to it",
            next_step="--certificate FILE. Its secret key stays with them.",
        )
    if len(given) > LARGEST_CERTIFICATE:
        raise UsageError(f"a certificate has at most {LARGEST_CERTIFICATE} bytes")
    return Recipient(given).certificate.hex()


def _with_credentials(one: Enrolled, given: Credentials) -> Enrolled:
    if given.password is not None and given.key is not None:
        raise UsageError("a name is shown by a password or by a key, not by both")
    if given.key is not None:
        return replace(one, account="", password="", key=read_public_key(given.key).hex())
    if given.password is not None:
        return replace(one, account="", password=digest_password(given.password), key="")
    return replace(one, account=one.name, password="", key="")


def set_roles(
    of: Case | Investigation, name: str, roles: Iterable[str], *, who: Who = None
) -> dict[str, Any]:
    """Give somebody these roles in place of those they had."""

    def change(visit: Visit, roster: Roster) -> Enrolled:
        one = roster.get(name)
        known = IN_CASE if visit.place.is_case else IN_INVESTIGATION
        kept = ("holder",) if "holder" in one.roles else ()
        chosen = checked_roles(roles, known)
        if DEFENCE in chosen and not one.certificate:
            raise UsageError(
                "the defence needs a certificate",
                next_step="`zegel people enrol --role defence --certificate FILE`, a new name.",
            )
        return replace(one, roles=(*chosen, *kept))

    return _change(of, "roles changed", name, change, who)


def block(of: Case | Investigation, name: str, why: str, *, who: Who = None) -> dict[str, Any]:
    """Let a name do nothing more, at once, until it is unblocked."""
    why = " ".join(why.split())
    if not why:
        raise UsageError("why the name is blocked must be said")

    def change(_: Visit, roster: Roster) -> Enrolled:
        return replace(roster.get(name), blocked=why)

    return _change(of, "person blocked", name, change, who, {"why": why})


def unblock(of: Case | Investigation, name: str, *, who: Who = None) -> dict[str, Any]:
    """Undo a block or a lock, and count failed tries anew."""

    def change(visit: Visit, roster: Roster) -> Enrolled:
        visit.place.tries.forget(name)
        return replace(roster.get(name), blocked="")

    return _change(of, "person unblocked", name, change, who)


def set_password(
    of: Case | Investigation,
    new: str,
    *,
    name: str | None = None,
    old: str | None = None,
    who: Who = None,
) -> dict[str, Any]:
    """Change one's own password, for which the `old` one is asked, or reset that of `name`."""
    if name is not None:
        given = Credentials(password=new)

        def reset(visit: Visit, roster: Roster) -> Enrolled:
            if name == visit.person.name:
                raise UsageError("this is your own name: leave it out, and give the old password")
            return _with_credentials(roster.get(name), given)

        return _change(of, "password reset", name, reset, who)
    with enter_either(of, "password changed", who) as visit, visit.place.changing():
        place, mine = visit.place, visit.person.name
        one = place.roster.get(mine)
        if one.password:
            _require_old(visit, one, old or "")
        changed = _with_credentials(one, Credentials(password=new))
        place.change_roster(place.roster.put(changed), visit.act, {"name": mine}, mine)
        visit.written = True
        place.sessions.end_all_of(mine)
    return _shown(changed)


def _require_old(visit: Visit, one: Enrolled, old: str) -> None:
    """Raise unless the old password is right; a wrong one counts like a failed login."""
    try:
        visit.place.tries.begin(one.name)
        check_password(old, one.password)
    except (WrongProofError, LockedOutError) as error:
        wrong = LoginError("the old password is wrong")
        said = error if isinstance(error, LockedOutError) else wrong
        visit.explained = True
        raise refuse(visit.place, visit.act, one.name, said) from None
    visit.place.tries.forget(one.name)


def _change(
    of: Case | Investigation,
    act: str,
    name: str,
    change: Callable[[Visit, Roster], Enrolled],
    who: Who,
    said: dict[str, JSON] | None = None,
) -> dict[str, Any]:
    """Change one name of the roster, in one entry; return the name as it is then."""
    with enter_either(of, act, who) as visit, visit.place.changing():
        place = visit.place
        if place.is_case and not place.roster.people:  # a case made before there were people
            place.roster = place.roster.put(_first())
        changed = change(visit, place.roster)
        try:
            _may_be(visit, changed)
        except RefusedError as error:
            visit.explained = True
            raise refuse(place, act, visit.person.name, error) from None
        facts = {
            "name": name,
            "roles": list(changed.roles),
            "shown_by": changed.shown_by,
            **(said or {}),
            **visit.said(),
        }
        place.change_roster(place.roster.put(changed), act, facts, visit.person.name)
        visit.written = True
        if changed.blocked or act == "password reset":
            place.sessions.end_all_of(name)
    return _shown(changed)


def _may_be(visit: Visit, changed: Enrolled) -> None:
    """Raise where the change would let somebody judge their own case, or leave nobody to help."""
    place, me = visit.place, visit.person.name
    roster = place.roster.put(changed)
    if place.is_case and place.roster.people and not roster.holding("administrator"):
        raise RefusedError(
            "this case would have no administrator left",
            next_step="Enrol another administrator first.",
        )
    if place.training:
        return
    before = place.roster.people.get(changed.name)
    if changed.name == me and before is not None and changed.roles != before.roles:
        raise RefusedError("nobody gives roles to themselves")
    if place.roster.was_granted_by(changed.name, machine.digest() if changed.account else ""):
        raise RefusedError("nobody searches what they granted")


def _first() -> Enrolled:
    return Enrolled(name=account(), roles=("examiner", "administrator"), account=account())


def _shown(one: Enrolled) -> dict[str, Any]:
    return {
        "name": one.name,
        "roles": list(one.roles),
        "shown_by": one.shown_by,
        "blocked": one.blocked or None,
    }
