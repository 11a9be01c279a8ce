"""Runs `zegel` with two workers, one of which is out of memory at one task after the other.

Every second worker is killed as the kernel does it, the others are refused the memory they ask for.
Each command that failed is given again. Ends with the first that runs to its end; prints one JSON
list.

Usage: python -m tests.journeys.starved TEMPLATE FOLDER WORD …
"""

from __future__ import annotations

import json
import shutil
import sys
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from tests.journeys.forked import Dying, Starving, run, spoiled_at


def every_task(template: Path, folder: Path, words: list[str]) -> list[dict[str, Any]]:
    """Spoil one task after the other; return how each first and second run ended."""
    ended = []
    for point in count(1):
        case = folder / f"{point:03d}"
        shutil.copytree(template, case)
        here = [word.replace("CASE", str(case)) for word in words]
        two = ["2" if word == "1" else word for word in here]
        first, said = run(two, partial(spoiled_at, point, (Starving, Dying)[point % 2]))
        again = run(here)[0] if first else None
        ended.append({"case": str(case), "first": first, "said": said.decode(), "again": again})
        if again is None:
            return ended
    raise AssertionError


if __name__ == "__main__":
    template, folder, *words = sys.argv[1:]
    print(json.dumps(every_task(Path(template), Path(folder), words)))
