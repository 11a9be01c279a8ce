"""An investigation of mails that differ in everything a search counts by."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pysequoia

from tests.journeys.cases import done, mail, maildir
from zegel.investigation import Investigation

ORDER = """
number = "RC-1"
magistrate = "Investigating judge 3"
investigation = "Quay"
offences = ["fraud"]
issued = 2016-05-02T09:30:00+01:00
expires = 2099-12-31T00:00:00+01:00
purpose = "to be read"
[[clause]]
name = "april"
accounts = ["anna@test.example"]
from = 2016-01-01T00:00:00Z
until = 2016-05-01T00:00:00Z
[[clause]]
name = "the harbour"
accounts = ["anna@test.example"]
terms = ["haven"]
from = 2016-01-01T00:00:00Z
until = 2017-01-01T00:00:00Z
"""
ANNA, BRAM, CARLA = (f"{name}@test.example" for name in ("anna", "bram", "carla"))
ABSENT = "<nowhere@other.example>"


@cache
def key() -> pysequoia.Tsk:
    """Return the key to which the defence's questions are encrypted."""
    return pysequoia.Tsk.generate("defence")


def mails() -> Iterator[bytes]:
    """Yield them in order of time, all but the last two in April."""
    yield mail("Tot morgen bij de haven.\n", 1)
    yield mail("Goed, ik neem de boot.\n", 2, From=BRAM, To=ANNA, In_Reply_To="<1@test.example>")
    yield mail("We meet at the harbour tomorrow, all of us together.\n", 3, To=f"{BRAM}, {CARLA}")
    yield _attached(4)
    yield _unreadable(5)
    yield mail("Ben je er nog?\n", 6, From="Bram@TEST.example", To=ANNA, Subject="x" * 3,
               References=f"{ABSENT} <2@test.example> <1@test.example>")  # fmt: skip
    yield mail("Lang " * 5000 + "\n", 7, From=BRAM, To=ANNA, Subject="long")
    yield mail("De haven in mei.\n", 8, From=CARLA, To=ANNA)


DAYS = ("19 Apr", "19 Apr", "20 Apr", "20 Apr", "21 Apr", "30 Apr", "30 Apr", "03 May")
"""When each was received; between the fifth and the sixth nobody wrote for nine days."""


def _attached(number: int) -> bytes:
    text = b"Zie de lijst.\n"
    parts = (
        b"--b\nContent-Type: text/plain\n\n" + text
        + b'\n--b\nContent-Type: text/csv; name="list.csv"\n'
        + b'Content-Disposition: attachment; filename="../list.csv"\n\na,b\n1,2\n--b--\n'
    )  # fmt: skip
    whole = mail("", number, From=CARLA, To=ANNA, MIME_Version="1.0",
                 Content_Type='multipart/mixed; boundary="b"')  # fmt: skip
    return whole + parts


def _unreadable(number: int) -> bytes:
    """Return a mail encrypted to a key that nobody here has (RFC 9580, 5.1.1 and 5.13.1)."""
    session = bytes((3, *b"\x11" * 8, 1)) + (2048).to_bytes(2, "big") + b"\x80" + b"\x55" * 255
    body = b"\x01" + b"\x77" * 90
    packets = b""
    for tag, content in ((1, session), (18, body)):
        packets += bytes((0xC0 | tag, 0xFF)) + len(content).to_bytes(4, "big") + content
    text = base64.b64encode(packets).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    armour = f"-----BEGIN PGP MESSAGE-----\n\n{lines}\n-----END PGP MESSAGE-----\n"
    return mail(armour, number, From=BRAM, To=ANNA)


def granted(folder: Path) -> Path:
    """Make the case in `folder`, with the defence and an investigator; return the investigation."""
    copy = folder / "copy"
    for number, (text, day) in enumerate(zip(mails(), DAYS, strict=True), 1):
        received = f"Received: by mx.test.example; {day} 2016 09:{number:02}:00 +0200\n"
        dated = text.replace(b"Tue, 19 Apr 2016 09:00:00", f"{day} 2016 09:{number:02}:00".encode())
        maildir(copy, [received.encode() + dated], number)
    case, inv = folder / "case", folder / "inv"
    (folder / "order.toml").write_text(ORDER, encoding="utf-8")
    (folder / "dora.pgp").write_bytes(bytes(key().extract_certificate()))
    done("init", case, "--training")
    done("intake", copy, "--case", case)
    done("process", "--case", case, "--index", "--workers", "1")
    done("people", "enrol", "dora", "--role", "defence", "--certificate", folder / "dora.pgp",
         "--case", case)  # fmt: skip
    done("grant", folder / "order.toml", "--case", case, "-o", inv, "--for", "dora", "--for", "ann")
    return inv


def copied(made: Path, folder: Path) -> Investigation:
    """Return a copy of the investigation that a test may change."""
    return Investigation.open(Path(shutil.copytree(made, folder / "inv")))
