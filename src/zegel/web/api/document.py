"""The OpenAPI 3.1 document of the API, made from the table of calls.

OpenAPI Specification 3.1.1; its schemas are JSON Schema 2020-12.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from zegel import __version__
from zegel.web.api.call import PLACE, Call
from zegel.web.api.calls import CALLS
from zegel.web.api.faults import MEDIA_TYPE, PROBLEM
from zegel.web.api.shapes import Shape

ABOUT = (
    "The same use cases as the pages, with the same rights, through the same door: every read "
    "stands in the custody log of the case or investigation it is of.\n\nLog in with "
    "`POST /login`, or use the token that `zegel login` keeps, and send it as `Authorization: "
    "Bearer TOKEN`; cookies are not looked at. No content stands in an address: what asks with "
    "content is a body that is posted. Instants in nanoseconds are text. Answers may gain keys. "
    "Errors are problem documents (RFC 9457)."
)
_GROUPS = {
    "nowhere": "Logging in",
    "case": "A case, without content",
    "investigation": "Inside an investigation",
}
_FAULTS = {
    "400": ("Misfit", "what is asked does not fit, or is not there"),
    "401": ("NoSession", "there is no session, or it has ended"),
    "403": ("Refused", "this person may not do this; the refusal is in the log"),
    "413": ("TooLong", "more was sent than is read"),
    "429": ("TooMany", "too many requests; `Retry-After` says when to come back"),
    "default": ("Fault", "another error"),
}


@cache
def openapi() -> dict[str, Any]:
    """Return the document."""
    paths: dict[str, dict[str, Any]] = {}
    for call in CALLS:
        paths.setdefault(call.whole, {})[call.method.lower()] = _operation(call)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Zegel",
            "version": __version__,
            "summary": "Search, read and account for the evidence of a case",
            "description": ABOUT,
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": "/api"}],
        "tags": [{"name": name} for name in _GROUPS.values()],
        "paths": paths,
        "components": {
            "schemas": {"Problem": PROBLEM},
            "responses": {name: _fault(says) for name, says in _FAULTS.values()},
            "securitySchemes": {
                "session": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "the token of a working session",
                }
            },
        },
    }


def _operation(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": call.name,
        "summary": call.says,
        "tags": [_GROUPS[call.at]],
        "security": [] if call.at == "nowhere" else [{"session": []}],
        "parameters": _parameters(call),
        "responses": {
            "200": {"description": "done", "content": {call.media_type: {"schema": call.answer}}},
            **{
                status: {"$ref": f"#/components/responses/{name}"}
                for status, (name, _) in _FAULTS.items()
            },
        },
    }
    if call.body is not None:
        needed = bool(call.body.get("required"))
        content = {"application/json": {"schema": call.body}}
        found["requestBody"] = {"required": needed, "content": content}
    return found


def _parameters(call: Call) -> list[dict[str, Any]]:
    parts: dict[str, Shape] = {} if call.at == "nowhere" else {"place": PLACE}
    return [
        *(_parameter(name, "path", shape) for name, shape in {**parts, **call.parts}.items()),
        *(_parameter(name, "query", shape) for name, shape in call.query.items()),
    ]


def _parameter(name: str, where: str, shape: Shape) -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": shape}


def _fault(says: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": says, "content": {MEDIA_TYPE: {"schema": schema}}}
