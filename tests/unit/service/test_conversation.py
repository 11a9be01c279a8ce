"""A conversation has both sides in order of time; silences and unreadable messages stand in it."""

from __future__ import annotations

import pytest

from zegel import service
from zegel.custody.log import Log
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.service.conversation import LONGEST_TEXT, MOST
from zegel.service.neveropened import opened_in


def numbers(inv: Investigation, wanted: str, **asked: object) -> list[int]:
    found = service.conversation(inv, wanted, **asked)  # type: ignore[arg-type]
    return [one["number"] for one in found["messages"]]


def test_what_two_people_wrote_to_each_other_comes_from_both_sides(inv: Investigation) -> None:
    found = service.conversation(inv, "6")

    assert [one["number"] for one in found["messages"]] == [1, 2, 5, 6, 7]
    assert (found["count"], found["first"], found["message"]) == (5, 0, 6)
    assert found["people"] == ["anna@test.example", "bram@test.example"]
    assert {one["from"][0].lower() for one in found["messages"]} == set(found["people"])


def test_others_who_take_part_make_another_conversation(inv: Investigation) -> None:
    assert numbers(inv, "3") == [3]
    assert numbers(inv, "4") == [4, 8]


def test_a_thread_follows_what_refers_to_what(inv: Investigation) -> None:
    assert numbers(inv, "1", by="thread") == [1, 2, 6]


def test_a_silence_is_between_messages_that_are_here(inv: Investigation) -> None:
    found = service.conversation(inv, "6")["messages"]
    silences = {one["number"]: one["silence_s"] for one in found}

    assert silences == {1: None, 2: None, 5: None, 6: 9 * 86_400 + 60, 7: None}


def test_a_page_that_begins_after_a_silence_says_it(inv: Investigation) -> None:
    (only,) = service.conversation(inv, "6", first=3, limit=1)["messages"]

    assert (only["number"], only["silence_s"]) == (6, 9 * 86_400 + 60)


def test_an_unreadable_message_stands_in_its_place_without_text(inv: Investigation) -> None:
    (closed,) = [one for one in service.conversation(inv, "1")["messages"] if one["number"] == 5]

    assert (closed["state"], closed["text"], closed["cut"]) == ("no key", None, False)


def test_what_a_message_refers_to_is_named_where_it_is_here(inv: Investigation) -> None:
    found = {one["number"]: one["answers"] for one in service.conversation(inv, "6")["messages"]}

    assert found[1] is None
    assert found[2] == {"number": 1, "others": 0}
    assert found[6] == {"number": 2, "others": 1}


def test_an_attachment_is_named_beside_its_message(inv: Investigation) -> None:
    (first, _) = service.conversation(inv, "4")["messages"]

    (one,) = first["attachments"]
    assert (one["attachment"], one["filename"], one["size"]) == (0, "../list.csv", 7)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_hold_each_message_once(inv: Investigation, limit: int) -> None:
    pages = [numbers(inv, "1", first=at, limit=limit) for at in range(0, 5, limit)]

    assert [number for page in pages for number in page] == [1, 2, 5, 6, 7]


def test_a_page_lies_around_its_message(inv: Investigation) -> None:
    assert numbers(inv, "5", limit=3) == [2, 5, 6]
    assert numbers(inv, "1", limit=3) == [1, 2, 5]
    assert numbers(inv, "7", limit=3) == [5, 6, 7]


@pytest.mark.parametrize(
    "asked", [{"limit": 0}, {"limit": MOST + 1}, {"first": -1}, {"by": "subject"}]
)
def test_a_page_beyond_bounds_is_refused(inv: Investigation, asked: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        service.conversation(inv, "1", **asked)  # type: ignore[arg-type]


def test_a_message_shown_whole_counts_as_opened_and_one_that_was_cut_does_not(
    inv: Investigation,
) -> None:
    found = service.conversation(inv, "1")["messages"]
    *_, entry = Log.open(inv.folder / "custody", None).entries()
    opened = {one.hex() for one in opened_in(Log.open(inv.folder / "custody", None))}
    (cut,) = [one for one in found if one["cut"]]

    assert (cut["number"], len(cut["text"])) == (7, LONGEST_TEXT)
    assert entry.facts["cut"] == [cut["id"]]
    assert {one["id"] for one in found} - {cut["id"]} <= opened
