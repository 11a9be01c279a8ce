"""Reads participants, addresses and message ids from a mail's header fields.

Never raises on any text, never looks a name up, and decodes encoded words only after the
addresses are taken apart, so that an encoded comma or bracket cannot forge one (RFC 2047
section 5). RFC 5322 sections 3.4 and 3.6, RFC 2047.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from zegel.processing.charsets import decode_words
from zegel.processing.slices import Headers
from zegel.records import Problem, record

MAX_ADDRESSES = 10_000
MAX_IDS = 1_000
_MAX_VALUE = 1 << 20
_SHORT = 128
"""Characters of a field that is worth remembering: the same few people write all day."""

_SIMPLE = re.compile(r"\s*([^\s<>@,;:\"()\[\]\\]+@[^\s<>@,;:\"()\[\]\\]+)\s*")
_NAMED = re.compile(r"([^<>@,;:\"()\\]*)<([^\s<>@,;:\"()\[\]\\]+@[^\s<>@,;:\"()\[\]\\]+)>\s*")
_ID = re.compile(r"<([^<>]{1,998})>")
_FOR = re.compile(r"\bfor\s+<?([^\s<>;@]+@[^\s<>;]+?)>?(?=[\s;]|$)", re.I)
"""Slow to search for, quick to match: `_recipient_of` looks for the word first."""
_DIVIDING = re.compile(r"[\":;()\\\[\]]")
"""What makes a comma in a list of addresses perhaps no border: quotes, groups, comments."""
_BETWEEN = re.compile(r"[\s<>\",;]+")
_TOKEN = re.compile(
    r"\"(?:[^\"\\]|\\.)*\""  # a quote without its end is a letter like any other
    r"|<[^<>]*>?|[,;:()]|\\.|\[[^\[\]]*\]|[^\"<,;:()\\\[]+|.",
    re.S,
)


@record
class Address:
    """One mailbox as a header field names it."""

    name: str
    """Display name, decoded; empty where there is none."""
    address: str
    """`local@domain` in lower case; empty where the text holds none."""
    raw: str
    """The text it was read from, undecoded."""


@record
class Participants:
    """Who a mail says it is from and to; an envelope may know better."""

    sender: tuple[Address, ...] = ()
    """From, else Sender."""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    problems: tuple[Problem, ...] = ()


def participants(headers: Headers) -> Participants:
    """Return the participants; malformed addresses are kept with an empty `address`."""
    problems: list[Problem] = []
    sender = _field(headers, "from", problems) or _field(headers, "sender", problems)
    return Participants(
        sender=sender,
        to=_field(headers, "to", problems),
        cc=_field(headers, "cc", problems),
        bcc=_field(headers, "bcc", problems),
        reply_to=_field(headers, "reply-to", problems),
        problems=tuple(problems),
    )


_BESIDE = (
    "sender", "reply-to", "resent-from", "resent-sender", "resent-to", "resent-cc", "resent-bcc",
    "mail-followup-to", "mail-reply-to", "disposition-notification-to",
)  # fmt: skip
"""Fields that name people too, and make nobody sender or recipient of the mail."""


def also_named(headers: Headers, people: Participants) -> tuple[str, ...]:
    """Return who is named beside the addresses of sender and recipients: names, other fields.

    A display name stands as decoded; other fields (Reply-To, Resent-*) give names and addresses.
    """
    found: dict[str, None] = {}
    for group in (people.sender, people.to, people.cc, people.bcc):
        for one in group:
            if one.name or not one.address:
                found.setdefault(one.name or one.raw)
    if headers.keys().isdisjoint(_BESIDE):
        return tuple(found)
    for name in _BESIDE:
        for value in headers.get(name, ())[:MAX_IDS]:
            for one in addresses(value):
                found.update(dict.fromkeys(filter(None, (one.name, one.address or one.raw))))
    return tuple(found)


def all_named(headers: Headers) -> tuple[str, ...]:
    """Return every name and address in the fields of a mail that name people."""
    people = participants(headers)
    groups = (people.sender, people.to, people.cc, people.bcc)
    mailboxes = [one.address for group in groups for one in group if one.address]
    return tuple(dict.fromkeys((*mailboxes, *also_named(headers, people))))


def _field(headers: Headers, name: str, problems: list[Problem]) -> tuple[Address, ...]:
    values = headers.get(name)
    if values is None:
        return ()
    found = addresses(values[0]) if len(values) == 1 else _of_all(values)
    if len(found) >= MAX_ADDRESSES:
        problems.append(Problem(kind="too many addresses", note=name))
    return found


def _of_all(values: list[str]) -> tuple[Address, ...]:
    found: list[Address] = []
    for value in values:
        found.extend(addresses(value))
        if len(found) >= MAX_ADDRESSES:
            break
    return tuple(found[:MAX_ADDRESSES])


def addresses(value: str) -> tuple[Address, ...]:
    """Return the mailboxes of one address field; members of groups are met, group names dropped."""
    return _addresses(value) if len(value) < _SHORT else _addresses.__wrapped__(value)


@lru_cache(maxsize=8192)
def _addresses(value: str) -> tuple[Address, ...]:
    if one := _usual(value):
        return (one,)
    value = value[:_MAX_VALUE]
    usual = _usual_list(value)
    return tuple(islice(_mailboxes(value) if usual is None else usual, MAX_ADDRESSES))


def _usual(value: str) -> Address | None:
    """Return the mailbox of the usual forms, `address` and `name <address>`; None for others."""
    if found := _SIMPLE.fullmatch(value):
        return Address(name="", address=found[1].lower(), raw=value)
    if found := _NAMED.fullmatch(value):
        name, address = found.groups()
        return Address(name=decode_words(name.strip()), address=address.lower(), raw=value)
    return None


_usual_piece = lru_cache(maxsize=8192)(_usual)


def _usual_list(value: str) -> list[Address] | None:
    """Take a list of usual mailboxes apart at its commas; None where it needs more care."""
    if _DIVIDING.search(value):
        return None
    out: list[Address] = []
    for piece in value.split(","):
        if raw := piece.strip():
            one = _usual_piece(raw) if len(raw) < _SHORT else None
            if one is None:
                return None
            out.append(one)
    return out


def _mailboxes(value: str) -> Iterator[Address]:
    """Take an address list apart by RFC 5322 tokens, forgiving what mailers do to it."""
    tokens: list[str] = []
    depth = 0
    for found in _TOKEN.finditer(value):
        token = found[0]
        if token == "(":
            depth += 1
        elif token == ")" and depth:
            depth -= 1
        elif not depth and token in ",;":
            yield from _mailbox(tokens)
            tokens = []
            continue
        elif not depth and token == ":" and not any("@" in part for part in tokens):
            tokens = []  # what stood before is a group's name
            continue
        tokens.append(token)
    yield from _mailbox(tokens)


def _mailbox(tokens: list[str]) -> Iterator[Address]:
    """Yield the mailbox these tokens make: `name <address>`, `address (name)`, `address`."""
    raw = "".join(tokens).strip()
    if not raw:
        return
    comment: list[str] = []
    words: list[str] = []
    bracketed = ""
    depth = 0
    for token in tokens:
        depth += token == "("
        if depth:
            comment.append(token)
        elif token[0] == "<":
            bracketed = token
        else:
            words.append(token)
        depth -= token == ")" and depth > 0
    text = "".join(words).strip()
    if bracketed:
        yield Address(name=_name(text), address=_address(bracketed.strip("<> \t")), raw=raw)
        return
    name = "".join(comment).strip("() \t")
    found = _address(text)
    yield Address(name=_name(name) if found else _name(text or name), address=found, raw=raw)


def _name(text: str) -> str:
    if '"' in text:
        text = re.sub(r'"((?:[^"\\]|\\.)*)"?', lambda m: re.sub(r"\\(.)", r"\1", m[1]), text)
    return decode_words(text.strip())


def _address(text: str) -> str:
    """Return `local@domain` in lower case; a source route is dropped (RFC 5322 section 4.4)."""
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2]
    compact = "".join(text.split()) if text.count("@") == 1 and '"' not in text else text.strip()
    local, at, domain = compact.rpartition("@")
    if local and at and domain and (local[0] == '"' or not re.search(r"[<>,;]", compact)):
        return compact.lower()
    words = (word for word in _BETWEEN.split(text) if "@" in word.strip("@"))
    return next(words, "").lower() if at else ""


def message_id(headers: Headers) -> str:
    """Return the Message-ID without its angle brackets, or an empty string."""
    values = headers.get("message-id")
    if not values:
        return ""
    found = _ID.search(values[0])
    return found[1].strip() if found else values[0].strip("<> \t")[:998]


def references(headers: Headers) -> tuple[str, ...]:
    """Return the ids of References, then of In-Reply-To, each once, without brackets."""
    found: dict[str, None] = {}
    for name in ("references", "in-reply-to"):
        for value in headers.get(name, ()):
            for match in _ID.finditer(value):
                if "@" in match[1] or name == "references":
                    found.setdefault(match[1].strip())
                if len(found) >= MAX_IDS:
                    return tuple(found)
    return tuple(found)


_ENVELOPE = ("delivered-to", "x-delivered-to", "x-original-to", "envelope-to", "x-envelope-to")


def envelope_accounts(headers: Headers) -> tuple[str, ...]:
    """Return the accounts the envelope named: recipients by every trace, then the return path."""
    found: dict[str, None] = {}
    for name in _ENVELOPE:
        for value in headers.get(name, ())[:MAX_IDS]:
            _note(found, value)
    for value in headers.get("received", ())[:MAX_IDS]:
        if recipient := _recipient_of(value):
            _note(found, recipient)
    for value in headers.get("return-path", ())[:1]:
        _note(found, value)
    return tuple(found)


def _recipient_of(trace: str) -> str:
    """Return what stands after `for` in a Received field, or an empty string."""
    folded = trace.lower()
    if len(folded) != len(trace):  # a letter that folds to two: places differ
        found = _FOR.search(trace)
        return found[1] if found else ""
    at = folded.find("for")
    while at >= 0:
        if found := _FOR.match(trace, at):
            return found[1]
        at = folded.find("for", at + 3)
    return ""


def _note(found: dict[str, None], value: str) -> None:
    bare = _bare(value) if len(value) < _SHORT else _bare.__wrapped__(value)
    if bare:
        found.setdefault(bare)


@lru_cache(maxsize=8192)
def _bare(value: str) -> str:
    """Return the address that is all of `value` but for brackets, in lower case, or nothing."""
    match = _SIMPLE.fullmatch(value.strip("<> \t"))
    return match[1].lower() if match else ""


def unstructured(headers: Headers, name: str) -> str:
    """Return the first field of that name, e.g. `subject`, with encoded words decoded."""
    values = headers.get(name)
    return decode_words(values[0]) if values else ""
