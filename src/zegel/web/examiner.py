"""The examiner's pages: a case, without content."""

from __future__ import annotations

from starlette.responses import Response

from zegel import service
from zegel.web.asked import Asked
from zegel.web.inside import log_out
from zegel.web.routes import Route


def case(asked: Asked) -> Response:
    """Show what the case holds."""
    return asked.page("case_home.html", status_of=service.status(asked.of, who=asked.person))


ROUTES = (
    Route("GET", "", case, "case"),
    Route("POST", "/logout", log_out, "log out of case"),
)
