"""Plan who writes what to whom, and when: a pure function of the settings, slice by slice.

People write inside circles that last; conversations stay inside one slice of time, so a slice can
be planned, written and forgotten, whatever the number of messages.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from shieldnet.sites import SECOND
from shieldnet.traffic.devices import Device, device
from shieldnet.traffic.draw import chances
from shieldnet.traffic.phrases import LANGUAGES, TOPICS
from shieldnet.traffic.settings import SLICE, Settings
from shieldnet.traffic.texts import subject, text

NIGHT = range(1, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """People who write to each other about one thing."""

    number: int
    members: tuple[int, ...]
    topic: str
    language: str
    group: str | None
    """Chat-Group-ID, where the circle has a group chat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One distinct message before it is encrypted and stored."""

    number: int
    when: int
    """True instant of sending, nanoseconds since 1970."""
    sender: int
    to: tuple[int, ...]
    blind: bool
    """The last recipient is blind: in no header."""
    thread: str
    group: str | None
    message_id: str
    references: tuple[str, ...]
    language: str
    topic: str
    subject: str
    text: str
    form: str
    signature: str
    hidden: bool
    separate: bool
    to_self: bool
    sent_copy: bool
    protected: bool
    """The outer Subject is `...`, the true one inside."""
    date_shift: int
    """Seconds by which the outer Date is wrong."""
    enclosure: bool
    """A small file goes with the text, inside the encrypted part."""


@lru_cache(maxsize=4096)
def circle(settings: Settings, number: int) -> Circle:
    """Return circle `number`; there are half as many as devices."""
    chance = chances(settings.seed, "circle", number)
    size = min(settings.devices, chance.choice((2, 2, 3, 3, 4, 5, 6, 8)))
    members = tuple(chance.sample(range(settings.devices), size))
    topic = chance.choice(TOPICS)
    grouped = size > 2 and chance.random() < 0.7
    return Circle(
        number=number,
        members=members,
        topic=topic,
        language=device(settings, members[0]).language,
        group=f"{chance.getrandbits(66):017x}"[:11] if grouped else None,
    )


def planned(settings: Settings, slice_number: int) -> Iterator[Planned]:
    """Yield the messages of one slice, conversation by conversation."""
    chance = chances(settings.seed, "slice", slice_number)
    number = slice_number * SLICE
    left = settings.planned(slice_number)
    thread = 0
    while left:
        turns = min(left, 1 + int(chance.expovariate(0.4)))
        thread += 1
        conversation = _conversation(settings, chance, slice_number, f"t{slice_number}-{thread}")
        for message in conversation.turns(number, turns):
            yield message
            number += 1
            left -= 1


@dataclass(slots=True, kw_only=True)
class _Conversation:
    settings: Settings
    chance: random.Random
    circle: Circle
    people: list[Device]
    thread: str
    moments: tuple[int, int]

    def turns(self, number: int, count: int) -> Iterator[Planned]:
        first, last = self.moments
        instants = sorted(
            self.chance.randrange(first * SECOND, last * SECOND) for _ in range(count)
        )
        told: list[str] = []
        title = subject(self.chance, self.circle.language, self.circle.topic)
        for turn, when in enumerate(instants):
            message = self._turn(number + turn, when, title, tuple(told[-6:]))
            told.append(message.message_id)
            yield message

    def _turn(self, number: int, when: int, title: str, told: tuple[str, ...]) -> Planned:
        chance, settings = self.chance, self.settings
        sender, *others = chance.sample(self.people, len(self.people))
        to_all = self.circle.group is not None and chance.random() < 0.7
        to = others if to_all else others[: 1 if chance.random() < 0.85 else 2]
        language = self.circle.language
        if chance.random() < 0.12:
            language = chance.choice(tuple(LANGUAGES))
        form = _form(chance, settings)
        encrypted = form != "plain"
        separate = encrypted and len(to) > 1 and chance.random() < 0.08
        phone = chance.random() < 0.6 and form == "pgp-mime"
        return Planned(
            number=number,
            when=when,
            sender=sender.number,
            to=tuple(sorted(person.number for person in to)),
            blind=len(to) > 1 and not to_all and chance.random() < 0.4,
            thread=self.thread,
            group=self.circle.group if to_all else None,
            message_id=f"<{chance.getrandbits(80):020x}@{_tail(phone, sender)}>",
            references=told,
            language=language,
            topic=self.circle.topic,
            subject=f"Re: {title}" if told else title,
            text=text(chance, language, self.circle.topic),
            form=form,
            signature=_signature(chance, settings) if encrypted else "none",
            hidden=encrypted and chance.random() < settings.hidden,
            separate=separate,
            to_self=chance.random() < 0.7,
            sent_copy=chance.random() < 0.6,
            protected=phone,
            date_shift=-chance.randrange(3600, 5 * 86_400)
            if phone and chance.random() < 0.5
            else 0,
            enclosure=form == "pgp-mime" and chance.random() < 0.03,
        )


def _tail(phone: bool, sender: Device) -> str:
    """Return the right half of a Message-ID: phones hide where they are."""
    return "localhost" if phone else sender.site.domain


def _form(chance: random.Random, settings: Settings) -> str:
    rest = 1 - settings.plain - settings.inline - settings.attachment
    weights = (rest, settings.inline, settings.attachment, settings.plain)
    return chance.choices(("pgp-mime", "inline", "attachment", "plain"), weights)[0]


def _signature(chance: random.Random, settings: Settings) -> str:
    if chance.random() >= settings.signed:
        return "none"
    return chance.choices(("good", "unknown signer", "bad"), (970, 20, 10))[0]


def _conversation(
    settings: Settings, chance: random.Random, slice_number: int, thread: str
) -> _Conversation:
    """Draw circles and hours until two people of one hold their devices at that time."""
    first, last = settings.window(slice_number)
    for _ in range(200):
        found = circle(settings, chance.randrange(max(1, settings.devices // 2)))
        moments = _moments(chance, first, last)
        people = _holding(settings, found.members, moments)
        if len(people) > 1:
            break
    else:  # the first two devices are held throughout
        found = circle(settings, 0)
        people = _holding(settings, (0, 1), moments)
    return _Conversation(
        settings=settings,
        chance=chance,
        circle=found,
        people=people,
        thread=thread,
        moments=moments,
    )


def _moments(chance: random.Random, first: int, last: int) -> tuple[int, int]:
    """Return the span of one conversation: up to two days, seldom begun at night."""
    span = min(last - first - 1, chance.choice((600, 3600, 4 * 3600, 2 * 86_400)))
    begin = first
    for _ in range(3):
        begin = first + chance.randrange(last - first - span)
        if (begin // 3600) % 24 not in NIGHT or chance.random() < 0.15:
            break
    return begin, begin + span


def _holding(
    settings: Settings, members: tuple[int, ...], moments: tuple[int, int]
) -> list[Device]:
    """Return the members that held the same device with the same key all through `moments`."""
    found = []
    for number in members:
        person = device(settings, number)
        held = person.tenure_at(moments[0])
        if held is not None and held == person.tenure_at(moments[1]):
            found.append(person)
    return found
