"""Pictures of contacts and time as SVG: no script, no font, nothing loaded from elsewhere.

Every word in them comes from the evidence and is escaped. The same rows give the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape as escape_markup

from zegel.analysis.contacts import Contact

MOST_DRAWN = 40
"""Accounts in a picture of contacts: more cannot be told apart; the table has all."""
_LONGEST_LABEL = 40

_WARNING = "font-family='sans-serif' font-size='11' font-weight='bold' fill='#b00020'"
_STYLE = "font-family='sans-serif' font-size='11' fill='#222'"


def escape(text: str) -> str:
    """Return text of the evidence as text of XML, which knows no control characters."""
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return escape_markup(shown)


def _svg(width: int, height: int, title: str, body: Sequence[str]) -> str:
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}'"
        f" width='{width}' height='{height}' role='img'>"
        f"<title>{escape(title)}</title><rect width='100%' height='100%' fill='#fff'/>"
    )
    return head + "".join(body) + "</svg>\n"


def _heading(x: int, title: str, note: str, *, empty: bool) -> list[str]:
    """Return the title, a warning under it, and that there is nothing to draw where so."""
    lines = [f"<text x='{x}' y='20' {_STYLE} font-weight='bold'>{escape(title)}</text>"]
    if note:
        lines.append(f"<text x='{x}' y='35' {_WARNING}>{escape(note)}</text>")
    if empty:
        lines.append(f"<text x='{x}' y='70' {_STYLE}>No messages.</text>")
    return lines


def timeline_picture(steps: Sequence[tuple[str, int]], title: str, *, note: str = "") -> str:
    """Draw one bar per step; every label stands where there is room for it."""
    width, height, left, bottom, top = 960, 320, 50, 60, 55
    most = max((count for _, count in steps), default=1) or 1
    wide = (width - left - 20) / max(1, len(steps))
    body = _heading(left, title, note, empty=not steps)
    for line in sorted({0, most // 2, most}) if steps else ():
        y = height - bottom - (height - bottom - top) * line / most
        body.append(
            f"<line x1='{left}' x2='{width - 20}' y1='{y:.1f}' y2='{y:.1f}' stroke='#ddd'/>"
            f"<text x='{left - 6}' y='{y + 4:.1f}' text-anchor='end' {_STYLE}>{line}</text>"
        )
    every = max(1, math.ceil(len(steps) / 12))
    for place, (name, count) in enumerate(steps):
        tall = (height - bottom - top) * count / most
        x = left + place * wide
        body.append(
            f"<rect x='{x:.2f}' y='{height - bottom - tall:.2f}' width='{max(wide - 1, 0.5):.2f}'"
            f" height='{tall:.2f}' fill='#3b6ea5'><title>{escape(name)}: {count}</title></rect>"
        )
        if place % every == 0 and x < width - 70:
            body.append(
                f"<text x='{x:.1f}' y='{height - bottom + 16}' {_STYLE}"
                f" transform='rotate(25 {x:.1f} {height - bottom + 16})'>{escape(name)}</text>"
            )
    return _svg(width, height, title, body)


def contacts_picture(found: Sequence[Contact], title: str, *, note: str = "") -> str:
    """Draw accounts on a circle, a line between two that wrote, wider the more they did."""
    if not found:
        return _svg(560, 90, title, _heading(20, title, note, empty=True))
    weight: dict[str, int] = {}
    for contact in found:
        for name in (contact.sender, contact.recipient):
            weight[name] = weight.get(name, 0) + contact.messages
    drawn = sorted(weight, key=lambda name: (-weight[name], name))[:MOST_DRAWN]
    longest = max((len(name) for name in drawn), default=0)
    radius = 230
    size = 2 * (radius + 20 + 7 * min(longest, _LONGEST_LABEL)) + 40
    at = {
        name: (
            size / 2 + radius * math.cos(2 * math.pi * place / len(drawn)),
            size / 2 + radius * math.sin(2 * math.pi * place / len(drawn)),
        )
        for place, name in enumerate(drawn)
    }
    pairs: dict[tuple[str, str], int] = {}
    for contact in found:
        if contact.sender in at and contact.recipient in at:
            pair = tuple(sorted((contact.sender, contact.recipient)))
            pairs[pair[0], pair[1]] = pairs.get((pair[0], pair[1]), 0) + contact.messages
    most = max(pairs.values(), default=1)
    left_out = len(weight) - len(drawn)
    more = f" ({left_out} accounts with fewer messages not drawn)" if left_out else ""
    body = _heading(20, title + more, note, empty=False)
    body.append(
        f"<text x='20' y='{size - 12}' {_STYLE}>The widest line: {most:,} messages, both ways"
        " together.</text>"
    )
    for (one, other), count in sorted(pairs.items()):
        (x1, y1), (x2, y2) = at[one], at[other]
        wide = 0.6 + 7 * count / most
        body.append(
            f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='#3b6ea5'"
            f" stroke-opacity='0.55' stroke-width='{wide:.2f}'>"
            f"<title>{escape(one)} - {escape(other)}: {count}</title></line>"
        )
    for name, (x, y) in at.items():
        angle = math.degrees(math.atan2(y - size / 2, x - size / 2))
        turned = angle + 180 if abs(angle) > 90 else angle
        anchor, away = ("end", -10) if abs(angle) > 90 else ("start", 10)
        body.append(
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='5' fill='#b5452c'/>"
            f"<text x='{x + away:.1f}' y='{y + 4:.1f}' text-anchor='{anchor}' {_STYLE}"
            f" transform='rotate({turned:.1f} {x:.1f} {y:.1f})'>{escape(_short(name))}</text>"
        )
    return _svg(size, size, title, body)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"
