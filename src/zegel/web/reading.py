"""Pages that show one message: its text, where it comes from, and the conversation around it."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from zegel import service
from zegel.errors import UsageError
from zegel.web.asked import Asked
from zegel.web.pages import LONGEST_TEXT
from zegel.web.routes import Route
from zegel.web.searching import ID, language_name

BYTES = "application/octet-stream"
"""Whatever a message or attachment says of itself: a browser is to keep it and not to show it."""
SIZE = 50
"""Messages of one page of a conversation."""


def message(asked: Asked) -> Response:
    """Show one message; where it comes from a search, with its marks and the hits beside it."""
    state = _from(asked)
    query = str(state.facts.get("query", "")) if state and state.kind == "search" else ""
    found = service.show_message(asked.of, asked.part("number"), query=query, who=asked.person)
    return asked.page(
        "message.html",
        message=found,
        text=_text(found),
        number=found["number"],
        state=state,
        at=asked.number("at", 0, least=0) if state else None,
        language=lambda code: language_name(asked, code),
    )


def _text(found: dict[str, Any]) -> dict[str, Any]:
    """Return as much of a text as a page shows, with its marks."""
    text, marks = found["text"] or "", found["marks"]
    return {
        "text": text[:LONGEST_TEXT],
        "marks": [mark for mark in marks if mark[1] <= LONGEST_TEXT],
        "cut": len(text) > LONGEST_TEXT,
    }


def _from(asked: Asked) -> service.State | None:
    """Return the search that the reader comes from; one they may not open is as none."""
    id_ = asked.request.query_params.get("state", "")
    if not ID.fullmatch(id_):
        return None
    try:
        return service.open_state(asked.of, id_, who=asked.person)
    except UsageError:
        return None


def raw(asked: Asked) -> Response:
    """Hand out the bytes of one stored copy."""
    place = asked.number("copy", 0, least=0, most=10_000)
    taken = service.raw_message(asked.of, asked.part("number"), place=place, who=asked.person)
    return asked.download(taken.content, taken.name, BYTES)


def attachment(asked: Asked) -> Response:
    """Hand out the bytes of one attachment."""
    number = int(asked.part("attachment"))
    taken = service.attachment(asked.of, asked.part("number"), number, who=asked.person)
    return asked.download(taken.content, taken.name, BYTES)


def headers(asked: Asked) -> Response:
    """Show the header lines as they stand."""
    place = asked.number("copy", 0, least=0, most=10_000)
    found = service.message_headers(asked.of, asked.part("number"), place=place, who=asked.person)
    return _about(asked, "headers.html", found)


def clause(asked: Asked) -> Response:
    """Show what of the order admits the message."""
    found = service.message_clause(asked.of, asked.part("number"), who=asked.person)
    return _about(asked, "clause.html", found)


def certificate(asked: Asked) -> Response:
    """Show what proves the message, each step checked."""
    found = service.message_certificate(asked.of, asked.part("number"), who=asked.person)
    return _about(asked, "certificate.html", found)


def _about(asked: Asked, template: str, found: dict[str, Any]) -> Response:
    return asked.page(template, found=found, number=found["message"])


def conversation(asked: Asked) -> Response:
    """Show the messages around one, both sides, in order of time."""
    by: Any = asked.choice("by", service.CONVERSATIONS_BY)
    first = asked.request.query_params.get("first")
    start = None if first is None else asked.number("first", 0, least=0)
    found = service.conversation(
        asked.of, asked.part("number"), by=by, first=start, limit=SIZE, who=asked.person
    )
    sides = {name: place for place, name in enumerate(found["people"])}
    return asked.page(
        "conversation.html",
        found=found,
        number=found["message"],
        side=lambda names: _side(sides, names),
        language=lambda code: language_name(asked, code),
    )


def _side(sides: dict[str, int], names: list[str]) -> int:
    """Return on which side a message stands: 1 for whoever comes second, 0 for all others."""
    place = sides.get(" ".join(names[0].lower().split())) if names else None
    return 1 if place == 1 else 0


ROUTES = (
    Route("GET", "/m/{number:int}", message, "message"),
    Route("GET", "/m/{number:int}/raw", raw, "raw"),
    Route("GET", "/m/{number:int}/headers", headers, "headers"),
    Route("GET", "/m/{number:int}/clause", clause, "clause"),
    Route("GET", "/m/{number:int}/certificate", certificate, "certificate"),
    Route("GET", "/m/{number:int}/attachment/{attachment:int}", attachment, "attachment"),
    Route("GET", "/m/{number:int}/conversation", conversation, "conversation"),
)
