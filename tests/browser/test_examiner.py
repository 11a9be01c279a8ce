"""The examiner in a browser: processing begun on a page and seen to end; the ledger by clicks."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.acting import TOGETHER, log_in
from tests.browser.conftest import CASE, Made
from tests.screen import Screen
from zegel.casefile import Case
from zegel.service import silent
from zegel.service.running import watched

pytestmark = TOGETHER
Opening = Callable[..., Screen]


def at_case(screen: Opening, **how: object) -> Screen:
    at = screen(**how)
    log_in(at, CASE, name="examiner")
    return at


def test_a_run_is_followed_without_reloading_until_it_ends(screen: Opening, made: Made) -> None:
    at = at_case(screen)
    case = Case.open(made.case)
    with watched(case, "process", "somebody", silent) as progress:
        progress.phase("scan", 1_000_000, "bytes")
        at.page.reload()
        run = at.page.locator("#run")
        expect(run).to_have_attribute("data-state", "running")
        progress.phase("open", 400, "contents")
        # Nobody loads the page: the script does it, and the phase that ended stands above.
        expect(run.locator("tr.now")).to_contain_text("open")
        expect(run.locator("tr.now")).to_contain_text("0 / 400")
        expect(run.locator("tbody tr").first).to_contain_text("done")
    expect(run).to_have_attribute("data-state", "done")
    expect(at.page.locator("summary", has_text="Start processing")).to_be_visible()


def test_processing_is_begun_on_the_page_and_comes_to_its_end(screen: Opening) -> None:
    at = at_case(screen)
    at.page.locator("summary", has_text="Start processing").click()
    at.page.locator("textarea[name=passphrases]").fill("nobody's words")
    at.page.locator("button", has_text=re.compile("^Start$")).click()
    expect(at.page.locator(".said")).to_contain_text("Processing has begun")

    expect(at.page.locator("#run")).to_have_attribute("data-state", "done")
    expect(at.page.locator("#run")).to_contain_text("examiner")
    assert "nobody" not in at.page.url


@pytest.mark.parametrize("scripts", [True, False])
def test_each_number_of_the_ledger_is_a_click_away_from_its_places(
    screen: Opening, scripts: bool
) -> None:
    at = at_case(screen, scripts=scripts)
    at.page.locator("nav a", has_text="Ledger").first.click()
    number = at.page.locator("tbody tr").first.locator("td a").first
    while at.page.locator("caption", has_text="Places of stored messages").count() == 0:
        expected = number.inner_text()
        number.click()
        expect(at.page.locator(".sum strong")).to_have_text(expected)
        number = at.page.locator("tbody tr").first.locator("td a").first

    expect(at.page.locator("caption")).to_contain_text(expected)
