"""Lawyers among the users, and ordinary organisations whose names sound like theirs.

What a lawyer signs with, how clients address one, how advice is quoted and passed on: written into
messages planned otherwise, by a generator of its own, so that nothing else of a plan changes. The
truth says of each message whether it is privileged: a lawyer wrote or got it, or it passes on what
one said. Names and domains are invented; numbers come from ranges set apart for fiction.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from shieldnet.sites import SECOND
from shieldnet.traffic.devices import Device, Tenure, device
from shieldnet.traffic.draw import chances
from shieldnet.traffic.settings import Settings
from shieldnet.traffic.texts import telephone

SURNAMES = (
    "van Oevermeer", "de Lijsterkamp", "Kraaienveld", "ter Zandhoek", "van den Ravelaar",
    "Fennimore-Dray", "O'Brackley", "le Vauquier", "Steinbruchner", "Olivarén", "Wexcombe",
    "van 't Elzenbos",
)  # fmt: skip
GIVEN = ("Jan", "Marijke", "Renée", "Thomas", "Eleanor", "Lucía", "Wouter", "Annelies")
OTHERS = ("Piet", "Carla", "Sven", "Denise", "Rob", "Inge")
"""Given names of people who are no lawyers."""
REPORTED = 0.6
"""How many lawyers gave the address of their phone; the rest are known by name and office alone."""
RELAYED, MENTIONED = 0.012, 0.006
"""How often a message passes on what a lawyer said, or only names one."""

_FIRM = {
    "nl": "{} Advocaten", "en": "{} Solicitors", "fr": "{} Avocats", "de": "{} Rechtsanwälte",
    "es": "{} Abogados",
}  # fmt: skip
_TRADE = ("Transport", "Bouw", "Logistics", "Catering", "Cycles")
_GREETING = {
    "nl": "Geachte mr. {},", "en": "Dear Mr {},", "fr": "Maître {},", "de": "Sehr geehrte RAin {},",
    "es": "Estimado abogado {},",
}  # fmt: skip
_WROTE = {
    "nl": "{} schreef:", "en": "{} wrote:", "fr": "{} a écrit :", "de": "{} schrieb:",
    "es": "{} escribió:",
}  # fmt: skip
_ADVICE = {
    "nl": "zeg niets tegen de politie voordat wij elkaar gesproken hebben",
    "en": "say nothing to the police before we have spoken",
    "fr": "ne dites rien à la police avant notre entretien",
    "de": "sagen Sie der Polizei nichts, bevor wir gesprochen haben",
    "es": "no diga nada a la policía antes de que hablemos",
}
_HEARSAY = {
    "nl": "mijn raadsman zegt: {}", "en": "my lawyer says: {}", "fr": "mon avocat dit : {}",
    "de": "mein Anwalt sagt: {}", "es": "mi abogado dice: {}",
}  # fmt: skip
_CALL = {
    "nl": "Bel anders {}, {}.", "en": "Else call {}, {}.", "fr": "Sinon appelle {}, {}.",
    "de": "Sonst ruf {} an, {}.", "es": "Si no, llama a {}, {}.",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What a lawyer or an organisation is known by, outside the network."""

    given: str
    surname: str
    firm: str
    domain: str
    phone: str
    reported: bool

    @property
    def name(self) -> str:
        """Return given name and surname."""
        return f"{self.given} {self.surname}"

    @property
    def short(self) -> str:
        """Return initial and surname."""
        return f"{self.given[0]}. {self.surname}"

    @property
    def mail(self) -> str:
        """Return the address at the office."""
        return f"{_slug(self.given)}@{self.domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dressed:
    """A text with what belongs to counsel, and what is true of it."""

    text: str
    privileged: bool
    counsel: str
    """`direct`, `quote`, `forward`, `hearsay`, `mention`, or empty."""


@lru_cache(maxsize=4096)
def office(settings: Settings, number: int, tenure: Tenure) -> Office:
    """Return the office of a device's holder, who is a lawyer or an organisation."""
    chance = chances(settings.seed, "office", number, tenure.since)
    surname = chance.choice(SURNAMES)
    title = surname[0].upper() + surname[1:]
    language = device(settings, number).language
    if tenure.role == "lawyer":
        firm, tail = _FIRM[language].format(title), "law"
    else:
        trade = chance.choice(_TRADE)
        firm, tail = f"{title} {trade}", trade.lower()
    return Office(
        given=chance.choice(GIVEN if tenure.role == "lawyer" else OTHERS),
        surname=surname,
        firm=firm,
        domain=f"{_slug(surname)}{tail}{chance.randrange(100):02d}.example",
        phone=telephone(chance, language),
        reported=chance.random() < REPORTED,
    )


def _slug(name: str) -> str:
    plain = name.lower().translate(str.maketrans("éíá", "eia"))
    return "".join(letter for letter in plain if letter.isalnum())


def dressed(
    settings: Settings, number: int, when: int, people: Sequence[Device], text: str, language: str
) -> Dressed:
    """Return the text of message `number` as its sender, the first of `people`, sends it."""
    chance = chances(settings.seed, "counsel", number)
    roles = [_role(person, when) for person in people]
    if "lawyer" in roles:
        return _direct(settings, chance, when, people, roles, text, language)
    if roles[0] == "organisation":
        return Dressed(text=_signed(settings, chance, when, people[0], text), privileged=False,
                       counsel="")  # fmt: skip
    drawn = chance.random()
    if drawn >= RELAYED + MENTIONED:
        return Dressed(text=text, privileged=False, counsel="")
    lawyer = _some_lawyer(settings, chance, when)
    if lawyer is None:
        return Dressed(text=text, privileged=False, counsel="")
    if drawn >= RELAYED:
        called = _CALL[language].format(lawyer.name, lawyer.phone)
        return Dressed(text=f"{text} {called}", privileged=False, counsel="mention")
    return _relayed(chance, lawyer, text, language)


def _role(person: Device, when: int) -> str:
    held = person.tenure_at(when // SECOND)
    return held.role if held else ""


def _office_of(settings: Settings, person: Device, when: int) -> Office:
    held = person.tenure_at(when // SECOND)
    assert held is not None
    return office(settings, person.number, held)


def _direct(
    settings: Settings,
    chance: random.Random,
    when: int,
    people: Sequence[Device],
    roles: Sequence[str],
    text: str,
    language: str,
) -> Dressed:
    if roles[0] == "lawyer":
        text = _signed(settings, chance, when, people[0], text)
    elif chance.random() < 0.3:
        lawyer = _office_of(settings, people[roles.index("lawyer")], when)
        text = f"{_GREETING[language].format(lawyer.surname)}\n{text}"
    return Dressed(text=text, privileged=True, counsel="direct")


def _signed(settings: Settings, chance: random.Random, when: int, sender: Device, text: str) -> str:
    mine = _office_of(settings, sender, when)
    drawn = chance.random()
    if drawn < 0.35:
        return f"{text}\n\n{mine.name}\n{mine.firm}\n{mine.phone}"
    if drawn < 0.5:
        return f"{text}\n{mine.short}"
    if drawn < 0.6:
        return f"{text}\n{mine.mail}"
    return text


def _some_lawyer(settings: Settings, chance: random.Random, when: int) -> Office | None:
    for _ in range(60):
        person = device(settings, chance.randrange(settings.devices))
        if _role(person, when) == "lawyer":
            return _office_of(settings, person, when)
    return None


def _relayed(chance: random.Random, lawyer: Office, text: str, language: str) -> Dressed:
    advice = _ADVICE[language]
    drawn = chance.random()
    if drawn < 0.45:
        wrote = _WROTE[language].format(chance.choice((lawyer.name, lawyer.short)))
        return Dressed(text=f"{text}\n\n{wrote}\n> {advice}", privileged=True, counsel="quote")
    if drawn < 0.75:
        head = f"From: {lawyer.name} <{lawyer.mail}>"
        return Dressed(text=f"{text}\n\n{head}\n\n{advice}", privileged=True, counsel="forward")
    said = _HEARSAY[language].format(advice)
    return Dressed(text=f"{text} {said}", privileged=True, counsel="hearsay")


def register(settings: Settings) -> str:
    """Return what lawyers gave the privilege officer, as a table in CSV."""
    lines = ["name,firm,domain,address,phone"]
    for number in range(settings.devices):
        person = device(settings, number)
        for tenure in person.tenures:
            if tenure.role == "lawyer":
                one = office(settings, number, tenure)
                mine = f"{one.mail};{person.address}" if one.reported else one.mail
                lines.append(f'"mr. {one.name}",{one.firm},{one.domain},{mine},{one.phone}')
    return "\n".join(lines) + "\n"
