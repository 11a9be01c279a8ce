"""Each file of a case and of an investigation is changed in turn; the next command names it.

A byte flipped, the end cut off, other bytes in its place: the command after it ends with the code
of a verification that failed, names the file, and shows nothing.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract.test_errors import ORDER
from tests.journeys.cases import Said, done, granted_case, mail, say
from zegel import service
from zegel.casefile import Case
from zegel.custody import watch
from zegel.errors import VerificationError
from zegel.investigation import Investigation
from zegel.service.place import place_of

Change = Callable[[Path], None]

WRONG = VerificationError.exit_code
TICK = 2 * watch.CLOCK_NS / 10**9
"""A system's clock of files is coarse: what was just written may be changed in the same instant."""


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes() or b"y")
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-1] if content else b"x")


def replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(bytes(reversed(path.read_bytes())) or b"x")
    other.replace(path)


def gone(path: Path) -> None:
    path.unlink()


CHANGES: tuple[Change, ...] = (flipped, cut, replaced, gone)

ELSEWHERE = {
    "lock": "empty: it is held, never read",
    "private/custody.key": "the key's own check: exit code 3, as for any key that does not fit",
    "private/custody.checked": "a cache: without it all is checked from the start",
}
"""Files whose change is no change of what the case holds, or that say so in their own way."""
CACHES = (".checked", ".tries")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case for training, all that a case can hold in it, and one investigation."""
    folder = tmp_path_factory.mktemp("tampering")
    granted_case(folder, [mail("Tot morgen.\n", number) for number in (1, 2)], ORDER)
    done("status", "--case", folder / "case")
    done("search", "-i", inside(folder / "case"), "morgen")
    time.sleep(TICK)
    done("status", "--case", folder / "case")
    done("search", "-i", inside(folder / "case"), "morgen")
    time.sleep(TICK)
    return folder


def inside(case: Path) -> Path:
    (place,) = (case / "investigations").iterdir()
    return place


def files(folder: Path, *, but: str = "") -> list[str]:
    found = (p for p in sorted(folder.rglob("*")) if p.is_file())
    names = [p.relative_to(folder).as_posix() for p in found]
    return [n for n in names if not (but and n.startswith(but))]


class Kept:
    """One file, put back as it was, times and all, after the block."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.copy = path.with_name(path.name + ".kept")

    def __enter__(self) -> Path:
        os.link(self.path, self.copy)  # the inode stays; a change in place goes to a new one
        content, at = self.path.read_bytes(), self.path.stat()
        self.path.unlink()
        self.path.write_bytes(content)
        self.path.chmod(at.st_mode)
        os.utime(self.path, ns=(at.st_atime_ns, at.st_mtime_ns))
        return self.path

    def __exit__(self, *_: object) -> None:
        self.copy.replace(self.path)


def asked(of: Path, *words: str | Path) -> Said:
    return say(*words, "-i", of) if words[0] == "search" else say(*words, "--case", of)


def wrong(of: Path, words: tuple[str, ...], names: list[str]) -> Iterator[str]:
    """Yield each change that the next command did not name, or after which it showed anything."""
    for name in names:
        for change in CHANGES:
            with Kept(of / name) as path:
                change(path)
                said = asked(of, *words)
            if said.code != WRONG or name not in said.err or said.out:
                yield f"{name} {change.__name__}: {said.code} {said.err[-200:]}"


def test_a_changed_file_of_an_investigation_is_named_and_nothing_is_shown(world: Path) -> None:
    inv = inside(world / "case")
    names = [name for name in files(inv) if name != "casework.sqlite"]

    assert len(names) > 15
    assert list(wrong(inv, ("search", "morgen"), names)) == []
    assert done("search", "-i", inv, "morgen").out


def test_a_changed_file_of_a_case_is_named_and_nothing_is_shown(world: Path) -> None:
    case = world / "case"
    names = [
        name
        for name in files(case, but="investigations/")
        if name not in ELSEWHERE
        and not name.endswith(CACHES)
        and not name.startswith(("private/investigations/", "work/", "spill/"))
    ]

    assert len(names) > 20
    assert list(wrong(case, ("status",), names)) == []
    assert done("status", "--case", case).out


def test_a_log_cut_back_to_an_earlier_head_of_its_own_is_found(world: Path, tmp_path: Path) -> None:
    inv = inside(world / "case")
    shutil.copytree(inv / "custody", tmp_path / "earlier")
    done("search", "-i", inv, "morgen")
    shutil.copytree(inv / "custody", tmp_path / "now")
    shutil.rmtree(inv / "custody")
    shutil.copytree(tmp_path / "earlier", inv / "custody")
    said = say("search", "-i", inv, "morgen")
    shutil.rmtree(inv / "custody")
    shutil.copytree(tmp_path / "now", inv / "custody")

    assert (said.code, said.out) == (WRONG, "")
    assert "the log was cut" in said.err
    assert done("search", "-i", inv, "morgen").out


def test_the_whole_check_reads_what_the_quick_one_takes_on_trust(world: Path) -> None:
    """What leaves size and times as they were is found by the whole check: here the quick one is
    told that it saw the changed file."""
    inv = Investigation.open(inside(world / "case"))
    beside = world / "case" / "private" / "investigations" / f"{inv.folder.name}.checked"
    with Kept(inv.folder / "bytes.pack") as path:
        flipped(path)
        said = watch._read(beside)
        assert said is not None
        kept = beside.read_bytes()
        blind = {**said.files, "bytes.pack": (said.files["bytes.pack"][0], watch._seen(path))}
        watch._write(beside, replace(said, files=blind))
        place_of(inv)
        with pytest.raises(VerificationError) as found:
            service.check_files(inv)
        beside.write_bytes(kept)

    assert found.value.where == str(path)


@pytest.mark.parametrize("change", ["gone", "damaged"])
def test_without_what_was_kept_beside_the_key_everything_is_checked_anew(
    world: Path, change: str
) -> None:
    case = Case.open(world / "case")
    beside = case.private / "custody.checked"
    beside.unlink() if change == "gone" else flipped(beside)
    with Kept(case.folder / "custody" / "entries.jsonl") as path:
        flipped(path)
        with pytest.raises(VerificationError):
            service.status(case)
    service.status(case)

    assert beside.is_file()


def test_a_roster_put_back_to_what_it_was_before_a_block_is_found(tmp_path: Path) -> None:
    case = service.init_case(tmp_path / "case")
    service.enrol(case, "vries", ["witness"])
    roster = case.folder / "people" / "people.json"
    before = roster.read_bytes()
    service.block(case, "vries", "left")
    roster.write_bytes(before)
    with pytest.raises(VerificationError) as found:
        service.status(case)

    assert found.value.where == str(roster)


def test_a_kill_between_the_entry_and_the_file_is_settled_by_the_next_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = service.init_case(tmp_path / "case")

    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("zegel.service.place.settle", killed)
        with pytest.raises(KeyboardInterrupt):
            service.enrol(case, "vries", ["witness"])
    people = service.list_people(case)["people"]

    assert "vries" in {one["name"] for one in people}


def test_a_kill_before_the_entry_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = service.init_case(tmp_path / "case")
    with monkeypatch.context() as patch:
        patch.setattr("zegel.custody.log.Writer.commit", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            service.enrol(case, "vries", ["witness"])
    people = service.list_people(case)["people"]

    assert "vries" not in {one["name"] for one in people}


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt
