"""A whole journey in which nothing goes wrong, and what of its cases nothing may change.

Journeys that are killed, interrupted, cut off or run out of room must end in the same rows,
digests, roots and answers.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.journeys.cases import network
from tests.journeys.forked import run
from zegel import service
from zegel.casefile import Case
from zegel.custody.log import Log
from zegel.investigation import Investigation
from zegel.investigation.casework import all_lines
from zegel.search import TextIndex
from zegel.tables import read_rows
from zegel.text import parse

LEFTOVERS = (".unfinished-", ".opening-", "zegel-")
STAGES = {
    "scan": ("stored", "layers", "keys", "holdings", "passphrases", "problems", "files"),
    "open": ("sessions", "contents", "problems"),
    "settled": ("states", "messages", "blocks"),
}
WORDS = ("de", "een", "the", "is", "morgen", "ja", "mor*")
ORDER = """\
number = "G-1"
magistrate = "Judge"
investigation = "Quay"
offences = ["theft"]
issued = 2016-05-01T00:00:00Z
expires = 2099-01-01T00:00:00Z
purpose = "test"
[[clause]]
name = "all"
accounts = {accounts}
from = 2015-01-01T00:00:00Z
until = 2017-01-01T00:00:00Z
"""
FIRST, SECOND = "CASE/investigations/Quay-G-1", "CASE/investigations/Quay-G-1-2"
LOGGED = ("custody.jsonl", "manifest.json", "report.pdf")
"""Members of a dossier that tell when it was made, and what was asked before."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command, and the case it is given in."""

    before: Path
    words: tuple[str, ...]
    after: Path
    """The case once the command has run undisturbed."""


def commands(folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the commands of a whole journey by their names; the copies are made in `folder`."""
    ams, yyz = network(folder / "net")
    packed, order = str(folder / "yyz.tar.gz"), folder / "order.toml"
    subprocess.run(["tar", "-C", str(yyz), "-czf", packed, "."], check=True)
    truth = folder / "net" / "truth"
    devices = map(json.loads, (truth / "devices.jsonl").read_text("utf-8").splitlines())
    mine = [device["address"] for device in devices if len(device["holders"]) == 1]
    order.write_text(ORDER.format(accounts=json.dumps(mine)), "utf-8")
    here, alone = ("--case", "CASE"), ("--workers", "1")
    phrases = ("--passphrases", str(truth / "passphrases.txt"))
    yield "init", ("init", "CASE", "--training")
    yield "intake", ("intake", str(ams), *here, "--label", "ams")
    yield "process", ("process", *here, *alone)
    yield "index", ("index", *here)
    yield "grant", ("grant", str(order), *here, *alone)
    yield "casework", ("note", "-i", FIRST, "1", "seen", "--who", "ann")
    yield "intake of a tar", ("intake", packed, *here)
    yield "process again", ("process", *here, *alone, *phrases)
    yield "index again", ("index", *here)
    yield "grant with casework", ("grant", str(order), *here, *alone)
    yield (
        "dossier make",
        ("dossier", "make", "-i", SECOND, "-o", "CASE/out.zip", "--second-opinion", "none"),
    )


def journey_in(folder: Path) -> dict[str, Step]:
    """Give the commands of a whole journey, each with the case before and after it."""
    program = [sys.executable, "-m", "tests.journeys.undisturbed", str(folder)]
    made = subprocess.run(program, check=True, capture_output=True, text=True)
    given: dict[str, list[str]] = json.loads(made.stdout)
    steps: dict[str, Step] = {}
    before = folder / "nothing"
    for name, words in given.items():
        after = folder / name.replace(" ", "-")
        steps[name] = Step(before=before, words=tuple(words), after=after)
        before = after
    return steps


def _make(folder: Path) -> dict[str, tuple[str, ...]]:
    """Give every command, and keep a copy of the case after each."""
    case, given = folder / "case", dict(commands(folder))
    for name, words in given.items():
        code, said = run([word.replace("CASE", str(case)) for word in words])
        assert code == 0, (words, said)
        shutil.copytree(case, folder / name.replace(" ", "-"))
    return given


def found_in(folder: Path) -> dict[str, Any]:
    """Return everything about a case that nothing may change."""
    case = Case.open(folder)
    tables = {
        f"{stage}/{table}": sum(1 for _ in read_rows(case.stage(stage).files(table), []))
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
        "indexes": [indexed(place) for place in sorted(folder.glob("index/*"))],
        "investigations": {
            place.name: investigated(place) for place in sorted(folder.glob("investigations/*"))
        },
        "dossiers": [exported(place) for place in sorted(folder.glob("*.zip"))],
    }


def indexed(place: Path) -> dict[str, Any]:
    """Return the documents of an index, and what it answers, by identity."""
    rows = pq.read_table(place / "documents.parquet").to_pylist()
    identities = {row["number"]: row.pop("message") for row in rows}
    index = TextIndex(place / "text")
    hits = {word: index.all_rows(parse(word)) for word in WORDS}
    assert any(hits.values())
    return {
        "documents": sha256(repr(rows).encode()).hexdigest(),
        "answers": {word: [identities[number] for number in hits[word]] for word in hits},
    }


def investigated(folder: Path) -> dict[str, Any]:
    """Return the root, the casework and the answers of an investigation whose bytes all hold."""
    inv = Investigation.open(folder)
    inv.check()
    index = TextIndex(folder / "index")
    return {
        "root": inv.root,
        "casework": [(line.message, line.kind, line.value) for line in all_lines(folder)],
        "answers": {word: index.all_rows(parse(word)) for word in WORDS},
    }


def exported(file: Path) -> dict[str, str]:
    """Return the digests of a dossier's members, but for those that tell when it was made."""
    with zipfile.ZipFile(file) as members:
        assert members.testzip() is None
        return {
            name: sha256(members.read(name)).hexdigest()
            for name in members.namelist()
            if name not in LOGGED
        }


def acts(folder: Path) -> list[str]:
    """Return what the log of a case or an investigation says was done."""
    return [entry.act for entry in Log.open(folder / "custody", None).entries()]


def leftovers(folder: Path) -> list[str]:
    """Return what a killed run left behind."""
    return [
        str(path)
        for path in folder.rglob("*")
        if path.name.startswith(LEFTOVERS) or path.name.endswith(".new")
    ]


if __name__ == "__main__":
    print(json.dumps(_make(Path(sys.argv[1]))))
