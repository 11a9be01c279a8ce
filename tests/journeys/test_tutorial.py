"""The tutorial is true: every command on it is typed, and says what the page says it says.

Lines of the page must come in their order in what the commands print. What differs from machine to
machine (digests, sizes, times, speeds) counts as equal; `…` stands for anything.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.journeys.cases import say

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial" / "first-case.md"
BLOCK = re.compile(r"^```(console|toml)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SET_UP = ("git clone", "make demo", 'export PATH="$PWD/.venv')
"""What stands for the tests' own machine having been set up."""

VARIES = (
    (re.compile(r"\b[0-9a-f]{16,}\b"), "DIGEST"),
    (re.compile(r"[\d,]+ bytes"), "BYTES"),
    (re.compile(r"━+"), "━"),
    (re.compile(r"[\d,.]+( [kM]B)?/s"), "RATE"),
    (re.compile(r"\d+:\d\d:\d\d(?=\s|$)"), "TIME"),
    (re.compile(r"@\d+"), "@OFFSET"),  # signatures are an octet longer or shorter
    (re.compile(r"\b\d[\d,]* / \d[\d,]*\b"), "AMOUNT"),
    (re.compile(r"\s+"), " "),
)


@dataclass(frozen=True)
class Step:
    """One command of the page, and what the page says of its output."""

    command: str
    shown: tuple[str, ...]


def steps() -> list[Step]:
    found: list[Step] = []
    for kind, block in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "toml":
            found.append(Step(f"cat >ams.toml <<'END'\n{block}END", ()))
            continue
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.rstrip("\n").split("\n")
            if not command.startswith(SET_UP):
                found.append(Step(command, tuple(shown)))
    return found


def alike(line: str) -> str:
    """Return `line` without what differs from machine to machine."""
    for pattern, stands_for in VARIES:
        line = pattern.sub(stands_for, line)
    return line.strip()


def pattern_of(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, alike(line).split("…"))))


def missing(step: Step, said: str) -> list[str]:
    """Return the lines that the page shows and the command did not say, in their order."""
    lines = iter([alike(line) for line in said.splitlines()])
    return [
        line
        for line in step.shown
        if line.strip("… ") and not any(pattern_of(line).fullmatch(real) for real in lines)
    ]


class Desk:
    """Types commands, in a folder beside a folder `tests` as in a clone."""

    def __init__(self, clone: Path, patched: pytest.MonkeyPatch) -> None:
        (clone / "tests").symlink_to(ROOT / "tests")
        self.patched = patched
        self.folder = clone / "first"

    def type(self, command: str) -> str:
        """Give one command as a shell would, `zegel` in this process; return what it says."""
        words = shlex.split(command) if "<<" not in command and ">" not in command else [""]
        if command == "mkdir first && cd first":
            self.folder.mkdir()
            self.patched.chdir(self.folder)
        elif words[0] == "export":
            name, value = words[1].split("=")
            self.patched.setenv(name, value.replace("$PWD", str(self.folder)))
        elif words[0] == "zegel":
            said = say(*words[1:])
            return said.err + said.out
        else:
            return in_a_shell(command)
        return ""


def in_a_shell(command: str) -> str:
    programs = "".join(
        f"{name}() {{ {sys.executable} -c 'from {name}.cli import main; main()' \"$@\"; }}\n"
        for name in ("zegel", "shieldnet")
    )
    ran = subprocess.run(
        ["bash", "-c", f'exec 2>&1\n{programs}python() {{ {sys.executable} "$@"; }}\n{command}'],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
    )
    return ran.stdout


@pytest.mark.slow
def test_every_command_of_the_tutorial_says_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path, monkeypatch)
    for step in steps():
        said = desk.type(step.command)

        assert missing(step, said) == [], f"{step.command}\n{said}"


def test_a_line_that_is_untrue_would_be_seen() -> None:
    step = Step(
        "x", ("Problems: 2 (zegel problems).", "…", "12 messages in …", "Seal abcdef0123456789")
    )

    assert (
        missing(step, "Problems: 2 (zegel problems).\nx\n12 messages in y\nSeal 0123456789abcdef")
        == []
    )
    assert missing(step, "Problems: 3 (zegel problems).\n12 messages in y\nSeal 0123456789abcdef")
    assert missing(step, "12 messages in y\nProblems: 2 (zegel problems).\nSeal 0123456789abcdef")
