"""One set of rules for every form of copy: folder, tar (plain and compressed) and zip."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from zegel.errors import ExhibitError
from zegel.exhibits import Copy, Entry, EntryKind, Limits, SealBroken, open_copy, reader_for

FILES = {
    b"mail/a/Maildir/cur/1461056400.M1P2.host:2,S": b"Subject: one\nFrom: a@b.example\n\nx\n",
    b"mail/a-b.mbox": b"From x\n" * 40000,
    b"mail/a/empty": b"",
    "caf\N{LATIN SMALL LETTER E WITH ACUTE}".encode(): b"name beyond ASCII",
}


def as_tar(files: dict[bytes, bytes]) -> bytes:
    store = io.BytesIO()
    with tarfile.open(fileobj=store, mode="w") as tar:
        for path, content in sorted(files.items()):
            member = tarfile.TarInfo(os.fsdecode(path))
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return store.getvalue()


def as_zip(files: dict[bytes, bytes]) -> bytes:
    store = io.BytesIO()
    with zipfile.ZipFile(store, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(files.items()):
            archive.writestr(os.fsdecode(path), content)
    return store.getvalue()


def make_folder(place: Path, files: dict[bytes, bytes]) -> Path:
    for path, content in files.items():
        target = place / os.fsdecode(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return place


def make_file(pack: Callable[[dict[bytes, bytes]], bytes]) -> Callable[..., Path]:
    def make(place: Path, files: dict[bytes, bytes]) -> Path:
        place.write_bytes(pack(files))
        return place

    return make


FORMS: dict[str, Callable[[Path, dict[bytes, bytes]], Path]] = {
    "folder": make_folder,
    "tar": make_file(as_tar),
    "gz": make_file(lambda files: gzip.compress(as_tar(files))),
    "xz": make_file(lambda files: lzma.compress(as_tar(files))),
    "bz2": make_file(lambda files: bz2.compress(as_tar(files))),
    "zst": make_file(lambda files: zstandard.compress(as_tar(files))),
    "zip": make_file(as_zip),
}


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def opened(form: str, tmp_path: Path, files: dict[bytes, bytes] = FILES) -> Copy:
    return open_copy(FORMS[form](tmp_path / "copy.bin", files), tmp_path / "work")


def held(copy: Copy) -> list[Entry]:
    return [entry for entry in copy.entries() if entry.kind is EntryKind.FILE]


def test_every_file_is_found_with_its_digest(form: str, tmp_path: Path) -> None:
    entries = held(opened(form, tmp_path))

    expected = {path: hashlib.sha256(content).digest() for path, content in FILES.items()}
    assert {entry.path: entry.sha256 for entry in entries} == expected


def test_entries_are_numbered_in_the_same_order_each_time(form: str, tmp_path: Path) -> None:
    copy = opened(form, tmp_path)
    entries = list(copy.entries())

    assert [entry.number for entry in entries] == list(range(len(entries)))
    assert entries == list(copy.entries())


def test_another_process_reads_an_entry_from_its_fields_alone(form: str, tmp_path: Path) -> None:
    entries = held(opened(form, tmp_path))

    other = reader_for(tmp_path / "copy.bin", tmp_path / "work")
    contents = {entry.path: bytes(other.read_checked(entry)[:]) for entry in entries}
    assert contents == FILES


def test_a_part_of_an_entry_is_that_part_of_its_bytes(form: str, tmp_path: Path) -> None:
    entries = held(opened(form, tmp_path, {**FILES, b"z.gz": gzip.compress(b"inside")}))
    other = reader_for(tmp_path / "copy.bin", tmp_path / "work")

    for entry in entries:
        whole = bytes(other.read_checked(entry)[:])
        for offset, size in ((0, len(whole)), (1, 3), (len(whole) - 2, 9), (len(whole), 1)):
            assert other.read_part(entry, max(offset, 0), size) == whole[max(offset, 0) :][:size]


def test_working_copies_may_be_removed_at_any_time(form: str, tmp_path: Path) -> None:
    entries = held(opened(form, tmp_path))
    work = tmp_path / "work"
    for leftover in work.iterdir() if work.exists() else ():
        leftover.unlink()

    other = reader_for(tmp_path / "copy.bin", work)
    assert {entry.path: bytes(other.read_checked(entry)[:]) for entry in entries} == FILES


def test_nested_containers_are_opened_and_read_again(form: str, tmp_path: Path) -> None:
    inner = as_tar({b"Maildir/cur/1": b"Subject: inner\n", b"big": bytes(2**21)})
    middle = as_zip({b"old/mail.tar.gz": gzip.compress(inner), b"note.gz": gzip.compress(b"n")})
    copy = opened(form, tmp_path, {b"backup.zip": middle, b"plain.tar": inner})
    entries = held(copy)
    for leftover in (tmp_path / "work").iterdir():
        leftover.unlink()

    other = reader_for(tmp_path / "copy.bin", tmp_path / "work")
    contents = {entry.path: bytes(other.read_checked(entry)[:]) for entry in entries}
    assert contents == {
        b"backup.zip!/old/mail.tar.gz!/Maildir/cur/1": b"Subject: inner\n",
        b"backup.zip!/old/mail.tar.gz!/big": bytes(2**21),
        b"backup.zip!/note.gz!/note": b"n",
        b"plain.tar!/Maildir/cur/1": b"Subject: inner\n",
        b"plain.tar!/big": bytes(2**21),
    }


def test_an_entry_in_a_container_names_it_as_parent(form: str, tmp_path: Path) -> None:
    copy = opened(form, tmp_path, {b"x.tar": as_tar({b"in": b"1"})})

    entries = {entry.path: entry for entry in copy.entries()}
    assert entries[b"x.tar"].kind is EntryKind.CONTAINER
    assert entries[b"x.tar!/in"].parent == entries[b"x.tar"].number


def test_containers_below_the_depth_stay_closed(form: str, tmp_path: Path) -> None:
    content = b"deep"
    for _ in range(6):
        content = gzip.compress(content)
    copy = opened(form, tmp_path, {b"x.gz": content})

    problems = [entry.problem.kind for entry in copy.entries() if entry.problem]
    assert problems == ["container too deep"]


def test_a_compression_bomb_stays_closed(form: str, tmp_path: Path) -> None:
    path = FORMS[form](tmp_path / "copy.bin", {b"bomb.gz": gzip.compress(bytes(5_000_000))})
    copy = open_copy(path, tmp_path / "work", Limits(free=100_000, ratio=20))
    if form in ("gz", "xz", "bz2", "zst", "zip"):
        copy = open_copy(path, tmp_path / "work", Limits(free=1_000_000, ratio=20))

    problems = [entry.problem.kind for entry in copy.entries() if entry.problem]
    assert problems == ["container ratio"]


def test_a_container_cut_short_gives_what_came_before(form: str, tmp_path: Path) -> None:
    whole = gzip.compress(as_tar({b"a": b"1" * 600, b"b": os.urandom(5000)}))
    copy = opened(form, tmp_path, {b"x.tgz": whole[:3000]})

    entries = {entry.path: entry for entry in copy.entries()}
    assert entries[b"x.tgz!/a"].sha256 == hashlib.sha256(b"1" * 600).digest()
    assert [e.problem.kind for e in entries.values() if e.problem] == [
        "compression cut short",
        "archive cut short",
    ]


def test_damage_after_sealing_is_refused(form: str, tmp_path: Path) -> None:
    entry = next(e for e in held(opened(form, tmp_path)) if e.size > 1000)
    changed = {**FILES, entry.path: bytes(entry.size)}
    path = tmp_path / "changed"
    FORMS[form](path, changed)

    with pytest.raises((SealBroken, ExhibitError)):
        reader_for(path, tmp_path / "work").read_checked(entry)


def test_nothing_outside_the_work_folder_is_written(form: str, tmp_path: Path) -> None:
    copy = opened(form, tmp_path)
    before = outside(tmp_path / "work")
    for entry in held(copy):
        copy.read_checked(entry)
    copy.close()

    assert before
    assert outside(tmp_path / "work") == before


def outside(work: Path) -> list[Path]:
    """Return all that lies beside a folder."""
    return sorted(path for path in work.parent.rglob("*") if work not in (path, *path.parents))


def test_a_container_that_was_exchanged_breaks_the_seal_of_what_it_held(
    form: str, tmp_path: Path
) -> None:
    copy = opened(form, tmp_path, {b"x.gz": gzip.compress(b"sealed", mtime=0)})
    entry = next(e for e in copy.entries() if e.path == b"x.gz!/x")
    FORMS[form](tmp_path / "copy.bin", {b"x.gz": gzip.compress(b"forged", mtime=0)})

    with pytest.raises(SealBroken):
        reader_for(tmp_path / "copy.bin", tmp_path / "work").read_checked(entry)
