"""Threads: which messages belong to one exchange, by what their inner headers say.

Messages are of one thread when one refers to another (References, In-Reply-To), when both refer to
the same message, or when both name the same chat group (Chat-Group-Id). A message seen by nobody
here joins those that refer to it. Subjects never make a thread.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable


def threads(named: Iterable[tuple[int, Iterable[Hashable]]]) -> dict[int, int]:
    """Return for each number the lowest number of its thread; `named` are the names it bears.

    Names are message ids of its own, those it refers to, and its group.
    """
    above: dict[int, int] = {}
    first: dict[Hashable, int] = {}

    def top(number: int) -> int:
        while above[number] != number:
            above[number] = above[above[number]]
            number = above[number]
        return number

    for number, names in named:
        above.setdefault(number, number)
        for name in names:
            one, other = top(first.setdefault(name, number)), top(number)
            above[max(one, other)] = min(one, other)
    return {number: top(number) for number in above}
