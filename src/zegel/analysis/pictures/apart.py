"""Draws how far clocks stand from the trusted one, a panel for each site, over time.

Seconds and years stand in one picture, so the scale is logarithmic on both sides of 0; a mark is
the median of a stretch of time, the line through it reaches from its fifth to its 95th percentile.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from zegel.analysis.apart import Spread
from zegel.analysis.pictures.svg import (
    COLOURS,
    Caption,
    Href,
    framed,
    linked,
    mark,
    nowhere,
    rule,
    width_of,
    words,
)
from zegel.analysis.sheets import Row, Sheet, Target
from zegel.analysis.timeline import Step
from zegel.analysis.wording import Wording

_WIDTH, _LEFT, _RIGHT, _TALL, _GAP = 960, 74, 20, 280, 58
SCALE = ((10, "10 s"), (600, "10 min"), (3_600, "1 h"), (86_400, "1 d"), (2_592_000, "30 d"),
         (31_536_000, "1 y"))  # fmt: skip
MINUS = "\N{MINUS SIGN}"
_FURTHEST = 4 * 31_536_000
_PANELS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Gaps between clocks, counted in three ways; `of` is site, clock and what comes after."""

    by_site: Sequence[Spread]
    by_account: Sequence[Spread]
    over_time: Sequence[Spread]
    """`of` ends in where the step begins."""
    steps: Sequence[Step]


def apart_picture(
    found: Apart,
    told: Caption,
    wording: Wording = Wording(),  # noqa: B008  # frozen
    *,
    href: Href = nowhere,
    live: bool = False,
) -> str:
    """Draw a panel for each site, the busiest first."""
    sites = sites_of(found)[:_PANELS]
    if not sites:
        nothing = wording.say("No message has two clocks.")
        return framed(_WIDTH, 60, [words(20, 30, nothing)], told, live=live)
    clocks = clocks_of(found)
    body = list(_key(clocks, wording))
    y = 62.0
    for site in sites:
        body.append(words(20, y - 12, wording.tell("Site {site}", site=site), size=12,
                          more=" font-weight='bold'"))  # fmt: skip
        body += _axes(y, found.steps)
        rows = [one for one in found.over_time if one.of[0] == site]
        for one in rows:
            body.append(_stretch(one, y, clocks, found.steps, wording, href))
        y += _TALL + _GAP
    return framed(_WIDTH, y - 20, body, told, live=live)


def sites_of(found: Apart) -> list[str]:
    """Return the sites, the one with the most gaps first."""
    counts: dict[str, int] = {}
    for one in found.by_site:
        site = str(one.of[0])
        counts[site] = counts.get(site, 0) + one.count
    return sorted(counts, key=lambda site: (-counts[site], site))


def clocks_of(found: Apart) -> list[str]:
    """Return the clocks in order of trust, then those of other sites."""
    known = ("received", "stored", "inner", "date")
    return sorted(
        {str(one.of[1]) for one in found.by_site},
        key=lambda clock: (known.index(clock) if clock in known else len(known), clock),
    )


def clock_name(clock: str, wording: Wording) -> str:
    """Return what a clock is called in the reader's language."""
    if clock.startswith("received at "):
        return wording.tell("received here, after {site}", site=clock.removeprefix("received at "))
    return wording.say(_NAMES[clock])


_NAMES = {
    "received": "Received (server)",
    "stored": "stored (store)",
    "inner": "inner Date (protected)",
    "date": "Date (outer)",
}


def height(seconds: int) -> float:
    """Return where a gap stands between -1 and 1, by the logarithm of its size."""
    far = math.log1p(min(abs(seconds), _FURTHEST)) / math.log1p(_FURTHEST)
    return math.copysign(far, seconds)


def _axes(top: float, steps: Sequence[Step]) -> Iterator[str]:
    middle = top + _TALL / 2
    yield rule(_LEFT, middle, _WIDTH - _RIGHT, middle)
    yield words(_LEFT - 6, middle + 4, "0", colour="muted", anchor="end")
    for seconds, name in SCALE:
        for sign, shown in ((1, f"+{name}"), (-1, f"{MINUS}{name}")):
            y = middle - sign * height(seconds) * _TALL / 2
            yield rule(_LEFT, y, _WIDTH - _RIGHT, y)
            yield words(_LEFT - 6, y + 4, shown, colour="muted", anchor="end")
    room = 8 + 6.4 * max((len(step.name) for step in steps), default=1)
    wide = (_WIDTH - _LEFT - _RIGHT) / max(1, len(steps))
    every = max(1, math.ceil(room / wide))
    for place in range(0, len(steps), every):
        x = _LEFT + place * wide
        if x + room < _WIDTH + 8:
            yield words(x, top + _TALL + 16, steps[place].name, colour="muted")


def _stretch(
    one: Spread, top: float, clocks: Sequence[str], steps: Sequence[Step], wording: Wording,
    href: Href,
) -> str:  # fmt: skip
    """Return one clock's mark in one step, and the line from its fifth to its 95th percentile."""
    site, clock, start = one.of
    wide = (_WIDTH - _LEFT - _RIGHT) / max(1, len(steps))
    begins = [step.start_ns for step in steps]
    place, kind = begins.index(int(start)), clocks.index(str(clock))
    x = _LEFT + wide * (place + (kind + 1) / (len(clocks) + 1))
    low, middle, high = (
        top + _TALL / 2 - height(seconds) * _TALL / 2 for seconds in (one.low, one.middle, one.high)
    )
    name = clock_name(str(clock), wording)
    said = (
        f"{site}, {steps[place].name}, {name}: "
        f"{lasting(one.low)} … {lasting(one.middle)} … {lasting(one.high)} ({one.count})"
    )
    body = (
        f"<line x1='{x:.1f}' y1='{low:.1f}' x2='{x:.1f}' y2='{high:.1f}' class='s{kind % 8}'"
        f" stroke='{COLOURS[kind % 8]}' stroke-width='1.5'/>"
        f"{mark(kind, x, middle, min(4.5, max(2.0, wide / 4)), kind)}"
    )
    return linked(body, href(("step", place)), said=said, more=" class='gap'")


def lasting(seconds: int) -> str:
    """Return a gap in the two greatest units it has, with its sign: +5 d 3 h."""
    left = abs(seconds)
    parts: list[str] = []
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if left >= unit or (unit == 1 and not parts):
            parts.append(f"{left // unit} {name}")
            left %= unit
    sign = MINUS if seconds < 0 else "+" if seconds else ""
    return sign + " ".join(parts[:2])


def _key(clocks: Sequence[str], wording: Wording) -> Iterator[str]:
    x = 20.0
    for kind, clock in enumerate(clocks):
        name = clock_name(clock, wording)
        yield mark(kind, x + 6, 14, 5, kind)
        yield words(x + 17, 18, name)
        x += 36 + width_of(name)


def apart_sheets(
    found: Apart, wording: Wording, accounts: Mapping[str, int] | None = None
) -> tuple[Sheet, Sheet, Sheet]:
    """Return the gaps by site and clock, by account and clock, and over time.

    `accounts` are the numbers of those that lead to messages.
    """
    _ = wording.say
    numbers = (_("How many"), _("Least"), _("5 %"), _("Median"), _("95 %"), _("Most"))
    notes = wording.say("Seconds by which a clock is later than the trusted one.")
    names = {step.start_ns: (place, step.name) for place, step in enumerate(found.steps)}

    by_site = [Row(cells=_cells(one, wording)) for one in found.by_site]
    by_account = [
        Row(cells=_cells(one, wording), target=_mailbox(one, accounts or {}))
        for one in sorted(found.by_account, key=lambda one: (-abs(one.middle), *map(str, one.of)))
    ]
    over_time = [
        Row(cells=_cells(one, wording, names[int(one.of[2])][1]),
            target=("step", names[int(one.of[2])][0]))
        for one in found.over_time
    ]  # fmt: skip
    return (
        Sheet(name="sites", title=_("Clocks by site"), columns=(_("Site"), _("Clock"), *numbers),
              rows=by_site, note=notes),
        Sheet(name="accounts", title=_("Clocks by account"),
              columns=(_("Account"), _("Clock"), *numbers), rows=by_account, note=notes),
        Sheet(name="time", title=_("Clocks over time"),
              columns=(_("Site"), _("Clock"), _("Step"), *numbers), rows=over_time, note=notes),
    )  # fmt: skip


def _cells(one: Spread, wording: Wording, *step: str) -> tuple[str | int, ...]:
    named = str(one.of[0]), clock_name(str(one.of[1]), wording), *step
    return (*named, one.count, one.least, one.low, one.middle, one.high, one.most)


def _mailbox(one: Spread, accounts: Mapping[str, int]) -> Target | None:
    """Return what leads to an account's messages, where it is one that wrote or got any."""
    number = accounts.get(str(one.of[0]).lower())
    return None if number is None else ("account", number)
