"""Draws how many messages there were, a bar for each step of time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from zegel.analysis.pictures.svg import (
    BAR,
    Caption,
    Href,
    escape,
    framed,
    linked,
    nowhere,
    rule,
    words,
)
from zegel.analysis.sheets import Row, Sheet
from zegel.analysis.timeline import Step
from zegel.analysis.wording import Wording
from zegel.analysis.zones import local

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _BOTTOM = 960, 300, 64, 20, 46
_WIDEST_BAR = 60


def timeline_picture(
    steps: Sequence[Step],
    told: Caption,
    wording: Wording = Wording(),  # noqa: B008  # frozen
    *,
    href: Href = nowhere,
    live: bool = False,
) -> str:
    """Draw one bar per step; labels stand where there is room for them."""
    if not steps:
        empty = [words(_LEFT, 30, wording.say("No messages."))]
        return framed(_WIDTH, 60, empty, told, live=live)
    most = max(1, *(step.messages for step in steps))
    wide = min(_WIDEST_BAR, (_WIDTH - _LEFT - _RIGHT) / len(steps))
    body = [*_scale(most, wording), *_labels(steps, wide)]
    for place, step in enumerate(steps):
        body.append(_bar(place, step, most, wide, wording, href))
    return framed(_WIDTH, _HEIGHT, body, told, live=live)


def _bar(place: int, step: Step, most: int, wide: float, wording: Wording, href: Href) -> str:
    """Return a bar as high as its share, before a ground as high as the picture: easy to hit."""
    whole = _HEIGHT - _BOTTOM
    tall = whole * step.messages / most
    if step.messages:
        tall = max(tall, 1.0)  # one message among thousands is seen
    x, gap = _LEFT + place * wide, min(1.5, wide / 5)
    said = wording.tell("{step}: {n}", step=step.name, n=step.messages)
    bar = (
        f"<rect x='{x:.2f}' y='0' width='{wide:.2f}' height='{whole}' class='hit' fill='none'"
        " pointer-events='all'/>"
        f"<rect x='{x:.2f}' y='{whole - tall:.2f}' width='{wide - gap:.2f}' height='{tall:.2f}'"
        f" class='bar' fill='{BAR}'/>"
    )
    begin, end = (
        local(wording.zone, at).isoformat(timespec="seconds") for at in (step.start_ns, step.end_ns)
    )
    more = f" class='step' data-from='{escape(begin)}' data-until='{escape(end)}'"
    target = href(("step", place)) if step.messages else None
    return linked(bar, target, said=said, more=more)


def _scale(most: int, wording: Wording) -> Iterator[str]:
    whole = _HEIGHT - _BOTTOM
    for value in ticks(most):
        y = whole - whole * value / most
        yield rule(_LEFT, y, _WIDTH - _RIGHT, y)
        yield words(_LEFT - 6, y + 4, wording.number(value), colour="muted", anchor="end")


def ticks(most: int) -> list[int]:
    """Return three to six round numbers from 0 up to `most`."""
    rough = most / 4
    power = 10 ** math.floor(math.log10(rough)) if rough >= 1 else 1
    every = next(n * power for n in (1, 2, 5, 10) if n * power >= rough)
    return list(range(0, most + 1, max(1, int(every))))


def _labels(steps: Sequence[Step], wide: float) -> Iterator[str]:
    """Name as many steps as there is room for; each label begins under its bar."""
    room = 8 + 6.4 * max(len(step.name) for step in steps)
    every = max(1, math.ceil(room / wide))
    base = _HEIGHT - _BOTTOM
    for place in range(0, len(steps), every):
        x = _LEFT + place * wide
        yield rule(x, base, x, base + 5)
        if x + room < _WIDTH + 8:
            yield words(x, base + 18, steps[place].name, colour="muted")


def timeline_sheet(steps: Sequence[Step], wording: Wording, *, undated: int = 0) -> Sheet:
    """Return the same as a table: steps without messages are left out of it, and counted."""
    _ = wording.say
    rows = [
        Row(
            cells=(step.name, wording.minute(step.start_ns), wording.minute(step.end_ns),
                   step.messages),
            target=("step", place),
        )
        for place, step in enumerate(steps)
        if step.messages
    ]  # fmt: skip
    empty = len(steps) - len(rows)
    note = wording.tell("Steps without messages: {n}.", n=empty) if empty else ""
    if undated:
        note += " " + wording.tell("Messages without a date, in no step: {n}.", n=undated)
    return Sheet(
        name="timeline",
        title=_("Messages over time"),
        columns=(_("Step"), _("From"), _("Until"), _("Messages")),
        rows=rows,
        note=note.strip(),
    )
