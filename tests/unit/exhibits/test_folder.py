from __future__ import annotations

import errno
import hashlib
import os
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zegel.errors import ExhibitError
from zegel.exhibits import Copy, EntryKind, Limits, SealBroken, open_copy


def opened(tmp_path: Path, limits: Limits | None = None) -> Copy:
    copy = tmp_path / "copy"
    copy.mkdir(exist_ok=True)
    return open_copy(copy, tmp_path / "work", limits or Limits())


def test_paths_come_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    copy = opened(tmp_path)
    for name in ("a/b", "a/c/d", "a-b", "a.txt", "ab", "a/c.x"):
        target = tmp_path / "copy" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"")

    paths = [entry.path for entry in copy.entries()]
    assert paths == sorted(paths)
    assert len(paths) == 8


def test_a_name_that_is_no_text_is_kept_as_bytes(tmp_path: Path) -> None:
    copy = opened(tmp_path)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/copy/\xff\xfe\n")).write_bytes(b"x")

    assert [entry.path for entry in copy.entries()] == [b"\xff\xfe\n"]


def test_a_link_is_recorded_and_never_followed(tmp_path: Path) -> None:
    copy = opened(tmp_path)
    (tmp_path / "outside").write_bytes(b"not part of the copy")
    (tmp_path / "copy" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "copy" / "loop").symlink_to(".")

    found = [(entry.path, entry.kind, entry.sha256) for entry in copy.entries()]
    assert found == [(b"link", EntryKind.SYMLINK, None), (b"loop", EntryKind.SYMLINK, None)]


@pytest.mark.parametrize("place", ["file", "folder"])
def test_a_link_put_where_a_file_was_breaks_the_seal(tmp_path: Path, place: str) -> None:
    copy = opened(tmp_path)
    inside, outside = tmp_path / "copy" / "d", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "f").write_bytes(b"same bytes")
    entry = next(e for e in copy.entries() if e.kind is EntryKind.FILE)
    (inside / "f").unlink()
    if place == "file":
        (inside / "f").symlink_to(outside / "f")
    else:
        inside.rmdir()
        inside.symlink_to(outside)

    with pytest.raises(SealBroken):
        copy.read_checked(entry)


def test_pipes_and_sockets_are_recorded_and_never_opened(tmp_path: Path) -> None:
    copy = opened(tmp_path)
    os.mkfifo(tmp_path / "copy" / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "copy" / "socket"))

        assert [entry.kind for entry in copy.entries()] == [EntryKind.SPECIAL] * 2


def test_a_file_that_cannot_be_read_is_an_entry_with_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = opened(tmp_path)
    (tmp_path / "copy" / "bad").write_bytes(b"x")
    (tmp_path / "copy" / "good").write_bytes(b"x")

    def failing(name: bytes, flags: int, folder: int | None = None) -> int:
        if name == b"bad":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return os.open(name, flags, dir_fd=folder)

    monkeypatch.setattr("zegel.exhibits.folder.open_quietly", failing)
    found = [(e.path, e.kind, e.problem and e.problem.kind) for e in copy.entries()]
    assert found == [
        (b"bad", EntryKind.UNREADABLE, "unreadable file"),
        (b"good", EntryKind.FILE, None),
    ]


def test_folders_below_the_limit_are_a_problem_not_a_crash(tmp_path: Path) -> None:
    copy = opened(tmp_path, Limits(folders=3))
    (tmp_path / "copy" / "1/2/3/4").mkdir(parents=True)

    problems = [(entry.path, entry.problem.kind) for entry in copy.entries() if entry.problem]
    assert problems == [(b"1/2/3", "folder too deep")]


def test_one_changed_byte_breaks_the_seal_and_names_the_file(tmp_path: Path) -> None:
    copy = opened(tmp_path)
    file = tmp_path / "copy" / "mail"
    file.write_bytes(b"a" * 2_000_000)
    (entry,) = copy.entries()
    file.write_bytes(b"a" * 1_999_999 + b"b")

    with pytest.raises(SealBroken, match="mail"):
        copy.read_checked(entry)


def test_a_file_that_is_gone_breaks_the_seal(tmp_path: Path) -> None:
    copy = opened(tmp_path)
    file = tmp_path / "copy" / "mail"
    file.write_bytes(b"a")
    (entry,) = copy.entries()
    file.unlink()

    with pytest.raises(SealBroken):
        copy.read_checked(entry)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(content=st.binary(max_size=300), times=st.sampled_from([1, 5000, 9000]))
def test_every_size_of_file_is_read_and_hashed_whole(
    tmp_path: Path, content: bytes, times: int
) -> None:
    copy = opened(tmp_path)
    (tmp_path / "copy" / "f").write_bytes(b"x" + content * times)

    (entry,) = copy.entries()
    read = bytes(copy.read_checked(entry)[:])
    assert read == b"x" + content * times
    assert entry.sha256 == hashlib.sha256(read).digest()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is nothing here"),
        (b"", "the file is empty"),
        (bytes(10240), "the tar is empty"),
        (b"just text", "neither a folder nor a tar"),
    ],
)
def test_what_is_no_copy_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "copy"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ExhibitError, match=said):
        open_copy(path, tmp_path / "work")
