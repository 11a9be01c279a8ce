"""What a recheck says of a copy that is no longer what was sealed, each kind of change apart."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.cases import done, mail, maildir, say


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = maildir(tmp_path / "copy", [mail(number=number) for number in range(30)])
    (folder / "notes.txt").write_text("as sealed")
    (folder / "link").symlink_to("notes.txt")
    return folder


@pytest.fixture
def case(tmp_path: Path, copy: Path) -> Path:
    done("init", tmp_path / "case")
    done("intake", copy, "--case", tmp_path / "case")
    return tmp_path / "case"


def rechecked(case: Path, *words: str | Path) -> tuple[int, Any]:
    said = say("intake", "--recheck", "--case", case, "--json", *words)
    (exhibit,) = said.json
    return said.code, exhibit


def rewrite(copy: Path) -> None:
    times = (copy / "notes.txt").stat()
    (copy / "notes.txt").write_text("as forged")
    os.utime(copy / "notes.txt", ns=(times.st_atime_ns, times.st_mtime_ns))


def add(copy: Path) -> None:
    (copy / "aa").write_text("new, and before all others")
    keep_time(copy)


def remove(copy: Path) -> None:
    (copy / "notes.txt").unlink()
    keep_time(copy)


def keep_time(folder: Path) -> None:
    os.utime(folder, ns=(7, 7))


def touch(copy: Path) -> None:
    os.utime(copy / "notes.txt", ns=(1, 1))


def permit(copy: Path) -> None:
    (copy / "notes.txt").chmod(0o777)


def point_elsewhere(copy: Path) -> None:
    (copy / "link").unlink()
    (copy / "link").symlink_to("elsewhere")
    keep_time(copy)


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        (rewrite, "notes.txt differs in content"),
        (add, "aa is new"),
        (remove, "notes.txt is missing"),
        (touch, "notes.txt differs in time or mode only"),
        (permit, "notes.txt differs in time or mode only"),
        (point_elsewhere, "link differs in content"),
    ],
)
def test_one_change_is_told_as_what_it_is_and_nothing_else_is(
    change: Callable[[Path], None], differs: str, tmp_path: Path, copy: Path
) -> None:
    keep_time(copy)
    case = tmp_path / "case"
    done("init", case)
    done("intake", copy, "--case", case)
    change(copy)

    code, told = rechecked(case)

    assert (code, told["holds"], told["differs"]) == (6, False, [differs])


def test_a_seal_that_holds_is_told_so(case: Path) -> None:
    assert rechecked(case) == (
        0,
        {"exhibit": "E1", "holds": True, "counts": {}, "differs": []},
    )


def test_a_copy_made_without_times_is_told_to_hold_the_same_bytes(
    case: Path, copy: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(copy, other, symlinks=True, copy_function=shutil.copyfile)
    for path in (other, *other.rglob("*")):
        os.utime(path, ns=(1, 1), follow_symlinks=False)

    words = ("--exhibit", "E1", "--moved-to", other)
    told = rechecked(case, *words)[1]
    said = say("intake", "--recheck", "--case", case, *words)

    assert set(told["counts"]) == {"times or mode"}
    assert (said.code, "Every file has the bytes that were sealed" in said.out) == (6, True)
    assert said.out.count("\n") == 5
    # It is not taken for the copy that was sealed.
    assert rechecked(case)[1]["holds"]


def test_a_tar_in_another_order_is_told_to_hold_the_same_entries(tmp_path: Path) -> None:
    copy = maildir(tmp_path / "copy", [mail(number=number) for number in range(4)])
    packed = tmp_path / "copy.tar"
    files = sorted(path for path in copy.rglob("*") if path.is_file())
    for order in (1, -1):
        with tarfile.open(packed, "w") as tar:
            for path in files[::order]:
                tar.add(path, path.relative_to(copy).as_posix())
        if order == 1:
            done("init", tmp_path / "case")
            done("intake", packed, "--case", tmp_path / "case")

    code, told = rechecked(tmp_path / "case")

    assert (code, told["counts"]) == (6, {"order": 4})


def test_a_name_that_a_tar_holds_twice_is_compared_each_for_itself(tmp_path: Path) -> None:
    packed = tmp_path / "copy.tar"
    for second in (b"second", b"forged"):
        with tarfile.open(packed, "w") as tar:
            for content in (mail(), second):
                (tmp_path / "file").write_bytes(content)
                os.utime(tmp_path / "file", (1, 1))
                tar.add(tmp_path / "file", "twice")
        if second == b"second":
            done("init", tmp_path / "case")
            done("intake", packed, "--case", tmp_path / "case")

    assert rechecked(tmp_path / "case")[1]["counts"] == {"content": 1}


def test_a_copy_of_the_same_files_in_another_form_is_taken_in_and_said(
    case: Path, copy: Path, tmp_path: Path
) -> None:
    packed = tmp_path / "copy.tar"
    with tarfile.open(packed, "w") as tar:
        tar.add(copy, ".")
    other = maildir(tmp_path / "other", [mail(number=number) for number in range(100, 131)])

    same, different = (
        done("intake", path, "--case", case, "--json").json for path in (packed, other)
    )

    assert (same["identity"], same["same_files"]) == ("E2", ["E1"])
    assert (different["identity"], different["same_files"]) == ("E3", [])


def test_a_known_copy_described_otherwise_keeps_its_first_conditions_and_says_so(
    case: Path, copy: Path
) -> None:
    again = done("intake", copy, "--case", case, "--home", "CA")

    assert "its first description stands" in again.err
    assert done("status", "--case", case, "--json").json["exhibits"][0]["conditions"]["home"] == ""
    assert "stands" not in done("intake", copy, "--case", case).err
