"""Use cases: which investigations a case has granted, and what has become of each."""

from __future__ import annotations

import time
from typing import Any

from zegel.casefile import Case
from zegel.errors import ZegelError
from zegel.investigation import Investigation
from zegel.investigation.life import ENDING
from zegel.service.door import Who, enter_case
from zegel.service.granted import Held, held_by
from zegel.service.life import Life, day, life_of


def list_investigations(case: Case, *, who: Who = None) -> list[dict[str, Any]]:
    """Return every version that was granted: name, order, state, notices outstanding."""
    with enter_case(case, "investigations listed", who) as visit:
        found = investigations_of(case)
        visit.write()
    return found


def investigations_of(case: Case) -> list[dict[str, Any]]:
    """Return the same without an entry: for whoever writes one."""
    newest = case.log().head().time_ns
    return [_shown(held, newest) for held in held_by(case)]


def _shown(held: Held, newest_ns: int) -> dict[str, Any]:
    return {
        "name": held.name,
        "investigation": held.investigation,
        "order": held.number,
        "root": held.root,
        "messages": held.messages,
        "granted": day(held.granted_ns),
        "expires": None if held.expires_ns is None else day(held.expires_ns),
        "here": held.folder is not None,
        "outstanding": len(held.outstanding),
        **_became(held, newest_ns),
    }


def _became(held: Held, newest_ns: int) -> dict[str, str]:
    if held.folder is not None:
        try:
            life = life_of(Investigation.open(held.folder))
        except ZegelError as error:
            return {"state": "damaged", "said": error.what}
        return {"state": life.state, "said": life.sentence()}
    endings = sorted(held.endings.values(), key=lambda one: ENDING.index(one.act))
    known = Life(
        endings=tuple(endings),
        expires_ns=held.expires_ns or 1 << 63,
        now_ns=max(time.time_ns(), newest_ns),
        clock_behind_ns=0,
        archive=None,
        removed=any(held.endings[index].act == ENDING[0] for index in held.answered),
    )
    if held.expires_ns is None and not endings:
        return {"state": "elsewhere", "said": "it lies elsewhere; when it expires is in its order"}
    return {"state": known.state, "said": known.sentence()}
