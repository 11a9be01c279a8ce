"""Which header fields survive, and in which form. What is not listed here does not.

So Subject, User-Agent, X-Mailer, X-Originating-IP, Received, display names, Reply-To and whatever a
client invents tomorrow are gone. Each field that stays must have its own exact form, or is left
out: a field is no place for text.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from email.utils import getaddresses

from shieldnet import walk
from shieldnet.policy.parts import Entity
from shieldnet.policy.refusal import RefusedError

SUBJECT = b"[...]"
_ID = rb"<[A-Za-z0-9.!#$%&'*+/=?^_`{|}~@:-]{1,250}>"
_WHOLE = {
    "date": re.compile(
        rb"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d{1,2} [A-Z][a-z]{2} \d{4} "
        rb"\d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|GMT|UTC)"
    ),
    "message-id": re.compile(_ID),
    "in-reply-to": re.compile(rb"(?:%s[ \t]*){1,20}" % _ID),
    "references": re.compile(rb"(?:%s[ \t]*){1,100}" % _ID),
    "auto-submitted": re.compile(rb"auto-(?:generated|replied)"),
    "chat-version": re.compile(rb"\d{1,3}(?:\.\d{1,3}){0,2}"),
    "chat-is-post-message": re.compile(rb"[01]"),
}
_JOIN = {
    "secure-join": re.compile(rb"v[cg]-request"),
    "secure-join-invitenumber": re.compile(rb"[A-Za-z0-9_-]{1,64}"),
}
_NAMES = {
    "message-id": "Message-ID",
    "date": "Date",
    "in-reply-to": "In-Reply-To",
    "references": "References",
    "auto-submitted": "Auto-Submitted",
    "chat-version": "Chat-Version",
    "chat-is-post-message": "Chat-Is-Post-Message",
    "secure-join": "Secure-Join",
    "secure-join-invitenumber": "Secure-Join-Invitenumber",
}
_MAILBOX = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,253}")
MOST_RECIPIENTS = 1000
LINE = 76


def surviving(whole: Entity, sender: str, shape: str) -> list[bytes]:
    """Return the header lines of a message that passes; refuse one that names another author."""
    _check_author(whole, sender)
    lines = [b"From: <" + sender.encode("ascii") + b">"]
    lines += [line for name in ("to", "cc") for line in _recipients(whole, name)]
    forms = _WHOLE | (_JOIN if shape == "securejoin" else {})
    for name, form in forms.items():
        value = whole.one(name)
        if value and form.fullmatch(value):
            lines += _folded(_NAMES[name], value)
    lines.append(b"Subject: " + SUBJECT)
    lines += _autocrypt(whole, sender, needed=shape == "autocrypt")
    lines.append(b"MIME-Version: 1.0")
    return lines


def _check_author(whole: Entity, sender: str) -> None:
    if not sender.isascii():
        raise RefusedError("address", "Not sent: addresses of this network are plain ASCII")
    named = _addresses(whole.one("from"))
    if [one.lower() for one in named] != [sender.lower()]:
        raise RefusedError(
            "forged author",
            f"Not sent: the author named in the message is not {sender}, who logged in. "
            "Set the account's own address as From",
        )


def _addresses(value: bytes) -> list[str]:
    text = value.decode("ascii", "replace")
    return [address for _, address in getaddresses([text]) if _MAILBOX.fullmatch(address)]


def _recipients(whole: Entity, name: str) -> Iterator[bytes]:
    """Yield To or Cc with addresses alone; an empty group where the message hides them."""
    if name not in whole.fields:
        return
    found = _addresses(whole.one(name))[:MOST_RECIPIENTS]
    if not found and name == "to":
        yield b'To: "hidden-recipients": ;'
    elif found:
        text = ", ".join(f"<{address}>" for address in found).encode("ascii")
        yield from _folded(name.capitalize(), text)


def _folded(name: str, value: bytes) -> Iterator[bytes]:
    """Yield a field folded at blanks (RFC 5322 section 2.2.3)."""
    line = name.encode() + b":"
    for word in value.split():
        if len(line) + 1 + len(word) > LINE and line.strip() != name.encode() + b":":
            yield line
            line = b""
        line += b" " + word
    yield line


def _autocrypt(whole: Entity, sender: str, *, needed: bool) -> Iterator[bytes]:
    """Yield the Autocrypt field written anew: address, preference, certificate (Level 1, 2.1)."""
    values = whole.fields.get("autocrypt", ())
    if len(values) != 1 or not (certificate := _certificate(values[0], sender)):
        if needed:
            raise RefusedError(
                "no certificate",
                "Not sent: an introduction without text needs an Autocrypt field with the "
                "sender's own certificate",
            )
        return
    prefer = b" prefer-encrypt=mutual;" if b"prefer-encrypt=mutual" in values[0] else b""
    yield b"Autocrypt: addr=" + sender.encode("ascii") + b";" + prefer
    yield b" keydata="
    text = base64.b64encode(certificate)
    for place in range(0, len(text), LINE):
        yield b" " + text[place : place + LINE]


def _certificate(value: bytes, sender: str) -> bytes:
    """Return the certificate in an Autocrypt field, or nothing where it is not the sender's."""
    pairs = (word.partition(b"=") for word in value.split(b";"))
    words = {key.strip(): rest.strip() for key, _, rest in pairs}
    if words.get(b"addr", b"").lower() != sender.lower().encode("ascii"):
        return b""
    try:
        octets = binascii.a2b_base64(b"".join(words.get(b"keydata", b"").split()))
        kinds = [packet.tag for packet in walk.packets(octets)]
    except (binascii.Error, walk.NotOpenPGPError):
        return b""
    if walk.SECRET_KEY in kinds or walk.SECRET_SUBKEY in kinds:
        raise RefusedError(
            "secret key",
            "Not sent: the Autocrypt field holds a secret key. Consider that key known to others, "
            "and make a new one",
        )
    public = {walk.PUBLIC_KEY, walk.PUBLIC_SUBKEY, walk.USER_ID, walk.SIGNATURE}
    return octets if kinds[:1] == [walk.PUBLIC_KEY] and set(kinds) <= public else b""
