"""What each role may do, to be read by hand. What does not stand here is refused.

An act is called here as the log calls it. In a training case everybody may do everything.

- `INVESTIGATION` are the acts inside one investigation. Investigator, reviewer (of privileged
  mail), defence and holder (of a folder that has moved) are enrolled in its folder; where it lies
  in its case, those enrolled in the case may do there what their role is named for, and none of
  them sees content.
- `CASE` are the acts of the case, all of them without content.
"""

from __future__ import annotations

from collections.abc import Mapping

INVESTIGATION_ROLES = ("investigator", "reviewer", "defence", "holder")
DEFENCE = "defence"
CASE_ROLES = ("examiner", "magistrate", "privilege officer", "witness", "administrator")

_READERS = "investigator, reviewer, defence, holder"
_JUDGES = "investigator, reviewer, holder"
_MAKERS = "investigator, defence, holder"
_ALL_INSIDE = f"{_READERS}, examiner, magistrate, witness, administrator"

_INVESTIGATION = {
    # reading: only who is enrolled in the investigation itself
    "search": _READERS,
    "search named": _READERS,
    "terms counted": _READERS,
    "message read": _READERS,
    "conversation read": _READERS,
    "source read": _READERS,
    "attachment taken": _READERS,
    "contacts read": _READERS,
    "contacts drawn": _READERS,
    "timeline read": _READERS,
    "timeline drawn": _READERS,
    "picture drawn": _READERS,
    "picture followed": _READERS,
    "picture exported": _MAKERS,
    "business records read": _READERS,
    "casework read": _READERS,
    # casework and export
    # (not by the defence: everybody here would read it; on their own machine they are the holder)
    "tag added": _JUDGES,
    "tag removed": _JUDGES,
    "note added": _JUDGES,
    "relevance judged": _JUDGES,
    "casework undone": _JUDGES,
    "casework taken over": "investigator, holder",
    # a tray of one's own is shown to nobody else; of the defence it lies where nobody else reads
    "tray read": _READERS,
    "tray changed": _READERS,
    "next unread asked": _READERS,
    # who read which message, by number: no content
    "readers listed": f"{_JUDGES}, magistrate",
    "dossier ordered": _MAKERS,
    "dossiers listed": _MAKERS,
    "dossier handed out": _MAKERS,
    "dossier removed": _MAKERS,
    "dossier begun": _MAKERS,
    # a court's sample of accounts: who codes, reads; who asked, sees the figures
    "sample begun": _READERS,
    "account coded": _READERS,
    "sample read": _READERS,
    "sample reported": f"{_READERS}, magistrate",
    # the privilege officer's review and sample
    "privilege decided": "reviewer",
    "privilege coded": "reviewer",
    "privilege log exported": "reviewer, magistrate",
    # its life: who may close it, open it again, and apply what its case orders
    "investigation closed": "investigator, holder, examiner, administrator",
    "investigation reopened": "investigator, holder, examiner, administrator",
    "notice applied": "holder, examiner, administrator",
    # what the investigation is, and its log: no content
    "investigation read": _ALL_INSIDE,
    "investigation checked": _ALL_INSIDE,
    "head exported": _ALL_INSIDE,
    "entry proved": _ALL_INSIDE,
    "growth proved": _ALL_INSIDE,
    "head witnessed": _ALL_INSIDE,
    "log reported": _ALL_INSIDE,
    "sealed entries exported": _ALL_INSIDE,
    "queries reported": "magistrate",
    "unopened counted": _ALL_INSIDE,
    # its people
    "people read": _ALL_INSIDE,
    "person enrolled": "holder, administrator",
    "roles changed": "holder, administrator",
    "person blocked": "holder, administrator",
    "person unblocked": "holder, administrator",
    "password reset": "holder, administrator",
    "password changed": _ALL_INSIDE,
}

_ALL_OF_CASE = "examiner, magistrate, privilege officer, witness, administrator"

_CASE = {
    # the copies and what is made of them: unattended, too
    "copy taken in": "examiner",
    "seal rechecked": "examiner",
    "processing began": "examiner",
    "processing started": "examiner",
    "processing stopped": "examiner",
    "index began": "examiner",
    # privilege: the register and its key are the officer's alone
    "privilege register enrolled": "privilege officer",
    "privilege marked": "privilege officer",
    "privilege indexed": "privilege officer",
    "privilege decided": "privilege officer",
    "privilege log exported": "privilege officer, magistrate",
    "privilege miss rate measured": "privilege officer",
    "privilege recalled": "privilege officer, examiner",
    # metadata of the whole
    "case read": _ALL_OF_CASE,
    "progress watched": "examiner, magistrate",
    "ledger read": "examiner, magistrate",
    "keys read": "examiner, magistrate",
    "problems read": "examiner, magistrate",
    # orders
    "granted": "examiner",
    "previewed": "examiner, magistrate",
    "sample drawn": "examiner, magistrate",
    "magistrates read": _ALL_OF_CASE,
    "magistrate proposed": "examiner, administrator",
    "magistrate confirmed": "magistrate, witness, administrator",
    "magistrate withdrawn": _ALL_OF_CASE,
    # what became of what was granted
    "investigations listed": _ALL_OF_CASE,
    "versions compared": "examiner, magistrate",
    "investigation withdrawn": "examiner, magistrate",
    "destruction ordered": "examiner, magistrate",
    "notices listed": _ALL_OF_CASE,
    "notice acknowledged": "examiner, administrator",
    # the log
    "head exported": _ALL_OF_CASE,
    "entry proved": _ALL_OF_CASE,
    "growth proved": _ALL_OF_CASE,
    "head witnessed": _ALL_OF_CASE,
    "log reported": "examiner, magistrate",
    "queries reported": "magistrate",
    "head anchored": "examiner, administrator",
    # its people
    "people read": _ALL_OF_CASE,
    "person enrolled": "administrator",
    "roles changed": "administrator",
    "person blocked": "administrator",
    "person unblocked": "administrator",
    "password reset": "administrator",
    "password changed": f"{_ALL_OF_CASE}, investigator, reviewer, defence",
}


def _table(rows: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    return {act: frozenset(roles.split(", ")) for act, roles in rows.items()}


INVESTIGATION: Mapping[str, frozenset[str]] = _table(_INVESTIGATION)
"""The roles that have the right to each act inside an investigation."""
CASE: Mapping[str, frozenset[str]] = _table(_CASE)
"""The roles that have the right to each act of a case."""
CONTENT = frozenset(
    act for act, roles in INVESTIGATION.items() if roles <= frozenset(INVESTIGATION_ROLES)
)
"""Acts that show content: they need a purpose, and whoever granted the investigation has none of
them."""
