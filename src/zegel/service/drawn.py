"""Makes each picture of what an investigation holds: what is counted, what is said under it.

Nothing here looks at rights or writes a log; `zegel.service.pictures` does, before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo

import pyarrow as pa
import pyarrow.compute as pc

from zegel.analysis.apart import over_time, spreads
from zegel.analysis.hours import Week, weeks
from zegel.analysis.network import Limits, network
from zegel.analysis.pictures.apart import Apart, apart_picture, apart_sheets
from zegel.analysis.pictures.hours import hours_picture, hours_sheets
from zegel.analysis.pictures.network import MOST_LINES, network_picture
from zegel.analysis.pictures.network_sheets import network_sheets
from zegel.analysis.pictures.svg import Caption, Href
from zegel.analysis.pictures.timeline import timeline_picture, timeline_sheet
from zegel.analysis.sheets import Sheet, Target
from zegel.analysis.timeline import DRAWN_STEPS, Step, fitting, timeline
from zegel.analysis.traffic import Traffic
from zegel.analysis.wording import Wording
from zegel.analysis.zones import SECOND
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.service.columns import gaps_of, traffic_of
from zegel.service.fields import Fields
from zegel.service.looks import CLOCKS, HOURS, NETWORK, TIMELINE, Look, asks_for
from zegel.service.searching import asked_of, index_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture, the tables that say the same, and what it was in the end asked to show."""

    look: Look
    svg: str = field(repr=False)
    sheets: tuple[Sheet, ...] = field(repr=False)
    told: Caption = field(repr=False)
    messages: int
    shown: tuple[str, ...] = field(repr=False)
    """Names of what it shows, for the log."""


_ACCOUNTS_IN = {"account": 1, "account hour": 1, "account day": 1, "contact": 2}
"""How many of a target's numbers name accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a picture is drawn of, and how."""

    inv: Investigation
    look: Look
    wording: Wording
    href: Href
    live: bool

    def found(self) -> Traffic:
        """Return the messages it is about."""
        whole = traffic_of(self.inv)
        if self.look.query.strip():
            whole = whole.of(hits(self.inv, self.look.query))
        return whole.between(self.look.start_ns, self.look.end_ns)

    def leads(self, names: Sequence[str]) -> Href:
        """Return where a click leads to, nowhere for an account that no query can name."""

        unnamed = {at for at, name in enumerate(names) if asks_for(name, "from") is None}

        def href(target: Target) -> str | None:
            accounts = target[1 : 1 + _ACCOUNTS_IN.get(str(target[0]), 0)]
            return self.href(target) if unnamed.isdisjoint(accounts) else None

        return href

    def caption(self, title: str, messages: int, *lines: str) -> Caption:
        """Return what the picture says of itself, `lines` of what was left out last."""
        tell, order = self.wording.tell, self.inv.header["order"]
        of = tell(
            "Investigation {name}, order {number}. Root of the investigation: {root}.",
            name=order["investigation"],
            number=order["number"],
            root=self.inv.root.hex(),
        )
        over = tell("Messages: {n}, all there are.", n=messages)
        if self.look.query.strip():
            over = tell("Messages: {n}, the hits of: {query}", n=messages, query=self.look.query)
        elif self.look.start_ns is not None or self.look.end_ns is not None:
            over = tell("Messages: {n}.", n=messages)
        warning = "TRAINING: an unsigned order, for practice only, never evidence."
        return Caption(
            title=title,
            lines=(of, f"{over} {self._period()}", *(line for line in lines if line)),
            warning=self.wording.say(warning) if self.inv.training else "",
        )

    def _period(self) -> str:
        tell, exact = self.wording.tell, self.wording.exact
        zone, look = self.wording.zone_name, self.look
        if look.start_ns is None and look.end_ns is None:
            return tell("Times by the trusted clock, as in {zone}.", zone=zone)
        start, end = exact(look.start_ns) or "…", exact(look.end_ns) or "…"
        return tell("From {start} until {end}, by the trusted clock, as in {zone}.",
                    start=start, end=end, zone=zone)  # fmt: skip


def hits(inv: Investigation, query: str) -> list[int]:
    """Return the numbers of all messages that a search finds."""
    fields = Fields(inv)
    node = asked_of(fields, query)
    assert node is not None, "without a query it is everything"
    return index_of(inv).all_rows(node, fields.answer)


def draw(ground: Ground) -> Picture:
    """Return the picture that was asked for."""
    return _DRAWN[ground.look.picture](ground)


def instants(found: Traffic) -> Sequence[int]:
    """Return the trusted clock of every message that has one, in order, without copying it."""
    column = found.messages["clock_ns"].drop_null().combine_chunks()
    if not len(column):
        return []
    whole = memoryview(column.buffers()[1]).cast("q")
    return whole[column.offset : column.offset + len(column)]


STRETCHES = 60
"""Steps of clocks over time: a line for each clock stands in each."""


def settled(look: Look, first_ns: int | None, last_ns: int | None) -> Look:
    """Return a look that names its period and step, where there is anything in it."""
    if first_ns is None or last_ns is None:
        return replace(look, by=look.by or "day")
    start = first_ns // SECOND * SECOND if look.start_ns is None else look.start_ns
    end = (last_ns // SECOND + 1) * SECOND if look.end_ns is None else look.end_ns
    most = STRETCHES if look.picture == CLOCKS else DRAWN_STEPS
    return replace(look, start_ns=start, end_ns=end, by=look.by or fitting(start, end, most))


def steps_of(look: Look, dated: Sequence[int], zone: tzinfo) -> list[Step]:
    """Return the steps of a settled look."""
    if look.start_ns is None or look.end_ns is None:
        return []
    try:
        return timeline(dated, look.by, zone, start_ns=look.start_ns, end_ns=look.end_ns)
    except ValueError:
        raise UsageError(
            f"the period has too many steps by {look.by}",
            next_step="Take a longer step, or a shorter period.",
        ) from None


def _timeline(ground: Ground) -> Picture:
    wording, found = ground.wording, ground.found()
    dated = instants(found)
    look = settled(ground.look, dated[0] if dated else None, dated[-1] if dated else None)
    steps = steps_of(look, dated, wording.zone)
    undated = len(found) - len(dated)
    title = wording.say(f"Messages by {look.by}")
    lacks = wording.tell("Messages without a date, not drawn: {n}.", n=undated)
    told = replace(ground, look=look).caption(title, len(found), lacks if undated else "")
    return Picture(
        look=look,
        svg=timeline_picture(steps, told, wording, href=ground.href, live=ground.live),
        sheets=(timeline_sheet(steps, wording, undated=undated),),
        told=told,
        messages=len(found),
        shown=tuple(step.name for step in steps if step.messages),
    )


def _network(ground: Ground) -> Picture:
    wording, look, found = ground.wording, ground.look, ground.found()
    names, tell = found.accounts, wording.tell
    grown = account_of(found, look.account) if look.account else None
    drawn = network(found, Limits(account=grown, steps=look.steps, least=look.least))
    title = wording.say("Who wrote with whom")
    if grown is not None:
        title = tell("Who wrote with whom around {account}, steps away: {steps}",
                     steps=look.steps, account=names[grown])  # fmt: skip
    left_out = [
        (drawn.accounts_left_out, "Accounts with fewer messages, not drawn: {n}."),
        (max(0, len(drawn.edges) - MOST_LINES), "Thinnest lines, not drawn: {n}."),
        (drawn.to_self, "Messages that an account sent to itself, without a line: {n}."),
        (drawn.nameless, "Messages without a known sender or recipient, not drawn: {n}."),
    ]
    lines = [tell(sentence, n=n) for n, sentence in left_out if n]
    if look.least > 1:
        lines.insert(0, tell("Only contacts of at least {n} messages.", n=look.least))
    lines.append(wording.say("A line is wide at the end that wrote, the wider the more."))
    told = ground.caption(title, len(found), *lines)
    href = ground.leads(names)
    return Picture(
        look=look,
        svg=network_picture(drawn, names, told, wording, href=href, live=ground.live),
        sheets=network_sheets(drawn, names, wording),
        told=told,
        messages=len(found),
        shown=tuple(f"{names[edge.one]} {names[edge.other]}" for edge in drawn.edges),
    )


def account_of(found: Traffic, name: str) -> int:
    """Return the account that a reader wrote, by its address or what stands before the @ alone."""
    wanted = name.strip().lower()
    same = [at for at, one in enumerate(found.accounts) if one == wanted]
    same = same or [at for at, one in enumerate(found.accounts) if one.split("@")[0] == wanted]
    if len(same) != 1:
        what = "several accounts begin so" if same else "there is no such account here"
        raise UsageError(what, next_step="Write its whole address, as the tables have it.")
    return same[0]


def _hours(ground: Ground) -> Picture:
    wording, look, found = ground.wording, ground.look, ground.found()
    title = wording.say("Hours and weekdays at which accounts wrote")
    if look.account:
        account = account_of(found, look.account)
        found = found.sent_by(account)
        title = wording.tell("Hours and weekdays at which {account} wrote",
                             account=found.accounts[account])  # fmt: skip
    each: list[Week] = weeks(found, wording.zone)
    undated = len(found) - each[0].messages
    more = len(each) - 1 - 30
    told = ground.caption(
        title,
        len(found),
        wording.tell("Accounts that sent fewer, in the table only: {n}.", n=more)
        if more > 0
        else "",
        wording.tell("Messages without a date, not drawn: {n}.", n=undated) if undated else "",
    )
    href = ground.leads(found.accounts)
    return Picture(
        look=look,
        svg=hours_picture(each, found.accounts, told, wording, href=href, live=ground.live),
        sheets=hours_sheets(each, found.accounts, wording),
        told=told,
        messages=len(found),
        shown=tuple(found.accounts[week.account or 0] for week in each[1:]),
    )


def gaps_in(inv: Investigation, look: Look) -> pa.Table:
    """Return the gaps between clocks that a look is about."""
    table = gaps_of(inv)
    if look.query.strip():
        wanted = pa.array(sorted(hits(inv, look.query)), pa.int32())
        table = table.filter(pc.is_in(table["number"], value_set=wanted))
    if look.account:
        table = table.filter(pc.equal(pc.utf8_lower(table["account"]), look.account.lower()))
    if look.start_ns is not None:
        table = table.filter(pc.greater_equal(table["at_ns"], look.start_ns))
    if look.end_ns is not None:
        table = table.filter(pc.less(table["at_ns"], look.end_ns))
    return table


def _clocks(ground: Ground) -> Picture:
    wording, table = ground.wording, gaps_in(ground.inv, ground.look)
    bounds = pc.min_max(table["at_ns"]).as_py()
    look = settled(ground.look, bounds["min"], bounds["max"])
    zone = wording.zone
    steps = steps_of(look, [], zone)
    found = Apart(
        by_site=spreads(table, ("site", "clock")),
        by_account=spreads(table.filter(pc.is_valid(table["account"])), ("account", "clock")),
        over_time=over_time(table, steps),
        steps=steps,
    )
    names = traffic_of(ground.inv).accounts
    title = wording.say("How far clocks stand from the one that is trusted")
    messages = pc.count_distinct(table["number"]).as_py()
    told = replace(ground, look=look).caption(
        title,
        messages,
        wording.say("A mark is the median, its line reaches from the 5th to the 95th percentile;"
                    " above 0 a clock is later. No server's log is among what an investigation"
                    " holds, so that clock is not drawn."),
    )  # fmt: skip
    return Picture(
        look=look,
        svg=apart_picture(found, told, wording, href=ground.href, live=ground.live),
        sheets=apart_sheets(found, wording, {name: at for at, name in enumerate(names)}),
        told=told,
        messages=messages,
        shown=tuple(f"{one.of[0]} {one.of[1]}" for one in found.by_site),
    )


_DRAWN: dict[str, Callable[[Ground], Picture]] = {
    TIMELINE: _timeline,
    NETWORK: _network,
    HOURS: _hours,
    CLOCKS: _clocks,
}
