"""A browser without a screen for the tests: the application over real folders, in this process."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
from starlette.testclient import TestClient

from zegel.casefile import Case
from zegel.service import Desks
from zegel.web import Settings, application

ORIGIN = "http://localhost"


class Browser:
    """Somebody at a browser."""

    def __init__(self, *, case: Path | None = None, folders: tuple[Path, ...] = ()) -> None:
        self.desks = Desks(Case.open(case) if case else None, folders)
        app = application(Settings(desks=self.desks))
        self.client = TestClient(app, base_url=ORIGIN, follow_redirects=False)

    def get(self, path: str, **headers: str) -> httpx2.Response:
        """Ask for a page."""
        return self.client.get(path, headers=headers)

    def post(
        self,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, Any] | None = None,
        token: bool = True,
        **headers: str,
    ) -> httpx2.Response:
        """Send a form as a page of this server would, with the token of the session."""
        fields = dict(fields or {})
        if token and "csrf" not in fields:
            fields["csrf"] = self.csrf(path)
        headers = {"origin": ORIGIN, **headers}
        return self.client.post(path, data=fields, files=files, headers=headers)

    def csrf(self, path: str) -> str:
        """Return the token that a form of the desk of `path` carries."""
        desk = re.match(r"/[ic]/[0-9a-f]{16}", path)
        page = self.follow(self.get((desk.group() + "/about") if desk else "/")).text
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
        return found.group(1) if found else ""

    def follow(self, answer: httpx2.Response) -> httpx2.Response:
        """Go where an answer sends the browser, until it shows something."""
        for _ in range(5):
            if answer.status_code != 303:
                break
            answer = self.get(answer.headers["location"])
        return answer

    def log_in(self, name: str, desk: str, **fields: str) -> httpx2.Response:
        """Log in at a desk by its name or key; return the first answer."""
        said = {"name": name, "desk": desk, "purpose": "a test", **fields}
        return self.post("/login", said, token=False)

    def key_of(self, name: str) -> str:
        """Return the key of a desk."""
        desk = self.desks.named(name)
        assert desk is not None, f"no desk {name}"
        return desk.key
