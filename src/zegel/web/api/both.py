"""Calls that a case and an investigation have alike."""

from __future__ import annotations

import json
from typing import Any

from zegel import service
from zegel.web.api.call import Query
from zegel.web.api.shapes import COUNT, TEXT, TRUTH, many, maybe, thing

WHOAMI = thing(
    training=TRUTH,
    name=TEXT,
    roles=many(TEXT),
    how=TEXT,
    purpose=maybe(TEXT),
    may={**many(TEXT), "description": "the acts this person has the right to here"},
)
LOGOUT = thing(name=TEXT)
PEOPLE = thing(
    training=TRUTH,
    granted_by=maybe(TEXT),
    people=many(thing(name=TEXT, roles=many(TEXT), shown_by=TEXT, blocked=maybe(TEXT))),
)
HEAD = thing(
    format=TEXT,
    origin=TEXT,
    public_key=TEXT,
    root=TEXT,
    signature=TEXT,
    size=COUNT,
    time={**TEXT, "description": "nanoseconds since 1970 UTC"},
)


def whoami(query: Query) -> Any:
    """Say who acts."""
    return service.whoami(query.of, who=query.person)


def log_out(query: Query) -> Any:
    """End the session."""
    return {"name": service.logout(query.of, query.token)}


def people(query: Query) -> Any:
    """List who is enrolled."""
    return service.list_people(query.of, who=query.person)


def head(query: Query) -> Any:
    """Give out the signed head of the log."""
    return json.loads(service.custody_head(query.of, who=query.person))
