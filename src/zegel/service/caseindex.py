"""Use case: the index of the whole case, which a grant needs; nothing of it is ever shown.

CASE/index/<digest>/documents.parquet and text/: made beside their place, renamed in, and made anew
only where the settled tables, or the marks of privilege, have changed. What is set apart is not in
them: apart.parquet says who wrote it to whom and when, for counting, and nothing else.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zegel.casefile import Case, ExhibitShelf
from zegel.errors import UsageError
from zegel.processing.bymessage import DocumentInput
from zegel.processing.documents import WHO_AND_WHEN, write_documents
from zegel.processing.narrow import write_narrow
from zegel.processing.settled import identity_of
from zegel.search import build_index
from zegel.search.index import Row
from zegel.service.door import Who, enter_case
from zegel.service.making import making
from zegel.service.processed import require_processed, require_rules
from zegel.service.progress import Progress, silent
from zegel.service.running import watched
from zegel.service.setapart import blurred, current_marks
from zegel.tables import StorageGuard, commit, make_folder, read_rows

DOCUMENTS, TEXT, SET_APART = "documents.parquet", "text", "apart.parquet"


def build_case_index(case: Case, *, who: Who = None, progress: Progress = silent) -> dict[str, Any]:
    """Build the index for the case as it is settled and marked now; say how many messages it holds.

    Raise where a privilege register is enrolled and messages are unmarked.
    """
    door = enter_case(case, "index began", who)
    with (
        door as visit,
        case.lock(),
        watched(case, "index", visit.person.name, progress) as heard,
        making(visit, "index", anew=("index/",)),
    ):
        require_processed(case)
        marks = current_marks(case)
        folder = make_folder(case.folder / "index")
        place = folder / _name(case, marks)
        said = {"state": place.name, "privilege": "no register" if marks is None else "marked"}
        if place.is_dir():
            visit.write(said, act="index found")
        else:
            visit.write(said)
            apart = None if marks is None else marks / "apart.parquet"
            build_index_of(case, place, heard, but=apart)
            visit.note("index built", said)
        for old in folder.iterdir():
            if old != place:
                shutil.rmtree(old)
    count = _count(place / DOCUMENTS)
    # To the message, with the ledger beside it, it would say how many are set apart.
    told = count if marks is None else blurred(count)
    return {"messages": told, "privilege": said["privilege"]}


def _name(case: Case, marks: Path | None) -> str:
    state = case.stage("settled").parts()[-1]
    return state if marks is None else f"{state}-{marks.name}"


def _count(documents: Path) -> int:
    return sum(1 for _ in read_rows([documents], ["number"]))


def settled_files(case: Case) -> DocumentInput:
    """Return the tables of the case as it is settled now."""
    settled = case.stage("settled")
    return DocumentInput(
        stored=case.stage("scan").files("stored"),
        sessions=case.stage("open").files("sessions"),
        contents=case.stage("open").files("contents"),
        states=settled.files("states")[-1],
        messages=settled.files("messages")[-1],
        blocks=settled.files("blocks")[-1],
    )


def identity_in(case: Case) -> str:
    """Return the SQL expression for the identity of a row of `stored` called `s`."""
    return identity_of(
        {record.identity: record.seal for record in ExhibitShelf(case.folder / "exhibits").all()}
    )


def build_index_of(
    case: Case,
    place: Path,
    progress: Progress,
    *,
    but: Path | None = None,
    only: Path | None = None,
) -> None:
    """Build documents and text into the new folder `place`: of all messages, but some, or of some.

    Of those left out stays who wrote them to whom and when.
    """
    unfinished = place.with_name(f".unfinished-{place.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    make_folder(unfinished)
    files, spill = settled_files(case), case.folder / "spill"
    with StorageGuard(unfinished):
        progress.phase("documents", None, "messages")
        count = write_documents(files, unfinished / DOCUMENTS, spill, but=but, only=only)
        if but is not None:
            out = unfinished / SET_APART
            write_documents(files, out, spill, only=but, columns=WHO_AND_WHEN)
        write_narrow(unfinished / DOCUMENTS, unfinished, spill)
        # How many there are would say, beside the ledger, how many are set apart.
        progress.phase("index", count if but is None else None, "messages")
        counted = progress if but is None else silent
        build_index(unfinished / TEXT, index_rows(unfinished / DOCUMENTS, counted))
    commit(unfinished, place)


def index_rows(table: Path, progress: Progress = silent) -> Iterator[Row]:
    """Yield what an index holds of each message of a table: its subject and its text."""
    for row in read_rows([table], ["number", "subject", "text", "clock_ns"]):
        texts = tuple(text for text in (row["subject"], row["text"]) if text)
        yield Row(row["number"], texts, row["clock_ns"])
        progress.advance(1)


def current_index(case: Case) -> Path:
    """Return the folder of the index that fits the case's state; raise where there is none."""
    if case.stage("settled").parts():
        require_rules(case)
        place = case.folder / "index" / _name(case, current_marks(case))
        if place.is_dir():
            return place
    raise UsageError(
        "the case has no index, or was processed or marked again since",
        where=str(case.folder),
        next_step="`zegel index` builds it.",
    )
