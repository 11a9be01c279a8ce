"""What a reader sees of an error: what happened and what to do next, never a traceback."""

from __future__ import annotations

import logging
from types import TracebackType

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from zegel.errors import RefusedError, UsageError, ZegelError
from zegel.text.query import QueryError
from zegel.web.language import Reader, reader_of
from zegel.web.pages import hostile, render, told

_log = logging.getLogger("zegel.web")


def failure(reader: Reader, error: ZegelError) -> Response:
    """Return the page of a known failure."""
    status = error.http_status
    if isinstance(error, RefusedError):
        heading = reader.say("You may not do this")
    elif isinstance(error, QueryError):
        heading = reader.say("This cannot be understood")
    elif isinstance(error, UsageError):
        heading = reader.say("This does not fit")
    else:
        heading = reader.say("This could not be done")
    what, next_step = told(reader, error.what), told(reader, error.next_step)
    return _page(reader, status, heading, what, next_step)


def internal(reader: Reader, error: Exception) -> Response:
    """Return the page of a fault of this program; its class and our own line are all it tells.

    The words of such an error may hold content, so nobody is shown them, and no log.
    """
    place = _place(error.__traceback__)
    _log.error("internal error, %s at %s", type(error).__name__, place)
    return _page(
        reader,
        500,
        reader.say("Something went wrong here"),
        hostile(f"{type(error).__name__}, {place}"),
        reader.say("Nothing that was finished is lost. Please report this line."),
    )


async def wrong(request: Request, error: Exception) -> Response:
    """Return the page of an address that is not there, or of a form that cannot be read."""
    reader = reader_of(request)
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        heading, what = reader.say("There is no such page"), reader.say("Follow a link instead")
        return _page(reader, 404, heading, what, "")
    heading = reader.say("This request cannot be understood")
    return _page(reader, error.status_code, heading, told(reader, error.detail), "")


def _page(reader: Reader, status: int, heading: str, what: str, next_step: str) -> HTMLResponse:
    text = render("failure.html", reader, heading=heading, what=what, next_step=next_step)
    return HTMLResponse(text, status)


def _place(trace: TracebackType | None) -> str:
    place = "?"
    while trace is not None:
        code = trace.tb_frame.f_code
        if "zegel" in code.co_filename:
            place = f"{code.co_name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
