"""Makes intervals of holding out of a list of what happened to devices.

Issue starts an interval, re-issue ends the previous holder's and starts a new one, block, wipe and
return end it (intervals are half-open, as in docs/reference/copied-site.md). It must never invent
a holder: an event that names none starts nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from zegel.records import Holding
from zegel.registries.columns import plain, roles
from zegel.registries.values import text

_STARTS = """
    issued issue reissued reissue re_issued re_issue registered register assigned assign
    activated activate unblocked unblock sold sale handed_out uitgegeven uitgifte heruitgegeven
    heruitgifte geregistreerd registratie toegewezen verkocht ausgegeben ausgabe neu_ausgegeben
    registriert zugewiesen verkauft attribue reattribue enregistre vendu"""
_ENDS = """
    blocked block wiped wipe returned return deactivated deactivate withdrawn taken_back lost
    geblokkeerd blokkade gewist ingeleverd ingetrokken gesperrt sperrung geloescht geloscht
    zurueckgegeben zuruckgegeben bloque efface rendu retire"""
STARTS, ENDS = frozenset(_STARTS.split()), frozenset(_ENDS.split())
_LONGEST_DETAIL = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a device at an instant."""

    when_ns: int
    kind: str
    holding: Holding
    """What the row says of device, account and holder."""


def matters(kind: str) -> bool:
    """Say whether an event of this kind starts or ends a holding."""
    return plain(kind) in STARTS or plain(kind) in ENDS


def named_in(detail: str) -> Mapping[str, str]:
    """Return the parts (`holder`, `account` …) that a detail in JSON names."""
    if not detail.startswith("{") or len(detail) > _LONGEST_DETAIL:
        return {}
    try:
        fields = json.loads(detail)
    except (ValueError, RecursionError):
        return {}
    names = [name for name, value in fields.items() if isinstance(value, str)]
    return {role: text(fields[names[place]]) for role, place in roles(names).items()}


def intervals(events: Iterable[Event]) -> Iterator[Holding]:
    """Yield each interval of holding, in the order in which they start."""
    open_: dict[str, int] = {}
    found: list[Holding] = []
    for event in sorted(events, key=lambda event: event.when_ns):
        kind = plain(event.kind)
        device = event.holding.device or event.holding.account
        starts = kind in STARTS and event.holding.holder != ""
        if (starts or kind in ENDS) and device in open_:
            place = open_.pop(device)
            found[place] = replace(found[place], end_ns=event.when_ns)
        if starts:
            open_[device] = len(found)
            found.append(replace(event.holding, start_ns=event.when_ns, end_ns=None))
    yield from found
