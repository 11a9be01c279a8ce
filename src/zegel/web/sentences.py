"""The sentences of errors, said in the reader's language.

The service knows no languages: an error comes with finished English sentences. `errors.po` has each
sentence that a page can meet as the source writes it, with a name for whatever is put in; here a
finished sentence is led back to the one it was made of and said anew with the same parts. A name in
the translation may say what its part is, and the sentence is only led back where it is that:

    {name}          anything, put in as it is
    {name:said}     a sentence of the catalogue, said in the reader's language too
    {name:word}     words with commas between, each said too where any catalogue has it
    {name:number}   a whole number, written with the reader's separators
    {name:instant}  an instant in UTC, as the service writes it

Parts may hold what an exhibit holds: they are never understood as anything, the time spent is
bounded whatever they are, and whoever shows the sentence escapes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from string import Formatter

from babel.messages.pofile import read_po

from zegel.web.language import DEFAULT, LOCALE, Reader

CATALOGUE = "errors.po"
LONGEST = 10_000
"""Characters of a sentence; a longer one is shown as it is."""
MOST_WAYS = 500
"""Ways to take one sentence apart that are looked at, all together."""
DEEPEST = 5
"""Sentences within one another."""
_NUMBER = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})*|[0-9]{1,18}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC")
KINDS = frozenset({"", "said", "word", "number", "instant"})


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence as the source writes it, and how another language says it."""

    fixed: tuple[str, ...]
    """What is always there, around the parts: one more than there are names."""
    names: tuple[str, ...]
    told: tuple[tuple[str, str | None, str], ...]
    """The translation: what stands before a part, the part's name and its kind."""

    @property
    def weight(self) -> int:
        """Return how much is fixed: the more, the surer that a sentence was made of this."""
        return sum(map(len, self.fixed))


def sentence(reader: Reader, text: str) -> str | None:
    """Return a sentence of an error in the reader's language; None where only English has it."""
    if reader.language == DEFAULT:
        return text
    return None if len(text) > LONGEST else _Saying(reader).say(text, DEEPEST)


class _Saying:
    """Says one sentence and what is in it; `_ways` is how many more ways may be looked at."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._ways = MOST_WAYS
        self._whole, self._parted = templates(reader.language)

    def say(self, text: str, deep: int) -> str | None:
        if text in self._whole or not deep:
            return self._whole.get(text)
        for template in self._parted:
            for parts in ways(template, text):
                self._ways -= 1
                if self._ways < 0:
                    return None
                said = self._put_in(template, parts, deep - 1)
                if said is not None:
                    return said
        return None

    def _put_in(self, template: Template, parts: tuple[str, ...], deep: int) -> str | None:
        given = dict(zip(template.names, parts, strict=True))
        said: list[str] = []
        for before, name, kind in template.told:
            part = "" if name is None else self._part(kind, given[name], deep)
            if part is None:
                return None
            said += [before, part]
        return "".join(said)

    def _part(self, kind: str, part: str, deep: int) -> str | None:
        """Return a part as it is put in; None where it is not of this kind."""
        if kind == "said":
            return self.say(part, deep)
        if kind == "word":
            return ", ".join(self._known(one) or one for one in part.split(", "))
        if kind == "number":
            fits = _NUMBER.fullmatch(part)
            return self._reader.number(int(part.replace(",", ""))) if fits else None
        if kind == "instant":
            return part if _INSTANT.fullmatch(part) else None
        return part

    def _known(self, word: str) -> str | None:
        if word in self._whole:
            return self._whole[word]
        said = self._reader.say(word) if word else word  # the empty one is the catalogue's header
        return said if said != word else None


@cache
def templates(language: str) -> tuple[Mapping[str, str], tuple[Template, ...]]:
    """Return the sentences without parts, and those with parts, the most fixed first."""
    whole: dict[str, str] = {}
    parted = []
    with (LOCALE / language / CATALOGUE).open("rb") as file:
        for message in read_po(file, locale=language, abort_invalid=True):
            if message.id:
                made = read_template(str(message.id), str(message.string))
                if made.names:
                    parted.append(made)
                else:
                    whole[made.fixed[0]] = made.told[0][0]
    return whole, tuple(sorted(parted, key=lambda one: -one.weight))


def read_template(english: str, translation: str) -> Template:
    """Return a sentence and its translation; the names of both are written in braces."""
    fixed, names = [""], []
    for before, name, _, _ in Formatter().parse(english):
        fixed[-1] += before
        if name is not None:
            names.append(name)
            fixed.append("")
    told = tuple(
        (before, name, kind or "") for before, name, kind, _ in Formatter().parse(translation)
    )
    return Template(tuple(fixed), tuple(names), told)


def ways(template: Template, text: str) -> Iterator[tuple[str, ...]]:
    """Yield the parts with which a text was perhaps made of a template, for every way there is."""
    first, *between, last = template.fixed
    if len(text) < template.weight or not text.startswith(first) or not text.endswith(last):
        return
    yield from _apart(text[len(first) : len(text) - len(last)], between)


def _apart(text: str, between: list[str]) -> Iterator[tuple[str, ...]]:
    if not between:
        yield (text,)
        return
    at = text.find(between[0])
    while at >= 0:
        fits = False
        for rest in _apart(text[at + len(between[0]) :], between[1:]):
            fits = True
            yield (text[:at], *rest)
        if not fits:  # nor would it further on, where less is left
            return
        at = text.find(between[0], at + 1)
