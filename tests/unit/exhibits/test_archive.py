from __future__ import annotations

import errno
import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zegel.errors import ExhibitError, StorageError, ZegelError
from zegel.exhibits import EntryKind, Limits, open_copy


def tar_of(*members: tuple[str, bytes, bytes, str]) -> bytes:
    store = io.BytesIO()
    with tarfile.open(fileobj=store, mode="w") as tar:
        for name, kind, content, target in members:
            member = tarfile.TarInfo(name)
            member.type, member.size, member.linkname = kind, len(content), target
            tar.addfile(member, io.BytesIO(content))
    return store.getvalue()


def test_a_further_name_of_a_file_has_that_files_bytes(tmp_path: Path) -> None:
    path = tmp_path / "copy.tar"
    path.write_bytes(
        tar_of(("./a/1", tarfile.REGTYPE, b"mail", ""), ("./b/1", tarfile.LNKTYPE, b"", "./a/1"))
    )
    copy = open_copy(path, tmp_path / "work")

    first, second = copy.entries()
    assert second.kind is EntryKind.HARDLINK
    assert second.sha256 == first.sha256
    assert copy.read_checked(second) == b"mail"


def test_two_members_of_the_same_path_are_two_entries(tmp_path: Path) -> None:
    path = tmp_path / "copy.tar"
    path.write_bytes(tar_of(("a", tarfile.REGTYPE, b"old", ""), ("a", tarfile.REGTYPE, b"new", "")))
    copy = open_copy(path, tmp_path / "work")

    assert [copy.read_checked(entry) for entry in copy.entries()] == [b"old", b"new"]


def test_a_large_member_is_mapped_not_held_in_memory(tmp_path: Path) -> None:
    content = os.urandom(1024) * (65 * 1024)
    path = tmp_path / "copy.tar"
    path.write_bytes(tar_of(("big", tarfile.REGTYPE, content, "")))
    copy = open_copy(path, tmp_path / "work")

    (entry,) = copy.entries()
    read = copy.read_checked(entry)
    assert not isinstance(read, bytes)
    assert read[:2048] == content[:2048]
    assert list((tmp_path / "work").rglob("*")) == []


def test_a_compressed_tar_is_opened_once_for_all_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "copy.tgz"
    path.write_bytes(gzip.compress(tar_of(("a", tarfile.REGTYPE, b"mail", ""))))
    (entry,) = open_copy(path, tmp_path / "work").entries()
    monkeypatch.setattr("zegel.exhibits.archive.opening.open_packed", None)

    other = open_copy(path, tmp_path / "work")
    assert other.read_checked(entry) == b"mail"


def test_a_compressed_copy_that_opens_to_far_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "copy.tgz"
    path.write_bytes(gzip.compress(tar_of(("a", tarfile.REGTYPE, bytes(2_000_000), ""))))
    copy = open_copy(path, tmp_path / "work", Limits(free=100_000, ratio=10))

    with pytest.raises(ExhibitError, match="10 times its size"):
        list(copy.entries())
    assert list((tmp_path / "work").rglob("*")) == []


def test_a_compressed_file_without_a_tar_inside_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mails.gz"
    path.write_bytes(gzip.compress(b"From a@b.example Mon Apr 18 14:23:23 2016\n"))

    with pytest.raises(ExhibitError, match="no tar is inside"):
        list(open_copy(path, tmp_path / "work").entries())


def test_a_full_disk_says_so_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "copy.tgz"
    path.write_bytes(gzip.compress(tar_of(("a", tarfile.REGTYPE, b"mail", ""))))

    def full(_descriptor: int, _piece: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("zegel.exhibits.working._write", full)
    with pytest.raises(StorageError, match="Make room"):
        list(open_copy(path, tmp_path / "work").entries())
    assert list((tmp_path / "work").rglob("*")) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.integers(0, 10**6), value=st.integers(0, 255), kept=st.integers(1, 10**6))
def test_a_changed_or_cut_copy_ends_in_entries_or_a_clear_error(
    tmp_path: Path, place: int, value: int, kept: int
) -> None:
    inner = gzip.compress(tar_of(("m", tarfile.REGTYPE, b"Subject: x\n" * 50, "")))
    whole = bytearray(tar_of(("a.tgz", tarfile.REGTYPE, inner, ""), ("b", b"5", b"", "")))
    whole[place % len(whole)] = value
    path = tmp_path / "copy.tar"
    path.write_bytes(whole[: kept % len(whole) + 1])

    try:
        copy = open_copy(path, tmp_path / "work")
        entries = list(copy.entries())
        for entry in entries:
            if entry.sha256 is not None:
                copy.read_checked(entry)
    except ZegelError:
        return
    assert [entry.number for entry in entries] == list(range(len(entries)))
