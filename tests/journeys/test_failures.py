"""When things go wrong: a clear sentence and the right exit code, or a `Problem`; no traceback.

What stops a command is said with what to do next; what is wrong with the evidence is a row. Each
test is one thing going wrong. `say` fails on any error that the command line does not know.
"""

from __future__ import annotations

import fcntl
import importlib
import json
import os
from pathlib import Path

import pytest

from tests.journeys.cases import balance, bomb, done, kinds, mail, maildir, say
from zegel.tables import read_rows


@pytest.fixture
def case(tmp_path: Path) -> Path:
    folder = tmp_path / "case"
    done("init", folder)
    return folder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return maildir(tmp_path / "copy", [mail(number=number) for number in (1, 2, 3)])


# What the person names


def test_a_path_that_is_not_there_is_an_exhibit_error(case: Path, tmp_path: Path) -> None:
    said = say("intake", tmp_path / "gone", "--case", case)

    assert (said.code, "Check the path" in said.err) == (4, True)


def test_a_copy_inside_the_case_is_refused(case: Path) -> None:
    said = say("intake", case / "custody", "--case", case)

    assert (said.code, "inside the case" in said.err) == (2, True)


def test_a_copy_that_holds_the_case_is_refused(case: Path, tmp_path: Path) -> None:
    said = say("intake", tmp_path, "--case", case)

    assert (said.code, "holds the case" in said.err) == (2, True)


def test_a_device_is_not_a_copy(case: Path) -> None:
    assert say("intake", "/dev/null", "--case", case).code == 4


def test_a_file_that_is_no_archive_is_not_a_copy(case: Path, tmp_path: Path) -> None:
    (tmp_path / "letter").write_bytes(mail())

    said = say("intake", tmp_path / "letter", "--case", case)

    assert (said.code, "Put single files in a folder" in said.err) == (4, True)


def test_a_compression_bomb_is_refused_as_a_copy(case: Path, tmp_path: Path) -> None:
    said = say("intake", bomb(tmp_path / "copy.tar.gz"), "--case", case)

    assert (said.code, "times its size" in said.err) == (4, True)
    assert not list((case / "work").glob(".opening-*"))


def test_a_name_that_is_not_text_is_a_copy_like_another(case: Path, tmp_path: Path) -> None:
    folder = maildir(Path(os.fsdecode(os.fsencode(tmp_path) + b"/copy-\xff\xfe")), [mail()])

    done("intake", folder, "--case", case)
    ledger = done("process", "--case", case, "--workers", "1", "--json").json["ledger"]

    assert ledger["states"] == {"not encrypted": 1}


@pytest.mark.parametrize(
    "words",
    [
        ("process", "--passphrases", "gone"),
        ("intake", "copy", "--describe", "gone"),
        ("intake",),
        ("intake", "--recheck", "--exhibit", "E9"),
        ("ledger", "--by", "colour"),
        ("custody", "verify", "--head", "gone"),
        ("process", "--workers", "0"),
        ("process", "--no-such-option"),
        ("nonsense",),
    ],
)
def test_words_that_do_not_fit_are_usage_errors(
    words: tuple[str, ...], case: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done("intake", copy, "--case", case)
    done("process", "--case", case, "--workers", "1")
    monkeypatch.chdir(copy.parent)
    monkeypatch.setenv("ZEGEL_CASE", str(case))

    said = say(*words)

    assert (said.code, said.err != "") == (2, True)


@pytest.mark.parametrize("command", ["process", "ledger", "keys", "problems"])
def test_a_command_too_early_says_which_comes_first(command: str, case: Path) -> None:
    said = say(command, "--case", case)

    assert (said.code, "`zegel " in said.err) == (2, True)


def test_an_error_is_one_json_document_where_json_is_asked_for(case: Path) -> None:
    said = say("ledger", "--case", case, "--json")

    assert said.json["error"]["kind"] == "UsageError"


# The case


def test_a_folder_that_is_no_case_says_how_to_make_one(tmp_path: Path) -> None:
    said = say("status", "--case", tmp_path)

    assert (said.code, "zegel init" in said.err) == (3, True)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version":1}', "\x00" * 40, "[" * 9999])
def test_a_broken_case_file_is_named_before_it_is_read(text: str, case: Path) -> None:
    (case / "case.json").write_text(text)

    said = say("status", "--case", case)

    assert (said.code, "case.json" in said.err, said.out) == (6, True, "")


def test_a_case_of_another_version_is_refused(case: Path) -> None:
    description = json.loads((case / "case.json").read_text())
    (case / "case.json").write_text(json.dumps({**description, "version": 2}))

    said = say("status", "--case", case)

    assert (said.code, "version of zegel that made it" in said.err) == (3, True)


def test_a_case_in_use_is_refused_at_once(case: Path, copy: Path) -> None:
    with (case / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        said = say("intake", copy, "--case", case)

    assert (said.code, "another zegel command" in said.err) == (3, True)


def test_a_case_is_never_made_over_something_else(case: Path, copy: Path) -> None:
    assert [say("init", folder).code for folder in (case, copy)] == [3, 3]


def test_a_log_that_was_changed_stops_the_command(case: Path) -> None:
    entries = case / "custody" / "entries.jsonl"
    entries.write_bytes(entries.read_bytes().replace(b"case made", b"case mode"))

    assert say("custody", "verify", "--case", case).code == 6


def test_a_log_that_was_cut_stops_the_command(case: Path, copy: Path) -> None:
    (case / "custody" / "leaves").write_bytes(b"")

    assert say("intake", copy, "--case", case).code == 6


# The exhibit, between one command and the next


def test_a_message_changed_after_intake_is_unread_and_said(case: Path, copy: Path) -> None:
    done("intake", copy, "--case", case)
    changed = next(copy.rglob("*.M000002*"))
    changed.write_bytes(changed.read_bytes().replace(b"morgen", b"zondag"))

    ledger = done("process", "--case", case, "--workers", "1", "--json").json["ledger"]

    assert (ledger["found"], ledger["unread"], kinds(case)) == (3, 1, {"seal broken"})


def test_a_recheck_names_what_changed(case: Path, copy: Path) -> None:
    done("intake", copy, "--case", case)
    changed = next(copy.rglob("*.M000002*"))
    changed.write_bytes(changed.read_bytes().replace(b"morgen", b"zondag"))

    said = say("intake", "--recheck", "--case", case)

    assert (said.code, changed.name in said.out.replace("\n", "")) == (6, True)


def test_a_recheck_names_what_is_gone_and_what_is_new(case: Path, copy: Path) -> None:
    done("intake", copy, "--case", case)
    next(copy.rglob("*.M000003*")).unlink()
    (copy / "mail" / "extra").write_bytes(b"new")

    assert say("intake", "--recheck", "--case", case).code == 6


def scanned_only(case: Path, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a copy in and stop processing when it has been scanned."""

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    done("intake", copy, "--case", case)
    with monkeypatch.context() as interrupting:
        module = importlib.import_module("zegel.service.process")
        interrupting.setattr(module, "build_keys", stopped)
        assert say("process", "--case", case, "--workers", "1").code == 130


def test_a_mail_changed_after_the_scan_is_not_read_and_its_neighbours_are(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies in one file is held to its own octets, not to all of the file."""
    box = tmp_path / "copy" / "mail.mbox"
    box.parent.mkdir()
    framed = (b"From a@test.example Tue Apr 19 09:00:00 2016\n" + mail(number=n) for n in (1, 2, 3))
    box.write_bytes(b"\n".join(framed))
    scanned_only(case, box.parent, monkeypatch)
    changed = box.read_bytes().replace(b"Subject: number 2", b"Subject: forged 2")
    box.write_bytes(changed)

    ledger = done("process", "--case", case, "--workers", "1", "--json").json["ledger"]
    opened = (case / "tables" / "open").glob("*/contents.parquet")

    assert (ledger["found"], balance(ledger), kinds(case)) == (3, True, {"sealed bytes lost"})
    assert {row["subject"] for row in read_rows(opened)} == {"number 1", "number 3"}


def test_a_message_gone_after_the_scan_is_damaged_and_not_lost(
    case: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copies of one content lose their bytes between scan and opening."""
    scanned_only(case, copy, monkeypatch)
    next(copy.rglob("*.M000003*")).unlink()

    ledger = done("process", "--case", case, "--workers", "1", "--json").json["ledger"]

    assert (ledger["found"], balance(ledger), kinds(case)) == (3, True, {"sealed bytes lost"})


def test_an_exhibit_that_moved_says_how_to_go_on_and_goes_on(case: Path, copy: Path) -> None:
    done("intake", copy, "--case", case)
    moved = copy.with_name("moved")
    copy.rename(moved)

    said = say("process", "--case", case)

    assert (said.code, "--moved-to" in said.err) == (4, True)
    done("intake", "--recheck", "--exhibit", "E1", "--moved-to", moved, "--case", case)
    assert done("process", "--case", case, "--workers", "1").code == 0


def test_another_copy_is_not_taken_for_the_one_that_moved(case: Path, copy: Path) -> None:
    done("intake", copy, "--case", case)
    other = maildir(copy.with_name("other"), [mail(number=9)])

    words = ("intake", "--recheck", "--exhibit", "E1", "--moved-to", other, "--case", case)
    assert say(*words).code == 6
