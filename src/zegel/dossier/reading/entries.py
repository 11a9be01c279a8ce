"""One message as the PDF prints it: its clocks, people, text, attachments and provenance.

A withheld part is a bar with its reason; nothing of it is looked for anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from zegel.dossier.material import Attachment, Holder, Message
from zegel.dossier.reading import visible
from zegel.dossier.reading.inline import Inline, bar, coded, digest, joined, written
from zegel.dossier.reading.instants import Instants, apart
from zegel.dossier.reading.pictures import LARGEST_FILE, Drawer, Picture
from zegel.dossier.reading.provenance import provenance
from zegel.dossier.reading.wording import Words

LONGEST_BEGINNING = 500
"""Characters of a text that are printed where there is no more room for all of it."""
MOST_PEOPLE = 20
MOST_ATTACHMENTS = 20
_SAME_NS = 1_000_000_000
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_POINTS_A_PIXEL = 0.42
"""A picture of 600 pixels is 252 points wide: 9 cm."""


@dataclass(slots=True, kw_only=True)
class Entries:
    """Writes messages; keeps the pictures that it had drawn."""

    words: Words
    instants: Instants
    drawer: Drawer
    numbers: Mapping[str, int]
    """Numbers of the messages printed, by Message-ID."""
    room: int
    """Characters of texts that may still be printed in full."""
    pictures: dict[str, bytes] = field(default_factory=dict, repr=False)

    def entry(self, message: Message) -> dict[str, Any]:
        """Return the message for the template."""
        withheld = {one.part: one.reason for one in message.withheld}
        if message.entirely_withheld:
            return self._hidden(message, withheld["all"])
        shown = self._text("" if "text" in withheld else message.text or "")
        lang = message.language or ""
        return {
            "n": message.number,
            "time": self.instants.local(message.clock_ns) or self.words("message.no_time"),
            "utc": self.instants.utc(message.clock_ns),
            "clock": self._clock(message),
            "badge": self._badge(message),
            "head": [[name, value] for name, value in self._head(message, withheld)],
            "bar": self._bar("text", withheld) if "text" in withheld else None,
            "body": shown.pieces or None,
            "lang": lang if _LANGUAGE.fullmatch(lang) and lang not in ("und", "zxx") else None,
            "note": self._note(message, shown, withheld),
            "attachments": list(self._attachments(message, withheld)),
            "small": [
                [name, value] for name, value in provenance(message, self.numbers, self.words)
            ],
        }

    def _text(self, text: str) -> visible.Shown:
        """Return a text; a short beginning of it where all texts together become too long."""
        shown = visible.text(text, visible.LONGEST_TEXT if self.room > 0 else LONGEST_BEGINNING)
        self.room -= len(text) - shown.left_out
        return shown

    def _hidden(self, message: Message, reason: str) -> dict[str, Any]:
        """Return a message of which nothing but the number is shown."""
        words = self.words
        return {
            "n": message.number,
            "time": words("message.number", number=message.number),
            "utc": None,
            "clock": None,
            "badge": None,
            "head": [],
            "bar": [f"{words('withheld.bar')} — {words('withheld.all')} — ", written(reason)],
            "body": None,
            "lang": None,
            "note": None,
            "attachments": [],
            "small": [[words("message.identity"), [digest(message.message)]]],
        }

    def _bar(self, part: str, withheld: Mapping[str, str]) -> Inline:
        what = self._part(part)
        return [f"{self.words('withheld.bar')} — {what} — ", written(withheld[part])]

    def _part(self, part: str) -> str:
        kind, _, number = part.partition("/")
        if kind == "attachment" and number.isdecimal():
            return self.words("withheld.attachment", number=int(number) + 1)
        if part in ("text", "subject", "people"):
            return self.words(f"withheld.{part}")
        return self.words("withheld.other", part=coded(part))

    def _badge(self, message: Message) -> str | None:
        badges = []
        if message.state not in (None, "readable", "not encrypted"):
            state = self.words.known("states", message.state)
            badges.append(f"{state} ({coded(message.reason)})" if message.reason else state)
        if message.signature == "bad":
            bad = self.words.known("verdicts", "bad")
            badges.append(f"{self.words('message.signature')}: {bad}")
        opinions = [one for b in message.blocks for one in (b.opinion, b.second_opinion) if one]
        if any(one.startswith("differs") for one in opinions):
            differs = self.words.known("opinions", "differs")
            badges.append(f"{self.words('message.second')}: {differs}")
        return " · ".join(badges) or None

    def _head(self, message: Message, withheld: Mapping[str, str]) -> Iterator[tuple[str, Inline]]:
        words = self.words
        sender = self._sender_clock(message)
        if sender:
            yield words("message.sender_clock"), sender
        if "people" in withheld:
            yield words("message.from"), [self._black("people", withheld)]
        else:
            held = {one.account.lower(): one for one in message.holders}
            yield words("message.from"), self._people(message.sender, held)
            yield words("message.to"), self._people(message.recipients, held)
        if "subject" in withheld:
            yield words("message.subject"), [self._black("subject", withheld)]
        elif message.subject:
            yield words("message.subject"), [written(message.subject)]

    def _black(self, part: str, withheld: Mapping[str, str]) -> dict[str, Any]:
        return bar(self.words("withheld.bar"), withheld[part])

    def _clock(self, message: Message) -> str:
        assumed = any(
            place.zone_assumed
            for place in message.places
            if place.clock == message.clock and place.clock_ns == message.clock_ns
        )
        name = self.words.known("clocks", message.clock)
        return f"{name}; {self.words('message.zone_assumed')}" if assumed else name

    def _sender_clock(self, message: Message) -> Inline:
        """Return the sender's own clock: the date inside, else the outer Date field."""
        inside = ((b.date_ns, b.date_text, "inner") for b in message.blocks)
        outside = ((p.date_ns, p.date_text, "date") for p in message.places)
        for ns, text, name in (*inside, *outside):
            if ns is None and not text:
                continue
            line: Inline = [f"{self.words.known('clocks', name)}: ", written(text or "", 80)]
            local = self.instants.local(ns)
            if local is not None:
                line.append(f" = {local}")
            if ns is not None and message.clock_ns is not None:
                distance = ns - message.clock_ns
                line.append(
                    f"; {self.words('message.same')}"
                    if abs(distance) < _SAME_NS
                    else f"; {self.words('message.apart', apart=apart(distance))}"
                )
            return line
        return []

    def _people(self, people: tuple[str, ...], held: Mapping[str, Holder]) -> Inline:
        """Return addresses, each with who held it then."""
        if not people:
            return [self.words("message.nobody")]
        line = joined((self._person(one, held) for one in people[:MOST_PEOPLE]), ", ")
        more = len(people) - MOST_PEOPLE
        return [*line, ", ", self.words("and_more", count=more)] if more > 0 else line

    def _person(self, address: str, held: Mapping[str, Holder]) -> Inline:
        holder = held.get(address.lower())
        if holder is None:
            return [written(address)]
        line: Inline = [written(address), f" ({self.words('message.held_by')} "]
        line.append(written(holder.holder or "-"))
        if holder.device:
            line += [f", {self.words('message.device')} ", written(holder.device)]
        return [*line, ")"]

    def _note(
        self, message: Message, shown: visible.Shown, withheld: Mapping[str, str]
    ) -> str | None:
        if shown.left_out:
            return self.words("message.cut", left_out=self.words.number(shown.left_out))
        if shown.pieces or "text" in withheld:
            return None
        return self.words("message.no_text" if message.text is None else "message.empty")

    def _attachments(
        self, message: Message, withheld: Mapping[str, str]
    ) -> Iterator[dict[str, Any]]:
        for one in message.attachments[:MOST_ATTACHMENTS]:
            if f"attachment/{one.number}" not in withheld:
                yield self._attachment(message.number, one)
        for part in withheld:
            if part.startswith("attachment/"):
                black = bar(self.words("withheld.bar"), withheld[part])
                line = [self._part(part), " ", black]
                yield {"line": line, "lines": [], "picture": None, "alt": None, "width": 0}
        more = len(message.attachments) - MOST_ATTACHMENTS
        if more > 0:
            line = [self.words("message.attachments_more", count=more)]
            yield {"line": line, "lines": [], "picture": None, "alt": None, "width": 0}

    def _attachment(self, number: int, one: Attachment) -> dict[str, Any]:
        words = self.words
        named = [written(one.filename)] if one.filename else [words("message.no_name")]
        size = words("message.octets", size=words.number(one.size))
        lines: list[Inline] = [["SHA-256 ", digest(one.sha256)]]
        if one.content is not None:
            lines.append([written(one.content.member)])
        picture = self._picture(one)
        if picture is not None and picture.unshown is not None:
            unshown = picture.unshown.value.replace(" ", "_")
            lines.append([words(f"message.picture_{unshown}")])
        drawn = picture is not None and bool(picture.png)
        member = f"picture-{len(self.pictures) + 1}.png"
        if picture is not None and drawn:
            self.pictures[member] = picture.png
        return {
            "line": [*named, " · ", written(one.content_type or "-", 80), " · ", size],
            "lines": lines,
            "picture": member if drawn else None,
            "alt": words("message.picture_of", number=number),
            "width": max(8.0, picture.width * _POINTS_A_PIXEL) if picture is not None else 0,
        }

    def _picture(self, one: Attachment) -> Picture | None:
        if one.content is None or one.size > LARGEST_FILE:
            return None
        return self.drawer.draw(one.content.read())
