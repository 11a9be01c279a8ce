"""Events: a re-issue ends the previous holder's interval and starts the next."""

from __future__ import annotations

import pytest

from zegel.records import Holding
from zegel.registries.events import Event, intervals, named_in


def event(when: int, kind: str, holder: str = "", device: str = "S-1") -> Event:
    return Event(when_ns=when, kind=kind, holding=Holding(device=device, holder=holder))


def told(*events: Event) -> list[tuple[str, int | None, int | None]]:
    return [(found.holder, found.start_ns, found.end_ns) for found in intervals(events)]


def test_a_reissue_ends_one_holder_and_starts_another() -> None:
    found = told(event(1, "registered", "Anna"), event(5, "reissued", "Bert"), event(9, "wiped"))

    assert found == [("Anna", 1, 5), ("Bert", 5, 9)]


def test_a_device_that_is_unblocked_is_held_again() -> None:
    found = told(event(1, "issued", "Anna"), event(5, "blocked"), event(7, "unblocked", "Anna"))

    assert found == [("Anna", 1, 5), ("Anna", 7, None)]


def test_events_are_taken_in_the_order_of_time() -> None:
    assert told(event(9, "blocked"), event(1, "issued", "Anna")) == [("Anna", 1, 9)]


def test_a_device_without_a_holder_was_held_by_nobody() -> None:
    assert told(event(1, "registered"), event(5, "blocked")) == []


def test_keys_rolled_or_revoked_change_no_holder() -> None:
    found = told(event(1, "issued", "Anna"), event(2, "key rolled"), event(3, "key revoked"))

    assert found == [("Anna", 1, None)]


def test_devices_do_not_end_each_other() -> None:
    found = told(event(1, "issued", "Anna"), event(2, "wiped", device="S-2"))

    assert found == [("Anna", 1, None)]


@pytest.mark.parametrize("detail", ["", "{", "[1]", "x" * 70000, '{"holder": 7}', "{" * 9000])
def test_a_detail_that_names_nobody_gives_nothing(detail: str) -> None:
    assert named_in(detail) == {}


def test_a_detail_names_by_the_same_words_as_columns() -> None:
    assert named_in('{"Houder": "Anna", "n": 1}') == {"holder": "Anna"}
