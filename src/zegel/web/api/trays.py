"""Calls about trays, and about the dossiers that are made of them."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from zegel import service
from zegel.errors import UsageError
from zegel.web.api.call import Query, inside_get, inside_post
from zegel.web.api.casework import CHOSEN, chosen
from zegel.web.api.reading import BYTES, MESSAGE
from zegel.web.api.shapes import (
    COUNT,
    FREE,
    OF_A_MESSAGE,
    TEXT,
    TRUTH,
    Shape,
    asked,
    many,
    maybe,
    number,
    one_of,
    text,
    thing,
)

TRAY: Shape = {
    **text(100),
    "default": "",
    "description": "a shared tray, by its name or its key; your own where it is left out",
}
_ID = text(64, "^[0-9a-f]{16}$")
_LARGEST = 512 * 1024
_OPTIONS = service.DossierOptions()


def collect(query: Query) -> Any:
    """Put messages into a tray."""
    return service.collect(query.of, chosen(query), tray=query.given["tray"], who=query.person)


def take_out(query: Query) -> Any:
    """Take messages out of a tray."""
    given = query.given
    if ("messages" in given) is given["all"]:
        raise UsageError("either messages are named, or all are taken out")
    return service.take_out(query.of, given.get("messages"), tray=given["tray"], who=query.person)


def note(query: Query) -> Any:
    """Write a note at a message in a tray."""
    given = query.given
    service.note_in_tray(
        query.of, given["message"], given["note"], tray=given["tray"], who=query.person
    )
    return {}


def move(query: Query) -> Any:
    """Move a message in a tray."""
    given = query.given
    service.move_in_tray(
        query.of, given["message"], by=given["by"], tray=given["tray"], who=query.person
    )
    return {}


def share(query: Query) -> Any:
    """Share what lies in a tray under a name."""
    given = query.given
    return service.share_tray(query.of, given["name"], tray=given["tray"], who=query.person)


def show(query: Query) -> Any:
    """Show a page of a tray."""
    given = query.given
    return service.show_tray(query.of, tray=given["tray"], page=given["page"], who=query.person)


def trays(query: Query) -> Any:
    """List the trays."""
    return service.list_trays(query.of, who=query.person)


def order(query: Query) -> Any:
    """Have a dossier made."""
    given = query.given
    options = service.DossierOptions(
        language=given["language"],
        zone=given["zone"],
        opinions=given["opinions"],
        sample=given["sample"],
        printed=given.get("printed"),
        withhold=_bytes(given.get("withhold")),
        certificate=_bytes(given.get("certificate")),
    )
    return service.order_dossier(query.of, options, tray=given["tray"], who=query.person)


def _bytes(given: str | None) -> bytes | None:
    try:
        return None if given is None else base64.b64decode(given, validate=True)
    except (ValueError, binascii.Error):
        raise UsageError("a file is given in base64") from None


def dossiers(query: Query) -> Any:
    """List the dossiers."""
    return service.list_dossiers(query.of, who=query.person)


def dossier(query: Query) -> Any:
    """Say how far a dossier is."""
    return service.dossier_at(query.of, query.given["dossier"], who=query.person)


def hand_out(query: Query) -> Any:
    """Take a dossier out."""
    return service.hand_out_dossier(query.of, query.given["dossier"], who=query.person)


def remove(query: Query) -> Any:
    """Remove a dossier."""
    service.remove_dossier(query.of, query.given["dossier"], who=query.person)
    return {}


_ITEM = thing(
    **OF_A_MESSAGE,
    tags=many(TEXT),
    relevance=maybe(TEXT),
    disagreement=TRUTH,
    note=TEXT,
    noted_by=TEXT,
    put_in_by=TEXT,
    put_in_at=maybe(TEXT),
)
_RECORD = {
    "id": _ID,
    "who": TEXT,
    "at_ns": TEXT,
    "at": maybe(TEXT),
    "tray": TEXT,
    "messages": COUNT,
    "options": FREE,
    "state": TEXT,
    "phase": TEXT,
    "done": COUNT,
    "total": maybe(COUNT),
    "ended_ns": TEXT,
    "ended": maybe(TEXT),
    "sha256": TEXT,
    "bytes": COUNT,
    "why": TEXT,
}
_DOSSIER = {"dossier": _ID}

CALLS = (
    inside_get(
        "/trays",
        "listTrays",
        "Return how much lies in your own tray, and the shared ones.",
        trays,
        thing(training=TRUTH, own=COUNT, shared=many(thing(tray=TEXT, key=TEXT, messages=COUNT))),
    ),
    inside_post(
        "/tray",
        "readTray",
        "Return a page of a tray: each message with its note.",
        show,
        thing(
            training=TRUTH,
            tray=TEXT,
            key=TEXT,
            messages=COUNT,
            page=COUNT,
            pages=COUNT,
            first=COUNT,
            items=many(_ITEM),
        ),
        body=asked((), {"tray": TRAY, "page": number(1, 10**6, 1)}),
    ),
    inside_post(
        "/tray/collect",
        "collectInTray",
        "Put messages into a tray, behind what lies there.",
        collect,
        thing(training=TRUTH, tray=TEXT, new=COUNT, messages=COUNT),
        body=asked((), {**CHOSEN, "tray": TRAY}),
    ),
    inside_post(
        "/tray/out",
        "takeOutOfTray",
        "Take messages, or all of them, out of a tray.",
        take_out,
        thing(training=TRUTH, tray=TEXT, out=COUNT, messages=COUNT),
        body=asked(
            (),
            {"messages": CHOSEN["messages"], "all": {**TRUTH, "default": False}, "tray": TRAY},
        ),
    ),
    inside_post(
        "/tray/note",
        "noteInTray",
        "Write a note at a message in a tray; an empty one takes it away.",
        note,
        thing(),
        body=asked(
            ("message", "note"),
            {"message": MESSAGE, "note": text(service.LONGEST_TRAY_NOTE), "tray": TRAY},
        ),
    ),
    inside_post(
        "/tray/move",
        "moveInTray",
        "Move a message in a tray by so many places: up where it is negative.",
        move,
        thing(),
        body=asked(
            ("message", "by"),
            {"message": MESSAGE, "by": number(-1_000_000, 1_000_000), "tray": TRAY},
        ),
    ),
    inside_post(
        "/tray/share",
        "shareTray",
        "Put what lies in a tray into one under a name, with its notes; all who read here see it.",
        share,
        thing(training=TRUTH, tray=TEXT, key=TEXT, new=COUNT),
        body=asked(("name",), {"name": text(100, least=1), "tray": TRAY}),
    ),
    inside_get(
        "/dossiers",
        "listDossiers",
        "List the dossiers made here, each with how far it is.",
        dossiers,
        thing(training=TRUTH, root=TEXT, dossiers=many(thing(**_RECORD))),
    ),
    inside_post(
        "/dossiers",
        "orderDossier",
        "Have a dossier made of what lies in a tray; it goes on by itself.",
        order,
        thing(**_RECORD),
        body=asked(
            (),
            {
                "tray": TRAY,
                "language": {**one_of("en", "nl"), "default": _OPTIONS.language},
                "zone": {**text(64), "default": _OPTIONS.zone},
                "opinions": {**one_of("all", "sample", "none"), "default": _OPTIONS.opinions},
                "sample": number(0, 10**6, _OPTIONS.sample),
                "printed": number(0, 10**6),
                "withhold": {**text(_LARGEST), "description": "a file, in base64"},
                "certificate": {**text(_LARGEST), "description": "a file, in base64"},
            },
        ),
        most=2 * _LARGEST + 64 * 1024,
    ),
    inside_get(
        "/dossiers/{dossier}",
        "watchDossier",
        "Say how far a dossier is.",
        dossier,
        thing(training=TRUTH, root=TEXT, **_RECORD),
        parts=_DOSSIER,
    ),
    inside_get(
        "/dossiers/{dossier}/file",
        "takeDossier",
        "Return the file of a finished dossier.",
        hand_out,
        {**BYTES, "contentMediaType": "application/zip"},
        parts=_DOSSIER,
    ),
    inside_post(
        "/dossiers/{dossier}/remove",
        "removeDossier",
        "Remove a dossier from here; copies that were taken away are not reached.",
        remove,
        thing(),
        parts=_DOSSIER,
    ),
)
