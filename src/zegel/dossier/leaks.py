"""Whether something withheld in one message is shown by another: then nothing is exported.

Replies quote, mails are forwarded, an attachment lies in two messages. What is withheld is looked
for in everything shown: texts and subjects line by line (quoting marks aside) and as bytes in the
contents, attachments by digest. Pieces of fewer than `SHORTEST` characters say nothing and are not
looked for. Of people it is withheld that they took part in a message, so they are looked for only
where nobody else names them: in the words of a query, a tag or a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from zegel.dossier.certificates import Rows

SHORTEST = 12
"""Characters of a piece of text that is looked for; a shorter one is found anywhere."""
SHORTEST_NAME = 4


@dataclass(slots=True)
class Needles:
    """What must not be found, and in which message it was withheld."""

    lines: dict[str, int] = field(default_factory=dict, repr=False)
    people: dict[str, int] = field(default_factory=dict, repr=False)
    attachments: dict[bytes, int] = field(default_factory=dict, repr=False)
    shown_people: set[str] = field(default_factory=set, repr=False)

    def add(self, rows: Rows, parts: Iterable[str]) -> None:
        """Take in what is withheld of a message."""
        message, number, parts = rows.message, rows.number, set(parts)
        whole = "all" in parts
        for part in ("text", "subject"):
            if whole or part in parts:
                for line in _lines(message[part]):
                    self.lines.setdefault(line, number)
        if whole or "people" in parts:
            for name in people(message):
                self.people.setdefault(name, number)
        for place, attachment in enumerate(rows.attachments):
            if whole or f"attachment/{place}" in parts:
                self.attachments.setdefault(attachment["sha256"], number)

    def shown_by(self, rows: Rows, hidden: set[str], contents: Iterable[bytes]) -> str | None:
        """Return a sentence on the first thing that this message would show, None if nothing."""
        message, number = rows.message, rows.number
        for part in ("text", "subject"):
            for line in _lines(message[part]) if part not in hidden else ():
                if line in self.lines:
                    return _found(number, part, self.lines[line])
        if "sender" not in hidden:
            self.shown_people.update(people(message))
        for place, attachment in enumerate(rows.attachments):
            part = f"attachment/{place}"
            if part not in hidden and attachment["sha256"] in self.attachments:
                return _found(number, part, self.attachments[attachment["sha256"]])
        return self._in_contents(number, contents)

    def in_words(self, words: str) -> int | None:
        """Return the message of which `words` of a query, tag or reason show something."""
        folded = words.lower()
        for line, number in self.lines.items():
            if line in words:
                return number
        names = ((n, at) for n, at in self.people.items() if n not in self.shown_people)
        return next((number for name, number in names if name in folded), None)

    def _in_contents(self, number: int, contents: Iterable[bytes]) -> str | None:
        for content in contents:
            for line, place in self.lines.items():
                if line.encode("utf-8") in content:
                    return _found(number, "text", place)
        return None


def people(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield every name and address by which a message tells who wrote to whom."""
    for column in ("sender", "recipients", "accounts"):
        yield from (name.lower() for name in message[column] or () if len(name) >= SHORTEST_NAME)
    for held in message["holders"] or ():
        yield from (
            held[name].lower()
            for name in ("account", "device", "holder")
            if held[name] and len(held[name]) >= SHORTEST_NAME
        )


def _lines(text: str | None) -> Iterator[str]:
    for line in (text or "").splitlines():
        bare = line.lstrip("> \t|").rstrip()
        if len(bare) >= SHORTEST:
            yield bare


def _found(number: int, part: str, withheld: int) -> str:
    return f"{part} of message {number} shows what is withheld of message {withheld}"
