"""Plan who writes what to whom, and when: a pure function of the settings, slice by slice.

People write inside circles that last; conversations stay inside one slice of time, so a slice can
be planned, written and forgotten, whatever the number of messages.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from shieldnet.sites import SECOND
from shieldnet.traffic.counsel import dressed
from shieldnet.traffic.devices import Device, device
from shieldnet.traffic.draw import chances
from shieldnet.traffic.phrases import LANGUAGES, TOPICS
from shieldnet.traffic.settings import SLICE, Settings
from shieldnet.traffic.storylines.cast import Storyline, quotas
from shieldnet.traffic.storylines.telling import chat, decoy, told, tongue
from shieldnet.traffic.texts import subject, text

NIGHT = range(1, 6)
SHORT, LONG = 3.0, 5.3
"""Messages of an ordinary conversation and of a storyline's, on average: by these they are mixed
evenly, though a long one takes more at a time."""


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
    storyline: str
    """What it belongs to, empty for nearly all."""
    decoy: str
    """The storyline in whose words it innocently speaks."""
    privileged: bool = False
    """A lawyer wrote or got it, or it passes on what one said."""
    counsel: str = ""
    """How a lawyer comes into it (`counsel.Dressed`)."""


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
    """Yield the messages of one slice, conversation by conversation.

    Storylines stand among the others in no order that would tell them apart.
    """
    chance = chances(settings.seed, "slice", slice_number)
    number = slice_number * SLICE
    due = quotas(settings, slice_number)
    left = settings.planned(slice_number)
    thread = 0
    while left:
        thread += 1
        label = f"t{slice_number}-{thread}"
        told = sum(due.values()) / LONG
        if chance.random() * (told + (left - sum(due.values())) / SHORT) < told:
            storyline = chance.choices(list(due), list(due.values()))[0]
            turns = min(due[storyline], 2 + int(chance.expovariate(0.3)))
            due[storyline] -= turns
            conversation = _telling(settings, chance, slice_number, label, storyline)
        else:
            turns = min(left - sum(due.values()), 1 + int(chance.expovariate(0.4)))
            conversation = _conversation(settings, chance, slice_number, label)
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
    storyline: Storyline | None = None
    said: set[str] = field(default_factory=set)
    """Lines of the storyline's script that this conversation has used."""

    def turns(self, number: int, count: int) -> Iterator[Planned]:
        first, last = self.moments
        instants = sorted(
            self.chance.randrange(first * SECOND, last * SECOND) for _ in range(count)
        )
        sent: list[str] = []
        title = subject(self.chance, self.circle.language, self.circle.topic)
        for turn, when in enumerate(instants):
            message = self._turn(number + turn, when, title, tuple(sent[-6:]))
            sent.append(message.message_id)
            yield message

    def _turn(self, number: int, when: int, title: str, sent: tuple[str, ...]) -> Planned:
        chance, settings = self.chance, self.settings
        sender, *others = chance.sample(self.people, len(self.people))
        to_all = self.circle.group is not None and chance.random() < 0.7
        to = others if to_all else others[: 1 if chance.random() < 0.85 else 2]
        words = self._words(when // SECOND, sender.number, to)
        said = dressed(settings, number, when, (sender, *to), words.text, words.language)
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
            references=sent,
            language=words.language,
            topic=self.circle.topic,
            subject=f"Re: {title}" if sent else title,
            text=said.text,
            form=form,
            signature=_signature(chance, settings) if encrypted else "none",
            hidden=encrypted and chance.random() < settings.hidden,
            separate=separate,
            to_self=chance.random() < 0.7,
            sent_copy=chance.random() < 0.6,
            protected=phone,
            date_shift=_date_shift(chance, phone=phone),
            enclosure=form == "pgp-mime" and chance.random() < 0.03,
            storyline=words.storyline,
            decoy=words.decoy,
            privileged=said.privileged,
            counsel=said.counsel,
        )

    def _words(self, second: int, sender: int, to: list[Device]) -> _Words:
        """Return what is said, in which language."""
        chance, language = self.chance, self.circle.language
        if self.storyline is not None:
            story = self.storyline
            language = tongue(chance, story, sender, language)
            line = told(chance, self.settings, story, second, language, self.said)
            return _Words(language=language, text=line, storyline=story.name)
        if chance.random() < 0.12:
            language = chance.choice(tuple(LANGUAGES))
        people = (sender, *(person.number for person in to))
        found = decoy(chance, self.settings, people, second, language)
        if found is not None:
            return _Words(language=language, text=found[1], decoy=found[0])
        return _Words(language=language, text=text(chance, language, self.circle.topic))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    language: str
    text: str
    storyline: str = ""
    decoy: str = ""


def _date_shift(chance: random.Random, *, phone: bool) -> int:
    """Return the seconds by which a phone's clock, and so a protected Date, is behind."""
    return -chance.randrange(3600, 5 * 86_400) if phone and chance.random() < 0.5 else 0


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


def _telling(
    settings: Settings,
    chance: random.Random,
    slice_number: int,
    thread: str,
    storyline: Storyline,
) -> _Conversation:
    """Draw hours inside the storyline's period and a chat of those who are in it by then."""
    first, last = settings.window(slice_number)
    first, last = max(first, storyline.since), min(last, storyline.until)
    moments = _moments(chance, first, last)
    present = {m.number for m in storyline.members if m.since <= moments[0]}
    found = chat(chance, storyline, present)
    people = _holding(settings, tuple(n for n in found.members if n in present), moments)
    return _Conversation(
        settings=settings,
        chance=chance,
        circle=Circle(
            number=-1,
            members=found.members,
            topic="deal",
            language=found.language,
            group=found.group,
        ),
        people=people,
        thread=thread,
        moments=moments,
        storyline=storyline,
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
