"""What stands before every page: the right host, the right origin, bounded bodies and rates, and
headers that leave a hostile message nothing to run, load, frame or send.

Each answer, errors included, carries the headers. A request that changes something must come from
a page of this server: its Origin says so, or the browser's Sec-Fetch-Site where there is none; and
its form carries a token that follows from the session (`csrf_token`).
"""

from __future__ import annotations

import hmac
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from hashlib import sha256

import anyio
import anyio.to_thread
from anyio import CapacityLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zegel.web.language import reader_of
from zegel.web.sentences import sentence

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cache-control": "no-store",
}
"""Sent with every answer."""
ANSWERED = frozenset({"cache-control", "content-security-policy"})
"""What an answer may set itself: how long a script of ours is kept, that a download is inert."""
_log = logging.getLogger("zegel.web")
YEAR = 365 * 24 * 3600
PER_MINUTE, BURST = 600, 120
"""Requests of one address: on average, and at once."""
LOGINS_PER_MINUTE, LOGINS_AT_ONCE = 30, 40
"""Of one address: each costs a digest that is slow and large by intent."""
ENTRIES = frozenset({"/login", "/api/login", "/api/challenge"})
"""Where somebody comes in."""
REFUSED_AFTER = 1.0
"""Seconds: longer than judging a password takes, so that time does not tell what was wrong."""
LOGINS_JUDGED = 4
"""At once in each process: each takes 64 MiB, and a thread that others could answer with."""
MOST_ADDRESSES = 10_000


def csrf_token(session: str) -> str:
    """Return what a form of a session carries: it follows from the session's token, and nothing of
    the token from it."""
    return hmac.new(session.encode(), b"zegel form", sha256).hexdigest()


async def judged(limiter: CapacityLimiter, judge: Callable[[], Response]) -> Response:
    """Judge who wants to come in, few at a time; a refusal comes after the same time, whatever was
    wrong."""
    began = anyio.current_time()
    answer = await anyio.to_thread.run_sync(judge, limiter=limiter)
    if answer.status_code >= 400:
        await anyio.sleep(max(0.0, began + REFUSED_AFTER - anyio.current_time()))
    return answer


class Rates:
    """How much each address has left: a bucket that fills with time."""

    def __init__(self, per_minute: float = PER_MINUTE, burst: float = BURST) -> None:
        self._per_second, self._burst = per_minute / 60, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Take one request of an address; return the seconds to wait where it has none left."""
        now = time.monotonic()
        left, at = self._left.pop(address, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_second)
        self._left[address] = (max(left - 1, 0) if left >= 1 else left, now)
        if len(self._left) > MOST_ADDRESSES:
            self._left.popitem(last=False)
        return 0.0 if left >= 1 else (1 - left) / self._per_second


class Guard:
    """Wraps the application; see the module."""

    def __init__(
        self, app: ASGIApp, *, hosts: Collection[str], secure: bool, rates: Rates | None = None
    ) -> None:
        self._app, self._hosts, self._secure = app, frozenset(hosts), secure
        self._rates = rates or Rates()
        self._logins = Rates(LOGINS_PER_MINUTE, LOGINS_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    if name not in ANSWERED or name not in headers:
                        headers[name] = value
                if self._secure:
                    headers["strict-transport-security"] = f"max-age={YEAR}"
            await send(message)

        app = self._refusal(HTTPConnection(scope)) or self._app
        try:
            await app(scope, receive, with_headers)
        except Exception as error:  # noqa: BLE001 - answered already; the server would log its words
            _log.error("internal error, %s", type(error).__name__)

    def _refusal(self, request: HTTPConnection) -> ASGIApp | None:
        host = request.headers.get("host", "")
        if _name(host) not in self._hosts:
            return _turned_away(request, 421, "This server has another name.")
        address = request.client.host if request.client else ""
        wait = self._rates.wait(address)
        if request.scope["method"] == "POST" and request.scope["path"] in ENTRIES:
            wait = wait or self._logins.wait(address)
        if wait:
            after = {"retry-after": str(int(wait) + 1)}
            return _turned_away(request, 429, "Too many requests; wait a little.", after)
        if request.scope["method"] not in ("GET", "HEAD", "POST"):
            return _turned_away(request, 405, "Only GET and POST are understood here.")
        posted = request.scope["method"] == "POST"
        # A program shows a token that no browser adds by itself, and no cookie counts there.
        if posted and not _of_program(request) and not self._from_here(request.headers, host):
            return _turned_away(request, 403, "This form came from another site.")
        return None

    def _from_here(self, headers: Headers, host: str) -> bool:
        origin = headers.get("origin")
        if origin is None or origin == "null":
            return headers.get("sec-fetch-site") == "same-origin"
        return origin == f"{'https' if self._secure else 'http'}://{host}"


def _of_program(request: HTTPConnection) -> bool:
    return str(request.scope["path"]).startswith("/api/")


def _turned_away(
    request: HTTPConnection, status: int, words: str, headers: Mapping[str, str] | None = None
) -> ASGIApp:
    """Return a refusal: a line for a person, a problem document (RFC 9457) for a program."""
    if not _of_program(request):
        told = sentence(reader_of(request), words) or words
        return PlainTextResponse(f"{told}\n", status, headers)
    said = {"type": "about:blank", "title": "refused", "status": status, "detail": words}
    return JSONResponse(said, status, headers, media_type="application/problem+json")


def _name(host: str) -> str:
    """Return the name of a Host header without its port, nothing where it is none."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]@/]+))(?::[0-9]+)?", host)
    return (found.group(1) or found.group(2)).lower() if found else ""
