"""How each use case that returns anything of an investigation is asked, and what it showed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from zegel import service
from zegel.custody.acts import REPAIRED
from zegel.custody.entries import Entry
from zegel.custody.log import Log
from zegel.investigation import Investigation
from zegel.people import Person

WHO = Person(name="A. Jansen", how="training", purpose="the fraud of 2016")
Way = Callable[[Investigation, Path], Any]


def ids(*hits: Any) -> list[str]:
    return [hit["id"] for hit in hits]


def sorted_ids(inv: Investigation, *numbers: int) -> list[str]:
    """Name messages by number; asking is an entry of its own, after the one judged."""
    return [service.list_casework(inv, str(number))["id"] for number in numbers]


READS: dict[str, tuple[str, Way, Callable[[Any, Investigation], list[str]]]] = {
    "search": (
        "search",
        lambda inv, _: service.search(inv, "haven", who=WHO),
        lambda got, _: ids(*got["hits"]),
    ),
    "show_message": (
        "message read",
        lambda inv, _: service.show_message(inv, "2", who=WHO),
        lambda got, _: [got["message"]],
    ),
    "conversation": (
        "conversation read",
        lambda inv, _: service.conversation(inv, "2", who=WHO),
        lambda got, _: ids(*got["messages"]),
    ),
    "raw_message": (
        "source read",
        lambda inv, _: service.raw_message(inv, "2", who=WHO),
        lambda _got, inv: [service.show_message(inv, "2")["message"]],
    ),
    "message_headers": (
        "source read",
        lambda inv, _: service.message_headers(inv, "2", who=WHO),
        lambda got, _: ids(got),
    ),
    "message_clause": (
        "source read",
        lambda inv, _: service.message_clause(inv, "2", who=WHO),
        lambda got, _: ids(got),
    ),
    "message_certificate": (
        "source read",
        lambda inv, _: service.message_certificate(inv, "2", who=WHO),
        lambda got, _: ids(got),
    ),
    "count_terms": (
        "terms counted",
        lambda inv, _: service.count_terms(inv, service.as_terms(["haven", "niet"]), who=WHO),
        lambda got, _: [one["query"] for one in got["terms"]],
    ),
    "describe": (
        "investigation read",
        lambda inv, _: service.describe(inv, who=WHO),
        lambda got, _: [got["root"]],
    ),
    "check_investigation": (
        "investigation checked",
        lambda inv, _: service.check_investigation(inv, who=WHO),
        lambda got, _: [got["root"]],
    ),
    "list_contacts": (
        "contacts read",
        lambda inv, _: service.list_contacts(inv, who=WHO),
        lambda got, _: [f"{one['sender']} {one['recipient']}" for one in got["contacts"]],
    ),
    "draw_contacts": (
        "contacts drawn",
        lambda inv, _: service.draw_contacts(inv, who=WHO),
        lambda _got, _: ["anna@test.example bram@test.example"],
    ),
    "list_timeline": (
        "timeline read",
        lambda inv, _: service.list_timeline(inv, "day", who=WHO),
        lambda got, _: [step["step"] for step in got["timeline"]],
    ),
    "draw_timeline": (
        "timeline drawn",
        lambda inv, _: service.draw_timeline(inv, "day", who=WHO),
        lambda _got, _: ["2016-04-19"],
    ),
    "draw_picture": (
        "picture drawn",
        lambda inv, _: service.draw_picture(inv, service.Look(picture="hours"), who=WHO),
        lambda got, _: [str(row.cells[0]) for row in got.sheets[1].rows],
    ),
    "export_picture": (
        "picture exported",
        lambda inv, _: service.export_picture(
            inv, service.Look(picture="network"), "contacts", who=WHO
        ),
        lambda _got, _: ["anna@test.example bram@test.example"],
    ),
    "list_records": (
        "business records read",
        lambda inv, _: service.list_records(inv, who=WHO),
        lambda got, _: [f"{r['exhibit']}:{r['path']}@{r['offset']}" for r in got["records"]],
    ),
    "add_casework": (
        "tag added",
        lambda inv, _: service.add_casework(inv, "1", "tag", "haven", who=WHO),
        lambda got, _: [got["id"]],
    ),
    "list_casework": (
        "casework read",
        lambda inv, _: service.list_casework(inv, "1", who=WHO),
        lambda got, _: [got["id"]],
    ),
    "say_of_many": (
        "relevance judged",
        lambda inv, _: service.say_of_many(
            inv, service.Chosen(query="haven"), "relevance", "relevant", who=WHO
        ),
        lambda _got, inv: sorted_ids(inv, 1, 3),
    ),
    "count_casework": (
        "casework read",
        lambda inv, _: service.count_casework(inv, who=WHO),
        lambda got, _: [*got["tags"], *got["relevance"]],
    ),
    "list_acts": (
        "casework read",
        lambda inv, _: service.list_acts(inv, who=WHO),
        lambda got, _: [f"act {one['act']}" for one in got["acts"]],
    ),
    "list_disagreements": (
        "casework read",
        lambda inv, _: service.list_disagreements(inv, who=WHO),
        lambda got, _: ids(*got["messages"]),
    ),
    "next_unread": (
        "next unread asked",
        lambda inv, _: service.next_unread(inv, who=WHO),
        lambda got, inv: sorted_ids(inv, got["message"]) if got["message"] else [],
    ),
    "readers": (
        "readers listed",
        lambda inv, _: service.readers(inv, who=WHO),
        lambda got, _: [one["who"] for one in got["people"]],
    ),
    "readers_of": (
        "readers listed",
        lambda inv, _: service.readers_of(inv, "1", who=WHO),
        lambda got, _: ids(got),
    ),
    "collect": (
        "tray changed",
        lambda inv, _: service.collect(inv, service.Chosen(ids=["3"]), who=WHO),
        lambda got, inv: sorted_ids(inv, 3) if got["new"] else [],
    ),
    "show_tray": (
        "tray read",
        lambda inv, _: service.show_tray(inv, who=WHO),
        lambda got, _: ids(*got["items"]),
    ),
    "list_trays": (
        "tray read",
        lambda inv, _: service.list_trays(inv, who=WHO),
        lambda got, _: ["own", *(one["tray"] for one in got["shared"])],
    ),
    "list_dossiers": (
        "dossiers listed",
        lambda inv, _: service.list_dossiers(inv, who=WHO),
        lambda got, _: ids(*got["dossiers"]),
    ),
    "unopened": (
        "unopened counted",
        lambda inv, _: service.unopened(inv, ids=True, who=WHO),
        lambda got, _: ids(*got["ids"]),
    ),
    "all_casework": (
        "casework read",
        lambda inv, _: service.all_casework(inv, who=WHO),
        lambda got, _: ids(*got["messages"]),
    ),
}
"""By function: its act, how it is asked, and from what it returned the names of what was shown."""


WITHOUT_RESULTS: dict[str, tuple[str, Way]] = {
    "follow_picture": (
        "picture followed",
        lambda inv, _: service.follow_picture(inv, service.Look(picture="timeline"), who=WHO),
    ),
    "custody_report": ("log reported", lambda inv, _: service.custody_report(inv, who=WHO)),
    "sealed_entries": (
        "sealed entries exported",
        lambda inv, _: service.sealed_entries(inv, who=WHO),
    ),
    "custody_head": ("head exported", lambda inv, _: service.custody_head(inv, who=WHO)),
    "prove_entry": ("entry proved", lambda inv, _: service.prove_entry(inv, 0, who=WHO)),
    "prove_consistency": (
        "growth proved",
        lambda inv, folder: service.prove_consistency(
            inv, (folder / "head.json").read_bytes(), who=WHO
        ),
    ),
}
"""Of the log itself, nothing of the evidence: what they give out is named in the entry; and where a
part of a picture leads to."""


def folder_of(inv: Investigation) -> Path:
    return inv.folder.parent.parent.parent


def entries(inv: Investigation) -> list[Entry]:
    return acts_in(Log.open(inv.folder / "custody", None))


def acts_in(log: Log) -> list[Entry]:
    """Return what people did: a test of a full disk leaves an entry that the next act mends."""
    return [entry for entry in log.entries() if entry.act != REPAIRED]


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")
