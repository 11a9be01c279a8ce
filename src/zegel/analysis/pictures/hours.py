"""Draws at which hours and on which weekdays accounts wrote: heat maps, the darker the more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zegel.analysis.hours import Week
from zegel.analysis.pictures.svg import (
    Caption,
    Href,
    framed,
    linked,
    nowhere,
    short,
    words,
)
from zegel.analysis.sheets import Row, Sheet, Target
from zegel.analysis.wording import Wording

MOST_ROWS = 30
"""Accounts under the week of all; the table has the others."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LEFT, _TOP, _CELL, _TALL = 210, 22, 29, 26
_DAYS_AT = _LEFT + 24 * _CELL + 18
_WIDTH = _DAYS_AT + 7 * _CELL + 20
SHADES = ("#f3f5f7", "#dbe7f1", "#b5cee2", "#86afd0", "#3f7aab", "#1d4f7c")
"""None, then five equal parts of the most; text on the last two is white."""
_ON_DARK = 4


def hours_picture(
    weeks: Sequence[Week],
    names: Sequence[str],
    told: Caption,
    wording: Wording = Wording(),  # noqa: B008  # frozen
    *,
    href: Href = nowhere,
    live: bool = False,
) -> str:
    """Draw the first week hour by hour, and under it the hours and the days of the others."""
    _ = wording.say
    if not weeks or not weeks[0].messages:
        return framed(_WIDTH, 60, [words(20, 30, _("No messages."))], told, live=live)
    whole, rest = weeks[0], weeks[1 : 1 + MOST_ROWS]
    body = [*_head(_TOP, wording), *_grid(whole, wording, href)]
    y = _TOP + 7 * _TALL + 44
    if rest:
        body += _head(y, wording)
        body += [words(_DAYS_AT + day * _CELL + _CELL / 2, y - 8, _(name)[:2], colour="muted",
                       anchor="middle") for day, name in enumerate(DAYS)]  # fmt: skip
    for week in rest:
        body += _account(week, y, names, wording, href)
        y += _TALL
    body += _key(y + 26, wording)
    return framed(_WIDTH, y + 40, body, told, live=live)


def _head(y: float, wording: Wording) -> Iterator[str]:
    yield words(20, y - 8, wording.tell("Hour ({zone})", zone=wording.zone_name), colour="muted")
    for hour in range(24):
        yield words(_LEFT + (hour + 0.5) * _CELL, y - 8, f"{hour:02}", colour="muted",
                    anchor="middle")  # fmt: skip


def _grid(week: Week, wording: Wording, href: Href) -> Iterator[str]:
    """Yield seven rows of 24 hours, each with its number."""
    most = max(week.hours)
    for day, name in enumerate(DAYS):
        y = _TOP + day * _TALL
        yield words(20, y + 17, wording.say(name))
        for hour in range(24):
            count = week.hours[day * 24 + hour]
            said = f"{wording.say(name)} {_span(hour)}: {wording.number(count)}"
            at = (_LEFT + hour * _CELL, y)
            yield _cell(at, count, most, said, href(("hour", day, hour)))


def _account(
    week: Week, y: float, names: Sequence[str], wording: Wording, href: Href
) -> Iterator[str]:
    """Yield one account's name, its 24 hours and its seven days."""
    account = week.account or 0
    name = names[account]
    said = wording.tell("{name}: sent {n}", name=name, n=week.messages)
    label = words(20, y + 17, short(name, 30))
    yield linked(label, href(("account", account)), said=said, reached=True)
    hours, days = week.by_hour(), week.by_day()
    for hour, count in enumerate(hours):
        at, target = (_LEFT + hour * _CELL, y), ("account hour", account, hour)
        said = f"{name}, {_span(hour)}: {wording.number(count)}"
        yield _cell(at, count, max(hours), said, href(target))
    for day, count in enumerate(days):
        at, target = (_DAYS_AT + day * _CELL, y), ("account day", account, day)
        said = f"{name}, {wording.say(DAYS[day])}: {wording.number(count)}"
        yield _cell(at, count, max(days), said, href(target))


def _cell(at: tuple[float, float], count: int, most: int, said: str, where: str | None) -> str:
    x, y = at
    shade = shade_of(count, most)
    text = ""
    if count:
        colour = "on-bar" if shade >= _ON_DARK else "ink"
        text = words(x + _CELL / 2 - 0.5, y + 16, _brief(count), size=9, anchor="middle",
                     colour=colour)  # fmt: skip
    box = (
        f"<rect x='{x + 0.5:.1f}' y='{y + 0.5:.1f}' width='{_CELL - 1.5}' height='{_TALL - 1.5}'"
        f" class='shade{shade}' fill='{SHADES[shade]}'/>"
    )
    return linked(box + text, where if count else None, said=said, more=" class='cell'")


def _span(hour: int) -> str:
    return f"{hour:02}:00-{hour:02}:59"


def _brief(count: int) -> str:
    """Return a number that fits into a cell."""
    if count < 10_000:
        return str(count)
    return f"{count // 1000}k" if count < 10_000_000 else f"{count // 1_000_000}M"


def shade_of(count: int, most: int) -> int:
    """Return 0 for none, else 1 to 5 by equal parts of the most."""
    return -(-count * (len(SHADES) - 1) // most) if most else 0


def _key(y: float, wording: Wording) -> Iterator[str]:
    yield words(20, y, wording.say("Share of a map's or a row's highest number:"), colour="muted")
    for shade in range(len(SHADES)):
        x = 300 + shade * 76
        yield (f"<rect x='{x}' y='{y - 11}' width='14' height='14' class='shade{shade}'"
               f" fill='{SHADES[shade]}'/>")  # fmt: skip
        percent = "0" if not shade else f"≤ {shade * 100 // (len(SHADES) - 1)} %"
        yield words(x + 19, y, percent, colour="muted")


def hours_sheets(
    weeks: Sequence[Week], names: Sequence[str], wording: Wording
) -> tuple[Sheet, Sheet]:
    """Return the first week hour by hour, and the hours and days of every account."""
    _ = wording.say
    whole, hours = weeks[0], tuple(f"{hour:02}" for hour in range(24))
    days = [
        Row(cells=(_(DAYS[day]), *whole.hours[day * 24 : day * 24 + 24]), target=("day", day))
        for day in range(7)
    ]
    accounts = [
        Row(cells=(names[week.account or 0], week.messages, *week.by_hour(), *week.by_day()),
            target=_of(week))
        for week in weeks[1:]
    ]  # fmt: skip
    zone = wording.tell("Hours are those of {zone}.", zone=wording.zone_name)
    return (
        Sheet(name="week", title=_("Weekdays and hours"), columns=(_("Day"), *hours), rows=days,
              note=zone),
        Sheet(
            name="accounts",
            title=_("Hours and weekdays per account"),
            columns=(_("Account"), _("Sent"), *hours, *map(_, DAYS)),
            rows=accounts,
            note=zone,
        ),
    )  # fmt: skip


def _of(week: Week) -> Target:
    return ("account", week.account or 0)
