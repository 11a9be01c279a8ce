"""Bring the key table up to date with the material and passphrases found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from zegel.casefile import Case
from zegel.engines import LocalEngine
from zegel.processing.keytable import (
    UNLOCKED,
    KeyRows,
    Material,
    Shared,
    join_places,
    match_agents,
    needs_unlocking,
)
from zegel.processing.schemas import KEYS, PROBLEMS
from zegel.processing.tasks import Finished, UnderstandTask, Understood, UnlockKeysTask
from zegel.processing.unlock import Budget, Passphrase
from zegel.records import Problem
from zegel.service.progress import Progress
from zegel.tables import read_rows

Item = TypeVar("Item")

_SCHEMAS = {"keys": KEYS, "problems": PROBLEMS}
_MATERIALS_A_TASK = 256
_LOCKED_A_TASK, _FREE_A_TASK = 16, 1024

UNLOCKING = "unlocking"
"""The stage of keys unlocked so far; gone once the key table holds them."""


def build_keys(
    case: Case,
    engine: LocalEngine,
    passphrases: Sequence[Passphrase],
    budget: Budget,
    progress: Progress,
    *,
    go_on: bool = False,
) -> Path:
    """Return the Parquet file of the current key table, made now where something is new.

    With `go_on`, passphrases that an earlier run's budget left untried are tried now.
    """
    stage = case.stage("keys")
    inputs = [case.stage("scan").digest("keys"), len(passphrases), budget.passphrases]
    digest = hashlib.sha256(json.dumps(inputs).encode()).hexdigest()[:16]
    known = stage.parts()
    latest = [stage.folder / known[-1]] if known else []
    earlier = list(read_rows(part / "keys.parquet" for part in latest))
    if known and known[-1].endswith(digest):
        left = any(needs_unlocking(row, len(passphrases)) for row in earlier)
        if not (go_on and left and budget.passphrases):
            return latest[0] / "keys.parquet"
    seen = {identity for row in earlier for identity in row["material_ids"]}
    fresh = {identity for identity in _identities(case) if identity not in seen}
    progress.phase("keys", len(fresh), "keys")
    rows, problems = _understand(case, engine, fresh, earlier, progress)
    rows = _unlock(case, engine, rows, passphrases, budget.passphrases, progress)
    part = f"k{len(known) + 1:04d}-{digest}"
    writer = stage.begin(part, _SCHEMAS)
    writer.add_all("keys", _drop_twins(rows))
    before = list(read_rows(part / "problems.parquet" for part in latest))
    writer.add_all("problems", before)
    places = _places(case, {identity for identity, _ in problems})
    found = (_problem_row(places[identity], problem) for identity, problem in problems)
    writer.add_all("problems", _unsaid(found, before))
    writer.finish()
    stage.commit(part, writer.unfinished)
    return stage.folder / part / "keys.parquet"


def _unsaid(
    found: Iterable[dict[str, Any]], before: Iterable[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield the problems that are new: material that gave no key is read again each round."""
    said = {_named(row) for row in before}
    return (row for row in found if _named(row) not in said)


def _identities(case: Case) -> Iterator[bytes]:
    for row in read_rows(case.stage("scan").files("keys"), ["material_id"]):
        yield row["material_id"]


def _places(case: Case, wanted: set[bytes]) -> dict[bytes, dict[str, Any]]:
    """Return the first place of each material, in order of exhibits and files."""
    columns = ["material_id", "exhibit", "entry", "path", "offset"]
    first: dict[bytes, dict[str, Any]] = {}
    for row in read_rows(case.stage("scan").files("keys"), columns) if wanted else ():
        if row["material_id"] in wanted:
            first.setdefault(row["material_id"], row)
    return first


def _materials(case: Case, wanted: set[bytes]) -> Iterator[Material]:
    left = set(wanted)
    columns = ["material_id", "form", "material"]
    for row in read_rows(case.stage("scan").files("keys"), columns):
        if row["material_id"] in left:
            left.discard(row["material_id"])
            yield Material(identity=row["material_id"], form=row["form"], bytes=row["material"])


def _batches(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    while batch := list(islice(items, size)):
        yield batch


def _understand(
    case: Case,
    engine: LocalEngine,
    wanted: set[bytes],
    earlier: list[dict[str, Any]],
    progress: Progress,
) -> tuple[list[dict[str, Any]], list[tuple[bytes, Problem]]]:
    found, keys, shared = Understood(rows=[], agents=[], problems=[]), KeyRows(earlier), Shared()

    def done(result: Understood) -> None:
        for row in shared.rows(result.rows):
            keys.add(row)
        found.agents.extend(result.agents)
        found.problems.extend(result.problems)
        progress.advance(len(result.rows))

    batches = _batches(_materials(case, wanted), _MATERIALS_A_TASK)
    engine.run((UnderstandTask(materials=batch) for batch in batches), done)
    for row in match_agents(found.agents, keys.numbered()):
        keys.add(row)
    return keys.numbered(), sorted(
        found.problems, key=lambda item: (item[0], item[1].kind, item[1].offset)
    )


def _unlock(
    case: Case,
    engine: LocalEngine,
    rows: list[dict[str, Any]],
    passphrases: Sequence[Passphrase],
    budget: int,
    progress: Progress,
) -> list[dict[str, Any]]:
    """Return `rows`, unlocked where a passphrase fits; no guess of a killed run is made again."""
    waiting = [row for row in rows if needs_unlocking(row, len(passphrases))]
    progress.phase("unlock keys", len(waiting), "keys")
    stage = case.stage(UNLOCKING)
    batches = {_named_batch(batch, len(passphrases), budget): batch for batch in _by_cost(waiting)}

    def tasks() -> Iterator[UnlockKeysTask]:
        for part, batch in batches.items():
            if stage.has(part):
                progress.advance(len(batch))
            else:
                yield UnlockKeysTask(
                    stage=stage.folder,
                    part=part,
                    rows=batch,
                    passphrases=passphrases,
                    budget=budget,
                )

    def done(finished: Finished) -> None:
        stage.commit(finished.part, finished.unfinished)
        progress.advance(finished.rows["keys"])

    engine.run(tasks(), done)
    files = (stage.folder / part / "keys.parquet" for part in batches)
    numbered, shared = {row["number"]: row for row in waiting}, Shared()
    for changed in shared.rows(read_rows(files, list(UNLOCKED))):
        numbered[changed["number"]].update(changed)
    return rows


def _by_cost(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield batches of keys: few that take guesses at a time, many that are not locked."""
    yield from _batches((row for row in rows if row["locked"]), _LOCKED_A_TASK)
    yield from _batches((row for row in rows if not row["locked"]), _FREE_A_TASK)


def _named_batch(rows: list[dict[str, Any]], passphrases: int, budget: int) -> str:
    """Name a batch by all that its guesses depend on."""
    keys = [
        [row["number"], row["tried_passphrases"], (row["material"] or b"").hex()] for row in rows
    ]
    named = json.dumps([keys, passphrases, budget])
    return f"u-{hashlib.sha256(named.encode()).hexdigest()[:32]}"


def _worth(row: dict[str, Any]) -> int:
    return 2 if row["numbers"] is not None else int(row["has_secret"])


def _drop_twins(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out a row of a key where another row of the same key is worth more.

    Unlocked beats locked beats public. The places of a row left out move to the row that stays,
    so that no place where a key was found is forgotten.
    """
    best: dict[bytes, dict[str, Any]] = {}
    for row in rows:
        known = best.setdefault(row["fingerprint"], row)
        if _worth(row) > _worth(known):
            best[row["fingerprint"]] = row
    kept = []
    for row in rows:
        winner = best[row["fingerprint"]]
        if row is winner or (_worth(row) == 1 == _worth(winner)):
            kept.append(row)
        else:
            join_places(winner, row)
    return kept


def _named(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("kind", "exhibit", "entry", "offset", "note"))


def _problem_row(place: dict[str, Any], problem: Problem) -> dict[str, Any]:
    return {
        "kind": problem.kind,
        "exhibit": place["exhibit"],
        "entry": place["entry"],
        "path": place["path"],
        "offset": place["offset"] + problem.offset,
        "note": problem.note,
        "unread": False,
    }
