"""The application below `/api`: a bearer token and never a cookie, bounded bodies, and every error
as a problem document (RFC 9457).

A token is that of a working session: from `POST /api/login`, or the one that `zegel login` keeps.
No browser adds it by itself, so no form of another site can act here.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from zegel import service
from zegel.errors import SessionError, UsageError, ZegelError
from zegel.service.desks import Desks
from zegel.web.api.call import Call, Query
from zegel.web.api.calls import CALLS
from zegel.web.api.document import openapi
from zegel.web.api.faults import internal, of_http, problem
from zegel.web.api.shapes import Shape, require
from zegel.web.asked import INERT
from zegel.web.security import ENTRIES, LOGINS_JUDGED, judged


def application(desks: Desks) -> Starlette:
    """Return the application of every call, and of the document that describes them."""
    app = Starlette(
        routes=[
            Route("/openapi.json", _document, name="openapi"),
            *(
                Route(call.whole, _answer(call), methods=[call.method], name=call.name)
                for call in CALLS
            ),
        ],
        exception_handlers={HTTPException: of_http, Exception: _unexpected},
    )
    app.state.desks = desks
    app.state.logins = CapacityLimiter(LOGINS_JUDGED)
    return app


async def _document(_: Request) -> Response:
    return _json(openapi())


async def _unexpected(_: Request, error: Exception) -> Response:
    return internal(error)


def _answer(call: Call) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        text = await _body(request, call.most) if call.method == "POST" else b""
        if f"/api{call.whole}" in ENTRIES:
            return await judged(request.app.state.logins, lambda: _called(call, request, text))
        return await run_in_threadpool(_called, call, request, text)

    return answer


async def _body(request: Request, most: int) -> bytes:
    """Return what is asked, refused before it is read whole where it is too long."""
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise HTTPException(413, f"at most {most:,} bytes are read here")
            parts.append(part)
    except ClientDisconnect:
        raise HTTPException(400, "the request ended early") from None
    return b"".join(parts)


@service.one_opening()
def _called(call: Call, request: Request, text: bytes) -> Response:
    try:
        query = _query(call, request, text)
        return _response(call, call.ask(query))
    except ZegelError as error:
        return problem(error)
    except Exception as error:  # noqa: BLE001 - answered here, for its words may hold content
        return internal(error)


def _query(call: Call, request: Request, text: bytes) -> Query:
    """Return who asks what of whom; the session comes first, so that nobody else learns more."""
    desks: Desks = request.app.state.desks
    desk = person = None
    token = ""
    if call.at != "nowhere":
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        desk = desks.at(request.path_params["place"])
        fits = desk is not None and desk.is_case is (call.at == "case")
        if scheme.lower() != "bearer" or not token or desk is None or not fits:
            raise SessionError("this needs the token of a session, as `Authorization: Bearer …`")
        person = service.person_of(desk.of, token)
    given = {**_parts(call, request), **_in_address(call, request), **_asked(call, text)}
    return Query(desks=desks, desk=desk, person=person, token=token, given=given)


def _parts(call: Call, request: Request) -> dict[str, Any]:
    return {
        name: _read(request.path_params[name], shape, name) for name, shape in call.parts.items()
    }


def _in_address(call: Call, request: Request) -> dict[str, Any]:
    given = request.query_params
    if not set(given) <= call.query.keys():
        raise UsageError(f"the address asks for more than {', '.join(call.query) or 'nothing'}")
    return {
        name: _read(given[name], shape, name) if name in given else shape.get("default")
        for name, shape in call.query.items()
    }


def _read(text: str, shape: Shape, name: str) -> Any:
    """Return a part of an address as its shape has it."""
    value: Any = text
    if shape.get("type") == "integer" and text.isascii() and text.isdigit() and len(text) < 16:
        value = int(text)
    elif shape.get("type") == "boolean" and text in ("true", "false"):
        value = text == "true"
    require(value, shape, name)
    return value


def _asked(call: Call, text: bytes) -> dict[str, Any]:
    if call.body is None:
        return {}
    try:
        value = json.loads(text or b"{}")
    except (ValueError, RecursionError):
        raise UsageError("the body is no JSON") from None
    require(value, call.body)
    defaults = {
        name: shape["default"]
        for name, shape in call.body["properties"].items()
        if "default" in shape
    }
    return {**defaults, **value}


def _response(call: Call, value: Any) -> Response:
    if call.media_type != "application/json":
        headers = {"content-disposition": "attachment", "content-security-policy": INERT}
        if isinstance(value, Path):
            return FileResponse(value, media_type=call.media_type, headers=headers)
        return Response(value, media_type=call.media_type, headers=headers)
    return _json(value)


def _json(value: Any) -> Response:
    text = json.dumps(_exact(value), ensure_ascii=False, allow_nan=False)
    return Response(text.encode("utf-8", "surrogatepass"), media_type="application/json")


def _exact(value: Any) -> Any:
    """Return a value in which instants in nanoseconds are text: no JSON number holds them."""
    if isinstance(value, dict):
        return {
            key: str(one) if key.endswith("_ns") and isinstance(one, int) else _exact(one)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_exact(one) for one in value]
    return value
