"""What an act makes in a case is listed in the log when it is whole, so that a change is found.

What the act may remove or make anew is taken off the list before, what it made is put on it after:
a kill in between leaves files that nobody stands for yet, never one that is missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TypeVar

from zegel.custody.watch import listing, unlisted
from zegel.service.door import Visit

_T = TypeVar("_T")
_HALF = (".new", ".logged")
MOST_IN_AN_ENTRY = 2000
"""Files that one entry lists: an entry holds a mebibyte at most."""


@contextmanager
def making(visit: Visit, *made: str, anew: tuple[str, ...] = ()) -> Iterator[None]:
    """List what lies under `made` in the case once the body is done; `anew` may change in it."""
    again = [name for name in visit.place.checked.files if name.startswith(anew)] if anew else []
    for names in _pieces(iter(again)):
        visit.note("files no longer listed", unlisted(names))
    yield
    known = visit.place.checked.files
    folder = visit.place.folder
    new = (
        path for path in _files(folder, made) if path.relative_to(folder).as_posix() not in known
    )
    for paths in _pieces(new):
        visit.note("files listed", listing(folder, paths))


def _pieces(items: Iterator[_T]) -> Iterator[list[_T]]:
    while piece := list(islice(items, MOST_IN_AN_ENTRY)):
        yield piece


def _files(folder: Path, made: tuple[str, ...]) -> Iterator[Path]:
    """Yield the files under some names, those of unfinished folders and writes left out."""
    for name in made:
        top = folder / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            *around, last = path.relative_to(folder).parts
            half = any(part.startswith(".") for part in around) or last.endswith(_HALF)
            if path.is_file() and not half:
                yield path
