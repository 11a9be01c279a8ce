"""The phases of `seed`, each a command a person would give, with what it left behind."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from bench.clock import rsa_operation
from bench.watch import Spent, run

DEVICES, PER_DEVICE = 40_000, 90
"""The headline's devices, and how many messages each of them wrote."""
SUSPECTS = 40
_PYTHON = sys.executable
ZEGEL = (_PYTHON, "-c", "from zegel.cli import main; main()")
SHIELDNET = (_PYTHON, "-c", "from shieldnet.cli import main; main()")
_ORDER = """\
number = "B-2"
magistrate = "Judge"
investigation = "Seed"
offences = ["theft"]
issued = 2016-05-01T00:00:00Z
expires = 2099-01-01T00:00:00Z
purpose = "measuring"
[[clause]]
name = "accounts"
accounts = [{accounts}]
from = 2014-01-01T00:00:00Z
until = 2017-01-01T00:00:00Z
"""


@dataclass(frozen=True, slots=True)
class Size:
    """One number of messages, and the folder it is measured in."""

    scratch: Path
    messages: int

    @property
    def store(self) -> str:
        """Return how accounts keep their mail."""
        return os.environ.get("STORE", "mbox")

    @property
    def name(self) -> str:
        """Return what it is called in the records."""
        return f"{self.messages}-{self.store}-{self.devices}"

    @property
    def folder(self) -> Path:
        """Return where everything of it lies until it is measured."""
        return self.scratch / self.name

    @property
    def devices(self) -> int:
        """Return as many devices as that many messages come from, or as DEVICES says."""
        if os.environ.get("DEVICES"):
            return int(os.environ["DEVICES"])
        return max(60, min(DEVICES, -(-self.messages // PER_DEVICE)))


Beat = Callable[[Spent], None]
Phase = Callable[[Size, Beat], tuple[Spent, dict[str, Any]]]


def measure_phase(name: str, size: Size, record: dict[str, Any], save: Callable[[], None]) -> None:
    """Run one phase; add what it took to the record, also of what was killed before."""
    phase = record["phases"][name]
    earlier = phase.get("cpu", 0.0), phase.get("wall", 0.0)
    written = [time.monotonic()]

    def note(spent: Spent) -> None:
        phase["cpu"], phase["wall"] = earlier[0] + spent.cpu, earlier[1] + spent.wall
        phase["first_mb"] = max(phase.get("first_mb", 0), spent.first)
        phase["others_mb"] = max(phase.get("others_mb", 0), spent.others)

    def beat(spent: Spent) -> None:
        note(spent)
        if time.monotonic() - written[0] > 5:
            written[0] = time.monotonic()
            save()

    if name == "generate":  # cannot go on in the middle, so it begins anew
        shutil.rmtree(size.folder, ignore_errors=True)
        earlier = 0.0, 0.0
    size.folder.mkdir(parents=True, exist_ok=True)
    bare = [bare_rsa()]
    spent, found = PHASES[name](size, beat)
    bare.append(bare_rsa())
    note(spent)
    phase.update(found)
    phase["rsa_us"] = sum(bare) / len(bare) * 1e6
    phase["done"] = True


def bare_rsa(rounds: int = 400) -> float:
    """Return processor time of one private-key operation now, nothing of ours beside it."""
    operation = rsa_operation()
    operation()
    began = time.process_time()
    for _ in range(rounds):
        operation()
    return (time.process_time() - began) / rounds


def _generate(size: Size, beat: Beat) -> tuple[Spent, dict[str, Any]]:
    words = {
        "--devices": size.devices,
        "--messages": size.messages,
        "--algorithm": "rsa2048",
        "--signed": 0,
        "--store": size.store,
    }
    flat = [str(word) for pair in words.items() for word in pair]
    spent = run((*SHIELDNET, "generate", size.folder / "net", *flat, "--quick"), None, beat)
    summary = json.loads((size.folder / "net/truth/summary.json").read_text("utf-8"))
    copy = size.folder / "net" / "copy"
    return spent, {
        "places": summary["places"],
        "octets": sum(path.stat().st_size for path in _files(copy)),
        "disk": occupied(size.folder / "net"),
        "devices": size.devices,
    }


def _intake(size: Size, beat: Beat) -> tuple[Spent, dict[str, Any]]:
    case = size.folder / "case"
    spent = Spent()
    if not case.exists():
        spent.add(run((*ZEGEL, "init", case, "--training"), None, beat))
    for site in ("ams", "yyz"):  # one taken in before is recognised
        words = ("intake", size.folder / "net" / "copy" / site, "--case", case)
        spent.add(run((*ZEGEL, *words), None, _after(spent, beat)))
    return spent, {"disk": occupied(case)}


def _after(before: Spent, beat: Beat) -> Beat:
    """Tell of a command with what the phase took before it."""

    def told(spent: Spent) -> None:
        whole = replace(before)
        whole.add(spent)
        beat(whole)

    return told


def _process(size: Size, beat: Beat) -> tuple[Spent, dict[str, Any]]:
    case = size.folder / "case"
    given = size.folder / "net" / "truth" / "passphrases.txt"
    spent = run((*ZEGEL, "process", "--case", case, "--passphrases", given), None, beat)
    check_states(size)
    sessions = str(case / "tables" / "open" / "*" / "sessions.parquet")
    (tried,) = duckdb.execute("SELECT sum(tried) FROM read_parquet(?)", [sessions]).fetchall()
    tables = occupied(case / "tables")
    return spent, {
        "operations": int(tried[0] or 0),
        "tables": tables,
        "disk": tables,
    }


def check_states(size: Size) -> None:
    """Stop where the case holds another number of places, or other states, than were written."""
    said = json.loads(run((*ZEGEL, "ledger", "--case", size.folder / "case", "--json")).said)
    summary = json.loads((size.folder / "net/truth/summary.json").read_text("utf-8"))
    if _settled(said["states"]) != _settled(summary["states"]):
        sys.exit(f"the case says {said['states']}, what was written is {summary['states']}")


def _settled(states: dict[str, int]) -> dict[str, int]:
    """Count together what is not read: of a hidden recipient nobody sees lock or damage."""
    read = {name: states.get(name, 0) for name in ("readable", "not encrypted")}
    return {**read, "not read": sum(states.values()) - sum(read.values())}


def _index(size: Size, beat: Beat) -> tuple[Spent, dict[str, Any]]:
    case = size.folder / "case"
    spent = run((*ZEGEL, "index", "--case", case), None, beat)
    took = occupied(case / "index")
    return spent, {"index": took, "disk": took}


def _grant(size: Size, beat: Beat) -> tuple[Spent, dict[str, Any]]:
    inv, order = size.folder / "inv", size.folder / "order.toml"
    shutil.rmtree(inv, ignore_errors=True)
    accounts = set(suspects(size))
    listed = ", ".join(f'"{account}"' for account in sorted(accounts))
    order.write_text(_ORDER.format(accounts=listed), "utf-8")
    due = {
        message["message_id"].strip("<>")
        for message in _truth(size, "messages")
        if not accounts.isdisjoint((message["from"], *message["to"]))
    }
    words = ("grant", order, "--case", size.folder / "case", "--out", inv, "--json")
    spent = run((*ZEGEL, *words), None, beat)
    # What was encrypted for each recipient apart, or damaged, may count as more than one message.
    places = str(inv / "tables" / "places.parquet")
    query = "SELECT DISTINCT message_id FROM read_parquet(?)"
    held = {name for (name,) in duckdb.execute(query, [places]).fetchall()}
    if held != due:
        sys.exit(
            f"{len(held - due)} messages were granted that these accounts neither wrote nor "
            f"got, and {len(due - held)} of theirs were not"
        )
    return spent, {"granted": json.loads(spent.said)["messages"], "disk": occupied(inv)}


def suspects(size: Size) -> list[str]:
    """Return the accounts of the order: with one holder, spread over all devices."""
    held = [one["address"] for one in _truth(size, "devices") if len(one["holders"]) == 1]
    return held[:: max(1, len(held) // SUSPECTS)][:SUSPECTS]


def _search(size: Size, beat: Beat) -> tuple[Spent, dict[str, Any]]:
    (index,) = (size.folder / "case" / "index").glob("*/text")
    spent = run((_PYTHON, "-m", "bench.seed_search", size.folder / "inv", index), None, beat)
    return spent, {"search": json.loads(spent.said)}


def _truth(size: Size, name: str) -> Iterator[dict[str, Any]]:
    with (size.folder / "net" / "truth" / f"{name}.jsonl").open("rb") as lines:
        yield from map(json.loads, lines)


def _files(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        yield from (Path(root, name) for name in names)


def occupied(folder: Path) -> int:
    """Return the bytes a folder takes on disk, in whole blocks."""
    return sum(path.lstat().st_blocks * 512 for path in _files(folder))


PHASES: dict[str, Phase] = {
    "generate": _generate,
    "intake": _intake,
    "process": _process,
    "index": _index,
    "grant": _grant,
    "search": _search,
}
