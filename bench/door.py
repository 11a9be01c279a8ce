"""What the door costs: open and check, who acts, may they, the entry; beside a log of each size.

`python -m bench.door [ENTRIES …]`. A read's own work is left out: nothing is searched.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.contract.test_errors import ORDER
from tests.journeys.cases import done, mail, maildir

from zegel.casefile import Case
from zegel.custody.log import Log
from zegel.errors import CaseError
from zegel.investigation import Investigation
from zegel.people.passwords import check_password, digest_password
from zegel.service.door import enter, enter_case
from zegel.service.place import check_files

TIMES = 30


def main() -> None:
    """Print medians of wall and processor time, in milliseconds."""
    sizes = [int(word) for word in sys.argv[1:]] or [100, 10_000]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["ZEGEL_KEYS"] = str(folder / "keys")
        os.environ["ZEGEL_SESSION"] = str(folder / "tokens")
        case, home = _made(folder)
        moved = Investigation.open(Path(shutil.copytree(home.folder, folder / "moved")))
        print("door                      entries   wall ms   processor ms")
        for size in sizes:
            for of in (case, home, moved):
                _fill(of, size)
            for name, ask in (
                ("case", lambda: _case(case)),
                ("investigation at home", lambda: _inv(home)),
                ("investigation elsewhere", lambda: _inv(moved)),
            ):
                _line(name, size, ask)
            _line("whole check, elsewhere", size, lambda: check_files(moved), times=3)
    digest = digest_password("correct horse battery")
    _line("a password, at login", 0, lambda: check_password("correct horse battery", digest))


def _made(folder: Path) -> tuple[Case, Investigation]:
    case = folder / "case"
    done("init", case, "--training")
    mails = [mail("Tot morgen.\n", number) for number in range(200)]
    done("intake", maildir(folder / "copy", mails), "--case", case)
    done("process", "--case", case, "--index")
    (folder / "order.toml").write_text(ORDER, encoding="utf-8")
    done("grant", folder / "order.toml", "--case", case)
    (place,) = (case / "investigations").iterdir()
    return Case.open(case), Investigation.open(place)


def _fill(of: Case | Investigation, size: int) -> None:
    """Lengthen a log to `size` entries, by the key that signs it, and let the door see it once."""
    ask: Callable[[], None] = lambda: _case(of) if isinstance(of, Case) else _inv(of)  # noqa: E731
    ask()
    places = (of.folder.parent / "keys", of.folder.parents[1] / "private", of.folder / "private")
    keys = [path for top in places for path in top.rglob("*.key")]
    log = next(found for key in keys if (found := _log(of, key)) is not None)
    for _ in range(size - log.head().size):
        log.append("search", {"query": "haven"})
    ask()


def _log(of: Case | Investigation, key: Path) -> Log | None:
    try:
        return Log.open(of.folder / "custody", key)
    except CaseError:  # the key of another log
        return None


def _case(case: Case) -> None:
    with enter_case(case, "case read") as visit:
        visit.write()


def _inv(inv: Investigation) -> None:
    with enter(inv, "search", None, {"query": "haven"}) as visit:
        visit.write(shown=[b"1" * 32] * 20)


def _line(name: str, size: int, ask: Callable[[], object], *, times: int = TIMES) -> None:
    walls, processors = [], []
    for _ in range(times):
        wall, processor = time.perf_counter(), time.process_time()
        ask()
        walls.append((time.perf_counter() - wall) * 1000)
        processors.append((time.process_time() - processor) * 1000)
    print(
        f"{name:<24}{size:>9,}{statistics.median(walls):>10.1f}{statistics.median(processors):>15.1f}"
    )


if __name__ == "__main__":
    main()
