"""A training case of two exhibits in which messages ended in many ways, for an examiner."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.cases import done, mail, maildir
from tests.journeys.keys import locked_key_and_message

LABEL = "Server of <b>Ops & Co</b>"


def examined_case(folder: Path) -> Path:
    """Make and process it: plain, opened, locked, without key, cut short; one file is empty."""
    opened_by, opened = locked_key_and_message()
    _, lost = locked_key_and_message()
    mails = [mail(f"Tot morgen {number}.\n", number) for number in range(3)]
    mails += [_on_the_20th(opened, number) for number in (10, 11)]
    mails += [_on_the_20th(lost, 20), _on_the_20th(lost[: len(lost) // 2], 30)]
    copy = maildir(folder / "copy", mails)
    box = copy / "mail" / "anna@test.example" / "Maildir" / "cur"
    (box / "1461049900.M1P1.mx.test.example:2,S").touch()
    (folder / "second" / "keys").mkdir(parents=True)
    (folder / "second" / "keys" / "own.asc").write_bytes(opened_by)
    (folder / "second" / "keys" / "again.asc").write_bytes(opened_by)
    other = maildir(folder / "other", [mail(number=40, To="carl@test.example")])
    (other / "mail").rename(folder / "second" / "mail")
    case = folder / "case"
    done("init", case, "--training")
    done("intake", copy, "--case", case, "--label", LABEL, "--exhibit-number", "G-1")
    done("intake", folder / "second", "--case", case, "--investigation", "Heron")
    (folder / "words").write_text("wrong\nright\n")
    words = ("--passphrases", folder / "words", "--workers", "1", "--index")
    done("process", "--case", case, *words)
    return case


def _on_the_20th(message: bytes, number: int) -> bytes:
    return mail(message.decode(), number, Date="Wed, 20 Apr 2016 09:00:00 +0200")
