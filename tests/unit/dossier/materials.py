"""Material made up for tests: an investigation of a few people in two sites."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from zegel.dossier.material import (
    Attachment,
    Block,
    Bytes,
    Custody,
    Exhibit,
    FoundAt,
    Holder,
    Key,
    Material,
    Message,
    Order,
    Place,
    Presentation,
    Selection,
    Signature,
)

ORDER = b"""\
number = "RC-2016-0201"
magistrate = "Investigating judge 3"
investigation = "Heron"
offences = ["participation in a criminal organisation"]
persons = ["persons unknown"]
issued = 2016-05-02T09:30:00+02:00
expires = 2099-12-31T00:00:00+01:00
purpose = "All messages of two accounts in a quarter"

[[clause]]
name = "the two accounts"
accounts = ["d00042@ams.shieldnet.example", "d00108@yyz.shieldnet.example"]
from = 2016-01-01T00:00:00+01:00
until = 2016-04-01T00:00:00+02:00

[except]
accounts = ["lawyer@ams.shieldnet.example"]
terms = ["advocaat OR geheimhouder"]
"""

ONE = "d00042@ams.shieldnet.example"
OTHER = "d00108@yyz.shieldnet.example"
START = 1_454_598_202 * 10**9
FINGERPRINT = "7f3c" * 10


def hexed(*words: object) -> str:
    """Return a digest that depends on the words alone."""
    return sha256(repr(words).encode()).hexdigest()


def held(member: str, content: bytes) -> Bytes:
    """Return bytes as a dossier holds them."""
    return Bytes(
        member=member,
        size=len(content),
        sha256=sha256(content).hexdigest(),
        read=lambda: content,
    )


def png(width: int, height: int, colour: tuple[int, int, int] = (40, 90, 160)) -> bytes:
    """Return a picture of one colour with a lighter corner, as PNG."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        whole = kind + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    row = b"\0" + bytes(colour) * width
    top = b"\0" + bytes((230, 200, 120)) * (width // 2) + bytes(colour) * (width - width // 2)
    pixels = top * (height // 2) + row * (height - height // 2)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(pixels)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def place(
    number: int, copy: int = 1, raw: bytes = b"From: x\r\n\r\nx\r\n", **changes: Any
) -> Place:
    """Return a place of message `number`."""
    ns = START + number * 3_600 * 10**9
    made = Place(
        stored_id=hexed("stored", number, copy),
        exhibit=f"E{copy}",
        path=f"var/vmail/d00042/cur/{1454598202 + number}.M{number}P1.mx%3A2,S",
        offset=0,
        length=len(raw),
        sha256=sha256(raw).hexdigest(),
        format="maildir",
        account=ONE,
        folder="INBOX",
        flags="S",
        clock="received",
        clock_ns=ns,
        zone_assumed=False,
        received_ns=ns,
        received_text="Thu, 4 Feb 2016 16:03:22 +0100",
        stored_ns=ns + 10**9,
        stored_text="1454598203",
        date_ns=ns - 54_000 * 10**9,
        date_text="Thu, 4 Feb 2016 00:03:22 +0000",
        sender=(ONE,),
        recipients=(OTHER,),
        envelope=(OTHER,),
        raw=held(f"stored/{number:07d}-{copy}.eml", raw),
    )
    return replace(made, **changes)


GOOD = Signature(
    verdict="good",
    key_id="A1B2C3D4E5F60718",
    fingerprint=FINGERPRINT,
    created=1_454_598_000,
    algorithm=1,
    hash=8,
    note="",
)


def block(number: int, **changes: Any) -> Block:
    """Return an encrypted block that was opened."""
    made = Block(
        content_id=hexed("ciphertext", number),
        root_id=hexed("ciphertext", number),
        parent_id=None,
        path="1",
        kind="openpgp",
        state="readable",
        reason="opened",
        detail=None,
        key_ids=("A1B2C3D4E5F60718",),
        key_fingerprint=FINGERPRINT,
        passphrase="registry.sqlite, table devices, column pin",
        session_algorithm=9,
        session_key=hexed("session", number),
        opener="zegel",
        second_opinion="on demand",
        opinion="agrees: gpg (GnuPG) 2.2.40",
        integrity="mdc",
        cipher=9,
        literal_format="b",
        compression=1,
        date_ns=None,
        date_text=None,
        signatures=(GOOD,),
        plaintext_sha256=hexed("plaintext", number),
        plaintext_length=120,
        ciphertext=held(f"ciphertext/{number:07d}.pgp", b"\xc1\x01\x03"),
        plaintext=held(f"opened/{number:07d}.eml", b"Content-Type: text/plain\r\n\r\nx\r\n"),
        repeat="gpg --override-session-key-fd 3 --decrypt ciphertext.pgp",
    )
    return replace(made, **changes)


def message(number: int, text: str | None = None, **changes: Any) -> Message:
    """Return message `number`, an ordinary one where nothing is changed."""
    ns = START + number * 3_600 * 10**9
    made = Message(
        number=number,
        message=hexed("message", number),
        state="readable",
        reason="opened",
        clock="received",
        clock_ns=ns,
        thread=hexed("message", 1),
        message_id=f"<m{number}@ams.shieldnet.example>",
        references=(f"<m{number - 1}@ams.shieldnet.example>",) if number > 1 else (),
        admitted=(("the two accounts", "account and period"),),
        sender=(ONE,) if number % 2 else (OTHER,),
        recipients=(OTHER,) if number % 2 else (ONE,),
        accounts=(ONE, OTHER),
        holders=(Holder(account=ONE, device="SN-AMS-000042", holder="grey-heron-17"),),
        text=text if text is not None else f"Message number {number}: see you at the harbour.",
        language="en",
        signature="good",
        places=(place(number), place(number, 2)),
        blocks=(block(number),),
    )
    return replace(made, **changes)


def attachment(number: int, filename: str | None, kind: str, content: bytes) -> Attachment:
    """Return an attachment."""
    return Attachment(
        number=number,
        content_id=hexed("ciphertext", filename),
        filename=filename,
        content_type=kind,
        size=len(content),
        sha256=sha256(content).hexdigest(),
        content=held(f"attached/{sha256(content).hexdigest()[:16]}", content),
    )


KEY = Key(
    fingerprint=FINGERPRINT,
    key_id="A1B2C3D4E5F60718",
    algorithm=1,
    bits=2048,
    curve=None,
    created=1_400_000_000,
    revoked=False,
    user_ids=("d00108 <d00108@yyz.shieldnet.example>",),
    public="0401",
    locked=True,
    protection="iterated SHA1, CAST5",
    unlocked_by="registry.sqlite, table devices, column pin",
    found=(
        FoundAt(
            exhibit="E2",
            path="srv/keys/d00108.asc",
            offset=0,
            length=3400,
            file_sha256=hexed("keyfile"),
            format="armored",
        ),
    ),
)


GRANTED = Order(
    number="RC-2016-0201",
    magistrate="Investigating judge 3",
    investigation="Heron",
    sha256=sha256(ORDER).hexdigest(),
    signature=None,
    text=ORDER,
)
AMSTERDAM = Exhibit(
    identity="E1",
    seal=hexed("seal", 1),
    entries=48_213,
    acquisition={
        "label": "Amsterdam server",
        "exhibit_number": "B.01.07.001",
        "acquired_by": "digital investigator 4",
        "acquired_at": "2016-04-18T21:40:00+02:00",
        "place": "data centre, Amsterdam",
        "authority": "Mutual legal assistance",
    },
    conditions={"investigations": ["Heron"], "onward_use": "only with consent"},
)
TORONTO = Exhibit(
    identity="E2",
    seal=hexed("seal", 2),
    entries=31_940,
    acquisition={"label": "Toronto server"},
    conditions={},
)
CUSTODY = Custody(
    origin="zegel investigation Heron 5f1c",
    size=412,
    root=hexed("head"),
    time_ns=1_462_180_000 * 10**9,
    public_key=hexed("public key"),
)


def material(
    messages: Sequence[Message] | Callable[[], Iterator[Message]], **changes: Any
) -> Material:
    """Return material that shows these messages."""
    given = messages if callable(messages) else lambda: iter(messages)
    count = sum(1 for _ in given())
    made = Material(
        training=True,
        root=hexed("root"),
        order=GRANTED,
        exhibits=(AMSTERDAM, TORONTO),
        privilege={"register": "none"},
        ledger={"readable": count, "no key": 14, "key locked": 3, "damaged": 1},
        matching=1,
        tools={"zegel": "0.1.0", "python": "3.11", "gnupg": "2.2.40"},
        selection=selection(count),
        states=counted(one.state or "withheld" for one in given()),
        session_keys={"disclosed": count, "compared": count + 40, "not testable": 18},
        second_opinion=opinions(count),
        withheld=counted(part.reason for one in given() for part in one.withheld),
        custody=CUSTODY,
        keys=(KEY,),
        presentation=Presentation(language="en", zone="Europe/Amsterdam"),
        messages=given,
    )
    return replace(made, **changes)


def counted(words: Iterable[str]) -> dict[str, int]:
    """Return how often each word comes, in the order in which they come."""
    return dict(Counter(words))


def selection(count: int) -> Selection:
    """Return a selection that shows `count` messages of more that were found."""
    return Selection(
        query="harbour",
        tag=None,
        listed=None,
        investigation=count + 40,
        found=count + 2,
        selected=count,
        left_out=2,
    )


def opinions(count: int) -> dict[str, Any]:
    """Return how a second program judged `count` messages: as the first did."""
    return {
        "mode": "sample",
        "asked": count,
        "agrees": count,
        "differs": 0,
        "cannot": 0,
        "not asked": 0,
    }
