"""Write what members say to each other, and what others innocently write in the same words.

Terms are never planted: the slots of a line are drawn from several ways of saying a thing, so no
list of terms finds all of a storyline, and none finds it alone.
"""

from __future__ import annotations

import random

from shieldnet.traffic.devices import device
from shieldnet.traffic.phrases import LANGUAGES
from shieldnet.traffic.settings import Settings
from shieldnet.traffic.storylines.cast import Chat, Storyline, by_member, storylines
from shieldnet.traffic.storylines.wording import filled, mistyped

NEAR, FAR = 0.16, 0.02
"""How often an innocent text uses a storyline's words: to or from a member's phone, elsewhere."""
GROUP_SHARE = 0.4


def chat(chance: random.Random, storyline: Storyline, present: set[int]) -> Chat:
    """Return one of the chats in which at least two of `present` take part."""
    open_ = [one for one in storyline.chats if len(present.intersection(one.members)) > 1]
    groups = [one for one in open_ if one.group is not None]
    pairs = [one for one in open_ if one.group is None]
    if groups and (not pairs or chance.random() < GROUP_SHARE):
        return groups[0] if chance.random() < 0.75 else groups[-1]
    return chance.choice(pairs)


def tongue(chance: random.Random, storyline: Storyline, sender: int, language: str) -> str:
    """Return the language of one message: the chat's, now and then another the sender speaks."""
    if chance.random() < 0.12:
        return chance.choice(storyline.role_of(sender).languages)
    return language


def told(
    chance: random.Random,
    settings: Settings,
    storyline: Storyline,
    second: int,
    language: str,
    said: set[str],
) -> str:
    """Return one message of a storyline at an instant; `said` are the lines of its thread.

    A thread repeats no line before all that fit are used up, and never opens with a short answer.
    """
    script = storyline.script
    if said and chance.random() < 0.3:
        line = chance.choice(script.replies[language])
    else:
        stray = chance.uniform(-0.4, 0.4) / len(script.phases)
        lines = storyline.phase(storyline.progress(second) + stray).lines[language]
        fresh = [one for one in lines if one not in said] or list(lines)
        chosen = chance.sample(fresh, 1 if chance.random() < 0.65 or len(fresh) < 2 else 2)
        said.update(chosen)
        line = " ".join(chosen)
    if chance.random() < 0.25:
        line = f"{line} {chance.choice(script.emoji) * chance.choice((1, 1, 2))}"
    known = tuple(_nick(settings, member.number, second) for member in storyline.members)
    written = filled(chance, line, script.words[language], storyline.facts, known, language)
    if chance.random() < 0.35:
        written = f"{chance.choice(_salutes(language))} {written}"
    return mistyped(chance, written)


def decoy(
    chance: random.Random, settings: Settings, people: tuple[int, ...], second: int, language: str
) -> tuple[str, str] | None:
    """Return the storyline and an innocent text in its words, or None where none is due."""
    near = by_member(settings)
    found = next((near[number] for number in people if number in near), None)
    due = FAR if found is None else NEAR
    if chance.random() >= due:
        return None
    everyone = storylines(settings)
    if found is None and everyone:
        found = chance.choice(everyone)
    if found is None or not found.since <= second < found.until:
        return None
    lines = found.script.decoys.get(language)
    if lines is None:
        return None
    nicks = (_nick(settings, people[-1], second),)
    words = found.script.words[language]
    line = filled(chance, chance.choice(lines), words, found.facts, nicks, language)
    return found.name, mistyped(chance, line)


def _nick(settings: Settings, number: int, second: int) -> str:
    """Return what friends call a holder: the creature of the nickname."""
    held = device(settings, number).tenure_at(second)
    return held.holder.split("-")[1] if held else "iemand"


def _salutes(language: str) -> tuple[str, ...]:
    return tuple(one for one in LANGUAGES[language].greetings if "{" not in one)
