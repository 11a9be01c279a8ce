"""A small case in which people write to lawyers, and the register a privilege officer has of them.

Every message says in its mark (`zq7x`) which one it is, and the table says which are privileged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.journeys.cases import done
from zegel.privilege import key as keys

PASSPHRASE = b"a passphrase for tests"
REGISTER = """\
name,firm,address,domain,phone
"mr. J.P. van der Berg",Van der Berg Advocaten,jp@bergadvocaten.example,bergadvocaten.example,
,,,,020-1234567
Renée O'Neil,,r.oneil@chambers.example,,
"""
CLIENT, FRIEND, LAWYER = "anna@x.example", "bram@x.example", "jp@bergadvocaten.example"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message."""

    number: int
    apart: bool
    """Whether it has to be set apart."""
    sender: str = CLIENT
    to: str = FRIEND
    body: str = "tot morgen"
    fields: Sequence[str] = ()
    answers: int | None = None
    kind: str = "text/plain; charset=utf-8"
    boxes: Sequence[str] = field(default=(CLIENT, FRIEND))

    @property
    def mark(self) -> str:
        return f"zq{self.number}x"


FORWARD = """\
--b
Content-Type: text/plain

fyi {mark}
--b
Content-Type: message/rfc822

From: Counsel <r.oneil+client@chambers.example>
To: anna@x.example
Subject: advice

as agreed
--b--"""
ATTACHED = """\
--b
Content-Type: text/plain

see the list {mark}
--b
Content-Type: text/csv
Content-Disposition: attachment; filename=list.csv

who;number
counsel;+31 20 1234567
--b--"""
MIXED = "multipart/mixed; boundary=b"

LETTERS = (
    Letter(number=0, apart=True, to=LAWYER),
    Letter(number=1, apart=True, to=CLIENT, sender=LAWYER, answers=0),
    Letter(number=2, apart=True, fields=("Cc: JP@BergAdvocaten.example (office)",)),
    Letter(number=3, apart=True, sender='"Mr. J.P. v.d. Berg" <d42@x.example>'),
    Letter(number=4, apart=True, body="bel mr. Van den Berg even"),
    Letter(number=5, apart=True, body="hoi\n\n> Maandag schreef jp@bergadvocaten.example:\n> ja"),
    Letter(number=6, apart=True, body=FORWARD, kind=MIXED),
    Letter(number=7, apart=True, body=ATTACHED, kind=MIXED),
    Letter(number=8, apart=True, body="groet\n-- \nVan der Berg Advocaten, Utrecht"),
    Letter(number=9, apart=True, body="zie ook wat ik schreef", answers=1),
    Letter(number=10, apart=True, fields=("Reply-To: renee oneil <x@y.example>",)),
    Letter(number=11, apart=False, body="de vrachtwagen van Berg Transport komt"),
    Letter(number=12, apart=False, body="mevrouw De Berg en meneer Van Doorn"),
    Letter(number=13, apart=False, to="info@bergtransport.example"),
    Letter(number=14, apart=False, body="bel 020-7654321", answers=None),
    Letter(number=15, apart=False, body="niets bijzonders", answers=14),
)


def write(folder: Path, letters: Sequence[Letter] = LETTERS) -> Path:
    """Write letters into the mailboxes of those who have them; return the copy."""
    for one in letters:
        lines = [
            f"From: {one.sender}", f"To: {one.to}",
            f"Date: Tue, 19 Apr 2016 09:{one.number % 60:02d}:00 +0000",
            f"Message-ID: <m{one.number}@x.example>", f"Subject: sub{one.mark}",
            f"Content-Type: {one.kind}", *one.fields,
        ]  # fmt: skip
        if one.answers is not None:
            lines.append(f"In-Reply-To: <m{one.answers}@x.example>")
        body = one.body.replace("{mark}", one.mark)
        if one.kind != MIXED:
            body += f" {one.mark}"
        for box in one.boxes:
            place = folder / "mail" / box / "Maildir" / "cur"
            place.mkdir(parents=True, exist_ok=True)
            name = f"{1461049200 + one.number}.M{one.number}P1.mx:2,S"
            (place / name).write_text("\n".join([*lines, "", body, ""]), "utf-8")
    return folder


def order(number: str = "P-1", extra: str = "", clause: str = f'accounts = ["{CLIENT}"]') -> str:
    return f"""\
number = "{number}"
magistrate = "J"
investigation = "Quay"
offences = ["x"]
issued = 2016-05-01T00:00:00Z
expires = 2099-01-01T00:00:00Z
purpose = "test"
{extra}
[[clause]]
name = "all"
from = 2016-01-01T00:00:00Z
until = 2017-01-01T00:00:00Z
{clause}
"""


@dataclass(frozen=True, kw_only=True)
class Office:
    """A case and, outside it, what the privilege officer has."""

    case: Path
    desk: Path

    @property
    def key(self) -> tuple[str | Path, ...]:
        return ("--key", self.desk / "key", "--passphrase-file", self.desk / "passphrase")

    def officer(self, *words: str | Path) -> Any:
        """Give a command of the officer's, and return its document."""
        return done("privilege", *words, *self.key, "--case", self.case, "--json").json

    def enrol(self, entries: str, *words: str) -> Any:
        (self.desk / "register.csv").write_text(entries, "utf-8")
        return self.officer("enrol", self.desk / "register.csv", *words)

    def order(self, text: str) -> Path:
        place = self.desk / "order.toml"
        place.write_text(text, "utf-8")
        return place


def office(folder: Path, letters: Sequence[Letter] = LETTERS, *, enrolled: bool = True) -> Office:
    """Make a training case of letters, processed, and the officer's desk beside it."""
    made = Office(case=folder / "case", desk=folder / "desk")
    made.desk.mkdir(parents=True)
    (made.desk / "passphrase").write_bytes(PASSPHRASE + b"\n")
    cheap = keys.Cost(memory_kib=64, passes=1, lanes=1)
    keys.make_key(made.desk / "key", PASSPHRASE, cheap)
    done("init", made.case, "--training")
    done("intake", write(folder / "copy", letters), "--case", made.case)
    done("process", "--case", made.case, "--workers", "1")
    if enrolled:
        made.enrol(REGISTER)
    return made
