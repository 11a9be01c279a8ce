"""Every page that can be reached by a link: within WCAG 2.2 AA, light and dark, and as wide as its
window; and, where pictures are asked for, as it looks.

Pages of one kind differ in numbers only; one of each kind is looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.acting import TOGETHER, kind_of, log_in, seeds, speak, walk
from tests.browser.conftest import CASE, VAULT
from tests.screen import NARROW, WIDE, Screen

pytestmark = TOGETHER
Opening = Callable[..., Screen]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
OF_COLOUR = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
AXE = Axe()


def judged(at: Screen, rules: dict[str, Any]) -> list[str]:
    """Return what axe-core finds wrong with the page that is open."""
    found = AXE.run(at.page, options={**rules, "resultTypes": ["violations"]}).response
    return [
        f"{kind_of(at.path)}: {one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def looked_at(at: Screen, name: str) -> list[str]:
    """Judge the page that is open, light, dark and narrow; keep pictures of it."""
    wrong = judged(at, RULES)
    at.picture(f"{name}-light")
    at.page.emulate_media(color_scheme="dark")
    wrong += [f"dark: {one}" for one in judged(at, OF_COLOUR)]
    at.picture(f"{name}-dark")
    at.page.emulate_media(color_scheme="light")
    at.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    over = at.too_wide()
    wrong += [f"{kind_of(at.path)}: {over} px wider than a small window"] if over > 0 else []
    at.picture(f"{name}-narrow")
    at.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    over = at.too_wide()
    wrong += [f"{kind_of(at.path)}: {over} px wider than a window"] if over > 0 else []
    return wrong


def test_pages_of_nobody_are_within_the_rules(screen: Opening) -> None:
    at = screen()
    wrong = []
    for path, name in (("/login", "login"), ("/0/0", "not-found")):
        at.go(path)
        wrong += looked_at(at, name)
    log_in(at, VAULT)
    at.go("/")
    wrong += looked_at(at, "home")

    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize(("desk", "language"), [(VAULT, "en"), (CASE, "nl")])
def test_every_page_of_a_desk_is_within_the_rules(
    screen: Opening, desk: str, language: str
) -> None:
    at = screen(language=language)
    log_in(at, desk)
    wrong = []
    for path in walk(at, seeds(at), each=1):
        wrong += looked_at(at, f"{desk}{kind_of(path).replace('/', '-')}")

    assert wrong == [], "\n".join(wrong)


def test_pages_in_dutch_and_on_paper(screen: Opening) -> None:
    """For the eye; what can be asserted is that a page is within the rules, and printed at all."""
    at = screen(language="nl")
    wrong = []
    at.go("/login")
    at.picture("nl-login")
    for desk in (VAULT, CASE):
        log_in(at, desk)
        speak(at, "nl")
        for path in dict.fromkeys(seeds(at)):
            at.go(path)
            name = f"nl-{desk}{kind_of(path).replace('/', '-')}"
            at.picture(name)
            wrong += judged(at, RULES) if desk == VAULT else []  # the other is walked in Dutch
            assert at.paper(name).startswith(b"%PDF")
    at.go("/s/0")
    at.picture("nl-not-found")
    wrong += judged(at, RULES)

    assert wrong == [], "\n".join(wrong)
