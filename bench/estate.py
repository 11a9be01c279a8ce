"""Write the copy of a server from which a part is granted, fast, and the order that grants it.

Of MESSAGES messages the order's accounts wrote each other GRANTED: PGP/MIME to Cv25519 keys
(`sealing`), kept by sender and recipient, three of five in a backup too: 2.6 places a message. All
others are plain mails kept once, so that what a grant must pass by costs little to make.
"""

from __future__ import annotations

import datetime as dt
import random
from email.utils import format_datetime
from pathlib import Path

from bench.sealing import Person, people, seal

SUSPECTS = 40
"""Accounts the order names, of the 200 there are."""
_START = dt.datetime(2015, 10, 1, tzinfo=dt.UTC)
WORDS = [
    first + second
    for first in ("ka", "lo", "mi", "ne", "ro", "sta", "ven", "de", "schi", "gra")
    for second in ("men", "der", "lijk", "ten", "kade", "s", "boot", "uur", "geld", "dag")
]
_ORDER = """\
number = "B-1"
magistrate = "Judge"
investigation = "Bench"
offences = ["theft"]
issued = 2016-05-01T00:00:00Z
expires = 2099-01-01T00:00:00Z
purpose = "measuring"
[[clause]]
name = "all"
accounts = [{accounts}]
from = 2015-01-01T00:00:00Z
until = 2017-01-01T00:00:00Z
"""


def write_estate(folder: Path, messages: int, granted: int) -> int:
    """Write the copy into `folder`; return how many places the order's messages have."""
    known = people("cv25519")
    ring = folder / "keys"
    ring.mkdir(parents=True)
    (ring / "secring.gpg").write_bytes(b"".join(person.secret for person in known))
    chance, places = random.Random("estate"), 0
    every = messages // granted
    for number in range(messages):
        when = _START + dt.timedelta(seconds=number * 40)
        if number % every or number // every >= granted:
            sender, to = chance.sample(known[SUSPECTS:], 2)
            mail = _mail(number, when, sender, to, "text/plain", text_of(chance, 300).encode())
            _keep(folder / "mail", to, "cur", number, when, mail)
            continue
        sender, to = chance.sample(known[:SUSPECTS], 2)
        sealed = seal(_inner(chance, number, when), sender, to, signed=False)
        mail = _mail(number, when, sender, to, "multipart/encrypted", sealed)
        _keep(folder / "mail", to, "cur", number, when, mail)
        _keep(folder / "mail", sender, ".Sent/cur", number, when, mail)
        places += 2
        if chance.random() < 0.6:
            _keep(folder / "backup", to, "cur", number, when, mail)
            places += 1
    return places


def order() -> bytes:
    """Return the order for what the suspects wrote."""
    accounts = ", ".join(f'"{person.address}"' for person in people("cv25519")[:SUSPECTS])
    return _ORDER.format(accounts=accounts).encode()


def text_of(chance: random.Random, length: int) -> str:
    words: list[str] = []
    while length > 0:
        words.append(chance.choice(WORDS))
        length -= len(words[-1]) + 1
    return " ".join(words)


def _inner(chance: random.Random, number: int, when: dt.datetime) -> bytes:
    # Every message answers one before it, so that there are threads to make.
    answered = number - chance.randrange(1, 2000)
    return (
        'Content-Type: text/plain; charset="utf-8"; protected-headers="v1"\r\n'
        f"Subject: {text_of(chance, 20)}\r\nDate: {format_datetime(when)}\r\n"
        f"Message-ID: <{number}.inner@bench.example>\r\n"
        f"In-Reply-To: <{answered}.inner@bench.example>\r\n\r\n{text_of(chance, 1000)}\r\n"
    ).encode()


def _mail(
    number: int, when: dt.datetime, sender: Person, to: Person, kind: str, content: bytes
) -> bytes:
    date = format_datetime(when)
    head = f"""\
Return-Path: <{sender.address}>
Delivered-To: {to.address}
Received: from phone (unknown [192.0.2.{number % 250 + 1}])
\tby mx.bench.example (Postfix) with ESMTPSA id {number:010X}
\tfor <{to.address}>; {date}
From: <{sender.address}>
To: <{to.address}>
Date: {date}
Message-ID: <{number}@bench.example>
Subject: ...
MIME-Version: 1.0
"""
    if kind == "text/plain":
        return f"{head}Content-Type: text/plain; charset=utf-8\n\n".encode() + content + b"\n"
    parts = f"""\
Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="={number}="

--={number}=
Content-Type: application/pgp-encrypted

Version: 1

--={number}=
Content-Type: application/octet-stream; name="encrypted.asc"

"""
    return (head + parts).encode() + content + f"\n--={number}=--\n".encode()


def _keep(
    root: Path, owner: Person, kept: str, number: int, when: dt.datetime, mail: bytes
) -> None:
    place = root / owner.address / "Maildir" / kept
    if number < 20_000 or not place.exists():
        place.mkdir(parents=True, exist_ok=True)
    name = f"{int(when.timestamp())}.M{number % 1_000_000}P1.mx.bench.example,S={len(mail)}:2,S"
    (place / name).write_bytes(mail)
