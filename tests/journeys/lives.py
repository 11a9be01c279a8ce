"""A training case of four mails and orders about it: what the journeys of a life begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.journeys.cases import Said, done, mail, maildir, say
from zegel.custody.log import Log

WORDS = ("boot", "haven", "advocaat", "feest")
ORDER = """\
number = "{number}"
magistrate = "Judge"
investigation = "{name}"
offences = ["theft"]
issued = 2016-05-01T00:00:00Z
expires = {expires}
purpose = "test"
[[clause]]
name = "{clause}"
accounts = ["anna@test.example"]
from = 2015-01-01T00:00:00Z
until = 2017-01-01T00:00:00Z
{more}
"""
NARROW = '[except]\nterms = ["advocaat"]'


def new_case(folder: Path) -> Path:
    """Make the case, processed and indexed, and return its folder."""
    bodies = [mail(f"over de {word}\n", number) for number, word in enumerate(WORDS, 1)]
    maildir(folder / "copy", bodies)
    case = folder / "case"
    done("init", case, "--training")
    done("intake", folder / "copy", "--case", case)
    done("process", "--case", case, "--index", "--workers", "1")
    return case


def order(
    case: Path,
    number: str,
    *,
    name: str = "Quay",
    clause: str = "all",
    expires: str = "2099-01-01T00:00:00Z",
    more: str = "",
) -> Path:
    """Write an order beside the case."""
    place = case.parent / f"{number}.toml"
    text = ORDER.format(number=number, name=name, clause=clause, expires=expires, more=more)
    place.write_text(text, "utf-8")
    return place


def granted(case: Path, number: str, *options: str | Path, **changed: str) -> Path:
    """Grant an order and return the investigation's folder."""
    words = ("grant", order(case, number, **changed), "--case", case, *options, "--json")
    return Path(done(*words).json["folder"])


def state(case: Path, name: str) -> dict[str, Any]:
    """Return what the case says of one investigation."""
    listed = done("investigations", "--case", case, "--json").json
    return next(one for one in listed if one["name"] == name)


def refusal(*words: str | Path) -> Said:
    """Run a command that must be refused."""
    result = say(*words)
    assert result.code == 10, result
    return result


def acts(folder: Path) -> list[str]:
    """Return the acts of a case's or an investigation's log that came to something, in order."""
    entries = Log.open(folder / "custody", None).entries()
    return [entry.act for entry in entries if "failed" not in entry.facts]
