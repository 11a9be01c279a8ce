"""Who may search a new investigation: written in its folder, with an entry that stands for it and
for every other file that never changes from then on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from zegel.custody.log import Log
from zegel.custody.watch import listed_in, listing
from zegel.errors import RefusedError
from zegel.investigation.casework import NAME as CASEWORK
from zegel.investigation.life import KEPT
from zegel.people import Person, machine
from zegel.people.rights import INVESTIGATION_ROLES
from zegel.people.roster import PLACE, Enrolled, Roster, checked_name
from zegel.service.place import Place
from zegel.tables import make_folder, replace_file

OFFICERS = frozenset({"privilege officer", "reviewer"})
FOLDER_LISTED = "folder listed"


def roster_for(
    place: Place, granter: Person, names: Sequence[str], *, officers: bool = False
) -> Roster:
    """Return the roster of an investigation that `granter` grants for `names`.

    Whoever is enrolled in the case comes with how they are shown there, as reviewer or defence
    where they are that, else as investigator; any other name is an operating-system account.
    With `officers`, of a review or a sample, everybody is a reviewer, and outside training nobody
    who is not the case's privilege officer or reviewer. Raises `RefusedError` for the granter's
    own name: nobody searches what they granted.
    """
    people = [_person(place, checked_name(name)) for name in names]
    if officers:
        people = [_reviewer(place, one) for one in people]
    for one in people:
        if one.name == granter.name and not place.training:
            raise RefusedError(
                f"{one.name!r} grants this, and nobody searches what they granted",
                next_step="Name with --for who will search, or let somebody else grant it.",
            )
    by = {"name": granter.name}
    if granter.how == "account":
        by["machine"] = machine.digest()
    return Roster(granted_by=by).put(*people)


def _reviewer(place: Place, one: Enrolled) -> Enrolled:
    known = place.roster.people.get(one.name)
    if not place.training and (known is None or OFFICERS.isdisjoint(known.roles)):
        raise RefusedError(
            f"{one.name!r} is neither privilege officer nor reviewer in the case",
            next_step="`zegel people enrol --role reviewer` before the grant.",
        )
    return replace(one, roles=("reviewer",))


def _person(place: Place, name: str) -> Enrolled:
    known = place.roster.people.get(name)
    if known is None:
        return Enrolled(name=name, roles=("investigator",), account=name)
    if known.blocked:
        raise RefusedError(f"{name!r} is blocked in the case: {known.blocked}")
    roles = tuple(role for role in known.roles if role in INVESTIGATION_ROLES)
    return Enrolled(
        name=name,
        roles=roles or ("investigator",),
        account=known.account,
        password=known.password,
        key=known.key,
        certificate=known.certificate,
    )


def list_folder(folder: Path, log: Log, roster: Roster, who: str) -> None:
    """Write the roster of a new folder, and let its log stand for all that will not change."""
    make_folder((folder / PLACE).parent)
    replace_file(folder / PLACE, roster.text())
    facts = {"enrolled": sorted(roster.people), "granted_by": roster.granted_by["name"]}
    log.append(FOLDER_LISTED, {**facts, **listing(folder, _unchanging(folder))}, who=who)


def content_listed(folder: Path, *, ever: bool = False) -> list[str]:
    """Return the files that the log stands for, or ever did, and that go when the content goes."""
    return [name for name in listed_in(folder, ever=ever) if name.partition("/")[0] not in KEPT]


def _unchanging(folder: Path) -> Iterable[Path]:
    """Yield the files of a folder that do not change from now on."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith((".", "custody/", CASEWORK)):
            yield path


def forget(beside: Path) -> None:
    """Remove what was kept of an earlier folder of the same name."""
    for what in ("checked", "tries"):
        beside.with_name(f"{beside.name}.{what}").unlink(missing_ok=True)
