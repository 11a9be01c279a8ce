"""The pages that every reader inside an investigation has: what it is, and the way out."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from zegel import service
from zegel.web.asked import Asked
from zegel.web.login import cookie_of
from zegel.web.routes import Route


def about(asked: Asked) -> Response:
    """Show what the investigation is: its order, clauses, seal and exhibits."""
    described = service.describe(asked.of, who=asked.person)
    return asked.page("about.html", about=described)


def start(asked: Asked) -> Response:
    """Go to where work begins."""
    return asked.see(asked.to("search"))


def log_out(asked: Asked) -> Response:
    """End the session at this desk."""
    service.logout(asked.of, asked.token)
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(cookie_of(asked.desk), path="/")
    return answer


ROUTES = (
    Route("GET", "", start, "start"),
    Route("GET", "/about", about, "about"),
    Route("POST", "/logout", log_out, "log out"),
)
