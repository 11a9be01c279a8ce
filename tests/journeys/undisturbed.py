"""A whole journey in which nothing goes wrong, and what of its cases nothing may change.

Journeys that are killed, interrupted or run out of room must end in the same rows and digests.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journeys.cases import network, zegel
from zegel import service
from zegel.casefile import Case
from zegel.tables import read_rows

LEFTOVERS = (".unfinished-", ".opening-", "zegel-")
STAGES = {
    "scan": ("stored", "layers", "keys", "holdings", "passphrases", "problems", "files"),
    "open": ("sessions", "contents", "problems"),
    "settled": ("states", "messages", "blocks"),
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command, and the case it is given in."""

    before: Path
    words: tuple[str, ...]
    after: Path
    """The case once the command has run undisturbed."""


def journey_in(folder: Path) -> dict[str, Step]:
    """Give the commands of a whole journey, each with the case before and after it."""
    ams, yyz = network(folder / "net")
    packed = folder / "yyz.tar.gz"
    subprocess.run(["tar", "-C", str(yyz), "-czf", str(packed), "."], check=True)
    phrases = str(folder / "net" / "truth" / "passphrases.txt")
    journey: list[tuple[str, tuple[str, ...]]] = [
        ("init", ("init", "CASE")),
        ("intake", ("intake", str(ams), "--case", "CASE", "--label", "ams")),
        ("process", ("process", "--case", "CASE", "--workers", "1")),
        ("intake of a tar", ("intake", str(packed), "--case", "CASE")),
        (
            "process again",
            ("process", "--case", "CASE", "--workers", "1", "--passphrases", phrases),
        ),
    ]
    made: dict[str, Step] = {}
    case = folder / "case"
    before = folder / "nothing"
    for name, words in journey:
        zegel(*(str(case) if word == "CASE" else word for word in words))
        after = folder / name.replace(" ", "-")
        subprocess.run(["cp", "-a", str(case), str(after)], check=True)
        made[name] = Step(before=before, words=words, after=after)
        before = after
    return made


def found_in(folder: Path) -> dict[str, Any]:
    """Return everything about a case that a kill may not change."""
    case = Case.open(folder)
    tables = {
        f"{stage}/{table}": sum(1 for _ in read_rows(case.stage(stage).files(table)))
        for stage, names in STAGES.items()
        for table in names
    }
    digests = {
        name: case.stage(name.split("/")[0]).digest(name.split("/")[1])
        for name in tables
        if not name.startswith("settled")
    }
    exhibits = service.status(case)["exhibits"]
    for exhibit in exhibits:
        del exhibit["taken_in"]
    return {
        "rows": tables,
        "digests": digests,
        "exhibits": exhibits,
        "ledger": service.ledger(case) if case.stage("settled").parts() else None,
        "keys": len(list(read_rows(case.stage("keys").files("keys")[-1:]))),
    }


def leftovers(folder: Path) -> list[str]:
    return [
        str(path)
        for path in folder.rglob("*")
        if path.name.startswith(LEFTOVERS) or path.name.endswith(".new")
    ]
