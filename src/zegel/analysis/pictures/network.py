"""Draws who wrote with whom.

A line between two accounts is as wide at each end as its account wrote messages to the other, so
it tells how much and which way in one; where only one wrote it ends in a point (tapered edges:
Holten and van Wijk, CHI 2009). A community has a colour and a shape of its own, and its letter
stands in the key.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from zegel.analysis.network import Edge, Network, Node
from zegel.analysis.pictures.labels import (
    LETTERED,
    Spots,
    beside,
    called,
    label_text,
    labels,
    letter_text,
    letters,
    middles,
)
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
    width_of,
    words,
)
from zegel.analysis.wording import Wording

_ROOM = 70
MOST_LINES = 4000
"""Lines in one picture; the thinnest are left out, and the table has them."""
TOLD_APART = len(COLOURS) * SHAPES
"""Communities with a colour and shape of their own; the rest are small grey circles."""

Names = Sequence[str]


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
    size = _width(len(drawn.nodes)), _height(len(drawn.nodes))
    spots, short_names = _spots(drawn.nodes, size), called(drawn.nodes, names)
    if any(name != names[account] for account, name in short_names.items()):
        told = replace(told, lines=(*told.lines, wording.say(_SHORT)))
    middle = middles(drawn.nodes, spots)
    placed = dict(labels(drawn.nodes, spots, short_names, size, middle))
    body = ["<g class='contacts'>", *_lines(drawn, spots, names, wording, href), "</g>"]
    body.append("<g class='accounts'>")
    for node in reversed(drawn.nodes):  # the busiest above the others
        at = placed.get(node.account)
        inner = _mark(node, spots[node.account])
        if at is not None:
            inner += label_text(at)
        elif live:
            name = short_names[node.account]
            inner += label_text(beside(spots[node.account], name, size[0]), hidden=True)
        target = href(("account", node.account))
        said = _said(node, names, wording)
        body.append(linked(inner, target, said=said, reached=at is not None, more=_CLASS))
    body += ["</g>", *(letter_text(*one) for one in middle), *_key(drawn.nodes, size, wording)]
    return framed(size[0], size[1] + 34, body, told, live=live)


_SHORT = "Labels are what stands before the @."
_CLASS = " class='account'"


def _height(accounts: int) -> int:
    """Return a height that gives few accounts no empty hall."""
    return min(1000, 300 + int(45 * math.sqrt(accounts)))


def _width(accounts: int) -> int:
    return min(1160, 640 + int(60 * math.sqrt(accounts)))


def _spots(nodes: Sequence[Node], size: tuple[int, int]) -> dict[int, tuple[float, float, float]]:
    """Stretch the layout over the picture; the area of a mark is its share of messages."""
    most, (wide, tall) = max(node.messages for node in nodes), size
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
    thickest, faint = next(look for many, *look in _CROWDS if len(drawn.edges) <= many)
    for edge in reversed(drawn.edges[:MOST_LINES]):
        x1, y1, _ = spots[edge.one]
        x2, y2, _ = spots[edge.other]
        away = math.hypot(x2 - x1, y2 - y1) or 1.0
        across, along = (y1 - y2) / away, (x2 - x1) / away
        one, other = (_half(count, most, thickest) for count in (edge.forth, edge.back))
        opacity = min(0.85, faint + 0.5 * edge.messages / most)
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


_CROWDS = ((60, 9.0, 0.65), (300, 7.0, 0.5), (1500, 4.0, 0.3), (10**9, 4.0, 0.22))
"""Up to how many lines: how thick the thickest is, and how opaque the thinnest."""


def _half(count: int, most: int, thickest: float) -> float:
    """Return half the width of a line at the end that wrote so many; a hair where none."""
    return 0.12 if not count else max(0.4, thickest / 2 * math.sqrt(count / most))


def _told(edge: Edge, names: Names, wording: Wording) -> str:
    when = f"{wording.minute(edge.first_ns)} … {wording.minute(edge.last_ns)}"
    return (
        f"{names[edge.one]} → {names[edge.other]}: {wording.number(edge.forth)}; "
        f"{names[edge.other]} → {names[edge.one]}: {wording.number(edge.back)}; {when}"
    )


def _said(node: Node, names: Names, wording: Wording) -> str:
    return wording.tell(
        "{name}: sent {sent}, received {received}, contacts {contacts}, community {letter}",
        name=names[node.account],
        sent=node.sent,
        received=node.received,
        contacts=node.contacts,
        letter=letters(node.community),
    )


def _mark(node: Node, spot: tuple[float, float, float]) -> str:
    x, y, size = spot
    if node.community >= TOLD_APART:
        return (
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{size:.1f}' class='rest' fill='{MUTED}'"
            f" stroke='{GROUND}' stroke-width='0.8'/>"
        )
    drawn = mark(node.community, x, y, size, node.community)
    return drawn.replace("/>", f" stroke='{GROUND}' stroke-width='0.8'/>")


def _key(nodes: Sequence[Node], size: tuple[int, int], wording: Wording) -> Iterator[str]:
    """Yield the key under the picture: each community's mark, letter and number of accounts."""
    sizes = Counter(node.community for node in nodes)
    x, y = 20.0, size[1] + 18.0
    shown = 0
    for community in sorted(sizes)[:LETTERED]:
        text = wording.tell("{letter}: {n} accounts", letter=letters(community), n=sizes[community])
        if x + width_of(text) > size[0] - 150:
            break
        yield mark(community, x + 6, y - 4, 6, community)
        yield words(x + 17, y, text)
        x += 34 + width_of(text)
        shown += 1
    more = len(sizes) - shown
    if more:
        yield words(x, y, wording.tell("smaller ones: {n}", n=more), colour="muted")
