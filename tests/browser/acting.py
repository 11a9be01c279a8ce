"""What somebody does at a page, by the words that stand on it."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.screen import Screen

TOGETHER = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
"""Marks of every module here: one worker runs them, with one browser and one server."""


def log_in(at: Screen, desk: str, name: str = "jansen", purpose: str = "the harbour") -> None:
    """Log in at a desk of a training case."""
    page = at.go("/login")
    # A case says that it is one, in the reader's language.
    named = re.compile(rf"^{re.escape(desk)}( \(.*\))?$")
    option = page.locator("select[name=desk] option").filter(has_text=named)
    page.locator("select[name=desk]").select_option(option.get_attribute("value"))
    page.locator("input[name=name]").fill(name)
    page.locator("input[name=purpose]").fill(purpose)
    page.locator("main form button").click()
    page.locator(".who").wait_for()


def speak(at: Screen, language: str) -> None:
    """Choose a language at the foot of the page."""
    at.page.locator("select[name=language]").select_option(language)
    at.page.locator(".reader button").click()
    at.page.locator(f"html[lang={language}]").wait_for()


def kind_of(path: str) -> str:
    """Return what a page is, without which one: its path without keys, states and numbers."""
    inside = re.sub(r"^/[ic]/[0-9a-f]{16}", "", urlsplit(path).path)
    return re.sub(r"/(?:[0-9a-f]{16,}|[0-9]+)(?=/|$)", "/N", inside) or "/"


def links(at: Screen) -> list[str]:
    """Return where the links of the page lead, at the same desk; downloads left out."""
    found = at.page.locator("a[href]:not([download])").evaluate_all(
        "all => all.map((one) => new URL(one.getAttribute('href'), location).href)"
    )
    desk = re.match(r"/[ic]/[0-9a-f]{16}", at.path)
    base = at.address + (desk.group() if desk else "/")
    return [
        urlunsplit(("", "", *urlsplit(url)[2:4], ""))
        for url in dict.fromkeys(found)
        if url.startswith(base)
    ]


def walk(at: Screen, begin: Sequence[str], *, each: int) -> Iterator[str]:
    """Open every page that links lead to, `each` of a kind, and yield its path while it is open."""
    waiting, seen = deque(begin), Counter[str]()
    opened = set()
    while waiting:
        path = waiting.popleft()
        if path in opened or seen[kind_of(path)] >= each:
            continue
        opened.add(path)
        seen[kind_of(path)] += 1
        answer = at.page.request.get(at.address + path, max_redirects=0)
        if "attachment" in answer.headers.get("content-disposition", ""):
            assert "sandbox" in answer.headers["content-security-policy"], path
            assert answer.headers["x-content-type-options"] == "nosniff"
            continue
        at.go(path)
        yield at.path
        waiting.extend(links(at))


def seeds(at: Screen) -> list[str]:
    """Return where a walk through the desk that is open begins."""
    return [at.path, *links(at)]
