"""What a page module declares: method, path, view, name. `app` makes the application of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from starlette.responses import Response

if TYPE_CHECKING:
    from zegel.web.asked import Asked

View = Callable[["Asked"], Response]
FORM_SIZE = 256 * 1024
"""Bytes of a posted form, unless its route allows more."""


@dataclass(frozen=True, slots=True)
class Route:
    """One address inside a case or an investigation."""

    method: Literal["GET", "POST"]
    path: str
    view: View
    name: str
    most: int = FORM_SIZE
    """Bytes of the body, beyond which it is refused unread."""
