"""One thing said of many messages at once, and its undoing; what others said since is not touched.

An act is the lines of one person at one instant. To undo one is another act, whose lines restore
what stood before: of a tag, whether the message bore it; of relevance, what the same person judged
before. Where somebody said something else since, that stands, and is told. So an undoing can be
undone too, and no line is ever lost.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from zegel.errors import UsageError
from zegel.investigation.casework import (
    WITHDRAWN,
    Line,
    add_to,
    lines_in,
    next_instant,
    opened,
    standing,
    version_of,
)

OPPOSITE = {"tag": "untag", "untag": "tag"}
_ACT = "id, kind, value, who, at_ns, lines, undoes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that was said of many messages at once."""

    id: int
    kind: str
    """`tag`, `untag` or `relevance`."""
    value: str = field(repr=False)
    who: str
    at_ns: int
    lines: int
    undoes: int | None = None
    """The act that this one undid."""
    undone_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What saying something of many messages comes to, before it is said."""

    lines: Sequence[Line]
    already: frozenset[bytes] = field(default=frozenset(), repr=False)
    """Messages of which it holds already."""
    since: Sequence[Line] = ()
    """What others said since that says otherwise: of these messages nothing is said."""


class Saying:
    """The casework, held still: nobody else says anything until this ends."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.at_ns = next_instant(connection)

    def lines(self, message: bytes) -> list[Line]:
        """Return everything said about one message, in order."""
        return lines_in(self._connection, [message])

    def add(self, message: bytes, kind: str, value: str, who: str) -> None:
        """Say one thing of one message."""
        line = Line(message=message, kind=kind, value=value, who=who, at_ns=self.at_ns)
        add_to(self._connection, [line])

    def weigh(
        self, messages: Collection[bytes], kind: str, value: str, who: str, seen: int | None
    ) -> Weighed:
        """Return what saying this comes to; `seen` is the newest line that the person has seen.

        None: they ask for no comparison.
        """
        kinds = ("relevance",) if kind == "relevance" else ("tag", "untag")
        lines = lines_in(self._connection, messages, kinds, None if len(kinds) == 1 else value)
        since = [] if seen is None else contradicting(lines, kind, value, who, seen)
        left = {line.message for line in since}
        already = {
            message
            for message, now in standing(lines).items()
            if message not in left and _holds(dict(now.judged), now.tags, kind, value, who)
        }
        said = [
            Line(message=message, kind=kind, value=value, who=who, at_ns=self.at_ns)
            for message in messages
            if message not in left and message not in already
        ]
        if kind == "untag":  # who never bore the tag cannot lose it
            bearing = {m for m, now in standing(lines).items() if value in now.tags}
            already |= {line.message for line in said} - bearing
            said = [line for line in said if line.message in bearing]
        return Weighed(lines=said, already=frozenset(already), since=since)

    def undoing(self, act: Act, who: str) -> Weighed:
        """Return what undoing `act` comes to."""
        kinds = ("relevance",) if act.kind == "relevance" else ("tag", "untag")
        own = self._lines_of(act)
        about: dict[bytes, list[Line]] = {line.message: [] for line in own}
        for line in lines_in(self._connection, about, kinds):
            about[line.message].append(line)
        restored: list[Line] = []
        since: list[Line] = []
        for line in own:
            same = [one for one in about[line.message] if _same_matter(one, line)]
            place = next(n for n, one in enumerate(same) if one.id == line.id)
            if same[place + 1 :]:
                since += same[place + 1 :]
            elif (before := _before(same[:place], line)) is not None:
                kind, value = before
                restored.append(
                    Line(message=line.message, kind=kind, value=value, who=who, at_ns=self.at_ns)
                )
        return Weighed(lines=restored, since=since)

    def next_act(self) -> int:
        """Return the number that the next act will have."""
        newest = self._connection.execute("SELECT max(id) FROM acts").fetchone()[0]
        return int(newest or 0) + 1

    def say(self, lines: Sequence[Line], kind: str, value: str, undoes: int | None = None) -> int:
        """Add the lines of one act; return its number."""
        number, who = self.next_act(), lines[0].who
        add_to(self._connection, lines)
        self._connection.execute(
            f"INSERT INTO acts ({_ACT}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (number, kind, value, who, self.at_ns, len(lines), undoes),
        )
        return number

    def act(self, number: int) -> Act:
        """Return an act; `UsageError` where there is none."""
        found = next(_acts(self._connection, "WHERE acts.id = ?", (number,)), None)
        if found is None:
            raise UsageError("there is no such act here")
        return found

    def _lines_of(self, act: Act) -> list[Line]:
        rows = self._connection.execute(
            "SELECT message, kind, value, who, at_ns, said_in, id FROM said"
            " WHERE at_ns = ? AND who = ? ORDER BY id",
            (act.at_ns, act.who),
        )
        return [
            Line(message=m, kind=kind, value=value, who=who, at_ns=at, said_in=where, id=number)
            for m, kind, value, who, at, where, number in rows
        ]


@contextmanager
def saying(folder: Path) -> Iterator[Saying]:
    """Hold the casework; what is said inside is there when the block ends, or none of it."""
    with opened(folder, write=True) as connection:
        assert connection is not None
        yield Saying(connection)


def newest_acts(folder: Path, most: int) -> list[Act]:
    """Return the newest acts, the last first."""
    with opened(folder, write=False) as connection:
        if connection is None or version_of(connection) < 2:
            return []
        return list(_acts(connection, "ORDER BY acts.id DESC LIMIT ?", (most,)))


def _acts(connection: sqlite3.Connection, which: str, given: tuple[int]) -> Iterator[Act]:
    columns = ", ".join(f"acts.{name}" for name in _ACT.split(", "))
    rows = connection.execute(
        f"SELECT {columns}, (SELECT max(id) FROM acts u WHERE u.undoes = acts.id)"
        f" FROM acts {which}",
        given,
    )
    for number, kind, value, who, at_ns, lines, undoes, undone_by in rows:
        yield Act(
            id=number,
            kind=kind,
            value=value,
            who=who,
            at_ns=at_ns,
            lines=lines,
            undoes=undoes,
            undone_by=undone_by,
        )


def contradicting(lines: Iterable[Line], kind: str, value: str, who: str, seen: int) -> list[Line]:
    """Return the lines said since line `seen` by others, of messages on which they now differ.

    For a tag: somebody else put it on or took it off since, and the last word is the opposite. For
    relevance: somebody else's judgement that stands, was made since and is another one.
    """
    about: dict[bytes, list[Line]] = {}
    for line in lines:
        about.setdefault(line.message, []).append(line)
    found: list[Line] = []
    for said in about.values():
        if kind == "relevance":
            found += [
                line
                for line in {one.who: one for one in said}.values()
                if line.id > seen and line.who != who and line.value not in (value, WITHDRAWN)
            ]
            continue
        same = [line for line in said if line.value == value and line.kind in OPPOSITE]
        if same and same[-1].kind == OPPOSITE[kind]:
            found += [line for line in same[-1:] if line.id > seen and line.who != who]
    return found


def _holds(judged: dict[str, str], tags: Collection[str], kind: str, value: str, who: str) -> bool:
    if kind == "relevance":
        return judged.get(who) == value
    return (value in tags) == (kind == "tag")


def _same_matter(one: Line, line: Line) -> bool:
    """Say whether two lines about one message are about the same: a tag, a person's judgement."""
    if line.kind == "relevance":
        return one.who == line.who
    return one.value == line.value


def _before(earlier: Sequence[Line], line: Line) -> tuple[str, str] | None:
    """Return kind and value of the line that restores what stood before `line`; None: the same."""
    if line.kind == "relevance":
        value = earlier[-1].value if earlier else WITHDRAWN
        return None if value == line.value else ("relevance", value)
    bore = bool(earlier) and earlier[-1].kind == "tag"
    return None if bore == (line.kind == "tag") else (OPPOSITE[line.kind], line.value)
