"""Puts messages together into conversations: what one group of people wrote to each other.

The same chat group, or else the same senders and recipients; where people are withheld, a
conversation of its own that says nothing about whom. In the order of their first messages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from zegel.dossier.material import Message
from zegel.dossier.reading.entries import Entries
from zegel.dossier.reading.inline import Inline, joined, written
from zegel.dossier.reading.instants import Instants
from zegel.dossier.reading.wording import Words

_NAMED = 6
"""People of a conversation that its heading names."""

_WITHHELD = ("withheld",)


@dataclass(slots=True)
class Conversation:
    """Messages of one group of people."""

    people: tuple[str, ...]
    group: str | None
    withheld: bool
    messages: list[Message] = field(default_factory=list)


def conversations(messages: Iterable[Message]) -> list[Conversation]:
    """Return the conversations of messages that come by rising number."""
    found: dict[tuple[str, ...], Conversation] = {}
    for message in messages:
        withheld = any(one.part in ("all", "people") for one in message.withheld)
        people = tuple(sorted({one.lower() for one in (*message.sender, *message.recipients)}))
        group = message.chat_group or None
        key = _WITHHELD if withheld else ("group", group) if group else ("people", *people)
        conversation = found.get(key)
        if conversation is None:
            conversation = found[key] = Conversation(people, group, withheld)
        elif not set(people) <= set(conversation.people):
            conversation.people = tuple(sorted({*conversation.people, *people}))
        conversation.messages.append(message)
    return list(found.values())


def written_out(
    conversation: Conversation, number: int, entries: Entries, words: Words, instants: Instants
) -> dict[str, Any]:
    """Return a conversation for the template."""
    times = [m.clock_ns for m in conversation.messages if m.clock_ns is not None]
    period = f"{instants.day(min(times))} \u2013 {instants.day(max(times))}" if times else "-"
    count = len(conversation.messages)
    counted = words("conversation.counted", count=words.number(count))
    numbers = conversation.messages[0].number, conversation.messages[-1].number
    one = words("conversation.counted_one")
    span = f"{numbers[0]}\u2013{numbers[1]}" if count > 1 else str(numbers[0])
    return {
        "number": number,
        "heading": words("conversation.heading", number=number),
        "people": _people(conversation, words),
        "count": words.number(count),
        "period": period,
        "caption": f"{counted if count > 1 else one} ({span}), {period}",
        "messages": [entries.entry(message) for message in conversation.messages],
    }


def _people(conversation: Conversation, words: Words) -> Inline:
    if conversation.withheld:
        return [words("conversation.withheld")]
    named = joined(([written(one, 80)] for one in conversation.people[:_NAMED]), ", ")
    more = len(conversation.people) - _NAMED
    if more > 0:
        named += [", ", words("and_more", count=words.number(more))]
    if conversation.group:
        return [f"{words('conversation.group')} ", written(conversation.group, 80), ": ", *named]
    return named or [words("conversation.nobody")]
