"""Where names of accounts and letters of communities stand in a network, clear of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from zegel.analysis.network import Node
from zegel.analysis.pictures.svg import GROUND, short, width_of, words

FEW = 40
"""So many accounts and fewer are all labelled, and need no letters."""
_LABELLED = 60
LETTERED = 12
"""Communities whose letter stands in the picture and in its key: the largest."""
_LARGE = 8
"""Accounts of a community that is lettered, at least."""
_LONGEST = 32
_HALO = f" stroke='{GROUND}' stroke-width='3' stroke-linejoin='round' paint-order='stroke'"

Spots = Mapping[int, tuple[float, float, float]]
"""Where each account stands, and its radius."""
Label = tuple[float, float, str, str]
"""Where, which end of it is there, what."""
_Box = tuple[float, float, float, float]


def called(nodes: Sequence[Node], names: Sequence[str]) -> dict[int, str]:
    """Return each account's label: what stands before the @, where that tells all apart."""
    whole = {node.account: names[node.account] for node in nodes}
    before = {account: name.partition("@")[0] or name for account, name in whole.items()}
    return before if len(set(before.values())) == len(whole) else whole


def letters(community: int) -> str:
    """Return what a community is called: A to Z, AA, AB …"""
    before, last = divmod(community, 26)
    return (letters(before - 1) if before else "") + chr(ord("A") + last)


def middles(nodes: Sequence[Node], spots: Spots) -> list[tuple[str, float, float]]:
    """Return the letter of each larger community and the middle of it, where there are many."""
    if len(nodes) <= FEW:
        return []
    members: dict[int, list[int]] = {}
    for node in nodes:
        members.setdefault(node.community, []).append(node.account)
    found: list[tuple[str, float, float]] = []
    for community, accounts in sorted(members.items())[:LETTERED]:
        xs, ys = (sorted(spots[one][axis] for one in accounts) for axis in (0, 1))
        x, y = xs[len(xs) // 2], ys[len(ys) // 2]
        free = all(abs(x - x1) > 24 or abs(y - y1) > 24 for _, x1, y1 in found)
        if len(accounts) >= _LARGE and free:
            found.append((letters(community), x, y))
    return found


def labels(
    nodes: Sequence[Node],
    spots: Spots,
    names: Mapping[int, str],
    size: tuple[int, int],
    keep_clear: Sequence[tuple[str, float, float]],
) -> Iterator[tuple[int, Label]]:
    """Yield a label for the busiest accounts, wherever one has room that nothing else takes."""
    wanted = nodes[: _LABELLED if len(nodes) > FEW else FEW]
    taken: list[_Box] = [(x - 11, y - 11, x + 11, y + 11) for _, x, y in keep_clear]
    taken += [(x - r, y - r, x + r, y + r) for x, y, r in (spots[one.account] for one in wanted)]
    for node in wanted:
        for label in _around(spots[node.account], short(names[node.account], _LONGEST)):
            box = _box(label)
            inside = box[0] > 4 and box[2] < size[0] - 4 and box[1] > 0 and box[3] < size[1]
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                yield node.account, label
                break


def _around(spot: tuple[float, float, float], text: str) -> Iterator[Label]:
    x, y, size = spot
    yield x + size + 3, y + 4, "start", text
    yield x - size - 3, y + 4, "end", text
    yield x, y - size - 4, "middle", text
    yield x, y + size + 12, "middle", text


def beside(spot: tuple[float, float, float], text: str, wide: int) -> Label:
    """Return a label towards the middle of a picture, whatever lies there."""
    right, left, *_ = _around(spot, short(text, _LONGEST))
    return left if spot[0] > wide / 2 else right


def _box(label: Label) -> _Box:
    x, y, anchor, text = label
    wide = width_of(text)
    left = x - {"start": 0, "end": wide, "middle": wide / 2}[anchor]
    return left, y - 10, left + wide, y + 3


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def label_text(label: Label, *, hidden: bool = False) -> str:
    """Return a label with an edge of the ground's colour, so that lines do not cross it out."""
    x, y, anchor, text = label
    kind = "label hidden" if hidden else "label"
    return f"<g class='{kind}'>{words(x, y, text, anchor=anchor, more=_HALO)}</g>"


def letter_text(letter: str, x: float, y: float) -> str:
    """Return the letter of a community; the pointer goes through it."""
    more = f" font-weight='bold'{_HALO} pointer-events='none'"
    return f"<g class='label'>{words(x, y + 7, letter, size=20, anchor='middle', more=more)}</g>"
