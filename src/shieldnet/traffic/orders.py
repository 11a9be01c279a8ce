"""Write sample orders beside the copies: what a judge could ask about each storyline.

They name only what an investigator can know at the outset: some of the accounts, a phone from the
day it changed hands, a plate, a number, some of the words. The form is docs/reference/orders.md.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from shieldnet.sites import DAY, SITES
from shieldnet.traffic.devices import device
from shieldnet.traffic.plan import circle
from shieldnet.traffic.settings import END, Settings
from shieldnet.traffic.storylines.cast import Storyline, storylines

Value = str | dt.datetime | list[str]
Table = dict[str, Value]
ISSUED = dt.datetime(2016, 5, 2, 9, 30, tzinfo=SITES["ams"].zone)
EXPIRES = dt.datetime(2099, 12, 31, tzinfo=SITES["ams"].zone)
"""So that a sample can be tried whenever somebody reads this."""
ONWARD = "none without leave of the investigating judge"
COMPANY = "company"
CIRCLES = 4000
"""Circles looked at for lawyers."""


def write_orders(settings: Settings, folder: Path) -> None:
    """Write one order for the first crew of each storyline, and one for the company's records."""
    for storyline in storylines(settings):
        if storyline.name == storyline.script.name:
            out = list(_lawyers(settings, storyline))
            text = toml(_head(storyline), list(_clauses(settings, storyline)), out)
            (folder / f"{storyline.name}.toml").write_text(text, "utf-8")
    (folder / f"{COMPANY}.toml").write_text(toml(*_company(settings)), "utf-8")


def toml(head: Table, clauses: list[Table], never: Sequence[str] = ()) -> str:
    """Return an order as TOML 1.0; `never` are accounts that no clause admits."""
    lines = ["# Made by `shieldnet generate`; unsigned, for training.", *_pairs(head)]
    if never:
        lines += ["", "[except]", *_pairs({"accounts": list(never)})]
    for clause in clauses:
        lines += ["", "[[clause]]", *_pairs(clause)]
    return "\n".join(lines) + "\n"


def _pairs(table: Table) -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, list):
            yield f"{name} = ["
            yield from (f"    {_scalar(item)}," for item in value)
            yield "]"
        else:
            yield f"{name} = {_scalar(value)}"


def _scalar(value: Value) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    # A JSON string is a TOML basic string, but for DEL, which no text of ours contains.
    return json.dumps(value, ensure_ascii=False)


def _head(storyline: Storyline) -> Table:
    order = storyline.script.order
    return {
        "number": order.number,
        "magistrate": "Investigating judge 3",
        "investigation": order.investigation,
        "offences": list(order.offences),
        "persons": ["persons unknown"],
        "issued": ISSUED,
        "expires": EXPIRES,
        "purpose": order.purpose,
        "onward_use": ONWARD,
    }


def _clauses(settings: Settings, storyline: Storyline) -> Iterator[Table]:
    since, until = _day(storyline.since), _day(storyline.until + DAY)
    members = [member for member in storyline.members if member.role.known]
    accounts = [
        device(settings, member.number).address for member in members if not member.role.reissued
    ]
    terms = [_filled(storyline, term) for term in storyline.script.order.terms]
    yield {
        "name": "the known accounts",
        "accounts": accounts,
        "from": since,
        "until": until,
        "terms": terms,
        "context": "thread",
    }
    for member in members:
        if member.role.reissued:
            yield {
                "name": "the phone since it changed hands",
                "devices": [device(settings, member.number).serial],
                "from": max(since, _day(member.since)),
                "until": until,
                "terms": terms,
                "context": "24 hours",
            }
    yield {
        "name": "the plate and the number, whoever writes them",
        "from": since,
        "until": until,
        "terms": [_filled(storyline, term) for term in ("{plate}", "{phone}")],
        "context": "24 hours",
    }


def _lawyers(settings: Settings, storyline: Storyline) -> Iterator[str]:
    """Yield the accounts of lawyers whom the known members write to."""
    known = {member.number for member in storyline.members if member.role.known}
    near = {
        number
        for place in range(min(settings.devices // 2, CIRCLES))
        if not known.isdisjoint(members := circle(settings, place).members)
        for number in members
    }
    for person in (device(settings, number) for number in sorted(near - known)):
        if any(tenure.role == "lawyer" for tenure in person.tenures):
            yield person.address


def _filled(storyline: Storyline, term: str) -> str:
    facts = storyline.facts
    return term.format(
        plate=facts.plate,
        phone=f'"{facts.phone}"',
        container=f'"{facts.container}"',
        price=" OR ".join(map(str, facts.prices)),
    )


def _company(settings: Settings) -> tuple[Table, list[Table]]:
    head: Table = {
        "number": "RC-2016-0103",
        "magistrate": "Investigating judge 3",
        "investigation": "Shieldnet",
        "offences": ["participation in a criminal organisation", "money laundering"],
        "persons": ["the company Shieldnet"],
        "issued": ISSUED,
        "expires": EXPIRES,
        "purpose": "What the company sold, to whom and for how much",
        "onward_use": ONWARD,
    }
    clause: Table = {
        "name": "registry and sales ledger, no chats",
        "subject": "records",
        "from": _day(settings.start - 200 * DAY),
        "until": _day(END),
    }
    return head, [clause]


def _day(second: int) -> dt.datetime:
    """Return the midnight before an instant in the zone of the first site."""
    zone = SITES["ams"].zone
    moment = dt.datetime.fromtimestamp(second, zone)
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
