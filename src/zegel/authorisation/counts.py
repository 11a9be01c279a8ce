"""Which counts of a preview may be told: none below ten, and none that gives one by subtraction.

A count is that of a set of things: messages, accounts, days. With the sets themselves at hand, and
those of all earlier previews, this can be decided instead of guessed at. Rules, each with a test:

1. A count below ten is told as `fewer than 10`; any other is given to two digits.
2. The same question gets the same answer, however often it is asked.
3. A count is withheld where its set and that of another count told before differ by fewer than ten
   things on either side: their difference would be a count below ten. It is told to which one it is
   near, which says no more than that.
4. It is withheld alike where it is near the sum or the difference of two counts told before.

So no count below ten follows from two counts that were told, nor from three. From four or more it
may; and what whoever asks knows from elsewhere is not known here.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

FEWEST = 10
"""The smallest count that is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was answered: a count to two digits, or why there is none."""

    count: int | None
    near: str = ""
    """To which counts it is near, where it is withheld for that; else it is below ten."""

    def __str__(self) -> str:
        if self.count is not None:
            return f"{self.count:,}"
        return f"within {FEWEST} of {self.near}" if self.near else f"fewer than {FEWEST}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One count of one preview: what was asked, which things it is of, what was answered."""

    place: str
    """E.g. `together, preview 3`; stands in answers."""
    kind: str
    """What the things are: sets of one kind only are compared."""
    question: str
    """Digest of what was asked: equal where the same was asked of the same case."""
    things: int = field(repr=False)
    """The set, a bit for each thing by its number."""
    told: Told | None = None
    """None for a set that whoever asks knows anyhow."""

    @property
    def size(self) -> int:
        """How many things there are."""
        return self.things.bit_count()


def rounded(count: int) -> int:
    """Return a count to two digits."""
    unit = int("1" + "0" * max(0, len(str(count)) - 2))
    return (count + unit // 2) // unit * unit


class Counts:
    """The counts told before, and what may be told next to them."""

    def __init__(self, earlier: Iterable[Cell] = ()) -> None:
        self.cells = list(earlier)

    def tell(self, place: str, kind: str, question: str, things: int) -> Told:
        """Answer one count, and remember that it was told."""
        told = self._answer(kind, question, things)
        self.cells.append(Cell(place=place, kind=kind, question=question, things=things, told=told))
        return told

    def known(self, place: str, kind: str, things: int) -> None:
        """Remember a set that whoever asks knows: all accounts an order names, all its days."""
        self.cells.append(Cell(place=place, kind=kind, question="", things=things))

    def _answer(self, kind: str, question: str, things: int) -> Told:
        for cell in self.cells:
            if cell.told is not None and (cell.kind, cell.question) == (kind, question):
                return cell.told
        size = things.bit_count()
        if size < FEWEST:
            return Told(count=None)
        others = [cell for cell in self.cells if cell.kind == kind and _can_be_used(cell)]
        near = next(_near(things, size, others), None)
        return Told(count=rounded(size)) if near is None else Told(count=None, near=near)


def _can_be_used(cell: Cell) -> bool:
    """Say whether somebody can calculate with a count: it was told, or is known anyhow."""
    return cell.told is None or cell.told.count is not None


def _near(things: int, size: int, others: Sequence[Cell]) -> Iterator[str]:
    """Yield the counts, and sums and differences of two, that this set is too near to."""
    for one in others:
        if abs(one.size - size) < FEWEST and _differ_little(things, one.things):
            yield one.place
    by_size = sorted(others, key=lambda cell: cell.size)
    sizes = [cell.size for cell in by_size]
    for one in others:
        for other in _of_about(size - one.size, sizes, by_size):
            if _support(things, one.things, other.things) < FEWEST:
                yield f"{one.place} and {other.place} taken together"
        for other in _of_about(one.size - size, sizes, by_size):
            if _support(one.things, things, other.things) < FEWEST:
                yield f"{one.place} without {other.place}"


def _differ_little(one: int, other: int) -> bool:
    return max((one & ~other).bit_count(), (other & ~one).bit_count()) < FEWEST


def _of_about(size: int, sizes: Sequence[int], cells: Sequence[Cell]) -> Sequence[Cell]:
    """Return the cells whose sizes are so near `size` that their sets can be."""
    low, high = bisect_right(sizes, size - FEWEST), bisect_left(sizes, size + FEWEST)
    return cells[low:high]


def _support(whole: int, one: int, other: int) -> int:
    """Return how many things are not counted alike in `whole` and in `one` plus `other`."""
    return ((whole ^ (one | other)) | (one & other)).bit_count()


Reach = tuple[bool, frozenset[str]]
"""The accounts a clause reaches: these, or (True first) everybody but these."""


def singled_out(before: Iterable[Reach], now: Iterable[Reach]) -> int:
    """Return how many accounts the clauses seen up to now tell apart from all others.

    An account that a clause names alone is asked for by name, and does not count. `before` are the
    clauses of earlier previews: what they told apart already does not count either.
    """
    earlier, later = list(before), list(now)
    return len(_apart([*earlier, *later]) - _apart(earlier))


def _apart(reaches: Sequence[Reach]) -> set[str]:
    signs: dict[str, int] = {name: 0 for _, names in reaches for name in names}
    for place, (but, names) in enumerate(reaches):
        for name in signs if but else names:
            if (name in names) != but:
                signs[name] |= 1 << place
    alone = _alone(signs)
    return alone - {name for but, names in reaches if not but and len(names) == 1 for name in names}


def _alone(signs: Mapping[str, int]) -> set[str]:
    """Return the names that share their signs with no other; what no clause reaches is not told."""
    first: dict[int, str] = {}
    several: set[int] = {0}
    for name, sign in signs.items():
        if first.setdefault(sign, name) != name:
            several.add(sign)
    return {name for sign, name in first.items() if sign not in several}
