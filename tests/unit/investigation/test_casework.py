"""Casework: the latest line counts, nothing is overwritten, what cannot be said is refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.errors import CaseError, StorageError, UsageError
from zegel.investigation.acts import saying
from zegel.investigation.casework import (
    KINDS,
    LONGEST_NOTE,
    LONGEST_TAG,
    Line,
    Standing,
    add_lines,
    all_lines,
    checked,
    newest_line,
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

    assert standing(lines) == {
        ONE: Standing(tags=("b",), relevance="undecided", notes=1, judged=(("ann", "undecided"),))
    }


def by(who: str, at: int, value: str) -> Line:
    return Line(message=ONE, kind="relevance", value=value, who=who, at_ns=at)


@pytest.mark.parametrize(
    ("said", "relevance", "differ"),
    [
        ([("ann", "relevant"), ("bob", "not relevant")], "not relevant", True),
        ([("ann", "relevant"), ("bob", "relevant")], "relevant", False),
        ([("ann", "relevant"), ("bob", "undecided")], "undecided", False),
        ([("ann", "relevant"), ("bob", "not relevant"), ("ann", "not relevant")],
         "not relevant", False),
        ([("ann", "relevant"), ("bob", "not relevant"), ("bob", "withdrawn")], "relevant", False),
        ([("ann", "relevant"), ("ann", "withdrawn")], None, False),
    ],
)  # fmt: skip
def test_relevance_is_each_persons_latest_and_two_that_contradict_disagree(
    said: list[tuple[str, str]], relevance: str | None, differ: bool
) -> None:
    now = standing([by(who, at, value) for at, (who, value) in enumerate(said)])[ONE]

    assert (now.relevance, now.disagreement) == (relevance, differ)


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
        ("relevance", "withdrawn"),
    ],
)
def test_what_cannot_be_said_is_refused(kind: str, value: str) -> None:
    with pytest.raises(UsageError):
        checked(kind, value)


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

    with pytest.raises(StorageError), saying(tmp_path):
        pass


def test_a_note_is_not_in_the_representation_of_a_line() -> None:
    assert "content" not in repr(line(1, "note", "content"))


def test_a_line_is_never_said_before_one_that_stands(tmp_path: Path) -> None:
    future = 2**62
    add_lines(tmp_path, [line(future, "tag", "a")])
    with saying(tmp_path) as now:
        now.add(ONE, "untag", "a", "bob")
    first, last = all_lines(tmp_path)

    assert (last.at_ns, last.kind) == (future + 1, "untag")
    assert [first.id, last.id, newest_line(tmp_path)] == [1, 2, 2]


def test_what_an_earlier_version_of_the_program_wrote_is_read_and_goes_on(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "casework.sqlite") as connection:
        connection.executescript(
            """
            CREATE TABLE said (
              id INTEGER PRIMARY KEY, message BLOB NOT NULL,
              kind TEXT NOT NULL CHECK (kind IN ('tag', 'untag', 'note', 'relevance')),
              value TEXT NOT NULL, who TEXT NOT NULL, at_ns INTEGER NOT NULL,
              said_in TEXT NOT NULL, UNIQUE (message, kind, value, who, at_ns)
            ) STRICT;
            PRAGMA user_version = 1;
            """
        )
        connection.execute("INSERT INTO said VALUES (1, ?, 'tag', 'a', 'ann', 5, '')", (ONE,))
    connection.close()
    before = all_lines(tmp_path)
    with saying(tmp_path) as now:
        now.add(ONE, "tag", "b", "bob")

    assert before == [line(5, "tag", "a")]
    assert [one.value for one in all_lines(tmp_path)] == ["a", "b"]


def test_lines_of_a_kind_and_value_are_found_among_many(tmp_path: Path) -> None:
    many = [line(at, "tag", "ab"[at % 2], bytes([at % 250]) * 32) for at in range(6000)]
    add_lines(tmp_path, many)
    about = {one.message for one in many}

    assert len(all_lines(tmp_path, about)) == 6000
    assert {one.value for one in all_lines(tmp_path, about, value="a")} == {"a"}
    assert all_lines(tmp_path, about, kinds=("note",)) == []
