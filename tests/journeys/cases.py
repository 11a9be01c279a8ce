"""Makes and reads cases the way a person does: by commands; used by the journeys."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def zegel(*words: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `zegel` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from zegel.cli import main; main()", *map(str, words)],
        check=check,
        capture_output=True,
        text=True,
    )


def zegel_json(*words: str | Path) -> Any:
    """Run `zegel … --json` and return the one document it prints."""
    return json.loads(zegel(*words, "--json").stdout)


def opened_case(folder: Path, *copies: Path, passphrases: Sequence[str] = ()) -> Any:
    """Make a case of `copies` in `folder`, process it and return its ledger."""
    case = folder / "case"
    zegel("init", case)
    for copy in copies:
        zegel("intake", copy, "--case", case)
    words: list[str | Path] = []
    if passphrases:
        file = folder / "passphrases"
        file.write_text("\n".join(passphrases) + "\n", encoding="utf-8")
        words = ["--passphrases", file]
    zegel("process", "--case", case, *words)
    return zegel_json("ledger", "--case", case)


def network(folder: Path, *words: str) -> tuple[Path, Path]:
    """Write a small network's two copied sites into `folder`, the same every time."""
    small = ("--devices", "6", "--messages", "60", "--seed", "7", "--workers", "1")
    program = (sys.executable, "-c", "from shieldnet.cli import main; main()", "generate")
    subprocess.run([*program, str(folder), *small, *words], check=True, capture_output=True)
    return folder / "copy" / "ams", folder / "copy" / "yyz"
