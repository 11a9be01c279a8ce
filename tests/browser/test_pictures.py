"""Pictures in a browser: a period is chosen by dragging, and without scripts by the form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.acting import TOGETHER, log_in
from tests.contract.test_errors import ORDER
from tests.journeys.cases import granted_case, mail
from tests.screen import Screen
from tests.served import Server

pytestmark = TOGETHER
Opening = Callable[..., Screen]
HERON = "Heron-RC-1"
KEPT = re.compile(r"/pictures/[0-9a-f]{32}$")


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve an investigation of a mail on each of twelve days, two on the first."""
    folder = tmp_path_factory.mktemp("days")
    dates = [f"{day} Apr 2016 09:00:00 +0200" for day in (1, *range(1, 13))]
    mails = [
        mail("Tot morgen.\n", n, Date=date, Received=f"from a by b; {date}")
        for n, date in enumerate(dates)
    ]
    case = granted_case(folder, mails, ORDER)
    with Server("--case", case) as running:
        yield running


@pytest.fixture
def opened(browser: Browser, days: Server) -> Iterator[Opening]:
    """Open windows there."""
    windows: list[Screen] = []

    def begin(**how: Any) -> Screen:
        windows.append(Screen(browser, days.address, **how))
        return windows[-1]

    yield begin
    for one in windows:
        one.close()


def counted(at: Screen) -> int:
    """Return how many messages the table beside a timeline has."""
    cells = at.page.locator("#tables tbody td.number").all_text_contents()
    return sum(int(cell.replace(",", "")) for cell in cells)


def bars(at: Screen, first: int, last: int) -> tuple[int, str, str]:
    """Return the messages of some bars, where the first begins and where the last ends."""
    chosen = [at.page.locator(".step").nth(place) for place in range(first, last + 1)]
    messages = sum(int(str(one.locator("title").text_content()).rsplit(": ")[-1]) for one in chosen)
    begin, end = chosen[0].get_attribute("data-from"), chosen[-1].get_attribute("data-until")
    assert begin is not None
    assert end is not None
    return messages, begin, end


def timeline(at: Screen) -> None:
    """Open the timeline of everything by day."""
    log_in(at, HERON)
    at.go(re.sub(r"(/i/[0-9a-f]{16}).*", r"\1/pictures/timeline", at.path))
    at.page.locator("select[name=by]").select_option("day")
    at.page.locator("form.asked button").click()
    at.page.wait_for_url(KEPT)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_period_is_chosen_by_dragging_across_bars_or_by_the_form(
    opened: Opening, scripts: bool
) -> None:
    at = opened(scripts=scripts)
    timeline(at)
    before = at.page.url
    messages, begin, end = bars(at, 0, 3)
    if scripts:
        one, other = (at.page.locator(".step .hit").nth(place).bounding_box() for place in (0, 3))
        assert one is not None
        assert other is not None
        at.page.mouse.move(one["x"] + one["width"] / 2, one["y"] + 20)
        at.page.mouse.down()
        at.page.mouse.move(other["x"] + other["width"] / 2, other["y"] + 40, steps=4)
        expect(at.page.locator(".step.brushed")).to_have_count(4)
        at.page.mouse.up()
    else:
        at.page.locator("input[name=from]").fill(begin)
        at.page.locator("input[name=until]").fill(end)
        at.page.locator("form.asked button").click()
    at.page.wait_for_url(lambda url: url != before and bool(KEPT.search(url)))

    assert counted(at) == messages == 5
    expect(at.page.locator("input[name=from]")).to_have_value(re.compile(begin[:10]))


def test_a_click_on_a_bar_takes_it_apart_and_one_on_an_account_leads_to_messages(
    opened: Opening,
) -> None:
    at = opened()
    timeline(at)
    messages, _, _ = bars(at, 0, 0)
    before = at.page.url
    at.page.locator(".step .hit").nth(0).click()
    at.page.wait_for_url(lambda url: url != before and bool(KEPT.search(url)))
    assert counted(at) == messages
    at.go(re.sub(r"(/i/[0-9a-f]{16}).*", r"\1/pictures/network", at.path))
    at.page.locator("#tables a", has_text="messages").first.click()
    at.page.wait_for_url(re.compile(r"/s/[0-9a-f]{32}$"))
    expect(at.page.locator("[data-search]")).to_have_value(re.compile("^with:"))
    at.page.go_back()

    expect(at.page.locator("h1")).to_have_text("Contacts")
    assert at.faults() == []
