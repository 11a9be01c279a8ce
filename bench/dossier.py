"""Measure a dossier of 20,000 messages: made, verified by verify.py, opened again by the command.

Run by `make bench`; GRANTED=2000 makes it small, a folder named by KEPT keeps the investigation for
another run, and ALL=1 asks the second implementation about every message too, reported apart.
The set is that of `estate`: 2.6 places a message, PGP/MIME to Cv25519 keys. Included in what is
timed: the leaf of every message, proofs, bytes, the report of the first 500 messages, mbox, JSON
Lines and CASE of all, and a second opinion on a seeded 1,000. Fails where the dossier does not hold
every message, is not verified, or a byte changed in it is not found.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import grants
from bench.grants import make_case, zegel
from bench.process import machine

GRANTED = int(os.environ.get("GRANTED", "20000"))
MAKE_TARGET, VERIFY_TARGET = 60.0, 30.0
"""Seconds of wall time on two processors, for 20,000 messages."""
VERIFIER = Path(__file__).parents[1] / "src" / "zegel" / "dossier" / "verify.py"


def peak() -> int:
    """Return the highest resident memory of any process started so far, in MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def make(inv: Path, out: Path, *words: str) -> dict[str, Any]:
    """Make a dossier of everything."""
    took = zegel("dossier", "make", "-i", inv, "-o", out, "--printed", "500", "--json", *words)
    made = json.loads(took["said"])
    if made["messages"] != GRANTED:
        sys.exit(f"{made['messages']} messages are in the dossier, not {GRANTED}")
    return {**took, **made}


def verify(dossier: Path, root: str) -> tuple[int, float, str]:
    """Run verify.py; return its answer, its wall time and what it said."""
    began = time.monotonic()
    words = (sys.executable, "-I", "-S", str(VERIFIER), str(dossier), "--root", root)
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    return ran.returncode, time.monotonic() - began, ran.stdout


def main() -> None:
    """Measure, print and check."""
    grants.MESSAGES = grants.GRANTED = GRANTED
    with tempfile.TemporaryDirectory(prefix="zegel-bench-") as made:
        folder = Path(os.environ.get("KEPT") or made)
        folder.mkdir(parents=True, exist_ok=True)
        make_case(folder)
        inv = folder / "inv"
        if not inv.exists():
            zegel("grant", folder / "order.toml", "--case", folder / "case", "--out", inv)
        root = json.loads((inv / "investigation.json").read_bytes())["root"]
        with tempfile.TemporaryDirectory(prefix="zegel-bench-", dir=folder) as out:
            measure(inv, root, Path(out))


def measure(inv: Path, root: str, out: Path) -> None:
    """Make, verify and change one dossier."""
    dossier = out / "dossier.zip"
    took = make(inv, dossier)
    print(f"\n{machine()}\ndossier of {GRANTED:,} messages, {dossier.stat().st_size >> 20} MB:")
    said = took["second_opinion"]
    shown("made", took)
    print(f"    second opinion: {said}; highest memory of a process so far {peak()} MB")
    print(f"    at most {MAKE_TARGET:.0f} s wanted for 20,000 messages, 2 processors")
    answer, wall, account = verify(dossier, root)
    if answer != 0:
        sys.exit(f"verify.py answered {answer}: {account}")
    print(f"  verify.py: {wall:.1f} s of wall time; at most {VERIFY_TARGET:.0f} s wanted")
    shown("zegel dossier verify", zegel("dossier", "verify", dossier, "--root", root))
    if os.environ.get("ALL"):
        every = make(inv, out / "all.zip", "--second-opinion", "all")
        shown("made with a second opinion on all", every)
    changed(dossier, root)


def shown(what: str, took: dict[str, Any]) -> None:
    """Print what a command took."""
    print(
        f"  {what}: {took['wall']:.1f} s of wall time, {took['processor']:.1f} s of processor time"
    )


def changed(dossier: Path, root: str) -> None:
    """Change one byte in the middle; the verifier must find it."""
    with dossier.open("r+b") as file:
        file.seek(dossier.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))
    answer, _, account = verify(dossier, root)
    if answer != 6:
        sys.exit(f"one changed byte was not found: {answer}")
    print(f"  one byte changed: {account.strip()}")


if __name__ == "__main__":
    main()
