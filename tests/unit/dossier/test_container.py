"""The container: sorted, plain, one way to write it, whatever its size."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.journeys.dossier.forging import write
from zegel.dossier.container import Draft
from zegel.dossier.verify import Archive
from zegel.errors import UsageError

names = st.from_regex(r"[A-Za-z0-9_]{1,8}(/[a-z0-9.]{0,3}[a-z0-9])?", fullmatch=True).filter(
    lambda name: "/." not in name
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(members=st.dictionaries(names, st.binary(max_size=300), max_size=12))
def test_the_same_members_are_the_same_bytes_by_three_writers_and_readers(
    tmp_path: Path, members: dict[str, bytes]
) -> None:
    place = tmp_path / "z.zip"
    place.unlink(missing_ok=True)
    with Draft(place) as draft:
        for name, content in members.items():
            draft.add(name, (content[:7], content[7:]))
        draft.finish()
        draft.publish()
    written = place.read_bytes()

    assert written == write(members)
    with place.open("rb") as file:
        assert set(Archive(file).members) == set(members)
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == members


@pytest.mark.slow
@pytest.mark.parametrize("count", [65_534, 65_535])
def test_beyond_65_534_members_other_tools_read_it_too(tmp_path: Path, count: int) -> None:
    place = tmp_path / "z.zip"
    with Draft(place) as draft:
        for number in range(count):
            draft.add(f"stored/{number:07}.eml", b"x")
        draft.finish()
        draft.publish()
    with zipfile.ZipFile(place) as archive:
        infos = archive.infolist()
    with place.open("rb") as file:
        read = Archive(file)

    assert len(infos) == len(read.members) == count
    assert {info.extra for info in infos} == {b""}


def test_a_draft_that_is_left_leaves_nothing(tmp_path: Path) -> None:
    with Draft(tmp_path / "z.zip") as draft:
        draft.add("a", b"evidence")

    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_export_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / ".unfinished-z.zip"
    left.mkdir()
    (left / "spool").write_bytes(b"evidence in clear")
    with Draft(tmp_path / "z.zip"):
        pass

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../a", "/a", "a//b", "a\\b", "é", "", "a/", ".a", "a" * 201])
def test_no_member_has_a_name_that_means_something_elsewhere(tmp_path: Path, name: str) -> None:
    with Draft(tmp_path / "z.zip") as draft, pytest.raises(ValueError, match="no name"):
        draft.add(name, b"")


def test_no_name_is_given_twice(tmp_path: Path) -> None:
    with Draft(tmp_path / "z.zip") as draft:
        draft.add("a", b"1")
        with pytest.raises(ValueError, match="another"):
            draft.add("a", b"2")


def test_equal_bytes_lie_once(tmp_path: Path) -> None:
    with Draft(tmp_path / "z.zip") as draft:
        first = draft.add_once("stored", "1.eml", b"same")

        assert draft.add_once("stored", "2.eml", b"same") == first == "stored/1.eml"
        assert draft.add_once("opened", "2.bin", b"same") == "opened/2.bin"


def test_more_than_offsets_can_say_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zegel.dossier.container.LARGEST_FILE", 100)
    with Draft(tmp_path / "z.zip") as draft:
        draft.add("a", b"x" * 90)
        with pytest.raises(UsageError, match="4 GiB"):
            draft.finish()
        with pytest.raises(UsageError, match="4 GiB"):
            draft.add("b", b"x" * 90)


def test_a_member_may_be_made_from_one_that_is_there(tmp_path: Path) -> None:
    with Draft(tmp_path / "z.zip") as draft:
        draft.add("a", b"1\n2\n3\n")
        draft.add("b", (line.upper() + b"!" for line in draft.lines("a")))

        assert draft.read("b") == b"1\n!2\n!3\n!"
