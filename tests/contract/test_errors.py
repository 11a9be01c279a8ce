"""Every error is reached by a command: its exit code, what, where and what next; no traceback.

Each way of failing is given twice, for a person and with `--json`. An error class that no way
reaches fails the suite.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysequoia
import pytest

from tests.journeys.cases import Said, done, mail, maildir, say
from zegel import service
from zegel.casefile import Case
from zegel.custody.log import Log
from zegel.custody.watch import listing
from zegel.errors import ERRORS, ZegelError

ZEGEL = (sys.executable, "-c", "from zegel.cli import main; main()")
ORDER = """
number = "RC-1"
magistrate = "Investigating judge 3"
investigation = "Heron"
offences = ["fraud"]
issued = 2016-05-02T09:30:00+01:00
expires = 2099-12-31T00:00:00+01:00
purpose = "to be refused"
[[clause]]
name = "one"
accounts = ["anna@test.example"]
from = 2016-01-01T00:00:00Z
until = 2017-01-01T00:00:00Z
"""

PASSWORD = service.Credentials(password="quite a long password")


class Folder:
    """A case of one copy of three mails, and a place beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.case = folder / "case"
        mails = [mail("Tot morgen bij de haven.\n", number) for number in (1, 2, 3)]
        self.copy = maildir(folder / "copy", mails)
        done("init", self.case, "--training")
        done("intake", self.copy, "--case", self.case, "--investigation", "Sparrow")

    def given(self, name: str, content: str) -> Path:
        """Write a file to be named in a command."""
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return path


def started(*words: str | Path, prepare: Callable[[], None] | None = None) -> Any:
    return subprocess.Popen(
        [*ZEGEL, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=prepare,
    )


def ended(process: Any) -> Said:
    out, err = process.communicate(timeout=60)
    return Said(code=process.returncode, out=out, err=err)


def workers_of(parent: int) -> list[int]:
    """Return the processes that `parent` started to work for it."""
    names = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [n for n in map(int, names) if b"spawn_main" in Path(f"/proc/{n}/cmdline").read_bytes()]


def worker_killed(at: Folder, *words: str) -> Said:
    process = started("process", "--case", at.case, "--workers", "2", *words)
    while process.poll() is None and not (found := workers_of(process.pid)):
        time.sleep(0.01)
    os.kill(found[0], signal.SIGKILL)
    return ended(process)


def words_unknown(at: Folder, *words: str) -> Said:
    return say("ledger", "--by", "colour", "--case", at.case, *words)


def option_unknown(at: Folder, *words: str) -> Said:
    return say("process", "--no-such-option", "--case", at.case, *words)


def description_wrong(at: Folder, *words: str) -> Said:
    file = at.given("acquisition.toml", "[acquisition]\nlabel = 7\n")
    return say("intake", at.copy, "--describe", file, "--case", at.case, *words)


def order_not_understood(at: Folder, *words: str) -> Said:
    return say("grant", at.given("order.toml", ORDER + "colour = 1"), "--case", at.case, *words)


def case_absent(at: Folder, *words: str) -> Said:
    return say("status", "--case", at.folder, *words)


def case_broken(at: Folder, *words: str) -> Said:
    (at.case / "case.json").write_text("{")
    return say("status", "--case", at.case, *words)


def copy_absent(at: Folder, *words: str) -> Said:
    return say("intake", at.folder / "gone", "--case", at.case, *words)


def copy_gone(at: Folder, *words: str) -> Said:
    if at.copy.exists():
        at.copy.rename(at.folder / "moved")
    return say("process", "--case", at.case, *words)


def disk_full(at: Folder, *words: str) -> Said:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    other = maildir(at.folder / "other", [mail(number=9)])
    return ended(started("intake", other, "--case", at.case, *words, prepare=little_room))


def log_cut(at: Folder, *words: str) -> Said:
    (at.case / "custody" / "leaves").write_bytes(b"")
    return say("custody", "verify", "--case", at.case, *words)


def log_changed(at: Folder, *words: str) -> Said:
    entries = at.case / "custody" / "entries.jsonl"
    entries.write_bytes(entries.read_bytes().replace(b"case made", b"case mode"))
    return say("custody", "verify", "--case", at.case, *words)


def head_of_nothing(at: Folder, *words: str) -> Said:
    head = at.given("head.json", "{}")
    return say("custody", "verify", "--head", head, "--case", at.case, *words)


def order_beyond_conditions(at: Folder, *words: str) -> Said:
    done("process", "--case", at.case, "--workers", "1", "--index")
    return say("grant", at.given("order.toml", ORDER), "--case", at.case, *words)


def withheld_but_shown(at: Folder, *words: str) -> Said:
    inv = at.folder / "inv"
    if not inv.exists():
        done("process", "--case", at.case, "--workers", "1", "--index")
        order = at.given("order.toml", ORDER.replace("Heron", "Sparrow"))
        done("grant", order, "--case", at.case, "--out", inv)
    one = at.given("held.toml", '[[withhold]]\nids = [1]\nparts = ["text"]\nreason = "theirs"\n')
    judge = pysequoia.Tsk.generate("Judge <judge@court.example>").extract_certificate()
    held = ("--withhold", one, "--magistrate-cert", at.given("cert", str(judge)))
    return say("dossier", "make", "-i", inv, "-o", at.folder / "no.zip", *held, *words)


def named_outside_training(at: Folder, *words: str) -> Said:
    inv = at.case / "investigations" / "Sparrow-RC-1"
    if not inv.exists():
        done("process", "--case", at.case, "--workers", "1", "--index")
        order = at.given("order.toml", ORDER.replace("Heron", "Sparrow"))
        done("grant", order, "--case", at.case)
        without_training(at.case, inv)
    return say("tag", "-i", inv, "1", "x", "--who", "somebody else", *words)


def without_training(case: Path, inv: Path) -> None:
    """Make of an investigation one under a signed order, its log agreeing."""
    description = inv / "investigation.json"
    text = description.read_text(encoding="utf-8")
    description.write_text(text.replace('"training":true', '"training":false'))
    key = case / "private" / "investigations" / f"{inv.name}.key"
    Log.open(inv / "custody", key).append("folder listed", listing(inv, [description]))


def strict(at: Folder) -> Path:
    """Return a case that is no training, in which a magistrate is enrolled with a password."""
    case = at.folder / "strict"
    if not case.exists():
        service.enrol(service.init_case(case), "vries", ["magistrate"], PASSWORD)
    return case


def role_without_the_right(at: Folder, *words: str) -> Said:
    case = Case.open(strict(at))
    proof = service.Proof(password=PASSWORD.password)
    service.remember(case, service.login(case, "vries", proof, purpose="a look"))
    return say("intake", at.copy, "--case", case.folder, *words)


def password_wrong(at: Folder, *words: str) -> Said:
    case, typed = strict(at), at.given("typed", "something else\n")
    with typed.open("rb") as file:
        return say(
            *("login", "--as", "vries", "--purpose", "x", "--case", case),
            *("--password-fd", str(file.fileno()), *words),
        )


def name_blocked(at: Folder, *words: str) -> Said:
    done("people", "block", "vries", "--why", "gone", "--case", strict(at))
    return password_wrong(at, *words)


def nobody_logged_in(at: Folder, *words: str) -> Said:
    return say("logout", "--case", at.case, *words)


WAYS: dict[Callable[..., Said], str] = {
    worker_killed: "ZegelError",
    words_unknown: "UsageError",
    option_unknown: "UsageError",
    description_wrong: "UsageError",
    order_not_understood: "UsageError",
    case_absent: "CaseError",
    case_broken: "VerificationError",
    copy_absent: "ExhibitError",
    copy_gone: "ExhibitError",
    disk_full: "StorageError",
    log_cut: "VerificationError",
    log_changed: "VerificationError",
    head_of_nothing: "VerificationError",
    order_beyond_conditions: "ConditionError",
    withheld_but_shown: "DisclosureError",
    role_without_the_right: "RefusedError",
    named_outside_training: "NamedError",
    password_wrong: "LoginError",
    name_blocked: "LockedOutError",
    nobody_logged_in: "SessionError",
}
WITHOUT_A_PLACE = {worker_killed, words_unknown, option_unknown}
"""Ways whose words are wrong wherever they are said, and a process, which is nowhere."""


def error_called(name: str) -> type[ZegelError]:
    return next(error for error in ERRORS if error.__name__ == name)


def test_every_error_is_reached() -> None:
    assert set(WAYS.values()) == {error.__name__ for error in ERRORS}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_an_error_says_what_where_and_what_next_to_people_and_programs(
    way: Callable[..., Said], tmp_path: Path
) -> None:
    folder = Folder(tmp_path)
    expected = error_called(WAYS[way]).exit_code

    to_people, to_programs = way(folder), way(folder, "--json")

    told = json.loads(to_programs.out)["error"]
    place = f"{told['where']}: " if told["where"] else ""
    sentence = f"zegel: {place}{told['what']}. {told['next']}"
    assert (to_people.code, to_programs.code) == (expected, expected), to_people
    assert (told["kind"], to_people.out) == (WAYS[way], "")
    assert [said.err.strip().splitlines()[-1] for said in (to_people, to_programs)] == [
        sentence,
        sentence,
    ]
    assert all((told["what"], told["next"], told["where"] or way in WITHOUT_A_PLACE))
    assert "Traceback" not in to_people.err + to_programs.err


def test_a_narrower_class_is_told_under_the_name_the_reference_has(tmp_path: Path) -> None:
    said = order_not_understood(Folder(tmp_path), "--json")

    assert json.loads(said.out)["error"]["kind"] == "UsageError"
