"""Use cases inside one investigation: contacts and timeline, as rows and as pictures."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from zegel.analysis.contacts import Contact, contacts
from zegel.analysis.pictures import contacts_picture, timeline_picture
from zegel.analysis.timeline import STEPS, timeline
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.service.door import Who, enter
from zegel.service.reading import iso, rows_for_analysis


def list_contacts(inv: Investigation, *, who: Who = None) -> dict[str, Any]:
    """Return who wrote to whom inside the investigation, most messages first."""
    found = _contacts(inv, "contacts read", who)
    return {"training": inv.training, "contacts": [_shown(contact) for contact in found]}


def _contacts(inv: Investigation, act: str, who: Who) -> list[Contact]:
    with enter(inv, act, who) as visit:
        found = contacts(rows_for_analysis(inv))
        visit.write(shown=[f"{one.sender} {one.recipient}" for one in found])
    return found


def _shown(contact: Contact) -> dict[str, Any]:
    row = asdict(contact)
    first, last = iso(row.pop("first_ns")), iso(row.pop("last_ns"))
    return {**row, "first": first, "last": last}


def draw_contacts(inv: Investigation, *, who: Who = None) -> str:
    """Return a picture of the contacts (SVG)."""
    found = _contacts(inv, "contacts drawn", who)
    return contacts_picture(found, _title(inv, "contacts"), note=_note(inv))


def list_timeline(inv: Investigation, step: str, *, who: Who = None) -> dict[str, Any]:
    """Return how many messages there were in each day, week or month (UTC)."""
    counted = _timeline(inv, step, "timeline read", who)
    steps = [{"step": name, "messages": count} for name, count in counted]
    return {"training": inv.training, "by": step, "timeline": steps}


def draw_timeline(inv: Investigation, step: str, *, who: Who = None) -> str:
    """Return a picture of the timeline (SVG)."""
    counted = _timeline(inv, step, "timeline drawn", who)
    return timeline_picture(counted, _title(inv, f"messages by {step} (UTC)"), note=_note(inv))


def _timeline(inv: Investigation, step: str, act: str, who: Who) -> list[tuple[str, int]]:
    if step not in STEPS:
        raise UsageError(f"no timeline by {step}", next_step=f"By {', '.join(STEPS)}.")
    with enter(inv, act, who, {"by": step}) as visit:
        counted = timeline(rows_for_analysis(inv), step)
        visit.write(shown=[name for name, _ in counted])
    return counted


def _title(inv: Investigation, what: str) -> str:
    order = inv.header["order"]
    return f"{order['investigation']}, order {order['number']}: {what}"


def _note(inv: Investigation) -> str:
    """Return what every picture of a training investigation says."""
    return "TRAINING: an unsigned order, for practice only, never evidence." if inv.training else ""
