"""Casework: the latest line counts, nothing is overwritten, what cannot be said is refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.errors import CaseError, StorageError, UsageError
from zegel.investigation.casework import (
    KINDS,
    LONGEST_NOTE,
    LONGEST_TAG,
    Line,
    Standing,
    add_lines,
    all_lines,
    checked,
    say,
    standing,
)

ONE, OTHER = b"1" * 32, b"2" * 32


def line(at: int, kind: str, value: str, message: bytes = ONE) -> Line:
    return Line(message=message, kind=kind, value=value, who="ann", at_ns=at)


def test_lines_come_back_as_they_were_said_in_the_order_of_their_times(tmp_path: Path) -> None:
    said = [line(3, "note", "c"), line(1, "tag", "a"), line(2, "tag", "b", OTHER)]
    added = [add_lines(tmp_path, said), add_lines(tmp_path, said)]

    assert added == [3, 0]
    assert all_lines(tmp_path) == [said[1], said[2], said[0]]
    assert all_lines(tmp_path, [OTHER]) == [said[2]]


def test_where_nothing_was_said_no_file_is_made(tmp_path: Path) -> None:
    assert all_lines(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_the_latest_line_counts() -> None:
    lines = [
        line(1, "tag", "a"), line(2, "tag", "b"), line(3, "untag", "a"), line(4, "note", "x"),
        line(5, "relevance", "relevant"), line(6, "relevance", "undecided"),
    ]  # fmt: skip

    assert standing(lines) == {ONE: Standing(tags=("b",), relevance="undecided", notes=1)}


@given(st.lists(st.tuples(st.sampled_from(["tag", "untag"]), st.sampled_from("abc"))))
def test_a_message_bears_the_tags_added_and_not_taken_off_since(
    said: list[tuple[str, str]],
) -> None:
    bears: set[str] = set()
    for kind, tag in said:
        bears = bears | {tag} if kind == "tag" else bears - {tag}
    lines = [line(at, kind, tag) for at, (kind, tag) in enumerate(said)]

    assert set(standing(lines).get(ONE, Standing()).tags) == bears


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("tag", " "),
        ("tag", "x" * (LONGEST_TAG + 1)),
        ("note", "x" * (LONGEST_NOTE + 1)),
        ("relevance", "perhaps"),
    ],
)
def test_what_cannot_be_said_is_refused_and_leaves_nothing(
    tmp_path: Path, kind: str, value: str
) -> None:
    with pytest.raises(UsageError):
        say(tmp_path, ONE, kind, value, "ann")

    assert list(tmp_path.iterdir()) == []


def test_tags_are_small_letters_and_notes_stay_as_written() -> None:
    assert [checked(kind, " Quay ") for kind in ("tag", "untag", "note")] == [
        "quay",
        "quay",
        "Quay",
    ]


def test_every_kind_can_be_written(tmp_path: Path) -> None:
    add_lines(tmp_path, [line(at, kind, "relevant") for at, kind in enumerate(KINDS)])

    assert [one.kind for one in all_lines(tmp_path)] == list(KINDS)


def test_casework_of_another_version_or_damaged_stops_with_a_sentence(tmp_path: Path) -> None:
    place = tmp_path / "casework.sqlite"
    with sqlite3.connect(place) as connection:
        connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(CaseError, match="version 9"):
        all_lines(tmp_path)
    place.write_bytes(b"something else" * 100)
    with pytest.raises(CaseError, match="damaged"):
        all_lines(tmp_path)


def test_a_locked_or_unwritable_file_is_a_matter_of_storage(tmp_path: Path) -> None:
    (tmp_path / "casework.sqlite").mkdir()

    with pytest.raises(StorageError):
        say(tmp_path, ONE, "tag", "a", "ann")


def test_a_note_is_not_in_the_representation_of_a_line() -> None:
    assert "content" not in repr(line(1, "note", "content"))
