"""Say how well what is set apart fits what is privileged, with and without threads.

    python tests/truth/privilege.py NET/truth CASE [--json]

Imports neither `zegel` nor `shieldnet`: it reads the ground truth, and the marks and tables of a
case that `zegel privilege mark` went over. Never prints content; counts what the case holds.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

SITES = ("ams/", "yyz/")
READABLE = ("readable", "not encrypted", "partly readable")


@dataclass(slots=True, kw_only=True)
class Rate:
    """What was set apart, against what is privileged."""

    what: str
    hit: int = 0
    missed: int = 0
    false: int = 0
    by_kind: dict[str, list[int]] = field(default_factory=dict)
    """By how counsel comes into it: set apart, of how many."""

    @property
    def recall(self) -> float | None:
        found = self.hit + self.missed
        return self.hit / found if found else None

    @property
    def precision(self) -> float | None:
        found = self.hit + self.false
        return self.hit / found if found else None


def truth_of(folder: Path, case: Path) -> dict[bytes, dict[str, Any]]:
    """Return what is true of each message of the case, by its identity there."""
    settled = sorted((case / "tables" / "settled").glob("[!.]*"))[-1]
    rows = duckdb.execute(
        f"""SELECT s.path, s."offset", m.message, m.state
            FROM '{settled}/messages.parquet' m
            JOIN '{settled}/states.parquet' s ON s.message_number = m.number"""
    ).fetchall()
    places = {_key(bytes(path).decode("utf-8", "replace"), at): (m, s) for path, at, m, s in rows}
    found: dict[bytes, dict[str, Any]] = {}
    with (folder / "messages.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            true = json.loads(line)
            for place in true["places"]:
                known = places.get(_key(place["path"], place["offset"]))
                if known is not None:
                    fields = {name: true[name] for name in ("privileged", "counsel")}
                    found[bytes(known[0])] = {**fields, "state": known[1]}
    return found


def _key(path: str, offset: int) -> tuple[str, int]:
    for site in SITES:
        path = path.removeprefix(site)
    return path, offset


def marked(case: Path) -> tuple[set[bytes], set[bytes]]:
    """Return what matched by itself, and all that is set apart."""
    looked = [str(one) for one in (case / "privilege" / "looked").glob("[!.]*/looked.parquet")]
    last = sorted((case / "privilege" / "marks").glob("[!.]*"))[-1]
    alone = duckdb.execute("SELECT message FROM read_parquet(?) WHERE why IS NOT NULL", [looked])
    direct = {bytes(row[0]) for row in alone.fetchall()}
    query = f"SELECT message FROM '{last}/marks.parquet' WHERE state <> 'rejected'"
    return direct, {bytes(row[0]) for row in duckdb.execute(query).fetchall()}


def rate(what: str, true: dict[bytes, dict[str, Any]], apart: Collection[bytes]) -> Rate:
    """Hold what is set apart against the truth."""
    found = Rate(what=what)
    kinds: Counter[tuple[str, bool]] = Counter()
    for message, fields in true.items():
        is_apart = message in apart
        found.hit += fields["privileged"] and is_apart
        found.missed += fields["privileged"] and not is_apart
        found.false += not fields["privileged"] and is_apart
        if fields["counsel"]:
            kinds[fields["counsel"], is_apart] += 1
    for kind in sorted({kind for kind, _ in kinds}):
        found.by_kind[kind] = [kinds[kind, True], kinds[kind, True] + kinds[kind, False]]
    return found


def rates(folder: Path, case: Path) -> list[Rate]:
    """Return the four rates: of all messages and of the readable, with threads and without."""
    true = truth_of(folder, case)
    readable = {m: fields for m, fields in true.items() if fields["state"] in READABLE}
    direct, followed = marked(case)
    return [
        rate(f"{which}, {how}", some, apart)
        for which, some in (("all messages", true), ("readable messages", readable))
        for how, apart in (("without threads", direct), ("with threads", followed))
    ]


def show(found: list[Rate]) -> None:
    """Print the rates."""
    print(f"{'':36}{'privileged':>11}{'apart':>8}{'recall':>9}{'precision':>11}")
    for one in found:
        apart = one.hit + one.false
        print(
            f"{one.what:36}{one.hit + one.missed:>11,}{apart:>8,}"
            f"{share(one.recall):>9}{share(one.precision):>11}"
        )
    print("\nSet apart with threads, by how a lawyer comes into a readable message:")
    for kind, (apart, whole) in found[-1].by_kind.items():
        print(f"{kind:>12}  {apart:,} of {whole:,}")


def share(value: float | None) -> str:
    """Return a share with three decimals, a dash where there is none."""
    return "-" if value is None else f"{value:.3f}"


def main(words: list[str]) -> int:
    """Run the comparison; return the exit status."""
    names = [word for word in words if word != "--json"]
    if len(names) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    found = rates(Path(names[0]), Path(names[1]))
    if "--json" in words:
        rows = [
            {"what": one.what, "recall": one.recall, "precision": one.precision,
             "hit": one.hit, "missed": one.missed, "false": one.false, "kinds": one.by_kind}
            for one in found
        ]  # fmt: skip
        print(json.dumps(rows))
    else:
        show(found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
