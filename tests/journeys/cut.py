"""Runs `zegel` once and keeps what a power cut would leave of its case; gives it again in each.

At each sync and rename `tests.powercut` gives the states that are likeliest to break something.
Those that differ in no name that counts are looked at once. Prints one JSON list.

Usage: python -m tests.journeys.cut TEMPLATE FOLDER STEP WORD …
Of the words, `CASE` stands for the case; every STEP-th state is taken, and the last.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from tests.journeys.forked import run
from tests.powercut import Disk, Tree, put

NO_MATTER = re.compile(r"/(\.unfinished-|spill|work|lock$)")
"""What the next command removes, whatever it is."""


class Cuts:
    """Keeps the states a cut may leave while this process works on a case."""

    def __init__(self, case: Path, kept: Path) -> None:
        self._disk = Disk(case)
        self._kept = kept
        self._known: set[int] = set()
        self._watching = self._disk.watched(self.look)

    def watch(self) -> None:
        """Look at every sync and rename from now on."""
        self._watching.__enter__()

    def look(self) -> None:
        """Keep the states there may be now."""
        for tree in self._disk.likely():
            name = hash(tuple(one for one in tree.items() if not NO_MATTER.search(one[0])))
            if name not in self._known:
                self._known.add(name)
                self._keep(tree)

    def _keep(self, tree: Tree) -> None:
        put(tree, self._kept / f"{len(self._known):04d}")


def every_state(template: Path, folder: Path, step: int, words: list[str]) -> list[dict[str, Any]]:
    """Give the command in every state; return how each run ended."""
    case, kept = folder / "case", folder / "kept"
    kept.mkdir()
    shutil.copytree(template, case)

    def watch() -> None:
        Cuts(case, kept).watch()

    code, said = run([word.replace("CASE", str(case)) for word in words], watch)
    assert code == 0, said
    states = sorted(kept.iterdir())
    chosen = [*states[:-1:step], states[-1]]
    ended = []
    for state in chosen:
        here = state / "case"
        again, more = run([word.replace("CASE", str(here)) for word in words])
        (folder / f"{state.name}.txt").write_bytes(more)
        ended.append({"case": str(here), "again": again, "states": len(states)})
    return ended


if __name__ == "__main__":
    template, folder, step, *words = sys.argv[1:]
    print(json.dumps(every_state(Path(template), Path(folder), int(step), words)))
