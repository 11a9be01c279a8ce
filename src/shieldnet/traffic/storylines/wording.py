"""Spell sums, plates and numbers as people do, fill a line's slots, and mistype.

Every plate, telephone number, account and container number lies outside what anybody can have:
docs/reference/copied-site.md names the ranges.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from shieldnet.traffic.storylines.model import Script, Words
from shieldnet.traffic.texts import plate, telephone

_SLOT = re.compile(r"\{(\w+)\}")
_LONG_WORD = re.compile(r"(?<![\w.+-])[a-zé]{6,}(?![\w-])")
_THOUSAND = {"nl": "duizend", "en": "grand", "es": "mil"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the members of one storyline share, in its plain spelling."""

    plate: str
    plate2: str
    phone: str
    account: str
    container: str
    prices: tuple[int, ...]


def facts(chance: random.Random, script: Script) -> Facts:
    """Draw a storyline's plates and numbers."""
    return Facts(
        plate=plate(chance),
        plate2=plate(chance),
        phone=telephone(chance, "nl"),
        account=f"XX00 TEST 0000 {chance.randrange(10000):04d}",
        container=container(chance),
        prices=script.prices,
    )


def container(chance: random.Random) -> str:
    """Return a container number no owner can have: `T` is no category of ISO 6346."""
    return f"QQQT {chance.randrange(10**6):06d}-{chance.randrange(10)}"


def spelt_plate(chance: random.Random, written: str) -> str:
    """Return a plate with hyphens, blanks or neither, now and then in small letters."""
    joint = chance.choice(("-", "-", " ", ""))
    spelt = written.replace("-", joint)
    return spelt.lower() if chance.random() < 0.3 else spelt


def spelt_phone(chance: random.Random, written: str) -> str:
    """Return a telephone number in one of its spellings; seldom only its end."""
    country, area, rest = written.split(" ", 2)
    national = f"0{area}{rest.replace(' ', '')}"
    return chance.choice(
        (
            written,
            written.replace(" ", ""),
            f"00{country[1:]} {area} {rest}",
            national,
            f"{national[:5]} {national[5:]}",
            f"…{written[-3:]}",
        )
    )


def spelt_container(chance: random.Random, written: str) -> str:
    """Return a container number with or without its blank and hyphen, or only its end."""
    bare = re.sub(r"[ -]", "", written)
    return chance.choice((written, bare, bare.lower(), f"{bare[:4]} {bare[4:]}", f"..{bare[-4:]}"))


def spelt_sum(chance: random.Random, euros: int, language: str) -> str:
    """Return a sum as that language writes it, in figures, in thousands or in words."""
    english = language == "en"
    grouped = f"{euros:,}" if english else f"{euros:,}".replace(",", ".")
    ways = [f"€{grouped}", f"€ {grouped}", f"{grouped} euro", f"{euros}", f"{grouped} eu"]
    if not english:
        ways += [f"{grouped},-", f"{grouped} €"]
    if euros % 500 == 0:
        short = f"{euros / 1000:g}"
        short = short if english else short.replace(".", ",")
        ways += [f"{short}k", f"{short} k", f"{short}K", f"{short} {_THOUSAND[language]}"]
    return chance.choice(ways)


def filled(
    chance: random.Random,
    line: str,
    words: Words,
    known: Facts,
    nicks: tuple[str, ...],
    tongue: str,
) -> str:
    """Return a line with each slot filled anew."""

    def filler(match: re.Match[str]) -> str:
        return _filler(chance, match[1], words, known, nicks, tongue)

    return _SLOT.sub(filler, line)


def _filler(
    chance: random.Random,
    slot: str,
    words: Words,
    known: Facts,
    nicks: tuple[str, ...],
    tongue: str,
) -> str:
    if slot in words:
        return chance.choice(words[slot])
    if slot in ("plate", "plate2"):
        return spelt_plate(chance, getattr(known, slot))
    if slot == "price":
        return spelt_sum(chance, chance.choice(known.prices), tongue)
    if slot == "amount":
        return spelt_sum(chance, chance.choice((500, 1200, 2500, 3500, 8000, 9500)), tongue)
    return {
        "phone": lambda: spelt_phone(chance, known.phone),
        "container": lambda: spelt_container(chance, known.container),
        "account": lambda: known.account.replace(" ", chance.choice((" ", ""))),
        "nick": lambda: chance.choice(nicks),
        "time": lambda: _time(chance),
        "digit": lambda: str(chance.randrange(2, 6)),
        "n": lambda: str(chance.randrange(6, 60)),
        "n2": lambda: str(chance.randrange(2, 6)),
    }[slot]()


def _time(chance: random.Random) -> str:
    hour, minute = chance.randrange(24), chance.choice((0, 15, 30, 45))
    return chance.choice(
        (f"{hour}:{minute:02d}", f"{hour:02d}.{minute:02d}", f"{hour}u{minute:02d}")
    )


def mistyped(chance: random.Random, written: str) -> str:
    """Return a text as a thumb types it: one long word wrong, small letters, no full stop."""
    if chance.random() < 0.22:
        words = list(_LONG_WORD.finditer(written))
        if words:
            hit = chance.choice(words)
            written = written[: hit.start()] + _wrong(chance, hit[0]) + written[hit.end() :]
    if chance.random() < 0.4:
        written = written.lower().rstrip(".")
    return written


def _wrong(chance: random.Random, word: str) -> str:
    at = chance.randrange(1, len(word) - 2)
    return chance.choice(
        (
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[0] + re.sub("[aeiou]", "", word[1:]),
        )
    )
