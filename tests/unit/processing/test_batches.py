"""Batches: nothing lost, nothing out of order, nothing larger than said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zegel.processing.batches import in_batches


@given(st.lists(st.integers(0, 50)), st.integers(1, 5), st.integers(1, 100))
def test_batches_hold_every_item_once_and_in_order(
    weights: list[int], count: int, size: int
) -> None:
    batches = list(in_batches(weights, lambda weight: weight, count=count, size=size))

    assert [weight for batch in batches for weight in batch] == weights
    assert all(len(batch) <= count for batch in batches)
    assert all(len(batch) == 1 or sum(batch) <= size for batch in batches)
