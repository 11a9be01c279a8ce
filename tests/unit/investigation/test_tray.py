"""A tray follows from its lines: what is put in, taken out, moved and noted, in order."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.errors import UsageError
from zegel.investigation import tray
from zegel.investigation.tray import (
    IN,
    NOTE,
    OUT,
    OWN,
    PLACE,
    TrayLine,
    change,
    checked_name,
    items,
    tray_lines,
    tray_names,
)

MESSAGES = [bytes([n]) * 32 for n in range(5)]


def line(kind: str, message: int, value: str = "", who: str = "ann", name: str = OWN) -> TrayLine:
    return TrayLine(tray=name, message=MESSAGES[message], kind=kind, value=value, who=who)


@given(
    st.lists(
        st.tuples(st.sampled_from([IN, OUT, NOTE, PLACE]), st.integers(0, 4), st.integers(0, 5))
    )
)
def test_a_tray_is_a_list_without_doubles(said: list[tuple[str, int, int]]) -> None:
    """The oracle: a plain list and a dictionary of notes."""
    order: list[int] = []
    notes: dict[int, str] = {}
    lines = []
    for kind, one, other in said:
        before = MESSAGES[other].hex() if other < 5 else ""
        value = {NOTE: f"note {other}", PLACE: before}.get(kind, "")
        lines.append(line(kind, one, value))
        if kind == IN and one not in order:
            order.append(one)
        elif kind == OUT and one in order:
            order.remove(one)
            notes.pop(one, None)
        elif kind == NOTE and one in order:
            notes[one] = value
        elif kind == PLACE and one in order and other != one and (other == 5 or other in order):
            order.remove(one)
            order.insert(order.index(other) if other < 5 else len(order), one)
    found = items(lines)

    assert [MESSAGES.index(item.message) for item in found] == order
    assert {MESSAGES.index(i.message): i.note for i in found if i.note} == notes


def test_a_tray_of_ones_own_is_nobody_elses(tmp_path: Path) -> None:
    change(tmp_path, [line(IN, 0), line(IN, 1)])
    change(tmp_path, [line(IN, 2, who="bob")])
    change(tmp_path, [line(IN, 3, who="bob", name="for court")])
    change(tmp_path, [line(IN, 4, name="for court")])

    assert [one.message for one in tray_lines(tmp_path, OWN, "ann")] == MESSAGES[:2]
    assert [one.message for one in tray_lines(tmp_path, OWN, "bob")] == MESSAGES[2:3]
    assert [one.message for one in tray_lines(tmp_path, "for court", "eve")] == MESSAGES[3:]
    assert tray_names(tmp_path) == {"for court": 2}


def test_too_much_is_refused_and_leaves_the_tray_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tray, "MOST", 2)
    monkeypatch.setattr(tray, "MOST_TRAYS", 1)
    change(tmp_path, [line(IN, 0), line(IN, 1)])
    change(tmp_path, [line(IN, 0, name="one")])
    for more in (line(IN, 2), line(IN, 2, name="two")):
        with pytest.raises(UsageError):
            change(tmp_path, [more])

    assert len(tray_lines(tmp_path, OWN, "ann")) == 2
    assert tray_names(tmp_path) == {"one": 1}


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\tb\x00", "#0123456789abcdef"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        checked_name(name)


def test_where_nothing_was_collected_no_file_is_made(tmp_path: Path) -> None:
    assert (tray_lines(tmp_path, OWN, "ann"), tray_names(tmp_path)) == ([], {})
    assert list(tmp_path.iterdir()) == []


def test_a_note_is_not_in_a_representation() -> None:
    lines = [line(IN, 0), line(NOTE, 0, "content")]

    assert "content" not in repr(lines) + repr(items(lines))
