"""The pages that every reader inside an investigation has: what it is, and the way out."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from zegel import service
from zegel.web.asked import Asked
from zegel.web.login import cookie_of
from zegel.web.routes import Route

RECORDS = 200
"""Business records of one page."""


def about(asked: Asked) -> Response:
    """Show what the investigation is: its order, clauses, seal and exhibits."""
    described = service.describe(asked.of, who=asked.person)
    return asked.page("about.html", about=described)


def records(asked: Asked) -> Response:
    """Show the business records that the order admits."""
    found = service.list_records(asked.of, who=asked.person)
    pages = max(1, -(-found["count"] // RECORDS))
    page = asked.number("page", 1, most=pages)
    shown = found["records"][(page - 1) * RECORDS : page * RECORDS]
    return asked.page("records.html", found=found, shown=shown, page=page, pages=pages)


def head(asked: Asked) -> Response:
    """Hand out the signed head of the investigation's log, to be kept elsewhere."""
    content = service.custody_head(asked.of, who=asked.person)
    return asked.download(content, f"{asked.desk.name}-head.json", "application/json")


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
    Route("GET", "/records", records, "records"),
    Route("POST", "/head", head, "head"),
    Route("POST", "/logout", log_out, "log out"),
)
