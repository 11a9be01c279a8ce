"""Which investigations a case has granted, and what its log says of each: no folder is opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from zegel.casefile import Case
from zegel.custody.acts import ANCHORED, VOUCHED, read_vouched
from zegel.custody.entries import Entry
from zegel.custody.heads import head_from
from zegel.custody.log import Log
from zegel.custody.state import HEAD, read_state
from zegel.errors import UsageError
from zegel.investigation.life import ENDING, Ending, ending_of
from zegel.service.place import FROM_CASE
from zegel.service.takeover import same_investigation

GRANTED = "granted"
ACKNOWLEDGED = "notice acknowledged"


@dataclass(slots=True, kw_only=True)
class Held:
    """One granted version of an investigation, as the case's log knows it."""

    name: str
    """Of its folder, when it was made."""
    investigation: str
    number: str
    root: str
    messages: str
    """How many it holds, as whoever grants may know."""
    log: str
    """Origin of its own log."""
    draws_from: str
    """`case`; `review` or `sample` for those of the privilege officer, which are others' versions
    in no case."""
    entry: int
    """Of the case's log, by which it was granted."""
    granted_ns: int
    expires_ns: int | None = None
    """None for what was granted before the case's log said so."""
    folder: Path | None = None
    """Where it lies in the case; None where it lies elsewhere."""
    anchored: int | None = None
    """Entries of its log, as far as the case was ever shown it."""
    endings: dict[int, Ending] = field(default_factory=dict)
    """By the entry of the case's log that says so."""
    answered: set[int] = field(default_factory=set)
    """Of those, which the folder has answered."""

    @property
    def outstanding(self) -> list[int]:
        """Return the endings that the folder has not answered."""
        return [index for index in self.endings if index not in self.answered]

    def ended(self, act: str) -> bool:
        """Say whether it was ended by `act`."""
        return any(ending.act == act for ending in self.endings.values())


def held_by(case: Case) -> list[Held]:
    """Return every version that was granted, in the order of the grants."""
    log = Log.open(case.folder / "custody", None)
    wanted = (GRANTED, VOUCHED, ANCHORED, ACKNOWLEDGED, *ENDING)
    found = _read(log.acts(wanted))
    for held in found:
        place = case.folder / "investigations" / held.name
        if (place / "custody" / HEAD).is_file():
            here = read_state(place / "custody").head.origin == held.log
            held.folder = place if here else None
    return _finished(found)


def _read(entries: Iterable[Entry]) -> list[Held]:
    by_log: dict[str, Held] = {}
    granted: Entry | None = None
    for entry in entries:
        if "failed" in entry.facts:
            continue  # an attempt that came to nothing
        if entry.act == GRANTED:
            granted = entry
        elif entry.act == VOUCHED:
            said = read_vouched(entry)
            if granted is not None and said.log not in by_log:
                by_log[said.log] = _held(granted, said.log, said.name)
                granted = None
        elif entry.act == ANCHORED:
            head = head_from(entry.facts["head"])  # checked when it was anchored
            if head.origin in by_log:
                by_log[head.origin].anchored = head.size
        else:
            _note(by_log, entry)
    return list(by_log.values())


def _held(granted: Entry, log: str, name: str) -> Held:
    facts = granted.facts
    expires = facts.get("expires")
    return Held(
        name=name,
        investigation=str(facts["investigation"]),
        number=str(facts["number"]),
        root=str(facts["root"]),
        messages=str(facts["messages"]),
        log=log,
        draws_from=str(facts.get("draws_from", FROM_CASE)),
        entry=granted.index,
        granted_ns=granted.time_ns,
        expires_ns=int(str(expires)) if expires is not None else None,
    )


def _note(by_log: dict[str, Held], entry: Entry) -> None:
    held = by_log.get(str(entry.facts.get("log")))
    if held is None:
        return
    if entry.act == ACKNOWLEDGED:
        held.answered.add(int(str(entry.facts["entry"])))
    else:
        held.endings[entry.index] = ending_of(entry)


def _finished(found: list[Held]) -> list[Held]:
    """Leave out what a killed grant had announced and a later one of the same order made."""
    last = {(held.name, held.root): held for held in found}
    return [
        held
        for held in found
        if held.anchored is not None
        or held.folder is not None
        or last[held.name, held.root] is held
    ]


def earlier_than(new: Held, versions: Iterable[Held]) -> list[Held]:
    """Return the earlier versions of the same investigation that were made whole.

    The same order on the same state, granted to another place, is the same version.
    """
    return [
        held
        for held in versions
        if same_investigation(held.investigation, new.investigation)
        and held.draws_from == new.draws_from
        and held.entry < new.entry
        and held.root != new.root
        and (held.folder is not None or held.anchored is not None)
    ]


def find_held(case: Case, named: str) -> Held:
    """Return the version called `named`: its folder's name, or the beginning of its root."""
    held = held_by(case)
    name = Path(named).name
    found = [one for one in held if one.name == name]
    if not found and len(named) >= 8:
        found = [one for one in held if one.root.startswith(named.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        roots = ", ".join(one.root[:16] for one in found)
        raise UsageError(
            f"{len(found)} investigations are called {named!r}",
            where=str(case.folder),
            next_step=f"Name one by its root: {roots}.",
        )
    raise UsageError(
        f"no investigation {named!r} was granted here",
        where=str(case.folder),
        next_step="`zegel investigations` lists them.",
    )
