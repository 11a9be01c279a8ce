"""Compose what people write: seeded, in five languages, about nobody.

Telephone numbers, plates, accounts and IMEIs come only from ranges set apart for fiction or
testing; docs/reference/copied-site.md names each range and its source.
"""

from __future__ import annotations

import random
import re

from shieldnet.traffic.phrases import LANGUAGES, TOPICS

EMOJI = (
    "😀",
    "👍",
    "🙈",
    "🔥",
    "🎂",
    "⚽",
    "🚚",
    "💶",
    "🤝",
    "🤫",
    "👀",
    "❤️",
    "🇳🇱",
    "👨‍👩‍👧",
    "☔",
    "💊",
)
COLOURS = ("blauwe", "grey", "rouge", "grün", "white", "oranje", "negra", "silver", "gele", "brun")
CREATURES = (
    "reiger",
    "otter",
    "badger",
    "moineau",
    "dachs",
    "lince",
    "snoek",
    "heron",
    "mulot",
    "igel",
    "kikker",
    "magpie",
    "renard",
    "luchs",
    "gecko",
    "zwaan",
)
TELEPHONES = {
    "en": ("+44 7700 900{:03d}", "+1 416 555-01{:02d}"),
    "fr": ("+33 6 39 98 {:02d} 17",),
    "de": ("+49 30 23125 {:03d}",),
    "nl": ("+44 7700 900{:03d}",),
    "es": ("+44 7700 900{:03d}",),
}
_SLOT = re.compile(r"\{(\w+)\}")


def nickname(chance: random.Random) -> str:
    """Return a nickname of ordinary words, never a person's name."""
    return f"{chance.choice(COLOURS)}-{chance.choice(CREATURES)}-{chance.randrange(10, 100)}"


def plate(chance: random.Random) -> str:
    """Return a number plate of the Dutch form, with letters that form never bears."""
    return f"Q{chance.choice('GHJKLNPRSTXZ')}-{chance.randrange(1000):03d}-Q"


def telephone(chance: random.Random, language: str) -> str:
    """Return a telephone number that is set aside for fiction."""
    shape = chance.choice(TELEPHONES[language])
    return shape.format(chance.randrange(100 if ":02d" in shape else 1000))


def amount(chance: random.Random, language: str) -> str:
    """Return a sum of money as that language writes it."""
    whole = chance.choice((50, 120, 450, 1500, 3200, 12500, 60000, 75000)) + chance.randrange(50)
    grouped = f"{whole:,}" if language == "en" else f"{whole:,}".replace(",", ".")
    return f"€{grouped}" if language in ("nl", "en") else f"{grouped} €"


def _filler(chance: random.Random, language: str, slot: str) -> str:
    if slot == "n":
        return str(chance.randrange(2, 48))
    if slot == "time":
        return f"{chance.randrange(7, 24)}:{chance.choice((0, 15, 30, 45)):02d}"
    if slot == "nick":
        return chance.choice(CREATURES)
    if slot == "plate":
        return plate(chance)
    if slot == "phone":
        return telephone(chance, language)
    if slot == "amount":
        return amount(chance, language)
    if slot == "account":
        return f"XX00 TEST 0000 {chance.randrange(10000):04d}"
    return chance.choice(LANGUAGES[language].words[slot])


def _filled(chance: random.Random, language: str, phrase: str) -> str:
    return _SLOT.sub(lambda match: _filler(chance, language, match[1]), phrase)


def subject(chance: random.Random, language: str, topic: str) -> str:
    """Return a subject line."""
    return _filled(chance, language, chance.choice(LANGUAGES[language].subjects[topic]))


def text(chance: random.Random, language: str, topic: str) -> str:
    """Return a message of one to six sentences on `topic`, now and then straying from it."""
    tongue = LANGUAGES[language]
    parts = []
    if chance.random() < 0.45:
        parts.append(chance.choice(tongue.greetings))
    for _ in range(min(6, 1 + int(chance.expovariate(0.9)))):
        kind = topic if chance.random() < 0.85 else chance.choice(TOPICS)
        parts.append(chance.choice(tongue.phrases[kind]))
    if chance.random() < 0.3:
        parts.append(chance.choice(tongue.closings))
    if chance.random() < 0.35:
        parts.append(chance.choice(EMOJI) * chance.choice((1, 1, 1, 2, 3)))
    glue = "\n" if chance.random() < 0.2 else " "
    return _in_haste(chance, language, _filled(chance, language, glue.join(parts)))


def _in_haste(chance: random.Random, language: str, written: str) -> str:
    """Write as people type: sometimes small letters only, sometimes slang."""
    if chance.random() < 0.3:
        for word, short in LANGUAGES[language].slang.items():
            written = re.sub(rf"\b{word}\b", short, written)
    if chance.random() < 0.25:
        written = written.lower().rstrip(".")
    return written


def passphrase(chance: random.Random) -> str:
    """Return a passphrase as people choose them: words and numbers."""
    first, second = chance.sample(CREATURES, 2)
    return f"{first} {chance.choice(COLOURS)} {second} {chance.randrange(100, 1000)}"
