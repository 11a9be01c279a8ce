"""Use case: the index of the whole case, which a grant needs; nothing of it is ever shown.

CASE/index/<digest>/documents.parquet and text/: made beside their place, renamed in, and made anew
only where the settled tables have changed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zegel.casefile import Case
from zegel.errors import UsageError
from zegel.processing.documents import DocumentInput, write_documents
from zegel.search import build_index
from zegel.search.index import Row
from zegel.service.door import Who, enter_case
from zegel.service.progress import Progress, silent
from zegel.tables import StorageGuard, commit, make_folder, read_rows

DOCUMENTS, TEXT = "documents.parquet", "text"


def build_case_index(case: Case, *, who: Who = None, progress: Progress = silent) -> dict[str, Any]:
    """Build the index for the case as it is settled now; say how many messages it holds."""
    with enter_case(case, "index began", who) as visit, case.lock():
        settled = case.stage("settled")
        if not settled.parts():
            raise UsageError("nothing was processed yet", next_step="`zegel process` first.")
        folder = make_folder(case.folder / "index")
        place = folder / settled.parts()[-1]
        if place.is_dir():
            visit.write({"state": place.name}, act="index found")
        else:
            visit.write({"state": place.name})
            _build(case, place, progress)
            visit.note("index built", {"state": place.name})
        for old in folder.iterdir():
            if old != place:
                shutil.rmtree(old)
    return {"messages": sum(1 for _ in read_rows([place / DOCUMENTS], ["number"]))}


def _build(case: Case, place: Path, progress: Progress) -> None:
    unfinished = place.with_name(f".unfinished-{place.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    make_folder(unfinished)
    settled = case.stage("settled")
    files = DocumentInput(
        stored=case.stage("scan").files("stored"),
        contents=case.stage("open").files("contents"),
        states=settled.files("states")[-1],
        messages=settled.files("messages")[-1],
        blocks=settled.files("blocks")[-1],
    )
    with StorageGuard(unfinished):
        progress.phase("documents", None, "messages")
        count = write_documents(files, unfinished / DOCUMENTS, case.folder / "spill")
        progress.phase("index", count, "messages")
        build_index(unfinished / TEXT, index_rows(unfinished / DOCUMENTS, progress))
    commit(unfinished, place)


def index_rows(table: Path, progress: Progress = silent) -> Iterator[Row]:
    """Yield what an index holds of each message of a table: its subject and its text."""
    for row in read_rows([table], ["number", "subject", "text", "clock_ns"]):
        texts = tuple(text for text in (row["subject"], row["text"]) if text)
        yield Row(row["number"], texts, row["clock_ns"])
        progress.advance(1)


def current_index(case: Case) -> Path:
    """Return the folder of the index that fits the case's state; raise where there is none."""
    parts = case.stage("settled").parts()
    place = case.folder / "index" / (parts[-1] if parts else "none")
    if not place.is_dir():
        raise UsageError(
            "the case has no index, or was processed again since",
            where=str(case.folder),
            next_step="`zegel index` builds it.",
        )
    return place
