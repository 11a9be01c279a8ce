"""Errors as problem documents (RFC 9457), in the words of the errors themselves."""

from __future__ import annotations

import json
import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from zegel.errors import ERRORS, LockedOutError, ZegelError
from zegel.web.api.shapes import TEXT, WHOLE, Shape, lacking, thing

MEDIA_TYPE = "application/problem+json"
PROBLEM: Shape = lacking(
    thing(
        type=TEXT,
        title={**TEXT, "description": "what kind of error it is"},
        status=WHOLE,
        detail={**TEXT, "description": "what happened, without content"},
        next={**TEXT, "description": "what to do next"},
        kind={**TEXT, "description": "the error's name in the reference"},
    ),
    "next",
    "kind",
)
_log = logging.getLogger("zegel.web")


def problem(error: ZegelError) -> Response:
    """Return a known error: 401 says how to log in, 429 when to come back."""
    kind = next(one for one in type(error).__mro__ if one in ERRORS)
    headers = {}
    if error.http_status == 401:
        headers["www-authenticate"] = 'Bearer realm="zegel"'
    if isinstance(error, LockedOutError):
        headers["retry-after"] = "60"
    return _document(
        error.http_status,
        f"/api/errors/{kind.__name__}",
        kind.meaning,
        error.what,
        headers,
        next=error.next_step,
        kind=kind.__name__,
    )


def plain(status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Return an error that is HTTP's own."""
    return _document(status, "about:blank", title, detail, headers or {})


def internal(error: Exception) -> Response:
    """Return a fault of this program: its class alone, for its words may hold content."""
    _log.error("internal error in the API, %s", type(error).__name__)
    return plain(500, "a fault of this program", f"internal error: {type(error).__name__}")


async def of_http(_: Request, error: Exception) -> Response:
    """Return an error of the address, of the method or of the body."""
    assert isinstance(error, HTTPException)
    return plain(error.status_code, "this request does not fit", error.detail)


def _document(
    status: int, type_: str, title: str, detail: str, headers: dict[str, str], **more: str
) -> Response:
    said = {"type": type_, "title": title, "status": status, "detail": detail, **more}
    return Response(
        json.dumps(said, ensure_ascii=False), status, media_type=MEDIA_TYPE, headers=headers
    )


def describe(kind: str) -> dict[str, object] | None:
    """Return what the `type` of a problem document leads to; None for an error nobody knows."""
    for one in ERRORS:
        if one.__name__ == kind:
            return {
                "kind": kind,
                "meaning": one.meaning,
                "next": one.remedy,
                "status": one.http_status,
                "exit_code": one.exit_code,
            }
    return None
