"""Time left that people can trust: it converges, whatever the beginning was like."""

from __future__ import annotations

import random
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zegel.service.pace import Pace

seconds = st.floats(0.001, 100, allow_nan=False)


def told(costs: list[float], units: float = 1.0) -> list[tuple[float, float, float]]:
    """Return of each step the time left as told at its end, as it is, and the time so far."""
    pace, ends = Pace(0.0), list(accumulate(costs))
    found = []
    for end in ends:
        pace.advance(units, end)
        left = pace.left(units * len(costs), end)
        assert left is not None
        found.append((left, ends[-1] - end, end))
    return found


@settings(max_examples=40)
@given(step=seconds, steps=st.integers(2, 400), start=st.floats(0, 50), slower=st.floats(1, 50))
def test_after_a_slow_start_the_time_left_is_right_once_as_much_time_has_passed(
    step: float, steps: int, start: float, slower: float
) -> None:
    slow = [step * slower] * round(start)

    for left, true, so_far in told([*slow, *[step] * steps]):
        if so_far > 2 * sum(slow) + step * slower:
            assert left == pytest.approx(true, rel=0.02, abs=step)


@settings(max_examples=40)
@given(step=seconds, steps=st.integers(20, 300), known=st.integers(1, 1000))
def test_what_was_found_finished_at_once_is_forgotten(step: float, steps: int, known: int) -> None:
    pace = Pace(0.0)
    pace.advance(known, step / 1000)
    for number in range(1, steps + 1):
        pace.advance(1, number * step)
        left = pace.left(known + steps, number * step)

        assert left is not None
        if number > 2:
            assert left == pytest.approx((steps - number) * step, rel=0.02, abs=step)


@settings(max_examples=40)
@given(costs=st.lists(st.floats(1, 8), min_size=2, max_size=300))
def test_steps_of_differing_cost_mislead_no_further_than_they_differ(costs: list[float]) -> None:
    for left, true, _ in told(costs):
        assert true / 8 - 8 <= left <= true * 8 + 8


@pytest.mark.parametrize("seed", range(6))
def test_steps_whose_costs_vary_tenfold_average_out(seed: int) -> None:
    chance = random.Random(seed)
    costs = [chance.uniform(1, 10) for _ in range(1000)]
    whole = sum(costs)
    off = [(abs(left - true) / whole, so_far / whole) for left, true, so_far in told(costs)]

    assert max(error for error, so_far in off if so_far > 0.1) < 0.2
    assert max(error for error, so_far in off if so_far > 0.5) < 0.1
    assert max(error for error, so_far in off if so_far > 0.9) < 0.03


@settings(max_examples=40)
@given(before=seconds, after=seconds, steps=st.integers(10, 200))
def test_a_lasting_change_of_rate_is_known_after_as_long_as_it_took_to_come(
    before: float, after: float, steps: int
) -> None:
    changed = before * steps
    many = min(500, round(2 * changed / after) + 10)

    for left, true, so_far in told([before] * steps + [after] * many):
        if so_far > 2 * changed + max(before, after):
            assert left == pytest.approx(true, rel=0.02, abs=max(before, after))


@settings(max_examples=40)
@given(st.lists(st.tuples(seconds, st.integers(0, 50)), min_size=1, max_size=60), seconds)
def test_time_left_is_never_negative_and_nothing_left_takes_none(
    steps: list[tuple[float, int]], wait: float
) -> None:
    pace, now = Pace(5.0), 5.0
    for took, units in steps:
        now += took
        pace.advance(units, now)
        for total in (pace.done + 1, pace.done * 2 + 1):
            left = pace.left(total, now + wait)
            assert left is None or left >= 0

    assert pace.left(pace.done, now) == 0.0


def test_nothing_is_said_before_anything_is_done() -> None:
    pace = Pace(0.0)

    assert (pace.rate(10.0), pace.left(5, 10.0)) == (None, None)


def test_a_step_that_takes_longer_than_any_before_counts_as_it_goes() -> None:
    pace = Pace(0.0)
    for number in range(1, 11):
        pace.advance(1, float(number))
    waited = [pace.left(20, now) or 0 for now in (10.0, 10.5, 11.0, 20.0, 40.0)]

    assert waited[:3] == [pytest.approx(10), pytest.approx(9.5), pytest.approx(9)]
    assert waited[2] < waited[3] < waited[4]


def test_what_is_remembered_does_not_grow_with_the_work() -> None:
    pace = Pace(0.0)
    for number in range(200_000):
        pace.advance(1, number / 1000)

    assert len(pace._times) < 2000
    assert pace.rate(200.0) == pytest.approx(1000, rel=0.01)
