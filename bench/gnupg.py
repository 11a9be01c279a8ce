"""Open the same messages with `gpg --decrypt-files`, keys imported before, for comparison.

Counts the user and system time of gpg itself and, from /proc, of its agent, which holds the
private keys. Importing is not counted, nor is reading mail: gpg is given the armoured blocks.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

from bench.sealing import people

_BLOCK = re.compile(rb"-----BEGIN PGP MESSAGE-----.*?-----END PGP MESSAGE-----\n", re.DOTALL)


def seconds_per_message(copy: Path, algorithm: str, messages: int) -> float | None:
    """Return gpg's processor time per message in seconds, None where there is no gpg."""
    if shutil.which("gpg") is None:
        return None
    with tempfile.TemporaryDirectory(prefix="zegel-bench-gpg-") as place:
        home = Path(place)
        blocks = home / "blocks"
        blocks.mkdir()
        names = _write_blocks(copy, blocks, messages)
        ring = home / "ring.gpg"
        ring.write_bytes(b"".join(person.secret for person in people(algorithm)))
        _gpg(home, "--import", str(ring))
        agent = _agent(home)
        before = _children(), _processor_time(agent)
        try:
            _gpg(home, "--trust-model", "always", "--decrypt-files", *names)
            after = _children(), _processor_time(agent)
        finally:
            subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
        opened = sum(1 for name in names if Path(name).with_suffix("").exists())
        if opened != len(names):
            raise SystemExit(f"gpg opened {opened} of {len(names)} messages")
        return sum(late - early for late, early in zip(after, before, strict=True)) / len(names)


def _gpg(home: Path, *words: str) -> None:
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--no-tty", *words]
    subprocess.run(command, check=True, capture_output=True)


def _write_blocks(copy: Path, folder: Path, messages: int) -> list[str]:
    names: list[str] = []
    for mail in sorted((copy / "mail").rglob("*.mx.bench.example*"))[:messages]:
        found = _BLOCK.search(mail.read_bytes())
        if found is None:
            raise SystemExit("a mail of the bench holds no block")
        name = folder / f"{len(names)}.asc"
        name.write_bytes(found[0])
        names.append(str(name))
    return names


def _agent(home: Path) -> int:
    """Return the process id of the agent that serves `home`."""
    asked = ["gpg-connect-agent", "--homedir", str(home), "getinfo pid", "/bye"]
    answer = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    return int(answer.split()[1])


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _processor_time(process: int) -> float:
    # proc(5): fields 14 and 15 of stat, counted after the name's closing bracket.
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
