"""The tar reader is judged by the standard library's, which it does not use."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.exhibits.extent import MemoryExtent
from zegel.exhibits.model import EntryKind
from zegel.exhibits.tar import Member, is_tar, members


def packed(*named: tuple[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    store = io.BytesIO()
    with tarfile.open(fileobj=store, mode="w", format=form) as tar:
        for name, content in named:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mtime = 1461056400
            tar.addfile(member, io.BytesIO(content))
    return store.getvalue()


def read(archive: bytes) -> list[Member]:
    return list(members(MemoryExtent(content=archive)))


def facts(archive: bytes) -> list[tuple[bytes, bytes]]:
    return [(m.path, archive[m.data_offset : m.data_offset + m.size]) for m in read(archive)]


names = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=300)
contents = st.binary(max_size=1500)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@given(named=st.lists(st.tuples(names.map("d/".__add__), contents), max_size=5))
def test_members_are_those_that_the_standard_library_wrote(
    form: int, named: list[tuple[str, bytes]]
) -> None:
    archive = packed(*named, form=form)

    expected = [(name.encode(), content) for name, content in named]
    assert facts(archive) == expected


def test_times_to_the_nanosecond_are_kept_from_pax_headers() -> None:
    store = io.BytesIO()
    with tarfile.open(fileobj=store, mode="w", format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo("a")
        member.pax_headers = {"mtime": "1461056400.123456789"}
        tar.addfile(member)

    assert [m.mtime_ns for m in read(store.getvalue())] == [1461056400123456789]


def test_links_folders_and_devices_have_their_kind_and_target() -> None:
    store = io.BytesIO()
    with tarfile.open(fileobj=store, mode="w") as tar:
        for kind, target in (
            (tarfile.DIRTYPE, ""),
            (tarfile.SYMTYPE, "/etc/passwd"),
            (tarfile.LNKTYPE, "first"),
            (tarfile.FIFOTYPE, ""),
        ):
            member = tarfile.TarInfo("/x")
            member.type, member.linkname = kind, target
            tar.addfile(member)

    assert [(m.path, m.kind, m.target) for m in read(store.getvalue())] == [
        (b"x", EntryKind.DIRECTORY, b""),
        (b"x", EntryKind.SYMLINK, b"/etc/passwd"),
        (b"x", EntryKind.HARDLINK, b"first"),
        (b"x", EntryKind.SPECIAL, b""),
    ]


def test_a_cut_inside_a_file_keeps_what_came_before_and_says_so() -> None:
    archive = packed(("a", b"1" * 600), ("b", b"2" * 600), form=tarfile.USTAR_FORMAT)
    cut = archive[: 512 + 1024 + 512 + 100]

    last = read(cut)[-1]
    assert facts(cut)[:2] == [(b"a", b"1" * 600), (b"b", b"2" * 100)]
    assert last.kind is EntryKind.UNREADABLE
    assert last.problem is not None
    assert (last.problem.kind, last.problem.note) == ("archive cut short", "500 bytes missing")


@pytest.mark.parametrize("kept", [1536, 1600])
def test_a_cut_between_files_or_inside_a_header_says_so(kept: int) -> None:
    archive = packed(("a", b"1" * 600), ("b", b"2"), form=tarfile.USTAR_FORMAT)

    kinds = [m.problem.kind for m in read(archive[:kept]) if m.problem]
    assert kinds == ["archive cut short"]


def test_a_damaged_header_is_stepped_over() -> None:
    archive = bytearray(packed(*((n, n.encode() * 9) for n in "abc"), form=tarfile.USTAR_FORMAT))
    archive[1024 + 10] ^= 0xFF

    result = read(bytes(archive))
    assert [m.path for m in result] == [b"a", b"", b"c"]
    assert [m.problem.kind for m in result if m.problem] == ["damaged archive"]


def test_an_archive_behind_the_end_of_another_is_read_too() -> None:
    archive = packed(("a", b"1")) + packed(("b", b"2"))

    assert facts(archive) == [(b"a", b"1"), (b"b", b"2")]


def test_bytes_behind_the_end_that_are_no_archive_are_a_problem() -> None:
    result = read(packed(("a", b"1")) + b"hidden" * 100)

    assert [m.problem.kind for m in result if m.problem] == ["bytes after the archive's end"]


def test_a_huge_long_name_is_not_taken_into_memory() -> None:
    store = io.BytesIO(packed(("a", b"")))
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 2**40
    archive = header.tobuf(tarfile.GNU_FORMAT) + store.getvalue()

    assert [m.path for m in read(archive)] == [b"", b"a"]


def test_text_is_not_a_tar() -> None:
    assert not is_tar(b"From: a@example.org\n" * 50)


@given(content=st.binary(max_size=3000))
def test_any_bytes_can_be_read(content: bytes) -> None:
    for member in read(content):
        assert 0 <= member.data_offset <= len(content)


@given(place=st.integers(0, 4095), value=st.integers(0, 255), kept=st.integers(0, 10240))
def test_a_changed_or_cut_archive_never_raises(place: int, value: int, kept: int) -> None:
    archive = bytearray(packed(("a" * 200, b"1" * 600), ("b", b"2" * 30)))
    archive[place % len(archive)] = value

    for member in read(bytes(archive[:kept])):
        assert member.data_offset + member.size <= kept
