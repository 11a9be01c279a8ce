"""What is kept of previews, so that a series of them tells no more than one of them may.

CASE/private/previews/<digest>.json.zst holds the sets behind the counts of one preview: numbers of
messages and names of accounts, no content. The log's entry of the preview names the digest; a
record that is missing or was changed stops the next preview. Numbers belong to one state of the
case's index, so previews of another state are not compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zstandard

from zegel.authorisation import Order
from zegel.authorisation.counts import Cell, Reach, Told
from zegel.authorisation.signed import folded
from zegel.canonical import JSON, canonical_json
from zegel.casefile import Case
from zegel.custody.entries import Entry
from zegel.errors import VerificationError
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
    """Gives names the numbers of their bits, the same within one preview's reckoning."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def bits(self, names: Iterable[str]) -> int:
        """Return a set of names as bits."""
        return bits(self._numbers.setdefault(name, len(self._numbers)) for name in names)

    def names(self, things: int) -> list[str]:
        """Return the names of a set, sorted."""
        return sorted(name for name, number in self._numbers.items() if things >> number & 1)


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


def series_of(case: Case, order: Order, state: str, accounts: Numbering) -> Series:
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
            cells += [_cell(one, accounts) for one in kept["cells"]]
            reaches += [(bool(but), frozenset(names)) for but, names in kept["reaches"]]
    return Series(of_draft=of_draft, of_case=of_case, cells=cells, reaches=reaches)


def keep(case: Case, cells: Iterable[Cell], reaches: Iterable[Reach], accounts: Numbering) -> str:
    """Keep what one preview told; return the digest that its entry names."""
    kept: dict[str, JSON] = {
        "cells": list[JSON](_written(cells, accounts)),
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


_OF_ACCOUNTS = "accounts"


def _written(cells: Iterable[Cell], accounts: Numbering) -> Iterator[dict[str, JSON]]:
    for cell in cells:
        told: JSON = None if cell.told is None else [cell.told.count, cell.told.near]
        of_accounts = cell.kind == _OF_ACCOUNTS
        names = list[JSON](accounts.names(cell.things)) if of_accounts else []
        things: JSON = names if of_accounts else f"{cell.things:x}"
        yield {
            "place": cell.place,
            "kind": cell.kind,
            "question": cell.question,
            "things": things,
            "told": told,
        }


def _cell(kept: Mapping[str, Any], accounts: Numbering) -> Cell:
    things, told = kept["things"], kept["told"]
    return Cell(
        place=kept["place"],
        kind=kept["kind"],
        question=kept["question"],
        things=int(things, 16) if isinstance(things, str) else accounts.bits(things),
        told=None if told is None else Told(count=told[0], near=told[1]),
    )
