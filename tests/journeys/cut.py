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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.journeys.forked import run
from tests.powercut import Disk, Tree, put

NO_MATTER = re.compile(r"/(\.unfinished-|spill|work|lock$)")
"""What the next command removes, whatever it is."""


class Cuts:
    """Keeps every `step`-th state a cut may leave while this process works on a case."""

    def __init__(self, case: Path, kept: Path, step: int) -> None:
        self._disk = Disk(case)
        self._kept = kept
        self._step = step
        self._known: set[int] = set()
        self._last: Tree | None = None
        self._watching = self._disk.watched(self.look)

    def watch(self) -> None:
        """Look at every sync and rename from now on."""
        self._watching.__enter__()

    def look(self) -> None:
        """Keep the states there may be now."""
        for tree in self._disk.likely():
            name = hash(tuple(one for one in tree.items() if not NO_MATTER.search(one[0])))
            if name not in self._known:
                kept = len(self._known) % self._step == 0
                self._known.add(name)
                self._last = None if kept else tree
                if kept:
                    self._keep(tree)

    def keep_last(self) -> None:
        """Keep the last state, too."""
        if self._last is not None:
            self._keep(self._last)

    def _keep(self, tree: Tree) -> None:
        put(tree, self._kept / f"{len(self._known):04d}")


def every_state(template: Path, folder: Path, step: int, words: list[str]) -> list[dict[str, Any]]:
    """Give the command in every state; return how each run ended."""
    case, kept = folder / "case", folder / "kept"
    kept.mkdir()
    shutil.copytree(template, case)

    def watched() -> Callable[[], None]:
        cuts = Cuts(case, kept, step)
        cuts.watch()
        return cuts.keep_last

    code, said = run([word.replace("CASE", str(case)) for word in words], watched)
    assert code == 0, said
    ended = []
    for state in sorted(kept.iterdir()):
        here = state / "case"
        again, more = run([word.replace("CASE", str(here)) for word in words])
        (folder / f"{state.name}.txt").write_bytes(more)
        ended.append({"case": str(here), "again": again})
    return ended


if __name__ == "__main__":
    template, folder, step, *words = sys.argv[1:]
    print(json.dumps(every_state(Path(template), Path(folder), int(step), words)))
