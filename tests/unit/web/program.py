"""Somebody who asks the API by program, and what of an answer is not as documented."""

from __future__ import annotations

import json
from typing import Any

import httpx2
from jsonschema import Draft202012Validator

from tests.web import Browser

Shape = dict[str, Any]


class Program:
    """Somebody who asks by program: no cookie, a token in a header."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.headers: dict[str, str] = {}
        self.at = ""

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        self.browser.client.cookies.clear()
        content = None if body is None else json.dumps(body)
        return self.browser.client.request(
            method, "/api" + path, content=content, headers={**self.headers, **headers}
        )

    def log_in(self, place: str, name: str) -> None:
        said = {"place": place, "name": name, "purpose": "a test"}
        began = self.ask("POST", "/login", said).json()
        self.headers = {"authorization": f"Bearer {began['token']}"}
        self.at = began["at"].removeprefix("/api")


def closed(shape: Any) -> Any:
    """Return a shape in which no object has keys besides those that are named."""
    if isinstance(shape, list):
        return [closed(one) for one in shape]
    if not isinstance(shape, dict):
        return shape
    inner = {name: closed(one) for name, one in shape.items()}
    if isinstance(shape.get("properties"), dict) and "object" in str(shape.get("type")):
        inner.setdefault("additionalProperties", False)
    return inner


def faults(value: Any, shape: Shape) -> list[str]:
    found = Draft202012Validator(closed(shape)).iter_errors(value)
    return [f"{'/'.join(map(str, one.path))}: {one.message[:200]}" for one in found]
