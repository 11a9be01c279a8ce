"""Use cases inside one investigation: to look rather than read, and to go from there to messages.

Pictures are drawn of the sealed tables; what was asked, and the names of what was shown, enter the
log first. A picture that leaves as a file is an act of its own, with the file's digest.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256

import pyarrow.compute as pc

from zegel.analysis.pictures.svg import Href, nowhere
from zegel.analysis.sheets import Target, as_csv
from zegel.analysis.timeline import finer
from zegel.analysis.traffic import Traffic
from zegel.analysis.wording import Wording
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.service.columns import traffic_of
from zegel.service.door import Who, enter
from zegel.service.drawn import (
    Ground,
    Picture,
    account_of,
    draw,
    gaps_in,
    instants,
    settled,
    steps_of,
)
from zegel.service.looks import (
    CLOCKS,
    HOURS,
    NETWORK,
    TIMELINE,
    Look,
    asks_for,
    between,
    check,
    queried,
)

ENGLISH = Wording()
SVG = "svg"


def draw_picture(
    inv: Investigation,
    look: Look,
    *,
    wording: Wording = ENGLISH,
    href: Href = nowhere,
    live: bool = False,
    who: Who = None,
) -> Picture:
    """Return a picture and its tables; `href` gives the links of one that stands in a page."""
    check(look)
    with enter(inv, "picture drawn", who, look.facts()) as visit:
        drawn = draw(Ground(inv=inv, look=look, wording=wording, href=href, live=live))
        visit.write(shown=drawn.shown)
    return drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A picture or a table of one as a file."""

    name: str
    content: bytes = field(repr=False)
    media_type: str


def export_picture(
    inv: Investigation, look: Look, form: str, *, wording: Wording = ENGLISH, who: Who = None
) -> Export:
    """Return a picture as a file that stands alone: `svg`, or CSV of the table that `form` names.

    Both say which investigation they are of, its root, and what was left out.
    """
    check(look)
    with enter(inv, "picture exported", who, {**look.facts(), "form": form}) as visit:
        drawn = draw(Ground(inv=inv, look=look, wording=wording, href=nowhere, live=False))
        export = _exported(drawn, form, wording)
        digest = sha256(export.content).hexdigest()
        visit.write({"sha256": digest}, shown=drawn.shown)
    return export


def _exported(drawn: Picture, form: str, wording: Wording) -> Export:
    if form == SVG:
        content = drawn.svg.encode("utf-8")
        return Export(name=f"{drawn.look.picture}.svg", content=content,
                      media_type="image/svg+xml")  # fmt: skip
    sheet = next((one for one in drawn.sheets if one.name == form), None)
    if sheet is None:
        names = ", ".join([SVG, *(one.name for one in drawn.sheets)])
        raise UsageError("this picture has no such table", next_step=f"One of {names}.")
    guard = wording.say(
        "An apostrophe stands before text that a spreadsheet would take for a formula: text that"
        " begins with = + - @, a tab or a line end."
    )
    notes = [line for line in (drawn.told.title, drawn.told.warning, *drawn.told.lines, sheet.note,
                               guard) if line]  # fmt: skip
    return Export(
        name=f"{drawn.look.picture}-{sheet.name}.csv",
        content=as_csv(sheet, notes),
        media_type="text/csv; charset=utf-8",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What a click on a picture means."""

    look: Look
    """The picture of that part: its period in finer steps, or grown from that account."""
    query: str | None = field(repr=False)
    """A search for its messages; None where the query language cannot name the account."""


def follow_picture(
    inv: Investigation,
    look: Look,
    target: Target | None = None,
    *,
    wording: Wording = ENGLISH,
    who: Who = None,
) -> Followed:
    """Return what a part of a picture leads to; without `target`, the picture itself.

    A picture over time gets its period and step fixed, so that the same parts are meant by the
    same numbers even where the search it is about finds more tomorrow.
    """
    check(look)
    with enter(inv, "picture followed", who, look.facts()) as visit:
        ground = Ground(inv=inv, look=look, wording=wording, href=nowhere, live=False)
        fixed = _settled(ground)
        ground = replace(ground, look=fixed)
        followed = Followed(look=fixed, query=queried(fixed))
        if target is not None:
            followed = _followed(ground, target)
        visit.write()
    return followed


def _settled(ground: Ground) -> Look:
    look = ground.look
    if look.picture == TIMELINE:
        dated = instants(ground.found())
        return settled(look, dated[0] if dated else None, dated[-1] if dated else None)
    if look.picture == CLOCKS:
        bounds = pc.min_max(gaps_in(ground.inv, look)["at_ns"]).as_py()
        return settled(look, bounds["min"], bounds["max"])
    found = traffic_of(ground.inv)
    if look.account:
        return replace(look, account=found.accounts[account_of(found, look.account)])
    return look


def _followed(ground: Ground, target: Target) -> Followed:
    look, (kind, *places) = ground.look, target
    numbers = [place for place in places if isinstance(place, int)]
    if kind == "step" and look.picture in (TIMELINE, CLOCKS):
        steps = steps_of(look, [], ground.wording.zone)
        step = steps[_within(numbers, len(steps))]
        part = replace(look, start_ns=step.start_ns, end_ns=step.end_ns, by=finer(look.by))
        also = [asks_for(look.account, "account") or ""] if look.account else []
        return Followed(look=part, query=queried(part, *also))
    found = traffic_of(ground.inv)
    if look.picture == CLOCKS and kind == "account":
        return _mailbox(look, found.accounts[_within(numbers, len(found.accounts))])
    if look.picture == NETWORK:
        return _in_network(look, found, str(kind), numbers)
    if look.picture == HOURS:
        return _in_week(ground, found, str(kind), numbers)
    raise _nothing()


def _nothing() -> UsageError:
    return UsageError("there is no such part of the picture", next_step="Draw it anew.")


def _mailbox(look: Look, name: str) -> Followed:
    asked = asks_for(name, "account")
    query = None if asked is None else queried(look, asked)
    return Followed(look=replace(look, account=name), query=query)


def _within(numbers: list[int], size: int) -> int:
    if not numbers or not 0 <= numbers[0] < size:
        raise _nothing()
    return numbers[0]


def _in_network(look: Look, found: Traffic, kind: str, numbers: list[int]) -> Followed:
    name = found.accounts[_within(numbers, len(found.accounts))]
    if kind not in ("account", "contact"):
        raise _nothing()
    if kind == "account":
        asked = asks_for(name, "with")
        query = None if asked is None else queried(look, asked)
        return Followed(look=replace(look, account=name), query=query)
    other = found.accounts[_within(numbers[1:], len(found.accounts))]
    asked = between((name, other))
    return Followed(look=look, query=None if asked is None else queried(look, asked))


def _in_week(ground: Ground, found: Traffic, kind: str, numbers: list[int]) -> Followed:
    look, zone = ground.look, ground.wording.zone_name
    if kind not in ("day", "hour", "account", "account day", "account hour"):
        raise _nothing()
    sender = look.account
    if kind.startswith("account"):
        sender = found.accounts[_within(numbers, len(found.accounts))]
        numbers = numbers[1:]
    fields = []
    if sender:
        asked = asks_for(sender, "from")
        if asked is None:
            return Followed(look=replace(look, account=sender), query=None)
        fields.append(asked)
    if kind in ("day", "hour", "account day"):
        fields.append(f'weekday:"{_within(numbers, 7) + 1} {zone}"')
        numbers = numbers[1:]
    if kind in ("hour", "account hour"):
        fields.append(f'hour:"{_within(numbers, 24)} {zone}"')
    return Followed(look=replace(look, account=sender), query=queried(look, *fields))
