"""The application: routes, who is logged in, and what becomes of an error."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from anyio import CapacityLimiter
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, compile_path
from starlette.routing import Route as Path

from zegel import service
from zegel.errors import SessionError, UsageError, ZegelError
from zegel.service.desks import Desks
from zegel.web import (
    accounting,
    api,
    casework,
    examiner,
    inside,
    login,
    pictures,
    reading,
    searching,
    tray,
)
from zegel.web.asked import Asked
from zegel.web.failures import failure, internal, wrong
from zegel.web.forms import Form, posted
from zegel.web.language import reader_of
from zegel.web.pages import STATIC, STATIC_FILES
from zegel.web.routes import Route
from zegel.web.security import LOGINS_JUDGED, Guard, csrf_token

INSIDE: tuple[Route, ...] = (
    *inside.ROUTES,
    *searching.ROUTES,
    *reading.ROUTES,
    *pictures.ROUTES,
    *casework.ROUTES,
    *tray.ROUTES,
)
"""Addresses inside an investigation."""
OF_CASE: tuple[Route, ...] = (*examiner.ROUTES, *accounting.ROUTES)
"""Addresses of a case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How an application is served."""

    desks: Desks
    hosts: frozenset[str] = field(default=frozenset({"localhost", "127.0.0.1", "::1"}))
    secure: bool = False
    """Over TLS: cookies travel no other way."""


def application(settings: Settings) -> Guard:
    """Return the application, behind its guard."""
    paths = [
        Path("/static/{name}", _static, name="static"),
        *login.paths(),
        *_paths("/i/{place}", INSIDE),
        *_paths("/c/{place}", OF_CASE),
    ]
    programs = Mount("/api", api.application(settings.desks), name="api")
    app = Starlette(
        routes=[*paths, programs],
        exception_handlers={
            HTTPException: wrong,
            Exception: _unexpected,
        },
    )
    app.state.settings = settings
    app.state.desks = settings.desks
    app.state.logins = CapacityLimiter(LOGINS_JUDGED)
    app.state.parts = {path.name: compile_path(path.path)[1:] for path in paths}
    return Guard(app, hosts=settings.hosts, secure=settings.secure)


def _paths(prefix: str, routes: Iterable[Route]) -> list[Path]:
    of_case = prefix.startswith("/c/")
    return [
        Path(prefix + route.path, _answer(route, of_case), methods=[route.method], name=route.name)
        for route in routes
    ]


def _answer(route: Route, of_case: bool) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        form = await posted(request, route.most) if route.method == "POST" else Form()
        return await run_in_threadpool(_view, route, of_case, request, form)

    return answer


@service.one_opening()
def _view(route: Route, of_case: bool, request: Request, form: Form) -> Response:
    desk = request.app.state.desks.at(request.path_params["place"])
    reader = reader_of(request)
    token = request.cookies.get(login.cookie_of(desk), "") if desk else ""
    if desk is None or not token or desk.is_case is not of_case:
        return login.first(request)
    try:
        person = service.person_of(desk.of, token)
        asked = Asked(
            request=request, desk=desk, person=person, token=token, reader=reader, form=form
        )
        if route.method == "POST":
            _check_token(form, token)
        return route.view(asked)
    except SessionError as error:
        return login.first(request, str(error.what))
    except ZegelError as error:
        return failure(reader, error)
    except Exception as error:  # noqa: BLE001 - answered here, for its words may hold content
        return internal(reader, error)


def _check_token(form: Form, token: str) -> None:
    given = form.fields.get("csrf", [""])[0]
    if not hmac.compare_digest(given.encode(), csrf_token(token).encode()):
        raise UsageError(
            "this form does not belong to your session", next_step="Open the page again."
        )


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STATIC_FILES:
        raise HTTPException(404)
    kept = {"cache-control": "public, max-age=31536000, immutable"}
    return FileResponse(STATIC / name, headers=kept)


async def _unexpected(request: Request, error: Exception) -> Response:
    return internal(reader_of(request), error)
