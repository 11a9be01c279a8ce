"""Makes and reads cases the way a person does: by commands; used by the journeys."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from zegel.cli import main


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
    """Make a case of `copies` in `folder`, process it by several workers and return its ledger."""
    case = folder / "case"
    done("init", case)
    for copy in copies:
        done("intake", copy, "--case", case)
    words: list[str | Path] = []
    if passphrases:
        file = folder / "passphrases"
        file.write_text("\n".join(passphrases) + "\n", encoding="utf-8")
        words = ["--passphrases", file]
    zegel("process", "--case", case, *words)
    return done("ledger", "--case", case, "--json").json


def network(folder: Path, *words: str) -> tuple[Path, Path]:
    """Write a small network's two copied sites into `folder`, the same every time."""
    small = ("--devices", "6", "--messages", "60", "--seed", "7", "--workers", "1")
    program = (sys.executable, "-c", "from shieldnet.cli import main; main()", "generate")
    subprocess.run([*program, str(folder), *small, *words], check=True, capture_output=True)
    return folder / "copy" / "ams", folder / "copy" / "yyz"


@dataclass(frozen=True, kw_only=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed as its one JSON document."""
        return json.loads(self.out)


def say(*words: str | Path) -> Said:
    """Run `zegel` in this process: quicker, and an error it does not know is the test's error."""
    out, err = io.StringIO(), io.StringIO()
    hook = sys.excepthook
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as leaving:
        main([str(word) for word in words])
    sys.excepthook = hook
    code = leaving.value.code
    said = Said(
        code=code if isinstance(code, int) else int(code is not None),
        out=out.getvalue(),
        err=err.getvalue(),
    )
    assert "Traceback" not in said.err + said.out
    return said


def done(*words: str | Path) -> Said:
    """Run `zegel` in this process; it must end well."""
    said = say(*words)
    assert said.code == 0, said
    return said


def processed(folder: Path, *copies: Path, options: Sequence[str | Path] = ()) -> Any:
    """Make a case of `copies` in `folder`/case, process it and return its ledger."""
    case = folder / "case"
    done("init", case)
    for copy in copies:
        done("intake", copy, "--case", case)
    return done("process", "--case", case, "--workers", "1", "--json", *options).json["ledger"]


def granted_case(folder: Path, mails: Sequence[bytes], order: str) -> Path:
    """Make a training case of `mails` in `folder`/case, grant `order` in it, return the case."""
    case = folder / "case"
    done("init", case, "--training")
    done("intake", maildir(folder / "copy", mails), "--case", case)
    done("process", "--case", case, "--workers", "1", "--index")
    (folder / "order.toml").write_text(order, encoding="utf-8")
    done("grant", folder / "order.toml", "--case", case)
    return case


def balance(ledger: Any) -> bool:
    """Say whether every stored message found is in exactly one state or unread."""
    return bool(ledger["found"] == sum(ledger["states"].values()) + ledger["unread"])


def kinds(case: Path) -> set[str]:
    """Return the kinds of the problems of a case."""
    problems = done("problems", "--case", case, "--json").json
    return {str(problem["kind"]) for problem in problems}


def mail(body: str = "Tot morgen.\n", number: int = 1, **fields: str) -> bytes:
    """Return a plain mail between fictitious people."""
    headers = {
        "From": "anna@test.example",
        "To": "bram@test.example",
        "Date": "Tue, 19 Apr 2016 09:00:00 +0200",
        "Message-ID": f"<{number}@test.example>",
        "Subject": f"number {number}",
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    head = "".join(f"{name}: {value}\n" for name, value in headers.items())
    return f"{head}\n{body}".encode()


def maildir(folder: Path, mails: Sequence[bytes], first: int = 1) -> Path:
    """Write mails as the Maildir of one account below `folder`, and return `folder`."""
    inbox = folder / "mail" / "anna@test.example" / "Maildir" / "cur"
    inbox.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(mails, first):
        (inbox / f"{1461049200 + number}.M{number:06d}P1.mx.test.example:2,S").write_bytes(content)
    return folder


def bomb(path: Path, size: int = 1 << 28) -> Path:
    """Write a tar.gz of one file of zeros: a thousand times smaller than what it opens to."""
    zeros = path.with_name("zeros")
    with zeros.open("wb") as file:
        file.truncate(size)
    with tarfile.open(path, "w:gz") as tar:
        tar.add(zeros, "zeros")
    zeros.unlink()
    return path
