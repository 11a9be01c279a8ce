"""Draws who wrote with whom.

A line between two accounts is as wide at each end as its account wrote messages to the other, so
it tells how much and which way in one; where only one wrote it ends in a point (tapered edges:
Holten and van Wijk, CHI 2009). A community has a colour and a shape of its own, and its letter
stands in the key.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from zegel.analysis.network import Edge, Network, Node
from zegel.analysis.pictures.svg import (
    COLOURS,
    GROUND,
    MUTED,
    SHAPES,
    Caption,
    Href,
    framed,
    linked,
    mark,
    nowhere,
    short,
    width_of,
    words,
)
from zegel.analysis.wording import Wording

_ROOM = 70
_FEW = 40
"""So many accounts and fewer are all labelled."""
_LABELLED = 45
MOST_LINES = 4000
"""Lines in one picture; the thinnest are left out, and the table has them."""
_KEYS = 12
"""Communities that stand in the key."""
TOLD_APART = len(COLOURS) * SHAPES
"""Communities with a colour and shape of their own; the rest are small grey circles."""
_LETTERED = 8
"""Accounts of a community from which on its letter stands in the middle of it."""
_LONGEST_LABEL = 32
_HALO = f"stroke='{GROUND}' stroke-width='3' stroke-linejoin='round' paint-order='stroke'"

Names = Sequence[str]
Spots = Mapping[int, tuple[float, float, float]]
"""Where each account stands, and its radius."""


def network_picture(
    drawn: Network,
    names: Names,
    told: Caption,
    wording: Wording = Wording(),  # noqa: B008  # frozen
    *,
    href: Href = nowhere,
    live: bool = False,
) -> str:
    """Draw a network; a live one carries every account's name, shown where it is pointed at."""
    if not drawn.nodes:
        return framed(960, 60, [words(20, 30, wording.say("No contacts."))], told, live=live)
    tall, wide = _height(len(drawn.nodes)), _width(len(drawn.nodes))
    spots = _spots(drawn.nodes, tall)
    labels = dict(_labels(drawn.nodes, spots, names, tall))
    body = ["<g class='contacts'>", *_lines(drawn, spots, names, wording, href), "</g>"]
    body.append("<g class='accounts'>")
    for node in reversed(drawn.nodes):  # the busiest above the others
        said = _said(node, names, wording)
        target = href(("account", node.account))
        at = labels.get(node.account)
        inner = _mark(node, spots[node.account])
        if at is not None:
            inner += _label(*at)
        elif live:
            inner += _label(*_beside(node, spots, names, wide), kind="hidden")
        body.append(linked(inner, target, said=said, reached=at is not None, more=_CLASS))
    body += ["</g>", *_letters(drawn.nodes, spots), *_key(drawn.nodes, tall, wording)]
    return framed(_width(len(drawn.nodes)), tall + 34, body, told, live=live)


_CLASS = " class='account'"


def _height(accounts: int) -> int:
    """Return a height that gives few accounts no empty hall."""
    return min(1000, 300 + int(45 * math.sqrt(accounts)))


def _width(accounts: int) -> int:
    return min(1160, 640 + int(60 * math.sqrt(accounts)))


def _spots(nodes: Sequence[Node], tall: int) -> dict[int, tuple[float, float, float]]:
    """Stretch the layout over the picture; the area of a mark is its share of messages."""
    most, wide = max(node.messages for node in nodes), _width(len(nodes))
    largest = max(5.0, 22 - 2.2 * math.log(len(nodes) + 1))
    smallest = 4.0 if len(nodes) <= 300 else 2.2
    left, right = min(node.x for node in nodes), max(node.x for node in nodes)
    top, bottom = min(node.y for node in nodes), max(node.y for node in nodes)
    return {
        node.account: (
            _ROOM + (wide - 2 * _ROOM) * _share(node.x, left, right),
            30 + (tall - 60) * _share(node.y, top, bottom),
            max(smallest, largest * math.sqrt(node.messages / most)),
        )
        for node in nodes
    }


def _share(value: float, low: float, high: float) -> float:
    return 0.5 if high - low < 1e-9 else (value - low) / (high - low)


def _lines(
    drawn: Network, spots: Spots, names: Names, wording: Wording, href: Href
) -> Iterator[str]:
    """Yield the lines, thin ones first, so that thick ones lie on top."""
    most = max([max(edge.forth, edge.back) for edge in drawn.edges], default=1)
    thickest = 9.0 if len(drawn.nodes) <= 300 else 6.0
    faint = 0.6 if len(drawn.edges) <= 1000 else 0.3
    for edge in reversed(drawn.edges[:MOST_LINES]):
        x1, y1, _ = spots[edge.one]
        x2, y2, _ = spots[edge.other]
        away = math.hypot(x2 - x1, y2 - y1) or 1.0
        across, along = (y1 - y2) / away, (x2 - x1) / away
        one, other = (_half(count, most, thickest) for count in (edge.forth, edge.back))
        opacity = min(0.9, faint + 0.5 * edge.messages / most)
        line = (
            f"<path d='M{x1 + across * one:.1f} {y1 + along * one:.1f}"
            f"L{x1 - across * one:.1f} {y1 - along * one:.1f}"
            f"L{x2 - across * other:.1f} {y2 - along * other:.1f}"
            f"L{x2 + across * other:.1f} {y2 + along * other:.1f}Z'"
            f" class='contact' fill='{MUTED}' fill-opacity='{opacity:.2f}'/>"
        )
        yield linked(
            line, href(("contact", edge.one, edge.other)), said=_told(edge, names, wording)
        )


def _half(count: int, most: int, thickest: float) -> float:
    """Return half the width of a line at the end that wrote so many; a hair where none."""
    return 0.12 if not count else max(0.45, thickest / 2 * math.sqrt(count / most))


def _told(edge: Edge, names: Names, wording: Wording) -> str:
    when = f"{wording.minute(edge.first_ns)} … {wording.minute(edge.last_ns)}"
    return (
        f"{names[edge.one]} → {names[edge.other]}: {wording.number(edge.forth)}; "
        f"{names[edge.other]} → {names[edge.one]}: {wording.number(edge.back)}; {when}"
    )


def _said(node: Node, names: Names, wording: Wording) -> str:
    return wording.tell(
        "{name}: {sent} sent, {received} received, {contacts} contacts, community {letter}",
        name=names[node.account],
        sent=node.sent,
        received=node.received,
        contacts=node.contacts,
        letter=letters(node.community),
    )


def letters(community: int) -> str:
    """Return what a community is called: A to Z, AA, AB …"""
    before, last = divmod(community, 26)
    return (letters(before - 1) if before else "") + chr(ord("A") + last)


def _mark(node: Node, spot: tuple[float, float, float]) -> str:
    x, y, size = spot
    if node.community >= TOLD_APART:
        return (
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{size:.1f}' class='rest' fill='{MUTED}'"
            f" stroke='{GROUND}' stroke-width='0.8'/>"
        )
    drawn = mark(node.community, x, y, size, node.community)
    return drawn.replace("/>", f" stroke='{GROUND}' stroke-width='0.8'/>")


Label = tuple[float, float, str, str]
"""Where, which end of it is there, what."""


def _label(x: float, y: float, anchor: str, text: str, kind: str = "") -> str:
    """Return a label with an edge of the ground's colour, so that lines do not cross it out."""
    hidden = f" class='label{' hidden' if kind else ''}'"
    return f"<g{hidden}>{words(x, y, text, anchor=anchor, more=f' {_HALO}')}</g>"


def _beside(node: Node, spots: Spots, names: Names, wide: int) -> Label:
    x, y, size = spots[node.account]
    text = short(names[node.account], _LONGEST_LABEL)
    if x > wide / 2:
        return x - size - 3, y + 4, "end", text
    return x + size + 3, y + 4, "start", text


def _labels(
    nodes: Sequence[Node], spots: Spots, names: Names, tall: int
) -> Iterator[tuple[int, Label]]:
    """Yield a label for the busiest accounts, wherever one has room that no other label takes."""
    taken: list[tuple[float, float, float, float]] = []
    across = _width(len(nodes))
    wanted = nodes[: _LABELLED if len(nodes) > _FEW else _FEW]
    taken += [(x - r, y - r, x + r, y + r) for x, y, r in (spots[n.account] for n in wanted)]
    for node in wanted:
        x, y, size = spots[node.account]
        text = short(names[node.account], _LONGEST_LABEL)
        wide = width_of(text)
        for dx, dy, anchor in (
            (size + 3, 4, "start"), (-size - 3, 4, "end"), (0, -size - 4, "middle"),
            (0, size + 12, "middle"),
        ):  # fmt: skip
            left = x + dx - {"start": 0, "end": wide, "middle": wide / 2}[anchor]
            box = (left, y + dy - 10, left + wide, y + dy + 3)
            inside = box[0] > 4 and box[2] < across - 4 and box[1] > 0 and box[3] < tall
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                yield node.account, (x + dx, y + dy, anchor, text)
                break


def _overlap(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _letters(nodes: Sequence[Node], spots: Spots) -> Iterator[str]:
    """Yield the letter of each larger community, in the middle of it."""
    if len(nodes) <= _FEW:
        return
    members: dict[int, list[int]] = {}
    for node in nodes:
        members.setdefault(node.community, []).append(node.account)
    taken: list[tuple[float, float]] = []
    for community, accounts in sorted(members.items())[:_KEYS]:
        xs, ys = (sorted(spots[one][axis] for one in accounts) for axis in (0, 1))
        x, y = xs[len(xs) // 2], ys[len(ys) // 2]
        free = all(abs(x - x1) > 24 or abs(y - y1) > 24 for x1, y1 in taken)
        if len(accounts) >= _LETTERED and free:
            taken.append((x, y))
            more = f" font-weight='bold' {_HALO} pointer-events='none'"
            text = words(x, y + 7, letters(community), size=20, anchor="middle", more=more)
            yield f"<g class='label'>{text}</g>"


def _key(nodes: Sequence[Node], tall: int, wording: Wording) -> Iterator[str]:
    """Yield the key under the picture: each community's mark, letter and number of accounts."""
    sizes = Counter(node.community for node in nodes)
    x, y = 20.0, tall + 18
    shown = 0
    for community in sorted(sizes)[:_KEYS]:
        text = wording.tell("{letter}: {n} accounts", letter=letters(community), n=sizes[community])
        if x + width_of(text) > _width(len(nodes)) - 150:
            break
        yield mark(community, x + 6, y - 4, 6, community)
        yield words(x + 17, y, text)
        x += 34 + width_of(text)
        shown += 1
    more = len(sizes) - shown
    if more:
        yield words(x, y, wording.tell("and {n} smaller ones", n=more), colour="muted")
