"""A window of Debian's Chromium, and everything that a page did in it or tried to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    expect,
    sync_playwright,
)

PATIENCE_MS = 60_000
"""How long a condition is waited for; nothing else is waited for."""
WIDE, NARROW = (1280, 900), (375, 740)
PICTURES = "ZEGEL_SCREENSHOTS"
"""The environment variable that names the folder in which pictures of pages are kept."""
WATCH = """
window.zegelViolations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.zegelViolations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium, or skip where there is none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    # The sandbox of Chromium does not start as root; nothing but our own server is opened.
    words = ["--no-sandbox"] if os.geteuid() == 0 else []
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=program, args=[*words, "--disable-gpu"], timeout=PATIENCE_MS
        )
        try:
            yield browser
        finally:
            browser.close()


class Screen:
    """One person's window at one server, with cookies of its own."""

    def __init__(
        self,
        browser: Browser,
        address: str,
        *,
        size: tuple[int, int] = WIDE,
        scheme: Literal["light", "dark"] = "light",
        language: str = "en",
        scripts: bool = True,
        **more: Any,
    ) -> None:
        self.address = address
        self.asked: list[tuple[str, str]] = []
        """Every URL that was asked for, and its Referer."""
        self.dialogs: list[str] = []
        self.complaints: list[str] = []
        """What the browser's console says was wrong: scripts, policies, what failed to load."""
        self._context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            locale="nl-NL" if language == "nl" else "en-GB",
            timezone_id="Europe/Amsterdam",
            java_script_enabled=scripts,
            **more,
        )
        self._context.set_default_timeout(PATIENCE_MS)
        self._context.add_init_script(WATCH)
        self._context.on("request", self._noted)
        self._context.on("console", self._heard)
        self._context.on("dialog", self._asked_of)
        self._context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.page = self._context.new_page()

    def _noted(self, request: Request) -> None:
        self.asked.append((request.url, request.headers.get("referer", "")))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _is_of_status(message.text):
            self.complaints.append(message.text)

    def _asked_of(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def go(self, path: str) -> Page:
        """Open a path of the server."""
        self.page.goto(self.address + path)
        return self.page

    def press(self, keys: str) -> None:
        """Press keys, with spaces between them, once the page that is open listens to them."""
        self.page.wait_for_load_state("load")
        for key in keys.split():
            self.page.keyboard.press(key)

    @property
    def path(self) -> str:
        """The path that is open."""
        return urlsplit(self.page.url).path

    def faults(self) -> list[str]:
        """Return what no page may do: run what an exhibit holds, ask elsewhere, break a policy."""
        elsewhere = [
            url for url, _ in self.asked if not url.startswith((self.address + "/", "blob:"))
        ]
        ran = self.page.evaluate("[typeof window.canary, window.zegelViolations || []]")
        return [
            *(f"asked elsewhere: {url}" for url in elsewhere),
            *(f"a dialog: {words}" for words in self.dialogs),
            *(f"the console: {words}" for words in self.complaints),
            *(["a script of an exhibit ran"] if ran[0] != "undefined" else []),
            *(f"against the policy: {words}" for words in ran[1]),
        ]

    def too_wide(self) -> int:
        """Return how many pixels the page is wider than its window."""
        return int(
            self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )

    def picture(self, name: str, *, whole: bool = True) -> None:
        """Keep a picture of the page where whoever runs the tests asks for pictures."""
        folder = os.environ.get(PICTURES)
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=whole)

    def paper(self, name: str) -> bytes:
        """Return the page as it is printed, in PDF; keep it where pictures are asked for."""
        printed = self.page.pdf(format="A4", print_background=False)
        folder = os.environ.get(PICTURES)
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            (Path(folder) / f"{name}.pdf").write_bytes(printed)
        return printed

    def close(self) -> None:
        """Close the window."""
        self._context.close()


def _is_of_status(words: str) -> bool:
    """Say whether the console only repeats that a page was refused, which tests look at."""
    return words.startswith("Failed to load resource: the server responded with a status of 4")
