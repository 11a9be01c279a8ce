"""Coming in and going out, in a browser: in training by word, else by password."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.acting import TOGETHER, log_in, speak
from tests.browser.conftest import ADDER, PASSWORD, VAULT
from tests.screen import Screen
from tests.served import Server

pytestmark = TOGETHER
Opening = Callable[..., Screen]


def test_a_reader_logs_in_for_training_and_out_and_the_way_back_shows_nothing(
    screen: Opening,
) -> None:
    at = screen()
    log_in(at, VAULT)
    inside = at.page.url
    expect(at.page.locator(".training")).to_be_visible()
    expect(at.page.locator(".who")).to_contain_text("jansen")
    at.page.locator(".who button").click()
    at.page.wait_for_url(at.address + "/")

    expect(at.page.locator("h1")).to_have_text("Log in")
    at.page.go_back()
    expect(at.page.locator("h1")).to_have_text("Log in")
    at.page.goto(inside)
    expect(at.page.locator("h1")).to_have_text("Log in")


def test_the_language_that_a_reader_chooses_stays(screen: Opening) -> None:
    at = screen()
    at.go("/login")
    speak(at, "nl")
    expect(at.page.locator("h1")).to_have_text("Aanmelden")
    log_in(at, VAULT)

    expect(at.page.locator("html")).to_have_attribute("lang", "nl")


def test_a_browser_that_asks_for_dutch_gets_it(screen: Opening) -> None:
    at = screen(language="nl")
    at.go("/login")

    expect(at.page.locator("html")).to_have_attribute("lang", "nl")


def test_keys_are_shown_by_a_question_mark_and_are_letters_in_a_field(screen: Opening) -> None:
    at = screen()
    log_in(at, ADDER)
    at.press("Escape ?")  # first out of the search box, where it is a letter
    expect(at.page.locator("#keys")).to_be_visible()
    at.press("Escape")
    expect(at.page.locator("#keys")).to_be_hidden()
    zone = at.page.locator("input[name=zone]")
    zone.fill("")
    zone.press_sequentially("jk/?")

    expect(zone).to_have_value("jk/?")
    expect(at.page.locator("#keys")).to_be_hidden()


@pytest.fixture
def outside(browser: Browser, guarded: Server) -> Iterator[Screen]:
    """Return a window at the investigation that is not for training."""
    at = Screen(browser, guarded.address)
    yield at
    faults = at.faults()
    at.close()
    assert faults == []


def test_outside_training_a_password_opens_and_a_wrong_one_says_no_more_than_that(
    outside: Screen, strict: Path
) -> None:
    page = outside.go("/login")
    said = []
    for desk, name, password in (
        (strict.name, "jansen", "not the right password"),
        (strict.name, "nobody here", PASSWORD),
        ("no such desk", "jansen", PASSWORD),
        (strict.name, "jansen", PASSWORD),
    ):
        page.locator("input[name=desk]").fill(desk)
        page.locator("input[name=name]").fill(name)
        page.locator("input[name=password]").fill(password)
        page.locator("input[name=purpose]").fill("the harbour")
        with page.expect_navigation():
            page.locator("main form button").click()
        refused = page.locator(".refused")
        said.append(refused.inner_text() if refused.count() else "")

    assert said[0] == said[1] == said[2] != ""
    assert said[3] == ""
    expect(page.locator(".who")).to_contain_text("jansen")
    expect(page.locator(".training")).to_have_count(0)
    assert PASSWORD not in page.content()
