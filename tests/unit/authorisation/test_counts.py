"""No count below ten is told, nor follows from two or three that are; an oracle of plain sets."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zegel.authorisation.counts import Counts, rounded, singled_out

WORLD = 60


def as_bits(things: frozenset[int]) -> int:
    return sum(1 << thing for thing in things)


def tell(counts: Counts, name: str, things: frozenset[int]) -> str:
    return str(counts.tell(name, "messages", name, as_bits(things)))


def span(first: int, last: int) -> frozenset[int]:
    return frozenset(range(first, last))


@pytest.mark.parametrize(
    ("count", "shown"),
    [(10, 10), (47, 47), (99, 99), (104, 100), (105, 110), (996, 1000), (12_499, 12_000)],
)
def test_a_count_is_given_to_two_digits(count: int, shown: int) -> None:
    assert rounded(count) == shown
    assert tell(Counts(), "a", span(0, count)) == f"{shown:,}"


def test_nine_and_none_are_told_alike() -> None:
    assert {tell(Counts(), "a", span(0, count)) for count in range(10)} == {"fewer than 10"}


def test_what_differs_by_nine_from_a_count_told_before_is_withheld_and_by_ten_is_told() -> None:
    counts = Counts()
    tell(counts, "a", span(0, 30))

    assert tell(counts, "b", span(0, 39)) == "within 10 of a"
    assert tell(counts, "c", span(0, 40)) == "40"
    assert tell(counts, "d", span(9, 40)) == "within 10 of c"


def test_what_adds_nothing_is_withheld_too_since_nothing_is_a_count_below_ten() -> None:
    counts = Counts()
    tell(counts, "a", span(0, 30))

    assert tell(counts, "with one account more", span(0, 30)) == "within 10 of a"


def test_the_same_question_gets_the_same_answer() -> None:
    counts = Counts()

    assert [tell(counts, "a", span(0, 30)) for _ in range(3)] == ["30"] * 3


def test_an_overlap_of_two_clauses_does_not_follow_from_their_sum() -> None:
    counts = Counts()
    assert [tell(counts, "a", span(0, 30)), tell(counts, "b", span(27, 60))] == ["30", "33"]

    assert tell(counts, "together", span(0, 60)) == "within 10 of a and b taken together"


def test_padding_a_few_with_many_that_are_known_does_not_uncover_them() -> None:
    counts = Counts()
    assert [tell(counts, "a", span(0, 20)), tell(counts, "pad", span(30, 45))] == ["20", "15"]

    few = frozenset({50, 51, 52})
    assert tell(counts, "all", span(0, 20) | span(30, 45) | few).startswith("within 10 of")


def test_what_is_left_of_what_is_known_anyhow_is_a_count_too() -> None:
    counts = Counts()
    counts.known("the accounts the order names", "messages", as_bits(span(0, 40)))

    assert tell(counts, "a", span(0, 35)) == "within 10 of the accounts the order names"


def test_other_things_are_not_compared() -> None:
    counts = Counts()
    tell(counts, "a", span(0, 30))

    assert counts.tell("days", "days", "days", as_bits(span(0, 31))).count == 31


sets = st.builds(
    lambda first, length, without: span(first, min(WORLD, first + length)) - without,
    st.integers(0, 30), st.integers(5, 60), st.frozensets(st.integers(0, WORLD), max_size=12),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(sets, min_size=2, max_size=9))
def test_no_count_below_ten_follows_from_two_or_three_counts(asked: list[frozenset[int]]) -> None:
    counts = Counts()
    told = {}
    for number, things in enumerate(asked):
        said = counts.tell(f"{number}", "messages", f"{number}", as_bits(things))
        if said.count is not None:
            told[number] = things

    # Whoever asks knows which question holds which: of a set within another the rest is a count.
    for one, other in combinations(told.values(), 2):
        rests = [whole - part for whole, part in ((one, other), (other, one)) if part <= whole]
        assert [rest for rest in rests if len(rest) < 10] == []
    for trio in combinations(told.values(), 3):
        for place, whole in enumerate(trio):
            first, second = (part for at, part in enumerate(trio) if at != place)
            if first.isdisjoint(second) and first | second <= whole:
                assert len(whole - first - second) >= 10
            if first | second == whole:
                assert len(first & second) >= 10


@given(st.lists(sets, min_size=1, max_size=5))
def test_counts_kept_and_read_back_give_the_same_answers(asked: list[frozenset[int]]) -> None:
    first, again = Counts(), Counts()
    for number, things in enumerate(asked):
        again = Counts([replace(cell) for cell in first.cells])
        assert tell(first, f"{number}", things) == tell(again, f"{number}", things)


def named(*names: str) -> tuple[bool, frozenset[str]]:
    return False, frozenset(names)


EVERYBODY = (True, frozenset[str]())


@pytest.mark.parametrize(
    ("before", "now", "count"),
    [
        ([], [named("a", "b", "c")], 0),
        ([named("a", "b", "c")], [named("a", "b", "c")], 0),
        ([named("a", "b", "c", "d")], [named("a", "b", "c")], 1),
        ([named("a", "b")], [named("b", "c")], 3),
        ([named("a")], [named("b")], 0),
        ([named("a")], [named("a", "b")], 1),
        ([EVERYBODY], [(True, frozenset({"z"}))], 1),
        ([], [(True, frozenset({"z"}))], 0),
        ([named("a", "b", "c", "d"), named("a", "b", "x", "y")], [named("a", "c", "x", "q")], 7),
        ([named("a", "b", "c", "d")], [named("a", "b")], 0),
    ],
)
def test_a_series_that_tells_one_account_apart_is_seen(
    before: list[tuple[bool, frozenset[str]]], now: list[tuple[bool, frozenset[str]]], count: int
) -> None:
    assert singled_out(before, now) == count
