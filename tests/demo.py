"""The demonstration: make a network, copy its servers, take the copy apart, check the result.

Run by `make demo`. Runs the commands a person would type and shows each. The comparison with the
ground truth is a script outside `zegel`, by digest: no command shows content of a whole case.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

COMPARE = Path(__file__).parent / "truth" / "compare.py"
DEVICES = os.environ.get("DEVICES", "300")
MESSAGES = os.environ.get("MESSAGES", "6000")


def step(title: str, *command: str) -> None:
    """Say what comes, show the command, run it; stop at the first that fails."""
    print(f"\n\033[1m── {title}\033[0m\n$ {' '.join(command)}", flush=True)
    started = time.monotonic()
    subprocess.run(command, check=True)
    print(f"  ({time.monotonic() - started:.1f} s)", flush=True)


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo")
    if folder.exists() and not (folder / ".zegel-demo").exists():
        sys.exit(f"{folder} exists and was not made by the demo; choose another: make demo DEMO=…")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / ".zegel-demo").touch()
    net, case = folder / "net", str(folder / "case")
    began = time.monotonic()
    step(
        "A network of two sites writes mail for six months; its servers are copied",
        *("shieldnet", "generate", str(net), "--devices", DEVICES, "--messages", MESSAGES),
    )
    step("A case is opened, for training", "zegel", "init", case, "--training")
    for site in ("ams", "yyz"):
        step(
            f"The copy of {site} is sealed: every file hashed once",
            *("zegel", "intake", str(net / "copy" / site), "--case", case),
            *("--label", f"server {site}", "--authority", "training"),
        )
    step(
        "Mail, keys and registries are found; what can be opened is opened",
        *("zegel", "process", "--case", case),
        *("--passphrases", str(net / "truth" / "passphrases.txt")),
    )
    step(
        "Where it stands, exhibit by exhibit", "zegel", "ledger", "--case", case, "--by", "exhibit"
    )
    keys = subprocess.run(
        ["zegel", "keys", "--case", case], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    print("\n\033[1m── The keys (first ten)\033[0m\n$ zegel keys --case " + case)
    print("\n".join([*keys[:14], "…", keys[-1]]))
    step(
        "Does that agree with what the network really wrote? (by digest, outside zegel)",
        *(sys.executable, str(COMPARE), str(net / "truth"), case),
    )
    step("The custody log", "zegel", "custody", "verify", "--case", case)
    print(f"\nAll done in {time.monotonic() - began:.0f} s. Next, with .venv/bin on your PATH:")
    for command in ("ledger --by account", "ledger --by day", "problems", "keys --json", "status"):
        print(f"  zegel {command} --case {case}")
    print("  zegel intake --recheck --case", case)


if __name__ == "__main__":
    main()
