"""Who may come in: login by password, by key, by a code from a terminal; in training by word.

A session's token is a cookie of its own for each desk: sent to this server alone (SameSite=Strict),
unreadable to scripts, over TLS only where there is TLS. The names of investigations are told to
nobody who is not logged in, training apart; a desk that is not there refuses like a wrong password.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route as Path

from zegel import service
from zegel.errors import UsageError, ZegelError
from zegel.service.desks import Desk, Desks
from zegel.web.asked import path_of
from zegel.web.failures import failure
from zegel.web.forms import Form, posted
from zegel.web.language import LANGUAGE, LANGUAGES, ZONE, known_zone, reader_of
from zegel.web.pages import render
from zegel.web.routes import FORM_SIZE
from zegel.web.security import judged

LONGEST_PASSWORD = 1024
KEPT_DAYS = 365


def paths() -> list[Path]:
    """Return the addresses that need no session."""
    return [
        Path("/", _get(_home), name="home"),
        Path("/login", _get(first), name="login"),
        Path("/login", _slowly, methods=["POST"], name="log in"),
        Path("/reader", _post(lambda _, form: _read_as(form)), methods=["POST"], name="read as"),
    ]


def _get(view: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await run_in_threadpool(view, request)

    return answer


def _post(view: Callable[[Request, Form], Response]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        form = await posted(request, FORM_SIZE)
        return await run_in_threadpool(_in_words, view, request, form)

    return answer


def _in_words(view: Callable[[Request, Form], Response], request: Request, form: Form) -> Response:
    try:
        return view(request, form)
    except ZegelError as error:
        return failure(reader_of(request), error)


async def _slowly(request: Request) -> Response:
    form = await posted(request, FORM_SIZE)
    return await judged(request.app.state.logins, lambda: _in_words(_log_in, request, form))


def cookie_of(desk: Desk) -> str:
    """Return the name of the cookie that holds a session at a desk."""
    return f"zegel-{desk.key}"


def _desks(request: Request) -> Desks:
    desks = request.app.state.desks
    assert isinstance(desks, Desks)
    return desks


def _home(request: Request) -> Response:
    """Show the desks at which the reader is logged in; who is at none logs in first."""
    mine = [desk for desk in _desks(request).all() if _is_at(request, desk)]
    if not mine:
        return first(request)
    text = render(
        "home.html", reader_of(request), desks=[(desk, start_of(request, desk)) for desk in mine]
    )
    return HTMLResponse(text)


def _is_at(request: Request, desk: Desk) -> bool:
    token = request.cookies.get(cookie_of(desk))
    if not token:
        return False
    try:
        service.person_of(desk.of, token)
    except ZegelError:  # ended, or its place is changed: the page of that place says which
        return False
    return True


def start_of(request: Request, desk: Desk) -> str:
    """Return where somebody begins who is logged in at a desk."""
    return path_of(request, "case" if desk.is_case else "start", desk.key)


def first(
    request: Request, why: str = "", status: int = 0, given: Mapping[str, str] | None = None
) -> HTMLResponse:
    """Return the page to log in, with the reason where something was refused."""
    context = {"name": "", "desk": "", "purpose": "", "challenge": "", **(given or {})}
    known = _desks(request).all()
    training = [desk for desk in known if desk.training]
    text = render(
        "login.html",
        reader_of(request),
        why=why,
        training=training,
        closed=len(training) < len(known),
        **context,
    )
    return HTMLResponse(text, status or (401 if why or request.url.path != "/login" else 200))


def _log_in(request: Request, form: Form) -> Response:
    said = {
        "desk": form.text("desk", most=200, default="").strip(),
        "name": form.text("name", most=200, default="").strip(),
        "purpose": form.text("purpose", most=service.LONGEST_PURPOSE, default=""),
    }
    try:
        began, desk = _begin(request, form, **said)
    except ZegelError as error:
        return first(request, error.what, error.http_status, said)
    if began is None:
        challenge = service.challenge(desk.of, said["name"]).decode()
        return first(request, given={**said, "challenge": challenge})
    answer = RedirectResponse(start_of(request, desk), 303)
    secure = request.app.state.settings.secure
    answer.set_cookie(
        cookie_of(desk), began.token, httponly=True, samesite="strict", secure=secure, path="/"
    )
    return answer


def _begin(
    request: Request, form: Form, desk: str, name: str, purpose: str
) -> tuple[service.LoggedIn | None, Desk]:
    """Return the session that began; without one where a key must answer a challenge first."""
    at = _desks(request).named(desk) or _desks(request).at(desk)
    password = form.text("password", most=LONGEST_PASSWORD, default="")
    if at is None:
        raise service.nobody_here(service.Proof(password=password))
    code = form.text("code", most=100, default="").strip()
    if code:
        return service.take_over(at.of, code), at
    if not name:
        raise UsageError("a name is needed, or a code from `zegel login --browser`")
    how = service.shown_by(at.of, name)
    if how == "account" and not at.training:
        # Whoever reaches a port has shown nothing of an account of this machine, and does not learn
        # that it is enrolled; the page says that there are codes from a terminal.
        raise service.nobody_here(service.Proof(password=password))
    proof = service.Proof(password=password)
    if how == "key":
        given = form.text("signature", most=4000, default="").strip()
        if not given:
            return None, at
        proof = service.signed_proof(form.text("challenge", most=4000).encode(), given)
    return service.login(at.of, name, proof, purpose=purpose), at


def _read_as(form: Form) -> Response:
    """Keep the reader's language and time zone, and go back to where they were."""
    answer = RedirectResponse(_back(form.text("back", most=2000, default="/")), 303)
    language, zone = (
        form.text("language", default="", most=10),
        form.text("zone", default="", most=64),
    )
    for cookie, value, known in (
        (LANGUAGE, language, language in LANGUAGES),
        (ZONE, zone.strip(), known_zone(zone.strip())),
    ):
        if known:
            answer.set_cookie(
                cookie, value, max_age=KEPT_DAYS * 86400, httponly=True, samesite="strict", path="/"
            )
    return answer


def _back(path: str) -> str:
    """Return a path of this server, whatever the form said."""
    fits = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if fits and path.isascii() and path.isprintable() else "/"
