"""What to read next, and who looked at what: as the log says, whatever lies beside it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pysequoia
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.people import enrolled, person
from zegel import service
from zegel.errors import RefusedError, StorageError
from zegel.investigation import Investigation
from zegel.people.roster import Enrolled
from zegel.service.place import place_of
from zegel.service.readers import _behind, _downwards
from zegel.service.readlog import NAME


def sealed_to() -> str:
    return bytes(pysequoia.Tsk.generate("defence").extract_certificate()).hex()


def read(inv: Investigation, who: str, *numbers: int) -> None:
    for number in numbers:
        service.show_message(inv, str(number), who=who)


def beside(inv: Investigation) -> Path:
    return place_of(inv).named_beside(NAME)


def walk(inv: Investigation, who: str, **asked: str) -> list[int]:
    """Read what is next unread until nothing is."""
    found: list[int] = []
    for _ in range(20):
        after = found[-1] if found else None
        number = service.next_unread(inv, after=after, who=who, **asked)["message"]
        if number is None:
            break
        found.append(number)
        read(inv, who, number)
    return found


def test_the_next_unread_leads_through_all_that_is_unread(inv: Investigation) -> None:
    read(inv, "ann", 1, 2, 5)
    read(inv, "bob", 3)

    assert service.next_unread(inv, by="me", after=5, who="ann")["message"] == 6
    assert service.next_unread(inv, by="me", after=7, who="ann")["message"] == 3
    assert service.next_unread(inv, by="team", after=1, who="ann")["message"] == 4
    assert service.next_unread(inv, by="me", who="ann")["unread"] == 4
    assert walk(inv, "ann") == [3, 4, 6, 7]
    assert walk(inv, "eve", by="team") == []


def test_within_a_search_it_goes_in_the_order_of_the_hits_and_begins_anew_at_its_end(
    inv: Investigation,
) -> None:
    read(inv, "ann", 3)
    after = service.next_unread(inv, query="boot", order="newest", after=3, who="ann")
    end = service.next_unread(inv, query="boot", order="newest", after=1, who="ann")

    assert (after["message"], end["message"]) == (1, 6)
    assert walk(inv, "ann", query="boot", order="oldest") == [1, 6]
    assert walk(inv, "bob", order="newest") == [7, 6, 5, 4, 3, 2, 1]
    assert sorted(walk(inv, "eve", query="haven", order="best")) == [2, 5]


@given(st.lists(st.integers(1, 9), unique=True), st.integers(1, 9))
def test_what_is_behind_a_message_comes_before_what_is_before_it(
    numbers: list[int], after: int
) -> None:
    found = list(_behind(numbers, after))
    if after in numbers:
        at = numbers.index(after)
        assert found == numbers[at + 1 :] + numbers[:at]
    else:
        assert found == numbers
    assert list(_downwards(9, after)) == [n for n in range(9, 0, -1) if n < after] + [
        n for n in range(9, 0, -1) if n > after
    ]


def test_who_read_a_message_when_how_often_and_in_which_searches_it_was_shown(
    inv: Investigation,
) -> None:
    read(inv, "ann", 3, 3)
    read(inv, "bob", 3)
    service.search(inv, "boot", who="bob")
    service.search(inv, "haven", who="ann")
    service.search(inv, "tag:x", who="eve")
    found = service.readers_of(inv, "3")
    (shown,) = found["shown_in"]

    assert [(one["who"], one["times"]) for one in found["readers"]] == [("ann", 2), ("bob", 1)]
    assert shown["who"] == "bob"
    assert found["searches"] == {"told": 3, "untold": 0, "left": 0}
    assert service.readers_of(inv, "4")["shown_in"] == []


def test_a_search_whose_casework_has_changed_before_it_was_looked_at_cannot_be_told(
    inv: Investigation,
) -> None:
    service.search(inv, "boot NOT tag:x", who="bob")
    service.add_casework(inv, "3", "tag", "x", who="bob")
    found = service.readers_of(inv, "3")

    assert (found["shown_in"], found["searches"]["untold"]) == ([], 1)


def test_how_much_each_person_saw(inv: Investigation) -> None:
    read(inv, "ann", 3, 3, 4)
    service.search(inv, "boot", who="ann")
    service.list_contacts(inv, who="bob")
    found = service.readers(inv)
    ann, bob = found["people"]
    theirs = service.read_by(inv, ann["key"])

    assert (found["read"], found["messages"]) == (2, 7)
    assert (ann["messages"], ann["times"], ann["hit_lists"]) == (2, 3, 1)
    assert (bob["messages"], bob["overviews"]) == (0, 1)
    assert (theirs["who"], theirs["numbers"]) == ("ann", [4, 3])


@pytest.mark.parametrize("harm", ["gone", "another log", "older version"])
def test_what_lies_beside_the_log_is_made_anew_from_it(inv: Investigation, harm: str) -> None:
    read(inv, "ann", 1, 2)
    service.next_unread(inv, who="ann")
    file = beside(inv)
    if harm == "gone":
        file.unlink()
    else:
        with sqlite3.connect(file) as connection:
            if harm == "another log":
                connection.execute("UPDATE upto SET leaf = x'00'")
                connection.execute("INSERT INTO reads VALUES ('ann', 3, 1, 1, 1)")
            else:
                connection.execute("PRAGMA user_version = 99")
        connection.close()
    read(inv, "ann", 4)

    assert service.next_unread(inv, after=2, who="ann")["message"] == 3
    assert service.readers(inv)["people"][0]["times"] == 3


def test_a_damaged_file_is_removed_and_the_next_act_goes_on(inv: Investigation) -> None:
    read(inv, "ann", 1)
    service.next_unread(inv, who="ann")
    for path in beside(inv).parent.glob(f"{beside(inv).name}*"):
        path.write_bytes(b"no database" * 1000)
    with pytest.raises(StorageError, match="removed"):
        service.next_unread(inv, who="ann")

    assert service.next_unread(inv, who="ann")["message"] == 2


def test_the_defence_is_counted_and_not_told(
    inv: Investigation, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled(inv, ann="investigator", mia="magistrate")
    place = place_of(inv)
    with place.changing():
        dora = Enrolled(name="dora", roles=("defence",), key="00" * 32, certificate=sealed_to())
        place.change_roster(place.roster.put(dora), "person enrolled", {}, "test")
    monkeypatch.setattr(type(inv), "training", False)
    service.show_message(inv, "3", who=person("dora"))
    service.search(inv, "boot", who=person("dora"))
    found = service.readers_of(inv, "3", who=person("ann"))
    people = service.readers(inv, who=person("ann"))["people"]
    following = service.next_unread(inv, by="team", after=2, who=person("ann"))
    own = [service.next_unread(inv, after=n, who=person("dora"))["message"] for n in (2, 3)]
    with pytest.raises(RefusedError):
        service.readers(inv, who=person("dora"))

    assert (found["readers"], found["shown_in"]) == ([], [])
    assert found["sealed"] == [{"who": "dora", "acts": 2}]
    assert [(one["who"], one["messages"], one["sealed"]) for one in people] == [("dora", 0, 2)]
    assert following["message"] == 3
    assert own == [3, 4]
