"""Whatever ends, closes or destroys an investigation is completed by the same command, if killed.

SIGKILL strikes at one point a run, before and after commits and removals (see `killed.py`).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import pytest

from tests.journeys.cases import done, say
from tests.journeys.lives import acts, granted, new_case, order, state
from zegel import service
from zegel.casefile import Case
from zegel.investigation import Investigation
from zegel.investigation.archive import derived
from zegel.investigation.life import KEPT

pytestmark = pytest.mark.slow
NAME = "Quay-LB-1"
WITHDRAW = ("withdraw", NAME, "--reason", "x", "--case", "CASE")
DESTROY = ("destroy", NAME, "--reason", "x", "--yes", "--case", "CASE")
ONCE = (
    "notice applied", "notice acknowledged", "investigation withdrawn", "destruction ordered",
    "derived set destroyed", "destruction begun", "investigation superseded",
    "investigation closed", "investigation reopened",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("killed")


@pytest.fixture(scope="module")
def template(folder: Path) -> Path:
    case = new_case(folder)
    granted(case, "LB-1")
    order(case, "LB-2")
    identity = pyrage.x25519.Identity.generate()
    (folder / "key.txt").write_text(f"{identity}\n")
    (folder / "recipient").write_text(str(identity.to_public()))
    return case


def killed(
    template: Path, folder: Path, step: int, words: tuple[str, ...], how: str = "removing"
) -> list[Path]:
    """Kill a command at every step-th point and give it again; return the cases."""
    program = [sys.executable, "-m", "tests.journeys.killed", str(template), str(folder)]
    ran = subprocess.run([*program, how, str(step), *words], check=True, capture_output=True)
    ended = json.loads(ran.stdout)
    for run in ended:
        said = Path(run["case"]).with_suffix(".again.txt").read_text()
        again = run["again"] or 0
        # Killed after its last commit, it is complete: given again, it says so.
        assert again == 0 or (again == 2 and "already" in said) or "not closed" in said, said
        assert "Traceback" not in said
    assert len(ended) > 2
    return [Path(run["case"]) for run in ended]


def both_ways(template: Path, folder: Path, words: tuple[str, ...]) -> list[Path]:
    """Kill a command around every commit, and around some of its removals."""
    (folder / "commits").mkdir()
    (folder / "removals").mkdir()
    removals = killed(template, folder / "removals", 11, words)
    return killed(template, folder / "commits", 1, words, "kill") + removals


def check(cases: list[Path], expected: str, more: Callable[[Path], Any]) -> None:
    """Fail unless every case came to the same: one entry of each act, logs that hold."""
    found = set()
    for case in cases:
        opened, inv = Case.open(case), case / "investigations" / NAME
        verified = service.custody_verify_with_case(Investigation.open(inv), opened)
        assert "none of which was changed or removed" in verified.sentence
        (one,) = (one for one in service.list_investigations(opened) if one["name"] == NAME)
        assert (one["state"], one["outstanding"]) == (expected, 0)
        both = acts(case), acts(inv)
        found.add(str(([(act, *(log.count(act) for log in both)) for act in ONCE], more(inv))))

    assert len(found) == 1, found


def names(inv: Path) -> list[str]:
    return sorted(path.name for path in inv.iterdir())


def content(inv: Path) -> list[tuple[str, str]]:
    return [
        (path.relative_to(inv).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in derived(inv)
        if path.is_file()
    ]


def test_a_withdrawal(template: Path, tmp_path: Path) -> None:
    check(killed(template, tmp_path, 1, WITHDRAW, "kill"), "withdrawn", content)


def test_a_destruction(template: Path, tmp_path: Path) -> None:
    def gone(inv: Path) -> list[str]:
        said = json.loads((inv / "certificate.json").read_bytes())["body"]["removed"]["files"]
        assert len(said) == len(content(template / "investigations" / NAME))
        assert set(names(inv)) <= KEPT
        return names(inv)

    cases = both_ways(template, tmp_path, DESTROY)
    check(cases, "destroyed", gone)
    assert {len(list((case / "certificates").iterdir())) for case in cases} == {1}


def test_closing(template: Path, folder: Path, tmp_path: Path) -> None:
    words = ("close", "-i", f"CASE/investigations/{NAME}", "--recipient")
    cases = both_ways(template, tmp_path, (*words, (folder / "recipient").read_text()))
    check(cases, "closed", names)
    inv = cases[len(cases) // 2] / "investigations" / NAME
    done("reopen", "-i", inv, "--identity", folder / "key.txt")

    assert content(inv) == content(template / "investigations" / NAME)


def test_opening_again(template: Path, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(template, tmp_path / "closed")
    inv, recipient = tmp_path / "closed" / "investigations" / NAME, folder / "recipient"
    done("close", "-i", inv, "--recipient", recipient.read_text())
    words = ("reopen", "-i", f"CASE/investigations/{NAME}", "--identity", str(folder / "key.txt"))
    (tmp_path / "runs").mkdir()
    cases = both_ways(tmp_path / "closed", tmp_path / "runs", words)
    for case in cases:  # what was complete but for its last word says that once more
        say(*(word.replace("CASE", str(case)) for word in words))

    check(cases, "open", lambda inv: (names(inv), content(inv)))
    assert names(inv.parent.parent / "investigations" / NAME)
    assert content(cases[0] / "investigations" / NAME) == content(
        template / "investigations" / NAME
    )


def test_a_grant_that_supersedes(template: Path, tmp_path: Path) -> None:
    words = ("grant", str(template.parent / "LB-2.toml"), "--case", "CASE", "--workers", "1")
    cases = killed(template, tmp_path, 11, words, "kill")
    check(cases, "superseded", names)

    assert {state(case, "Quay-LB-2")["state"] for case in cases} == {"open"}


def test_a_notice_applied_elsewhere(template: Path, tmp_path: Path) -> None:
    """The folder lies beside the case here, and its new holder's key too."""
    shutil.copytree(template, tmp_path / "start" / "case")
    start = tmp_path / "start"
    shutil.move(start / "case" / "investigations" / NAME, start / "moved")
    words = [word.replace("CASE", str(start / "case")) for word in DESTROY]
    notice = Path(done(*words, "--json").json["notice"])
    shutil.move(notice, start / "notice.json")
    (tmp_path / "runs").mkdir()
    apply = (
        "notice",
        "apply",
        "CASE/notice.json",
        "-i",
        "CASE/moved",
        "-o",
        "CASE/answer",
        "--yes",
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ZEGEL_KEYS", str(tmp_path / "keys"))
        done("investigation", "-i", start / "moved")  # the new holder's key is there
        cases = killed(start, tmp_path / "runs", 11, (*apply, "--yes"))
    for at in cases:
        answer = ("notice", "acknowledge", at / "answer", "--holder", "x", "--case", at / "case")
        done(*answer)
        inv = Investigation.open(at / "moved")

        assert set(names(inv.folder)) <= KEPT
        assert acts(inv.folder).count("derived set destroyed") == 1
        assert state(at / "case", NAME)["state"] == "destroyed"
