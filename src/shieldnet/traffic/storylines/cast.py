"""Say who plays in each storyline, from when to when, and with which plates and numbers.

A pure function of the settings, so that every slice of time can be told alone. Members keep their
place in ordinary circles: most of what their phones hold has nothing to do with it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, islice

from shieldnet.traffic.devices import Device, Tenure, device
from shieldnet.traffic.draw import chances
from shieldnet.traffic.settings import END, Settings
from shieldnet.traffic.storylines import SCRIPTS
from shieldnet.traffic.storylines.model import Phase, Role, Script
from shieldnet.traffic.storylines.wording import Facts, facts

FULL = 1000
"""Messages one crew writes; where more are asked for, further crews play the same script."""
TRIES = 2000
"""Phones looked at for one role."""
FEWEST = 3
"""A crew smaller than this is no storyline."""
LEAST_WINDOW = 60
"""Seconds: a slice that shares less than this with a storyline tells none of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One phone's holder with a part in a storyline."""

    role: Role
    number: int
    since: int
    """When this holder's tenure began; the phone's earlier holder has no part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """Members who write to each other; a group chat where `group` is given."""

    members: tuple[int, ...]
    language: str
    group: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Storyline:
    """One crew playing one script."""

    name: str
    script: Script
    since: int
    until: int
    members: tuple[Member, ...]
    chats: tuple[Chat, ...]
    facts: Facts
    share: float
    """Part of all messages that belong to it."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Return the Chat-Group-IDs of its groups."""
        return tuple(chat.group for chat in self.chats if chat.group is not None)

    def role_of(self, number: int) -> Role:
        """Return the part a device's holder plays."""
        return next(member.role for member in self.members if member.number == number)

    def progress(self, second: float) -> float:
        """Return how far it has come at an instant, from 0 to 1."""
        return min(1.0, max(0.0, (second - self.since) / (self.until - self.since)))

    def phase(self, progress: float) -> Phase:
        """Return the phase it is in."""
        phases = self.script.phases
        return phases[min(len(phases) - 1, max(0, int(progress * len(phases))))]

    def told(self, second: float) -> float:
        """Return which part of its messages is written before an instant, from 0 to 1."""
        phases = self.script.phases
        whole, rest = divmod(self.progress(second) * len(phases), 1)
        before = sum(phase.weight for phase in phases[: int(whole)])
        now = phases[int(whole)].weight * rest if whole < len(phases) else 0
        return (before + now) / sum(phase.weight for phase in phases)


@lru_cache(maxsize=8)
def storylines(settings: Settings) -> tuple[Storyline, ...]:
    """Return every storyline of a network: none where too few people hold a phone."""
    if not settings.storylines:
        return ()
    crews = max(1, round(settings.messages * settings.storylines / len(SCRIPTS) / FULL))
    taken: set[int] = set()
    found = []
    for crew in range(1, crews + 1):
        for script in SCRIPTS:
            storyline = _cast(settings, script, crew, crews, taken)
            if storyline is not None:
                taken.update(member.number for member in storyline.members)
                found.append(storyline)
    return tuple(found)


@lru_cache(maxsize=8)
def by_member(settings: Settings) -> dict[int, Storyline]:
    """Return the storyline each member's device belongs to; nobody plays in two."""
    return {
        member.number: storyline
        for storyline in storylines(settings)
        for member in storyline.members
    }


def quotas(settings: Settings, slice_number: int) -> dict[Storyline, int]:
    """Return how many messages of each storyline a slice tells."""
    first, last = settings.window(slice_number)
    left = settings.planned(slice_number)
    due = {}
    for storyline in storylines(settings):
        if min(last, storyline.until) - max(first, storyline.since) < LEAST_WINDOW:
            continue
        total = settings.messages * storyline.share
        number = int(total * storyline.told(last)) - int(total * storyline.told(first))
        number = min(left, number)
        if number:
            due[storyline] = number
            left -= number
    return due


def _cast(
    settings: Settings, script: Script, crew: int, crews: int, taken: set[int]
) -> Storyline | None:
    chance = chances(settings.seed, "storyline", script.name, crew)
    length = END - settings.start
    shift = 0.0 if crew == 1 else chance.uniform(-0.2, 0.06)
    since = settings.start + int(length * (script.begins + shift))
    until = settings.start + int(length * (script.ends + shift))
    members = tuple(_members(settings, script, chance, (since, until), taken))
    if len(members) < FEWEST:
        return None
    chats = tuple(_chats(chance, members))
    steady = {member.number for member in members if not member.role.reissued}
    if not any(len(steady.intersection(chat.members)) > 1 for chat in chats):
        return None
    return Storyline(
        name=script.name if crew == 1 else f"{script.name} {crew}",
        script=script,
        since=since,
        until=until,
        members=members,
        chats=chats,
        facts=facts(chance, script),
        share=settings.storylines / len(SCRIPTS) / crews,
    )


def _members(
    settings: Settings,
    script: Script,
    chance: random.Random,
    period: tuple[int, int],
    taken: set[int],
) -> Iterator[Member]:
    numbers = chance.sample(range(settings.devices), min(settings.devices, TRIES))
    used = set(taken)
    for role in script.roles:
        fitting = (
            (number, tenure)
            for number in numbers
            if number not in used
            and (tenure := _fitting(device(settings, number), role, period)) is not None
        )
        for number, tenure in islice(fitting, 1):
            used.add(number)
            yield Member(role=role, number=number, since=tenure.since)


def _fitting(person: Device, role: Role, period: tuple[int, int]) -> Tenure | None:
    """Return the tenure in which a device's holder can play a role, if there is one."""
    since, until = period
    last = person.tenure_at(until)
    if last is None or last.role != "private":
        return None
    if not role.reissued:
        return last if last.since <= since and len(person.tenures) == 1 else None
    joined = since <= last.since <= since + (until - since) * 7 // 10
    return last if joined and len(person.tenures) > 1 else None


def _chats(chance: random.Random, members: tuple[Member, ...]) -> Iterator[Chat]:
    """Yield a group of nearly all, a smaller one, and every pair that shares a language."""
    tongue = members[0].role.languages[0]
    everybody = [member for member in members if tongue in member.role.languages]
    if len(everybody) > 2:
        yield _group(chance, everybody, tongue)
    if len(everybody) > 3:
        yield _group(chance, chance.sample(everybody, 3), tongue)
    for first, second in combinations(members, 2):
        shared = [code for code in first.role.languages if code in second.role.languages]
        if shared:
            yield Chat(
                members=(first.number, second.number), language=chance.choice(shared), group=None
            )


def _group(chance: random.Random, members: list[Member], language: str) -> Chat:
    return Chat(
        members=tuple(member.number for member in members),
        language=language,
        group=f"{chance.getrandbits(66):017x}"[:11],
    )
