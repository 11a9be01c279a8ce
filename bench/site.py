"""Write the copy of a mail server that is measured: Maildirs, each message once, and a key ring.

PGP/MIME (RFC 3156) as Postfix and Dovecot leave it: trace fields, LF line ends. About 1.2 KB of
plaintext each, of a fixed seed; ciphertexts differ from run to run. Returns what was written, by
digest, so that what is read can be compared without the code that reads.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import random
from dataclasses import dataclass, field
from email.utils import format_datetime
from pathlib import Path

from bench.sealing import Person, people, seal

_START = dt.datetime(2015, 10, 1, tzinfo=dt.UTC)
_TEXT = 1050
"""Characters of text in a message; with the header fields inside, 1.2 KB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A written copy and what it holds."""

    folder: Path
    messages: int
    octets: int
    """Of all mails."""
    plaintext: int
    """Octets of all plaintexts."""
    digests: tuple[bytes, ...] = field(repr=False)
    """SHA-256 of each plaintext, sorted."""


def write_site(folder: Path, algorithm: str, messages: int, *, signed: bool) -> Site:
    """Write a copy of `messages` messages into `folder`."""
    chance = random.Random(f"{algorithm} {signed}")
    words = _vocabulary(chance)
    known = people(algorithm)
    ring = folder / "keys"
    ring.mkdir(parents=True)
    (ring / "secring.gpg").write_bytes(b"".join(person.secret for person in known))
    digests, total, plaintext = [], 0, 0
    for number in range(messages):
        sender, recipient = chance.sample(known, 2)
        when = _START + dt.timedelta(seconds=number * 131)
        content = _content(chance, words, number, when)
        mail = _mail(
            number, when, sender, recipient, seal(content, sender, recipient, signed=signed)
        )
        _deliver(folder, recipient, number, when, mail)
        digests.append(hashlib.sha256(content).digest())
        total += len(mail)
        plaintext += len(content)
    return Site(
        folder=folder,
        messages=messages,
        octets=total,
        plaintext=plaintext,
        digests=tuple(sorted(digests)),
    )


def _vocabulary(chance: random.Random) -> list[str]:
    """Return words whose mixture packs about as well as chat does."""
    parts = ("ka", "lo", "mi", "ne", "ro", "sta", "ven", "de", "ijk", "aar", "oe", "schi", "gra")
    return ["".join(chance.choices(parts, k=chance.randint(1, 4))) for _ in range(3000)]


def _content(chance: random.Random, words: list[str], number: int, when: dt.datetime) -> bytes:
    text, length = [], 0
    while length < _TEXT:
        # The product of two draws favours the first words, as speech does.
        word = words[int(chance.random() * chance.random() * len(words))]
        text.append(word)
        length += len(word) + 1
    lines = "\r\n".join(" ".join(text[at : at + 12]) for at in range(0, len(text), 12))
    return (
        'Content-Type: text/plain; charset="utf-8"; protected-headers="v1"\r\n'
        f"Subject: {text[0]} {text[1]}\r\nDate: {format_datetime(when)}\r\n"
        f"Message-ID: <{number}.inner@bench.example>\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"{lines}\r\n"
    ).encode()


def _mail(number: int, when: dt.datetime, sender: Person, to: Person, sealed: bytes) -> bytes:
    mark = base64.b16encode(hashlib.sha256(b"%d" % number).digest()[:12]).decode()
    date = format_datetime(when)
    head = f"""\
Return-Path: <{sender.address}>
Delivered-To: {to.address}
Received: from mx.bench.example
\tby mx.bench.example with LMTP id {mark}
\t(envelope-from <{sender.address}>)
\tfor <{to.address}>; {date}
Received: from phone (unknown [192.0.2.{number % 250 + 1}])
\tby mx.bench.example (Postfix) with ESMTPSA id {mark[:10]}
\tfor <{to.address}>; {date}
From: <{sender.address}>
To: <{to.address}>
Date: {date}
Message-ID: <{number}@bench.example>
Subject: ...
MIME-Version: 1.0
Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";
 boundary="={mark}="

--={mark}=
Content-Type: application/pgp-encrypted

Version: 1

--={mark}=
Content-Type: application/octet-stream; name="encrypted.asc"

"""
    return head.encode() + sealed + f"\n--={mark}=--\n".encode()


def _deliver(folder: Path, to: Person, number: int, when: dt.datetime, mail: bytes) -> None:
    place = folder / "mail" / to.address / "Maildir" / "cur"
    if not place.exists():
        place.mkdir(parents=True)
    name = f"{int(when.timestamp())}.M{number % 1_000_000}P1.mx.bench.example,S={len(mail)}:2,S"
    (place / name).write_bytes(mail)
