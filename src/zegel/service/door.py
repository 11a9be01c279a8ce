"""The one door: who acts, may they, and the entry in the log that comes before the result.

    with enter(inv, "search", who, {"query": query}) as visit:
        found = …
        visit.write(shown=[row["message"] for row in found])
    return found

What is asked is given at the door; the body computes; `write` puts the entry in the log before the
result leaves. A refusal is an entry (`refused`), a body that raises leaves one that says so, and
one that ends without `write` is a fault of this program and raises: nothing is shown unlogged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from zegel.canonical import JSON
from zegel.casefile import Case
from zegel.custody.acts import RESERVED
from zegel.custody.log import Log
from zegel.errors import RefusedError, at
from zegel.investigation import Investigation
from zegel.people import Person
from zegel.service.asked import kept
from zegel.service.identity import Who, person_for, refuse
from zegel.service.life import check_open
from zegel.service.place import Place, place_of
from zegel.tables.held import let_go

__all__ = ["Visit", "Who", "admit", "enter", "enter_case", "enter_either", "refuse"]

Shown = Collection[bytes] | Collection[str]
"""Identities of messages, or names of other results."""


def _name(result: bytes | str) -> str:
    return result if isinstance(result, str) else result.hex()


class Visit:
    """One act on its way: who does it, and the log that will say so."""

    def __init__(
        self, place: Place, act: str, person: Person, asked: Mapping[str, JSON] | None
    ) -> None:
        self.place = place
        self.act = act
        self.person = person
        self.written = False
        """Set where the log itself writes the entry, as with a head that is anchored."""
        self.explained = False
        self._asked = dict(asked or {})

    @property
    def log(self) -> Log:
        """The log of the case or investigation."""
        return self.place.log

    def write(
        self,
        facts: Mapping[str, JSON] | None = None,
        *,
        shown: Shown | None = None,
        act: str = "",
    ) -> int:
        """Write the entry of this act; return its index.

        `facts` joins what was asked at the door; `shown` are the identities of the messages that
        the result will show, in its order, or names of what is no message; `act` is a nearer word
        for what it came to.
        """
        index = self.note(act or self.act, {**self._asked, **(facts or {})}, shown=shown)
        self.written = True
        return index

    def explain(self, act: str, facts: Mapping[str, JSON]) -> None:
        """Write why the act stops, in an entry of its own: the body is about to raise."""
        self.note(act, facts)
        self.explained = True

    def note(self, act: str, facts: Mapping[str, JSON], *, shown: Shown | None = None) -> int:
        """Write another entry about the same act, under its own name; return its index."""
        names = None if shown is None else [_name(one) for one in shown]
        said, open_names = kept(self.person, self.act, facts, names)
        told = {**said, **self.said()}
        return self.place.append(act, told, self.person.name, shown=open_names)

    def said(self) -> dict[str, JSON]:
        """Return the purpose of the working session, as a fact; none where none was said."""
        return {"purpose": self.person.purpose} if self.person.purpose else {}

    def failed(self, error: BaseException) -> None:
        """Write that the act ended in an error: its class alone, for its words may hold content."""
        ended: dict[str, JSON] = {"failed": type(error).__name__}
        if self.written or self.act in RESERVED:
            self.note("failed", {"act": self.act, **ended})
        else:
            self.write(ended)


def admit(inv: Investigation, act: str, who: Who = None) -> tuple[Place, Person]:
    """Return the investigation as the door sees it and who acts, who has the right to the act now.

    Only a refusal is an entry: for what is no read and shows nothing of the evidence, such as to
    keep a question that will be an entry when it is asked. All else goes through `enter`.
    """
    place = place_of(inv)
    person = person_for(place, act, who)
    try:
        with at(inv.folder):
            check_open(inv, act)
    except RefusedError as error:
        let_go(inv.folder)
        raise refuse(place, act, person.name, error) from None
    return place, person


@contextmanager
def enter(
    inv: Investigation, act: str, who: Who = None, asked: Mapping[str, JSON] | None = None
) -> Iterator[Visit]:
    """Let a person do one act inside an investigation, or refuse; either is in its log."""
    place, person = admit(inv, act, who)
    with _visit(Visit(place, act, person, asked)) as visit:
        yield visit


@contextmanager
def enter_case(
    case: Case, act: str, who: Who = None, asked: Mapping[str, JSON] | None = None
) -> Iterator[Visit]:
    """Let a person do one act of a case, or refuse; either is in its log."""
    place = place_of(case)
    person = person_for(place, act, who)
    with _visit(Visit(place, act, person, asked)) as visit:
        yield visit


def enter_either(
    of: Case | Investigation, act: str, who: Who = None, asked: Mapping[str, JSON] | None = None
) -> AbstractContextManager[Visit]:
    """Let a person do one act that a case and an investigation have alike."""
    if isinstance(of, Case):
        return enter_case(of, act, who, asked)
    return enter(of, act, who, asked)


@contextmanager
def _visit(visit: Visit) -> Iterator[Visit]:
    try:
        yield visit
        if not visit.written:
            raise RuntimeError(f"`{visit.act}` ended without an entry in the log")
    except BaseException as error:
        if not visit.explained:
            visit.failed(error)
        raise
