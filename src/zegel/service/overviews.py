"""Use cases inside one investigation: contacts and timeline, as rows and as pictures."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from zegel.analysis.contacts import Contact, contacts
from zegel.analysis.pictures.svg import nowhere
from zegel.analysis.timeline import STEPS, UNDATED, timeline
from zegel.analysis.wording import Wording
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.service.columns import traffic_of
from zegel.service.door import Who, enter
from zegel.service.drawn import Ground, draw, instants
from zegel.service.looks import NETWORK, TIMELINE, Look
from zegel.service.reading import iso


def list_contacts(inv: Investigation, *, who: Who = None) -> dict[str, Any]:
    """Return who wrote to whom inside the investigation, most messages first."""
    with enter(inv, "contacts read", who) as visit:
        found = contacts(traffic_of(inv))
        visit.write(shown=[f"{one.sender} {one.recipient}" for one in found])
    return {"training": inv.training, "contacts": [_shown(contact) for contact in found]}


def _shown(contact: Contact) -> dict[str, Any]:
    row = asdict(contact)
    first, last = iso(row.pop("first_ns")), iso(row.pop("last_ns"))
    return {**row, "first": first, "last": last}


def draw_contacts(inv: Investigation, *, who: Who = None) -> str:
    """Return a picture of the contacts (SVG)."""
    return _drawn(inv, Look(picture=NETWORK), "contacts drawn", who)


def list_timeline(inv: Investigation, step: str, *, who: Who = None) -> dict[str, Any]:
    """Return how many messages there were in each step of time (UTC); those without a date last."""
    _check_step(step)
    with enter(inv, "timeline read", who, {"by": step}) as visit:
        found = traffic_of(inv)
        dated = instants(found)
        try:
            counted = [(one.name, one.messages) for one in timeline(dated, step)]
        except ValueError as error:
            raise UsageError(str(error), next_step="Take a longer step.") from None
        if len(dated) < len(found):
            counted.append((UNDATED, len(found) - len(dated)))
        visit.write(shown=[name for name, _ in counted])
    steps = [{"step": name, "messages": count} for name, count in counted]
    return {"training": inv.training, "by": step, "timeline": steps}


def draw_timeline(inv: Investigation, step: str, *, who: Who = None) -> str:
    """Return a picture of the timeline (SVG)."""
    _check_step(step)
    return _drawn(inv, Look(picture=TIMELINE, by=step), "timeline drawn", who)


def _drawn(inv: Investigation, look: Look, act: str, who: Who) -> str:
    asked = {"by": look.by} if look.by else {}
    with enter(inv, act, who, asked) as visit:
        ground = Ground(inv=inv, look=look, wording=Wording(), href=nowhere, live=False)
        drawn = draw(ground)
        visit.write(shown=drawn.shown)
    return drawn.svg


def _check_step(step: str) -> None:
    if step not in STEPS:
        raise UsageError(f"no timeline by {step}", next_step=f"By {', '.join(STEPS)}.")
