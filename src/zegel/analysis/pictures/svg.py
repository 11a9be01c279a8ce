"""What all pictures are made of: text, lines, marks and links, framed by title and caption.

Presentation attributes and classes only (SVG 2, section 6.6): a page that forbids styles in its
markup shows them as they are.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape as escape_markup

from zegel.analysis.sheets import Target

INK, MUTED, LINE, GROUND, WARN = "#1f2328", "#57606a", "#d0d7de", "#ffffff", "#b00020"
BAR = "#2b6ca3"
COLOURS = ("#2b6ca3", "#b5532c", "#2f7d4f", "#7a4fa3", "#8a6d00", "#a8326e", "#1b7f8c", "#5b5b5b")
"""Told apart in print and by eyes that see few colours, with the shapes beside them."""
_LETTER = 6.1
"""Width of a letter of 11 pixels, on the whole."""

Href = Callable[[Target], str | None]
"""Where a page leads to; None where it leads nowhere."""


def nowhere(_target: Target) -> str | None:
    """Lead nowhere: a picture that stands alone."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What a picture says of itself."""

    title: str
    lines: tuple[str, ...] = ()
    """Under it: which investigation, its root, what was left out."""
    warning: str = ""


def escape(text: str) -> str:
    """Return text of the evidence as text of XML, which knows no control characters."""
    if text.isprintable():
        return escape_markup(text)
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return escape_markup(shown)


def short(name: str, most: int = 40) -> str:
    """Return a name of at most so many letters."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def width_of(text: str, size: float = 11) -> float:
    """Return about how wide text is drawn."""
    wide = sum(1.75 if ord(c) > 0x1100 else 1.0 for c in text)
    return wide * _LETTER * size / 11


def words(
    x: float,
    y: float,
    text: str,
    *,
    colour: str = "ink",
    size: int = 11,
    anchor: str = "start",
    more: str = "",
) -> str:
    """Return a line of text; `more` is further attributes."""
    fill = {"ink": INK, "muted": MUTED, "warn": WARN, "on-bar": GROUND}[colour]
    where = "" if anchor == "start" else f" text-anchor='{anchor}'"
    return (
        f"<text x='{x:.1f}' y='{y:.1f}'{where} class='{colour}' fill='{fill}'"
        f" font-family='sans-serif' font-size='{size}'{more}>{escape(text)}</text>"
    )


def rule(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return a thin line of a grid."""
    return (
        f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' class='grid'"
        f" stroke='{LINE}'/>"
    )


def mark(shape: int, x: float, y: float, size: float, colour: int) -> str:
    """Return one of five shapes, as large as a circle of that radius, in one of eight colours."""
    paint = f"class='k{colour % len(COLOURS)}' fill='{COLOURS[colour % len(COLOURS)]}'"
    if shape % SHAPES == 0:
        return f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{size:.1f}' {paint}/>"
    corners, turned, scale = _CORNERS[shape % SHAPES - 1]
    points = " ".join(
        f"{x + size * scale * math.sin(angle):.1f},{y - size * scale * math.cos(angle):.1f}"
        for angle in (2 * math.pi * (n + turned) / corners for n in range(corners))
    )
    return f"<polygon points='{points}' {paint}/>"


_CORNERS = ((4, 0.5, 1.25), (3, 0.0, 1.55), (4, 0.0, 1.3), (3, 0.5, 1.55))
SHAPES = 1 + len(_CORNERS)
"""Circle, square, triangle, diamond, triangle upside down."""


def linked(body: str, href: str | None, *, said: str, reached: bool = False, more: str = "") -> str:
    """Return something with the words that name it, and as a link where it leads anywhere.

    `reached` says whether the tab key stops at it; a table leads to the rest.
    """
    inner = f"<title>{escape(said)}</title>{body}"
    if href is None:
        return f"<g{more}>{inner}</g>"
    tab = "" if reached else " tabindex='-1'"
    return f"<a href='{escape(href)}'{tab}{more}>{inner}</a>"


def framed(
    width: int, height: float, body: Sequence[str], told: Caption, *, live: bool = False
) -> str:
    """Return a whole picture: `body` between its title and its caption, on a white ground.

    A live one stands in a page: its links are reached one by one.
    """
    titles = textwrap.wrap(told.title, max(20, int((width - 40) / 8.2))) or [""]
    notes = [
        line for one in told.lines for line in textwrap.wrap(one, int((width - 40) / 5.6)) or [""]
    ]
    head = [words(20, 26 + 20 * n, line, size=15, more=" font-weight='bold'")
            for n, line in enumerate(titles)]  # fmt: skip
    top = 20 + 20 * len(titles)
    if told.warning:
        head.append(words(20, top + 8, told.warning, colour="warn", more=" font-weight='bold'"))
        top += 20
    foot = top + height + 14
    tail = [words(20, foot + 15 * n, line, colour="muted") for n, line in enumerate(notes)]
    whole = foot + 15 * len(notes)
    role = "group" if live else "img"
    return "".join(
        [
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {whole:.0f}'"
            f" width='{width}' height='{whole:.0f}' role='{role}'"
            f" aria-label='{escape(told.title)}'>",
            f"<title>{escape(told.title)}</title>" if not live else "",
            f"<rect width='100%' height='100%' class='ground' fill='{GROUND}'/>",
            *head,
            f"<g transform='translate(0 {top:.0f})'>",
            *body,
            "</g>",
            *tail,
            "</svg>\n",
        ]
    )
