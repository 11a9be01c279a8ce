"""Calls that look rather than read: a picture as SVG, and the tables that say the same."""

from __future__ import annotations

from typing import Any

from zegel import service
from zegel.service.looks import PICTURES, Look, look_from
from zegel.web.api.call import Query, inside_post
from zegel.web.api.shapes import (
    COUNT,
    TEXT,
    Shape,
    asked,
    many,
    number,
    one_of,
    text,
    thing,
)
from zegel.web.searching import LONGEST_QUERY

_INSTANT = text(40, r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2})$")
LOOK: dict[str, Shape] = {
    "picture": one_of(*PICTURES),
    "query": {**text(2 * LONGEST_QUERY), "description": "over the hits of this search"},
    "from": {**_INSTANT, "description": "ISO 8601 with its offset"},
    "until": {**_INSTANT, "description": "not included"},
    "by": {**text(20), "description": "the step of a picture over time; left out: what fits"},
    "account": {**text(300), "description": "grown from it, or what it sent"},
    "steps": number(1, 6),
    "least": {**number(1, 1_000_000), "description": "messages that a contact has at least"},
}


def _look(query: Query) -> Look:
    facts = {name: query.given[name] for name in LOOK if name in query.given}
    return look_from(facts)


def picture(query: Query) -> Any:
    """Draw a picture."""
    drawn = service.draw_picture(query.of, _look(query), who=query.person)
    return {
        "picture": drawn.look.picture,
        "title": drawn.told.title,
        "says": [line for line in (drawn.told.warning, *drawn.told.lines) if line],
        "messages": drawn.messages,
        "svg": drawn.svg,
        "tables": [
            {
                "name": sheet.name,
                "title": sheet.title,
                "columns": list(sheet.columns),
                "rows": [list(row.cells) for row in sheet.rows],
                "note": sheet.note,
            }
            for sheet in drawn.sheets
        ],
    }


def exported(query: Query) -> bytes:
    """Take a picture or one of its tables as a file."""
    export = service.export_picture(query.of, _look(query), query.given["form"], who=query.person)
    return export.content


CALLS = (
    inside_post(
        "/pictures",
        "drawPicture",
        "Draw a timeline, a network, hours and weekdays, or clocks: as SVG and as tables.",
        picture,
        thing(
            picture=TEXT,
            title=TEXT,
            says=many(TEXT),
            messages=COUNT,
            svg=TEXT,
            tables=many(
                thing(
                    name=TEXT,
                    title=TEXT,
                    columns=many(TEXT),
                    rows=many(many({"type": ["string", "integer", "null"]})),
                    note=TEXT,
                )
            ),
        ),
        body=asked(("picture",), LOOK),
    ),
    inside_post(
        "/pictures/file",
        "exportPicture",
        "Return a picture as a file that stands alone: `svg`, or CSV of one of its tables.",
        exported,
        {"type": "string", "contentMediaType": "application/octet-stream"},
        body=asked(("picture", "form"), {**LOOK, "form": text(40)}),
    ),
)
