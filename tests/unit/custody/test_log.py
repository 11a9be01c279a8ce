"""The log: what was appended is there, once, whatever moment a kill chooses."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from zegel.custody import log as log_module
from zegel.custody.log import Log
from zegel.custody.verify import verify
from zegel.errors import CaseError, StorageError, UsageError, VerificationError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "custody"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "custody.pem"


@pytest.fixture
def log(folder: Path, key_file: Path) -> Log:
    return Log.create(folder, key_file, origin="case 26-Example")


def acts(log: Log) -> list[str]:
    return [entry.act for entry in log.entries()]


def test_entries_come_back_as_they_were_appended(log: Log, folder: Path) -> None:
    assert log.append("exhibit taken in", {"files": 17, "size": 2**60, "path": b"a\xff"}) == 0
    assert log.append("ledger read", {}, who="Examiner Example") == 1

    read = [(e.index, e.act, dict(e.facts), e.who) for e in Log.open(folder, None).entries()]
    assert read == [
        (
            0,
            "exhibit taken in",
            {"files": 17, "size": str(2**60), "path": "a%FF"},
            log_module.account(),
        ),
        (1, "ledger read", {}, "Examiner Example"),
    ]


def test_the_head_counts_and_names_the_log(log: Log) -> None:
    log.append("case opened", {})

    head = log.head()
    assert (head.size, head.origin) == (1, "case 26-Example")


def test_an_opened_log_continues(log: Log, folder: Path, key_file: Path) -> None:
    log.append("first", {})
    Log.open(folder, key_file).append("second", {})
    log.append("third", {})

    assert acts(log) == ["first", "second", "third"]
    assert verify(folder, log.head()).head.size == 3


def test_two_logs_with_the_same_entries_share_no_leaf(tmp_path: Path) -> None:
    for name in "ab":
        one = Log.create(tmp_path / name, tmp_path / f"{name}.pem", origin=name)
        one.append("search", {"terms": 2}, who="x")

    assert (tmp_path / "a/leaves").read_bytes() != (tmp_path / "b/leaves").read_bytes()


def test_the_key_is_for_its_owner_only_and_never_shown(log: Log, key_file: Path) -> None:
    pem = key_file.read_text().splitlines()[1]

    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert pem not in repr(log)
    assert "Ed25519" not in repr(log)


def test_a_key_that_others_can_read_is_refused(log: Log, folder: Path, key_file: Path) -> None:
    key_file.chmod(0o640)
    with pytest.raises(CaseError, match="others than its owner"):
        Log.open(folder, key_file)


def test_a_key_inside_the_log_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="outside"):
        Log.create(folder, folder / "key.pem", origin="x")


def test_the_key_of_another_log_is_refused(log: Log, folder: Path, tmp_path: Path) -> None:
    Log.create(tmp_path / "other", tmp_path / "other.pem", origin="other")
    with pytest.raises(CaseError, match="key of another log"):
        Log.open(folder, tmp_path / "other.pem")


@pytest.mark.parametrize("content", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_file_that_is_no_key_is_refused_without_quoting_it(
    log: Log, folder: Path, key_file: Path, content: bytes
) -> None:
    key_file.write_bytes(content)
    with pytest.raises(CaseError, match="does not hold an Ed25519 key"):
        Log.open(folder, key_file)


def test_a_second_log_in_the_same_folder_is_refused(log: Log, folder: Path, key_file: Path) -> None:
    log.append("first", {})
    with pytest.raises(CaseError, match="already"):
        Log.create(folder, key_file, origin="again")

    assert acts(log) == ["first"]


def test_a_folder_without_a_log_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="no custody log"):
        Log.open(tmp_path, None)


def test_a_log_opened_without_its_key_cannot_be_written(log: Log, folder: Path) -> None:
    with pytest.raises(UsageError, match="reading only"):
        Log.open(folder, None).append("x", {})


def test_an_entry_too_long_is_refused_and_leaves_nothing(log: Log, folder: Path) -> None:
    with pytest.raises(UsageError, match="too long"):
        log.append("x", {"long": "y" * 2**20})

    assert (folder / "entries.jsonl").read_bytes() == b""


def test_names_from_undecodable_bytes_are_percent_encoded(log: Log) -> None:
    log.append("intake", {"path": os.fsdecode(b"copy\xff")}, who="examiner \udcff")

    entry = next(log.entries())
    assert (entry.facts["path"], entry.who) == ("copy%FF", "examiner %FF")


def test_a_full_disk_is_a_storage_error_and_the_next_append_continues(
    log: Log, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append("first", {})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="No space left"):
            log.append("second", {})
    log.append("third", {})

    assert acts(log)[0] == "first"
    assert acts(log)[-1] == "third"
    assert verify(folder, None).head.size == len(acts(log))


class Killed(BaseException):
    """Stands for the process's end: nothing in the code may catch it."""


def kill_after(patch: pytest.MonkeyPatch, steps: int) -> Callable[[], int]:
    """Let `steps` observable writes and renames pass, then end the process's work."""
    left = [steps]
    real_fsync, real_replace = os.fsync, Path.replace

    def count() -> None:
        if left[0] == 0:
            raise Killed
        left[0] -= 1

    def fsync(descriptor: int) -> None:
        count()
        real_fsync(descriptor)

    def replace(self: Path, target: Path) -> Path:
        count()
        return real_replace(self, target)

    patch.setattr(os, "fsync", fsync)
    patch.setattr(Path, "replace", replace)
    return lambda: steps - left[0]


def steps_of_one_append(log: Log, monkeypatch: pytest.MonkeyPatch) -> int:
    with monkeypatch.context() as patch:
        taken = kill_after(patch, 1000)
        log.append("counted", {})
        return taken()


def test_a_kill_at_any_step_neither_loses_nor_doubles_an_entry(
    log: Log, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = steps_of_one_append(log, monkeypatch)
    assert steps == 5  # opening, leaf, new head, rename, folder
    for step in range(steps):
        before, act = acts(log), f"killed at {step}"
        with monkeypatch.context() as patch:
            kill_after(patch, step)
            with pytest.raises(Killed):
                log.append(act, {})
        held = log.head()
        assert acts(log) in (before, [*before, act])
        verify(folder, held)
        log.append("next", {})

        after = acts(log)
        assert after[: len(before)] == before
        assert after.count(act) == 1
        assert after[-1] == "next"
        assert verify(folder, held).head.size == len(after)


def test_a_kill_while_creating_lets_the_same_command_continue(
    folder: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kills = 0
    while not (folder / "head.json").exists():
        with monkeypatch.context() as patch, suppress(Killed):
            kill_after(patch, kills)  # what an attempt has synced, the next need not sync
            Log.create(folder, key_file, origin="x")
        kills += 1
    assert kills > 1

    assert Log.open(folder, key_file).append("first", {}) == 0


def append_then_put_back_the_head(log: Log, folder: Path) -> bytes:
    """Leave the log as a kill before the rename would; return the entry's opening."""
    log.append("first", {})
    head, length = (folder / "head.json").read_bytes(), (folder / "entries.jsonl").stat().st_size
    log.append("second", {})
    (folder / "head.json").write_bytes(head)
    return (folder / "entries.jsonl").read_bytes()[length:]


def test_an_entry_torn_at_any_byte_is_cut_or_completed_and_the_log_says_so(
    log: Log, folder: Path
) -> None:
    tail = append_then_put_back_the_head(log, folder)
    saved = {name: (folder / name).read_bytes() for name in ("entries.jsonl", "head.json")}
    signed = saved["entries.jsonl"][: -len(tail)]
    for kept in range(1, len(tail) + 1):
        (folder / "head.json").write_bytes(saved["head.json"])
        (folder / "entries.jsonl").write_bytes(signed + tail[:kept])
        leaves = (folder / "leaves").read_bytes()[:32]
        (folder / "leaves").write_bytes(leaves + (bytes(7) if kept == len(tail) else b""))
        log.append("next", {})

        *_, mark, _ = log.entries()
        whole = kept == len(tail)
        assert acts(log) == ["first", *(["second"] if whole else []), "log repaired", "next"]
        assert (mark.facts["completed"], mark.facts["unfinished_bytes"]) == (whole, kept)
        verify(folder, None)


def test_a_line_of_zeros_that_a_power_cut_left_is_cut(log: Log, folder: Path) -> None:
    log.append("first", {})
    with (folder / "entries.jsonl").open("ab") as file:
        file.write(bytes(100) + b"\n")
    log.append("next", {})

    assert acts(log) == ["first", "log repaired", "next"]


def test_an_old_head_put_back_over_several_entries_stops_the_log(log: Log, folder: Path) -> None:
    head = (folder / "head.json").read_bytes()
    log.append("first", {})
    log.append("second", {})
    (folder / "head.json").write_bytes(head)
    entries = (folder / "entries.jsonl").read_bytes()
    with pytest.raises(VerificationError, match="held elsewhere"):
        log.append("third", {})

    assert (folder / "entries.jsonl").read_bytes() == entries


@pytest.mark.parametrize("name", ["entries.jsonl", "leaves"])
def test_a_log_shorter_than_its_head_stops_the_log(log: Log, folder: Path, name: str) -> None:
    log.append("first", {})
    os.truncate(folder / name, 10)
    with pytest.raises(VerificationError, match="shorter"):
        log.append("second", {})


def append_many(folder: Path, key_file: Path, who: str) -> None:
    log = Log.open(folder, key_file)
    for number in range(20):
        log.append("read", {"number": number}, who=who)


def test_processes_that_append_at_once_lose_nothing(log: Log, folder: Path, key_file: Path) -> None:
    fork = multiprocessing.get_context("spawn")
    writers = [fork.Process(target=append_many, args=(folder, key_file, who)) for who in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    entries = list(log.entries())
    assert verify(folder, None).head.size == len(entries) == 60
    for who in "abc":
        assert [e.facts["number"] for e in entries if e.who == who] == list(range(20))


def test_the_openings_are_one_line_of_json_each(log: Log, folder: Path) -> None:
    log.append("first", {"text": "line\nbreak \u2028"})
    lines = (folder / "entries.jsonl").read_bytes().split(b"\n")

    assert [json.loads(lines[0])["act"], *lines[1:]] == ["first", b""]
