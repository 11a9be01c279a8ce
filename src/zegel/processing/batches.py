"""Cuts work into batches, so that each step runs over many messages before the next begins.

A step that runs hot costs half of one that runs in turn with all the others: the processor's
caches hold the code of one step, not of all (docs/decisions/0010-steps-over-batches.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

COUNT = 64
SIZE = 8 * 2**20
"""Bytes of one batch; a larger item makes a batch of its own."""


def in_batches(
    items: Iterable[Item], weigh: Callable[[Item], int], *, count: int = COUNT, size: int = SIZE
) -> Iterator[list[Item]]:
    """Yield `items` in order, in lists of at most `count` whose weights end at `size`."""
    batch: list[Item] = []
    total = 0
    for item in items:
        weight = weigh(item)
        if batch and (len(batch) >= count or total + weight > size):
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += weight
    if batch:
        yield batch
