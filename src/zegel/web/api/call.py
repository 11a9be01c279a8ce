"""One call of the API: where it is asked, with what, what comes back, and who answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from zegel.people import Person
from zegel.service.desks import Desk, Desks
from zegel.web.api.shapes import Shape

BODY_SIZE = 1024 * 1024
"""Bytes of what is asked, unless a call allows more."""
At = Literal["nowhere", "case", "investigation"]
"""What a call is asked of; without either it needs no session."""
PREFIX: Mapping[At, str] = {"nowhere": "", "case": "/c/{place}", "investigation": "/i/{place}"}
PLACE: Shape = {"type": "string", "pattern": "^[0-9a-f]{16}$", "description": "a desk's key"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One request, its parts within their shapes: of which desk, by whom, with what."""

    desks: Desks
    given: Mapping[str, Any]
    """Parts of the path, of the query string and of the body, by name."""
    desk: Desk | None = None
    person: Person | None = None
    token: str = field(default="", repr=False)

    @property
    def of(self) -> Any:
        """Return the opened case or investigation, for a function of the service."""
        assert self.desk is not None
        return self.desk.of


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One address of the API."""

    method: Literal["GET", "POST"]
    at: At
    path: str
    """Below what it is asked of; parts in braces have a shape in `parts`."""
    name: str
    says: str
    """What it does, in a sentence."""
    ask: Callable[[Query], Any]
    answer: Shape
    """The shape of what comes back; of bytes, their media type under `contentMediaType`."""
    parts: Mapping[str, Shape] = field(default_factory=dict)
    query: Mapping[str, Shape] = field(default_factory=dict)
    """What may stand in the query string: never content."""
    body: Shape | None = None
    most: int = BODY_SIZE

    @property
    def whole(self) -> str:
        """Return the path below `/api`."""
        return PREFIX[self.at] + self.path

    @property
    def media_type(self) -> str:
        """Return the media type of the answer."""
        return str(self.answer.get("contentMediaType", "application/json"))


def _call(
    method: Literal["GET", "POST"],
    at: At,
    path: str,
    name: str,
    says: str,
    ask: Callable[[Query], Any],
    answer: Shape,
    *,
    parts: Mapping[str, Shape] | None = None,
    query: Mapping[str, Shape] | None = None,
    body: Shape | None = None,
    most: int = BODY_SIZE,
) -> Call:
    return Call(
        method=method,
        at=at,
        path=path,
        name=name,
        says=says,
        ask=ask,
        answer=answer,
        parts=parts or {},
        query=query or {},
        body=body,
        most=most,
    )


case_get = partial(_call, "GET", "case")
"""Make a call that reads a case."""
case_post = partial(_call, "POST", "case")
"""Make a call of a case that is asked with a body, or does something."""
inside_get = partial(_call, "GET", "investigation")
"""Make a call that reads inside an investigation."""
inside_post = partial(_call, "POST", "investigation")
"""Make a call inside an investigation that is asked with a body, or does something."""
