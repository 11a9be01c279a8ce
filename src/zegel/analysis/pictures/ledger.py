"""The ledger as a picture: how much of each exhibit, account or day ended in which state.

Shares are drawn to one scale. What would be too thin to be seen is drawn a little wider, so that no
state is lost to the eye; the table beside the picture has the numbers, and is what is read aloud.
States differ by pattern as well as by colour. Names come from the evidence and are escaped; nothing
is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape as escape_markup

from zegel.analysis.pictures.svg import escape

UNREAD = "unread"
_FILLS: Mapping[str, tuple[str, str]] = {
    "readable": ("#2e7d4f", ""),
    "not encrypted": ("#3f7fb0", "dots"),
    "partly readable": ("#8a9a2b", "rising"),
    "no key": ("#b3402f", "rising"),
    "key locked": ("#8a4fa3", "falling"),
    "damaged": ("#d0661a", "upright"),
    "unsupported": ("#b58a00", "level"),
    "not a message": ("#8a8a8a", "dots"),
    UNREAD: ("#ffffff", "cross"),
}
"""Colour and pattern of each state."""
_PATTERNS: Mapping[str, str] = {
    "dots": "<circle cx='4' cy='4' r='1.3'/>",
    "rising": "<path d='M-2 2 2 -2M0 8 8 0M6 10 10 6'/>",
    "falling": "<path d='M-2 6 2 10M0 0 8 8M6 -2 10 2'/>",
    "upright": "<path d='M4 0V8'/>",
    "level": "<path d='M0 4H8'/>",
    "cross": "<path d='M0 0 8 8M8 0 0 8'/>",
}
_TEXT = "font-family='sans-serif' font-size='12' fill='currentColor'"
_WIDTH, _NUMBER = 960, 90
_LETTER, _MARGIN = 7.0, 24
"""Width of a letter, as wide as most fonts have it, and what stands around a name."""
_BAR, _STEP = 18, 28
_THINNEST = 2.0
_LONGEST_LABEL = 34
_MOST_TICKS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One row of a cut."""

    name: str
    states: Mapping[str, int]
    unread: int = 0
    href: str = ""
    """Where a click leads; nothing of the evidence stands in it."""
    hrefs: Mapping[str, str] = field(default_factory=dict)
    """Where a click on a state of it leads."""

    @property
    def parts(self) -> list[tuple[str, int]]:
        """Its states in the order in which they are drawn, unread last; none that is empty."""
        counts = {**self.states, UNREAD: self.unread}
        return [(state, counts[state]) for state in _FILLS if counts.get(state)]

    @property
    def total(self) -> int:
        """Everything found in it."""
        return sum(count for _, count in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the picture says, in the reader's language."""

    title: str
    states: Mapping[str, str]
    number: Callable[[int], str] = str

    def of(self, state: str) -> str:
        """Return the word for a state."""
        return self.states.get(state, state)


def ledger_bars(shares: Sequence[Share], words: Words) -> str:
    """Draw a bar a row, divided by state, each with its name and number."""
    legend, below = _legend(shares, words)
    most = max((share.total for share in shares), default=0) or 1
    longest = max((len(share.name) for share in shares), default=0)
    left = _MARGIN + _LETTER * min(longest, _LONGEST_LABEL)
    room = _WIDTH - left - _NUMBER
    body = []
    for place, share in enumerate(shares):
        y = below + place * _STEP
        label = share.name
        if len(label) > _LONGEST_LABEL:
            label = f"{label[: _LONGEST_LABEL - 1]}…"
        text = (
            f"<text x='{left - 10:.0f}' y='{y + 14}' text-anchor='end' {_TEXT}>"
            f"<title>{escape(share.name)}</title>{escape(label)}</text>"
        )
        body.append(_linked(text, share.href))
        x = left
        for state, wide in _widths(share, room * share.total / most):
            rect = f"<rect x='{x:.2f}' y='{y}' width='{wide:.2f}' height='{_BAR}'"
            body.append(_segment(share, state, rect, words))
            x += wide
        body.append(
            f"<text x='{x + 8:.1f}' y='{y + 14}' {_TEXT}>{words.number(share.total)}</text>"
        )
    return _picture(below + max(1, len(shares)) * _STEP, words, [*legend, *body])


def ledger_columns(shares: Sequence[Share], words: Words, height: int = 220) -> str:
    """Draw a column a row, for many rows in a row, as days; some of them are named."""
    legend, below = _legend(shares, words)
    most = max((share.total for share in shares), default=0) or 1
    left, bottom = 60, below + height
    room = (_WIDTH - left - 10) / max(1, len(shares))
    body = [
        f"<path d='M{left} {bottom}H{_WIDTH - 10}' stroke='currentColor'/>",
        _beside(left, below + 10, words.number(most)),
        _beside(left, bottom, "0"),
    ]
    every = max(1, -(-len(shares) // _MOST_TICKS))
    for place, share in enumerate(shares):
        x, y = left + place * room, float(bottom)
        for state, tall in _widths(share, height * share.total / most):
            y -= tall
            rect = (
                f"<rect x='{x:.2f}' y='{y:.2f}' width='{max(room - 1, 0.8):.2f}'"
                f" height='{tall:.2f}'"
            )
            body.append(_segment(share, state, rect, words))
        if place % every == 0:
            body.append(f"<text x='{x:.1f}' y='{bottom + 16}' {_TEXT}>{escape(share.name)}</text>")
    return _picture(bottom + 26, words, [*legend, *body])


def _beside(x: int, y: int, said: str) -> str:
    return f"<text x='{x - 8}' y='{y}' text-anchor='end' {_TEXT}>{said}</text>"


def _widths(share: Share, whole: float) -> list[tuple[str, float]]:
    """Return how wide each state of a row is drawn."""
    total = share.total or 1
    return [(state, max(_THINNEST, whole * count / total)) for state, count in share.parts]


def _segment(share: Share, state: str, rect: str, words: Words) -> str:
    counts = dict(share.parts)
    said = f"{escape(share.name)}, {escape(words.of(state))}: {words.number(counts[state])}"
    return _linked(
        f"{rect} {_fill(state)}><title>{said}</title></rect>{_pattern(state, rect)}",
        share.hrefs.get(state, ""),
    )


def _fill(state: str) -> str:
    name = state.replace(" ", "-")
    return f"class='state-{name}' fill='{_FILLS[state][0]}' stroke='#00000055'"


def _pattern(state: str, rect: str) -> str:
    pattern = _FILLS[state][1]
    return f"{rect} fill='url(#ledger-{pattern})' pointer-events='none'/>" if pattern else ""


def _linked(shape: str, href: str) -> str:
    if not href:
        return shape
    # Whoever goes by keyboard finds the same links in the table beside the picture.
    return f"<a href='{escape_markup(href, quote=True)}' tabindex='-1'>{shape}</a>"


def _legend(shares: Sequence[Share], words: Words) -> tuple[list[str], int]:
    """Return the legend of the states that occur, and where the picture begins below it."""
    there = {state for share in shares for state, _ in share.parts}
    drawn, x, y = [], 10.0, 12
    for state in (state for state in _FILLS if state in there):
        said = words.of(state)
        wide = 34 + 7.2 * len(said)
        if x + wide > _WIDTH:
            x, y = 10.0, y + 24
        rect = f"<rect x='{x:.1f}' y='{y - 11}' width='14' height='14'"
        drawn.append(f"{rect} {_fill(state)}/>{_pattern(state, rect)}")
        drawn.append(f"<text x='{x + 20:.1f}' y='{y + 1}' {_TEXT}>{escape(said)}</text>")
        x += wide
    return drawn, y + 20


def _picture(height: int, words: Words, body: Sequence[str]) -> str:
    patterns = "".join(
        f"<pattern id='ledger-{name}' width='8' height='8' patternUnits='userSpaceOnUse'"
        f" fill='#00000066' stroke='#00000066' stroke-width='1.2'>{shape}</pattern>"
        for name, shape in _PATTERNS.items()
    )
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {height}'"
        f" width='{_WIDTH}' height='{height}' aria-hidden='true' class='ledger'>"
        f"<title>{escape(words.title)}</title><defs>{patterns}</defs>{''.join(body)}</svg>\n"
    )
