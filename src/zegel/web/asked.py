"""One request of somebody who is logged in at a case or an investigation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from zegel import service
from zegel.errors import UsageError
from zegel.people import Person
from zegel.service.desks import Desk
from zegel.web.forms import Form
from zegel.web.language import Reader
from zegel.web.pages import render
from zegel.web.security import csrf_token

SAID = "zegel-said"
"""Cookie: a sentence to show once."""
LONGEST_SAID = 500
INERT = "default-src 'none'; sandbox"
"""Policy of a download: were a browser to show it all the same, it could do nothing."""


@dataclass(slots=True, kw_only=True)
class Asked:
    """A request, where it is asked, by whom, and how its answer is made."""

    request: Request
    desk: Desk
    person: Person
    token: str = field(repr=False)
    reader: Reader
    form: Form = field(default_factory=Form)
    _may: frozenset[str] | None = field(default=None, init=False, repr=False)

    @property
    def of(self) -> Any:
        """Return the opened case or investigation, for a function of the service."""
        return self.desk.of

    def may(self, act: str) -> bool:
        """Say whether whoever asks has the right to an act here, so that a page offers no other."""
        if self._may is None:
            self._may = frozenset(service.whoami(self.desk.of, who=self.person)["may"])
        return act in self._may

    def say(self, words: str) -> str:
        """Return words in the reader's language."""
        return self.reader.say(words)

    def say_many(self, one: str, many: str, number: int) -> str:
        """Return the form of a sentence that fits `number`, named in it as `%(num)s`."""
        return self.reader.say_many(one, many, number)

    def part(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    def number(self, name: str, default: int, *, least: int = 1, most: int = 1_000_000) -> int:
        """Return a whole number of the query string, within bounds."""
        given = self.request.query_params.get(name)
        if given is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", given) or not least <= int(given) <= most:
            raise UsageError(f"{name} is a whole number from {least} to {most}")
        return int(given)

    def choice(self, name: str, among: Sequence[str]) -> str:
        """Return a word of the query string, one of those given; the first where it is absent."""
        given = self.request.query_params.get(name, among[0])
        if given not in among:
            raise UsageError(f"{name} is one of {', '.join(among)}")
        return given

    def to(self, name: str, **parts: object) -> str:
        """Return the path of a route of this desk; what is no part of its path is asked in a query
        string, which must hold no content."""
        return path_of(self.request, name, self.desk.key, **parts)

    def page(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """Return a page."""
        said = unquote(self.request.cookies.get(SAID, ""))[:LONGEST_SAID]
        text = render(
            template,
            self.reader,
            asked=self,
            desk=self.desk,
            person=self.person,
            csrf=csrf_token(self.token),
            path=self.to,
            said=said,
            here=self.request.url.path,
            **context,
        )
        answer = HTMLResponse(text, status)
        if said:
            answer.delete_cookie(SAID, path="/")
        return answer

    def see(self, path: str, said: str = "") -> RedirectResponse:
        """Send the reader to another page, with a sentence that is shown there once."""
        answer = RedirectResponse(path, 303)
        if said:
            kept = quote(said[:LONGEST_SAID])
            answer.set_cookie(SAID, kept, httponly=True, samesite="strict", path="/", max_age=60)
        return answer

    def download(self, content: bytes, name: str, media_type: str) -> Response:
        """Return bytes that a browser keeps as a file and never shows."""
        return download(content, name, media_type)


def download(content: bytes, name: str, media_type: str) -> Response:
    """Return bytes that a browser keeps as a file and never shows."""
    return Response(content, media_type=media_type, headers=attachment(name))


def attachment(name: str) -> dict[str, str]:
    """Return the headers of what a browser keeps as a file of that name and never shows."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:100] or "file"
    return {
        "content-disposition": f'attachment; filename="{plain}"',
        "content-security-policy": INERT,
    }


def path_of(request: Request, name: str, place: str, **parts: object) -> str:
    """Return the path of a route by its name at a desk."""
    # A page has a hundred links: asking every route for each would cost more than all its words.
    path, kinds = request.app.state.parts[name]
    asked_of = {**parts, "place": place}
    path = path.format(
        **{key: kind.to_string(kind.convert(str(asked_of[key]))) for key, kind in kinds.items()}
    )
    rest = {key: value for key, value in parts.items() if key not in kinds and value is not None}
    query = "&".join(f"{quote(key)}={quote(str(value))}" for key, value in rest.items())
    return f"{path}?{query}" if query else str(path)
