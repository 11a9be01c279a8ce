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
from zegel.custody.log import Log, account
from zegel.errors import RefusedError, at
from zegel.investigation import Investigation
from zegel.people import CASE, INVESTIGATION, Person
from zegel.service.asked import kept
from zegel.service.life import check_open
from zegel.service.logs import investigation_log

Shown = Collection[bytes] | Collection[str]
"""Identities of messages, or names of other results."""
Who = Person | str | None
"""A person who was authenticated; a name, for training; or nobody named: the account."""


def _name(result: bytes | str) -> str:
    return result if isinstance(result, str) else result.hex()


class Visit:
    """One act on its way: who does it, and the log that will say so."""

    def __init__(
        self, log: Log, act: str, person: Person, asked: Mapping[str, JSON] | None
    ) -> None:
        self.log = log
        self.act = act
        self.person = person
        self.written = False
        """Set where the log itself writes the entry, as with a head that is anchored."""
        self.explained = False
        self._asked = kept(person, asked or {})

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
        said = {"purpose": self.person.purpose} if self.person.purpose else {}
        names = None if shown is None else [_name(one) for one in shown]
        return self.log.append(act, {**facts, **said}, who=self.person.name, shown=names)

    def failed(self, error: BaseException) -> None:
        """Write that the act ended in an error: its class alone, for its words may hold content."""
        ended: dict[str, JSON] = {"failed": type(error).__name__}
        if self.written:
            self.note("failed", {"act": self.act, **ended})
        else:
            self.write(ended)


@contextmanager
def enter(
    inv: Investigation, act: str, who: Who = None, asked: Mapping[str, JSON] | None = None
) -> Iterator[Visit]:
    """Let a person do one act inside an investigation, or refuse; either is in its log."""
    log = investigation_log(inv)
    with at(inv.folder):
        person = _person(log, act, who, training=inv.training)
        _require_right(log, act, person, INVESTIGATION, training=inv.training)
        try:
            check_open(inv, act)
        except RefusedError as error:
            raise refuse(log, act, person.name, error) from None
    with _visit(Visit(log, act, person, asked)) as visit:
        yield visit


@contextmanager
def enter_case(
    case: Case, act: str, who: Who = None, asked: Mapping[str, JSON] | None = None
) -> Iterator[Visit]:
    """Let a person do one act of a case, or refuse; either is in its log."""
    log = case.log()
    with at(case.folder):
        person = _person(log, act, who, training=case.training)
        _require_right(log, act, person, CASE, training=case.training)
    with _visit(Visit(log, act, person, asked)) as visit:
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


def refuse(log: Log, act: str, name: str, error: RefusedError) -> RefusedError:
    """Write a refusal in the log and return it, to be raised."""
    log.append("refused", {"act": act, "why": error.what}, who=name)
    return error


def _person(log: Log, act: str, who: Who, *, training: bool) -> Person:
    if isinstance(who, Person):
        return who
    name = account()
    if who is None or who == name:
        return Person(name=name)
    if training:
        return Person(name=who, how="training")
    error = RefusedError("another name can be given in a training case only")
    raise refuse(log, act, name, error)


def _require_right(
    log: Log, act: str, person: Person, rights: Mapping[str, frozenset[str]], *, training: bool
) -> None:
    if act not in rights:
        error = RefusedError(f"`{act}` stands in no table of rights")
        raise refuse(log, act, person.name, error)
    if training or person.how == "account":
        return
    if person.roles.isdisjoint(rights[act]):
        error = RefusedError(f"{person.name!r} has no role here that may do `{act}`")
        raise refuse(log, act, person.name, error)
