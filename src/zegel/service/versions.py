"""Where a version of an investigation goes, and whether it is new: one order on one state, once."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from zegel.authorisation import Order
from zegel.canonical import canonical_json
from zegel.casefile import Case
from zegel.custody.log import Log
from zegel.custody.vouching import standing_of
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.folder import DESCRIPTION
from zegel.service.cases import shelf
from zegel.service.door import Visit
from zegel.service.ending import supersede_earlier
from zegel.service.granted import held_by
from zegel.service.setapart import current_marks, miss_rate
from zegel.tables import make_folder


def require_new(visit: Visit, case: Case, order: Order, place: Path) -> None:
    """Raise where this order was granted there before; a kill may have left its head unanchored."""
    if not (place / DESCRIPTION).is_file():
        return
    inv = Investigation.open(place)
    if inv.order != order.text:
        return  # the draft will say that something else is there
    head = Log.open(place / "custody", None).head()
    standing = standing_of(head.origin, case.log().entries())
    if standing.vouched and not standing.anchored:
        case.log().anchor(head, who=visit.person.name)
    if standing.vouched:
        supersede_earlier(visit, case, held_by(case), head.origin)
    raise UsageError(
        "this order was granted already",
        where=str(place),
        next_step=f"`zegel search -i {place}`, or grant it elsewhere with --out.",
    )


def place_of(case: Case, order: Order) -> Path:
    """Return where an investigation goes that nobody gave a place: by its name and the order's.

    The same order on a later state is a new version, and gets a number behind its name.
    """
    name = re.sub(r"[^A-Za-z0-9]+", "-", f"{order.investigation} {order.number}").strip("-")
    name = name or order.digest.hex()[:16]
    folder = make_folder(case.folder / "investigations")
    place, version = folder / name, 1
    while _is_earlier(place, case, order):
        version += 1
        place = folder / f"{name}-{version}"
    return place


def _is_earlier(place: Path, case: Case, order: Order) -> bool:
    """Say whether this order was granted there on an earlier state of the case."""
    if not (place / DESCRIPTION).is_file():
        return False
    inv = Investigation.open(place)
    return inv.order == order.text and inv.header["state"] != state_of(case).hex()


def state_of(case: Case) -> bytes:
    """Return a digest of everything in a case that a grant depends on, but its secret."""
    seals = {record.identity: record.seal for record in shelf(case).all()}
    stages = {
        table: case.stage(stage).digest(table)
        for stage, table in (
            ("scan", "stored"), ("scan", "layers"), ("open", "sessions"), ("open", "contents")
        )
    }  # fmt: skip
    marks = current_marks(case)
    apart = {} if marks is None else {"marks": marks.name, "miss rate": miss_rate(case)}
    return hashlib.sha256(canonical_json({"seals": seals, "tables": stages, **apart})).digest()
