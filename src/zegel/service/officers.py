"""The indexes of the privilege officer's orders: a review's, and a sample's.

A review draws only from what is set apart. A sample is drawn, by a seed the magistrate named, from
what is not; one control in ten comes from what is set apart, so that whoever codes it cannot take
for granted that nothing is privileged. Which are which the case knows, and the folder does not.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from zegel.analysis.drawing import draw, frame_digest
from zegel.authorisation import Order, accounts_named, admit
from zegel.authorisation.accounts import Holdings
from zegel.authorisation.admit import READABLE
from zegel.canonical import JSON, canonical_json
from zegel.casefile import Case
from zegel.errors import ConditionError, UsageError
from zegel.processing.schemas import ID
from zegel.search import TextIndex
from zegel.service.admitted import rows_of_holdings
from zegel.service.caseindex import DOCUMENTS, TEXT, build_index_of, current_index
from zegel.service.cases import shelf
from zegel.service.deciding import identities_of, rows_of
from zegel.service.door import Who, enter_case
from zegel.service.making import making
from zegel.service.progress import Progress, silent
from zegel.service.setapart import blurred, current_marks, shelf_of
from zegel.tables import make_folder, read_rows, replace_file

CONTROLS = 10
"""One control for so many messages of a sample."""


def build_review_index(
    case: Case, *, who: Who = None, progress: Progress = silent
) -> dict[str, Any]:
    """Build the index of what is set apart, which only a review's grant uses."""
    door, index = enter_case(case, "privilege indexed", who), "privilege/index"
    with door as visit, case.lock(), making(visit, index, anew=(index,)):
        place = _review_place(case)
        visit.write({"marks": place.name})
        make_folder(place.parent)
        if not place.is_dir():
            marks = shelf_of(case).marks.folder / place.name
            build_index_of(case, place, progress, only=marks / "apart.parquet")
        for old in place.parent.iterdir():
            if old != place:
                shutil.rmtree(old)
        count = sum(1 for _ in read_rows([place / DOCUMENTS], ["number"]))
    return {"messages": count}


def _review_place(case: Case) -> Path:
    marks = current_marks(case)
    if marks is None:
        raise ConditionError(
            "the order is the privilege officer's, and no register is enrolled",
            next_step="`zegel privilege enrol FILE`, then `zegel privilege mark`.",
        )
    return shelf_of(case).folder / "index" / marks.name


def review_index(case: Case) -> Path:
    """Return the index of what is set apart as it is now."""
    place = _review_place(case)
    if not place.is_dir():
        raise UsageError(
            "there is no index of what is set apart, or it was marked again since",
            where=str(case.folder),
            next_step="The privilege officer gives `zegel privilege index`.",
        )
    return place


def index_for(case: Case, order: Order, state: bytes, progress: Progress) -> Path:
    """Return the index that an order draws from."""
    if order.review:
        return review_index(case)
    if order.sample:
        return _sample_index(case, order, state, progress)
    return current_index(case)


def _sample_index(case: Case, order: Order, state: bytes, progress: Progress) -> Path:
    """Draw the sample and its controls, keep which are which, and build an index of both."""
    missed = _frame(case, order, current_index(case))
    caught = _frame(case, order, review_index(case))
    drawn = draw(missed, order.sample, order.seed)
    controls = draw(caught, -(-len(drawn) // CONTROLS), order.seed)
    marks = current_marks(case)
    kept: dict[str, JSON] = {
        "order": order.digest.hex(),
        "state": state.hex(),
        "marks": marks.name if marks else "",
        "seed": order.seed,
        "frame": len(missed),
        "frame_sha256": frame_digest(missed),
        "drawn": list[JSON](drawn),
        "controls": list[JSON](controls),
    }
    place = sample_place(case, order.digest.hex(), state.hex())
    make_folder(place.parent)
    replace_file(place, canonical_json(kept))
    folder = make_folder(case.folder / "spill" / "sample")
    wanted = folder / "drawn.parquet"
    names = sorted(bytes.fromhex(name) for name in (*drawn, *controls))
    pq.write_table(pa.table({"message": pa.array(names, ID)}), wanted)
    index = folder / "index"
    shutil.rmtree(index, ignore_errors=True)
    build_index_of(case, index, progress, only=wanted)
    return index


def _frame(case: Case, order: Order, index: Path) -> list[str]:
    """Return the identities of the readable messages of an index that an order's clauses cover."""
    holdings = Holdings(rows_of_holdings(case, Holdings.COLUMNS))
    exhibits = order.exhibits or {record.identity for record in shelf(case).all()}
    documents = index / DOCUMENTS
    rows = [
        row
        for row in rows_of(documents, exhibits, accounts_named(order, holdings))
        if row.state in READABLE
    ]
    hits = TextIndex(index / TEXT).all_rows
    admitted = admit(order, rows, holdings, hits, lambda _: "")
    return [one.hex() for one in identities_of(documents, admitted.messages).values()]


def sample_place(case: Case, order: str, state: str) -> Path:
    """Return where the case keeps what of a sample was drawn, and what are controls."""
    return shelf_of(case).folder / "samples" / f"{order[:16]}-{state[:16]}.json"


def read_sample(case: Case, header: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the case keeps of the sample that an investigation's header names."""
    place = sample_place(case, header["order"]["sha256"], header["state"])
    try:
        return dict(json.loads(place.read_bytes()))
    except FileNotFoundError:
        raise UsageError(
            "this is no sample that was drawn from this case", where=str(place)
        ) from None


def may_be_told(order: Order, messages: int) -> str:
    """Return how many messages a grant took in, as whoever grants it may know."""
    return blurred(messages) if order.officers else str(messages)
