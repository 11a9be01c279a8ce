"""People for tests: enrolled at once, without the seconds that a password's digest takes."""

from __future__ import annotations

from zegel.casefile import Case
from zegel.investigation import Investigation
from zegel.people import Person
from zegel.people.roster import Enrolled
from zegel.service.place import place_of


def enrolled(of: Case | Investigation, **roles: str) -> None:
    """Enrol these names with these roles (`ann="examiner, witness"`), shown by a key."""
    place = place_of(of)
    with place.changing():
        people = [
            Enrolled(name=name, roles=tuple(one.split(", ")), key="00" * 32)
            for name, one in roles.items()
        ]
        place.change_roster(place.roster.put(*people), "person enrolled", {}, "test")


def person(name: str, purpose: str = "a test") -> Person:
    """Return somebody who logged in with a key."""
    return Person(name=name, how="key", purpose=purpose)
