"""The demonstration: run a network, copy its servers, take the copy apart, check the result.

Run by `make demo`. Runs the commands a person would type and shows each. The comparison with the
ground truth is a script outside `zegel`, by digest: no command shows content of a whole case.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TRUTH = Path(__file__).parent / "truth"
COMPARE = TRUTH / "compare.py"
VERIFIER = Path(__file__).parents[1] / "src" / "zegel" / "dossier" / "verify.py"
QUERIES = {"harbour": "container* OR kilo*", "vault": "kluis OR wagen"}
DEVICES = os.environ.get("DEVICES", "300")
MESSAGES = os.environ.get("MESSAGES", "6000")


def step(title: str, *command: str) -> None:
    """Say what comes, show the command, run it; stop at the first that fails."""
    print(f"\n\033[1m── {title}\033[0m\n$ {' '.join(command)}", flush=True)
    started = time.monotonic()
    subprocess.run(command, check=True)
    print(f"  ({time.monotonic() - started:.1f} s)", flush=True)


def live(folder: Path) -> None:
    """Send mail through two real sites and take their copies apart; say where that cannot be."""
    net, case = folder / "live", str(folder / "live-case")
    sizes = ("--devices", "10", "--messages", "80", "--storylines", "0")
    words = ("shieldnet", "generate", str(net), "--live", *sizes)
    title = "Two live sites of Postfix and Dovecot carry mail, are stopped and copied"
    print(f"\n\033[1m── {title}\033[0m\n$ {' '.join(words)}", flush=True)
    started = time.monotonic()
    code = subprocess.run(words, check=False).returncode
    if code:
        print("SIMULATED: no live site here, so all that follows is traffic written to disk.")
        return
    print(f"  ({time.monotonic() - started:.1f} s)", flush=True)
    subprocess.run(["zegel", "init", case, "--training"], check=True, capture_output=True)
    for name in ("ams", "yyz"):
        copy = net / "copy" / name
        intake = ("zegel", "intake", f"{copy}.tar", "--describe", f"{copy}.toml", "--case", case)
        subprocess.run(intake, check=True, capture_output=True)
    print(f"  How the sites were taken down: {net / 'copy' / 'takedown.md'}")
    step(
        "The copies are taken apart: the servers of this network kept the keys, as in 2016",
        *("zegel", "process", "--case", case),
        *("--passphrases", str(net / "truth" / "passphrases.txt")),
    )
    step(
        "Does that agree with what was handed in to the servers? (by digest, outside zegel)",
        *(sys.executable, str(COMPARE), str(net / "truth"), case),
    )


def investigate(net: Path, case: str) -> None:
    """Grant the sample orders, search in what they give, and hold that against the truth."""
    step("An index of the case, which nobody can search", "zegel", "index", "--case", case)
    folders = {}
    sign(net.parent, net / "orders" / "harbour.toml", case)
    for name in ("harbour", "vault", "company"):
        folders[name] = Path(case) / "investigations" / name
        step(
            f"The order '{name}' is applied: what it admits goes into a folder of its own",
            *("zegel", "grant", str(net / "orders" / f"{name}.toml"), "--case", case),
            *("--out", str(folders[name])),
        )
    for name, query in QUERIES.items():
        folder = str(folders[name])
        step(f"A search in '{name}'", "zegel", "search", "-i", folder, query, "--size", "3")
    records(str(folders["company"]))
    for name in QUERIES:
        found = subprocess.run(
            [sys.executable, str(TRUTH / "returned.py"), str(folders[name])],
            check=True,
            capture_output=True,
        ).stdout
        print(
            f"\n\033[1m── What '{name}' holds, against what was really written\033[0m", flush=True
        )
        recall = [sys.executable, str(TRUTH / "recall.py"), str(net / "truth"), "-"]
        subprocess.run(recall, check=True, input=found)
    refused(folders["harbour"], folders["vault"])


def sign(folder: Path, order: Path, case: str) -> None:
    """Enrol a magistrate who does not exist, by two people, and have an order signed."""
    if shutil.which("gpg") is None:
        print("\nGnuPG is not installed: all orders stay unsigned, which a training case takes.")
        return
    certificate, judge = folder / "magistrate.pgp", "Investigating judge 3"
    with tempfile.TemporaryDirectory(prefix="zg") as home:
        gpg = ("gpg", "--batch", "--quiet", "--homedir", home, "--passphrase", "")
        user = f"{judge} (test only) <judge@court.example>"
        made = ("--pinentry-mode", "loopback", "--quick-gen-key", user, "ed25519", "sign", "never")
        subprocess.run([*gpg, *made], check=True, capture_output=True)
        subprocess.run([*gpg, "--output", str(certificate), "--export"], check=True)
        step(
            "A magistrate (made up, with a test key) signs an order",
            *gpg,
            "--detach-sign",
            str(order),
        )
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
    propose = ("zegel", "magistrate", "propose", str(certificate), "--case", case)
    step("One person proposes the magistrate's certificate", *propose, "--who", "the examiner")
    told = ["zegel", "magistrate", "list", "--case", case, "--json"]
    listed = subprocess.run(told, check=True, capture_output=True).stdout
    confirm = ("zegel", "magistrate", "confirm", json.loads(listed)[0]["fingerprint"])
    title = "Another compares the fingerprint with the magistrate and confirms it"
    step(title, *confirm, "--case", case, "--who", "the clerk")


def records(folder: str) -> None:
    """Show the first business records of the company, and what they add up to."""
    print("\n\033[1m── The company as suspect: its records, no chat\033[0m")
    print(f"$ zegel records -i {folder}")
    shown = subprocess.run(
        ["zegel", "records", "-i", folder], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    print("\n".join([*shown[:9], "…", shown[-1]]), flush=True)


def refused(first: Path, second: Path) -> None:
    """Show that the second investigation does not know a message of the first."""
    ids = [{hit["id"] for hit in hits(folder)} for folder in (first, second)]
    other = min(ids[0] - ids[1])
    print("\n\033[1m── The second investigation cannot see the first's\033[0m")
    print(f"$ zegel show -i {second} {other}", flush=True)
    asked = subprocess.run(["zegel", "show", "-i", str(second), other], check=False)
    if asked.returncode != 2:
        sys.exit("it answered otherwise than with `there is no such message here`")


def disclose(folder: Path, inv: Path) -> None:
    """Make a dossier, verify it as a stranger would, change one byte, and see it refused."""
    dossier, changed = folder / "harbour.zip", folder / "harbour-changed.zip"
    root = json.loads((inv / "investigation.json").read_bytes())["root"]
    step(
        "What goes to court: a dossier of what the query finds, and nothing else",
        *("zegel", "dossier", "make", "-i", str(inv), "-o", str(dossier)),
        *("--query", QUERIES["harbour"]),
    )
    verify = (sys.executable, "-I", "-S", str(VERIFIER))
    anchored = ("--root", root)
    step("Anyone verifies it, with Python alone", *verify, str(dossier), *anchored)
    step(
        "With Zegel, every message is opened again from its session key",
        *("zegel", "dossier", "verify", str(dossier), *anchored, "--open", "all"),
    )
    content = bytearray(dossier.read_bytes())
    field = b'"text":["'  # then its salt, and what was written
    at = content.index(field, content.index(b"certificates.jsonl")) + len(field) + 64 + 3
    content[at] = ord("X")
    changed.write_bytes(content)
    print("\n\033[1m── One letter of a message in it is changed\033[0m")
    print(f"$ {' '.join((*verify, str(changed), *anchored))}", flush=True)
    if subprocess.run((*verify, str(changed), *anchored), check=False).returncode != 6:
        sys.exit("the verifier did not say that it is false")


def privilege(folder: Path, net: Path, case: str) -> None:
    """Set apart what is between lawyer and client, by the lawyers' own list, and measure it."""
    desk = folder / "privilege-officer"
    desk.mkdir()
    words = desk / "passphrase"
    words.write_text("a passphrase for practice\n", "utf-8")
    key = ("--passphrase-file", str(words))
    step(
        "The privilege officer makes a key, outside the case",
        *("zegel", "privilege", "key", str(desk / "key"), *key),
    )
    mine = ("--key", str(desk / "key"), *key, "--case", case)
    step(
        "The lawyers' own list is enrolled: the case keeps keyed hashes of it, and no name",
        *("zegel", "privilege", "enrol", str(net / "truth" / "lawyers.csv"), *mine),
    )
    step("What matches is set apart, with its threads", "zegel", "privilege", "mark", *mine)
    step(
        "How much of what is privileged is set apart, and how much of what is set apart is not",
        *(sys.executable, str(TRUTH / "privilege.py"), str(net / "truth"), case),
    )


def hits(folder: Path) -> list[dict[str, str]]:
    """Return everything in an investigation, as a search shows it."""
    found = subprocess.run(
        ["zegel", "search", "-i", str(folder), "--size", "1000", "--json"],
        check=True,
        capture_output=True,
    )
    return list(json.loads(found.stdout)["hits"])


def main() -> None:
    folder = empty(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"))
    net, case = folder / "net", str(folder / "case")
    began = time.monotonic()
    live(folder)
    take_in(net, case)
    take_apart(net, case)
    investigate(net, case)
    step(
        "How often each step errs, held against the same truth (outside zegel)",
        *(sys.executable, str(TRUTH / "rates.py"), str(net), case),
    )
    disclose(folder, Path(case) / "investigations" / "harbour")
    privilege(folder, net, case)
    step("The custody log", "zegel", "custody", "verify", "--case", case)
    print(f"\nAll done in {time.monotonic() - began:.0f} s. Next, with .venv/bin on your PATH:")
    show_next(case)


def empty(folder: Path) -> Path:
    """Make the folder anew; one that another made is left alone."""
    if folder.exists() and not (folder / ".zegel-demo").exists():
        sys.exit(f"{folder} exists and was not made by the demo; choose another: make demo DEMO=…")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / ".zegel-demo").touch()
    return folder


def take_in(net: Path, case: str) -> None:
    """Write a network to disk and seal the copies of its sites."""
    step(
        "Six months of a larger network, SIMULATED: written to disk in the form of live traffic",
        *("shieldnet", "generate", str(net), "--devices", DEVICES, "--messages", MESSAGES),
    )
    step("A case is opened, for training", "zegel", "init", case, "--training")
    for site in ("ams", "yyz"):
        step(
            f"The copy of {site} is sealed: every file hashed once",
            *("zegel", "intake", str(net / "copy" / site), "--case", case),
            *("--label", f"server {site}", "--authority", "training"),
        )


def take_apart(net: Path, case: str) -> None:
    """Open what can be opened, and hold that against the truth."""
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
    width = shutil.get_terminal_size().columns
    print("\n".join(line[:width] for line in [*keys[:14], "…", keys[-1]]))
    step(
        "Does that agree with what the network really wrote? (by digest, outside zegel)",
        *(sys.executable, str(COMPARE), str(net / "truth"), case),
    )


def show_next(case: str) -> None:
    """Print what a person could type next."""
    for command in ("ledger --by account", "ledger --by day", "problems", "keys --json", "status"):
        print(f"  zegel {command} --case {case}")
    print("  zegel intake --recheck --case", case)
    for command in (
        "show 1",
        "contacts",
        "timeline --by week",
        "casework",
        "investigation --check",
    ):
        print(f"  zegel {command} -i {case}/investigations/harbour")
    print(f"\nOr in a browser:\n  zegel serve --training --case {case}")


if __name__ == "__main__":
    main()
