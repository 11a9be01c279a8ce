"""What is kept of previews, so that a series of them tells no more than one of them may.

CASE/private/previews/<digest>.json.zst holds the sets behind the counts of one preview: numbers of
messages and people, the accounts that clauses name, no content. The log's entry of the preview
names the digest; a record that is missing or was changed stops the next preview. Numbers belong to
one state of the case's index, so previews of another state are not compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import zstandard

from zegel.authorisation import Order
from zegel.authorisation.counts import Cell, Reach, Told
from zegel.authorisation.signed import folded
from zegel.canonical import JSON, canonical_json
from zegel.casefile import Case
from zegel.custody.entries import Entry
from zegel.errors import VerificationError
from zegel.processing.narrow import PEOPLE
from zegel.tables import make_folder, replace_file

PREVIEWED = "previewed"
_LARGEST = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The previews there were before the one at hand."""

    of_draft: int
    """How many of the same draft, on any state of the case."""
    of_case: int
    cells: Sequence[Cell] = field(repr=False)
    """What they told, of the state of now."""
    reaches: Sequence[Reach] = field(repr=False)


class Numbering:
    """Gives addresses the numbers of their bits: the same for one state of the case."""

    def __init__(self, index: Path) -> None:
        names = pq.read_table(index / PEOPLE).column("account").to_pylist()
        self._numbers = {name: number for number, name in enumerate(names)}

    def bits(self, names: Iterable[str]) -> int:
        """Return a set of addresses as bits; unknown ones come behind all others."""
        return bits(self._number(name) for name in names)

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is not None:
            return number
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
        return len(self._numbers) + int.from_bytes(digest[:2], "big")


def bits(numbers: Iterable[int]) -> int:
    """Return a set of numbers as the bits of one integer."""
    wanted = list(numbers)
    octets = bytearray(max(wanted, default=0) // 8 + 1)
    for number in wanted:
        octets[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(octets, "little")


def draft_of(order: Order) -> dict[str, str]:
    """Return what makes a draft: the investigation and the magistrate that an order names.

    Whatever else is changed in the file, its number too, it stays the same draft.
    """
    return {
        "investigation": folded(order.investigation),
        "magistrate": folded(order.magistrate),
    }


def series_of(case: Case, order: Order, state: str) -> Series:
    """Return the previews before this one; raise where the record of one is not as it was."""
    cells: list[Cell] = []
    reaches: list[Reach] = []
    of_draft = of_case = 0
    for entry in case.log().acts((PREVIEWED,)):
        if "record" not in entry.facts:
            continue  # it failed before it told anything
        of_case += 1
        of_draft += entry.facts["draft"] == draft_of(order)
        if entry.facts["state"] == state:
            kept = _read(case, entry)
            cells += [_cell(one) for one in kept["cells"]]
            reaches += [(bool(but), frozenset(names)) for but, names in kept["reaches"]]
    return Series(of_draft=of_draft, of_case=of_case, cells=cells, reaches=reaches)


def keep(case: Case, cells: Iterable[Cell], reaches: Iterable[Reach]) -> str:
    """Keep what one preview told; return the digest that its entry names."""
    kept: dict[str, JSON] = {
        "cells": [_written(cell) for cell in cells],
        "reaches": [[but, list[JSON](sorted(names))] for but, names in reaches],
    }
    content = zstandard.compress(canonical_json(kept), 3)
    digest = hashlib.sha256(content).hexdigest()
    replace_file(make_folder(_folder(case)) / f"{digest}.json.zst", content)
    return digest


def _folder(case: Case) -> Path:
    return case.private / "previews"


def _read(case: Case, entry: Entry) -> dict[str, Any]:
    digest = str(entry.facts["record"])
    file = _folder(case) / f"{digest}.json.zst"
    content = file.read_bytes() if file.is_file() else b""
    if hashlib.sha256(content).hexdigest() != digest:
        raise VerificationError(
            f"the record of a preview, entry {entry.index} of the log, is missing or was changed",
            where=str(file),
            next_step="Restore it from a backup of the case; no preview is made without it.",
        )
    kept: dict[str, Any] = json.loads(zstandard.decompress(content, _LARGEST))
    return kept


def _written(cell: Cell) -> dict[str, JSON]:
    return {
        "place": cell.place,
        "kind": cell.kind,
        "question": cell.question,
        "things": f"{cell.things:x}",
        "told": None if cell.told is None else [cell.told.count, cell.told.near],
    }


def _cell(kept: Mapping[str, Any]) -> Cell:
    told = kept["told"]
    return Cell(
        place=kept["place"],
        kind=kept["kind"],
        question=kept["question"],
        things=int(kept["things"], 16),
        told=None if told is None else Told(count=told[0], near=told[1]),
    )
