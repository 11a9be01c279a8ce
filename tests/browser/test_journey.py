"""From coming in to a dossier in hand, as people do it: by keyboard, by mouse, with a colleague."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.acting import TOGETHER, log_in
from tests.browser.conftest import CASE, HARBOUR, VAULT
from tests.screen import Screen

pytestmark = TOGETHER
Opening = Callable[..., Screen]
QUERY = "camion OR planning"


def said(page: Page, words: str) -> None:
    expect(page.locator(".said")).to_contain_text(words)


def search(at: Screen, query: str) -> str:
    """Ask something, and return the path of its hits."""
    at.go(re.sub(r"(/i/[0-9a-f]+).*", r"\1/search", at.path))
    box = at.page.locator("[data-search]")
    box.fill(query)
    box.press("Enter")
    at.page.locator("#hits").wait_for()
    return at.path


def log_in_by_keyboard(at: Screen) -> None:
    page = at.go("/login")
    option = page.locator("option", has_text=re.compile(f"^{VAULT}$")).get_attribute("value")
    page.locator("select[name=desk]").focus()
    at.page.keyboard.type(VAULT)
    assert page.locator("select[name=desk]").input_value() == option
    at.press("Tab")
    page.keyboard.type("jansen")
    at.press("Tab")
    page.keyboard.type("who drove the van")
    at.press("Enter")
    page.locator("[data-search]").wait_for()


def look_at_every_side(at: Screen) -> None:
    """Open what is known of a message, each by its key, and save its bytes."""
    page = at.page
    for key, side in (("h", "/headers"), ("m", ""), ("c", "/certificate"), ("l", "/clause")):
        at.press(key)
        page.wait_for_url(re.compile(rf"/m/\d+{side}(\?|$)"))
    at.press("v")
    page.wait_for_url(re.compile("/conversation"))
    with page.expect_download() as taken:
        at.press("r")
    assert Path(taken.value.path()).read_bytes()


def test_from_login_to_logout_by_keyboard_alone(screen: Opening) -> None:
    at = screen()
    page = at.page
    log_in_by_keyboard(at)
    at.press("Escape /")
    page.keyboard.type(QUERY)
    at.press("Enter")
    page.locator("#hits").wait_for()
    hits = page.url
    at.press("Escape j j k")
    expect(page.locator("[data-item].chosen")).to_have_count(1)
    at.press("Enter")
    page.wait_for_url(re.compile(r"/m/\d+"))
    message = page.url
    look_at_every_side(at)
    page.goto(message)
    at.press("t")
    page.keyboard.type("chauffeur")
    at.press("Enter")
    said(page, "Tag added.")
    at.press("1")
    said(page, "Relevance judged.")
    at.press("b")
    said(page, "1 message put into the tray.")
    at.press("u")
    page.wait_for_url(re.compile(r"/s/"))
    expect(page.locator("[data-item] .tag")).to_have_text(["chauffeur"])
    at.press("Escape j s t")
    page.keyboard.type("later")
    at.press("Enter")
    page.wait_for_url(re.compile("/casework/acts/"))
    at.press("u")
    said(page, "Undone for 1 message.")
    page.goto(hits)
    expect(page.locator("[data-item] .tag")).to_have_text(["chauffeur"])
    at.press("Escape n")
    page.wait_for_url(re.compile(r"/m/\d+"))
    page.locator(".who button").focus()
    at.press("Enter")
    expect(page.locator("h1")).to_have_text("Log in")


def test_facets_the_way_back_and_a_link_that_a_colleague_opens(screen: Opening) -> None:
    at = screen()
    log_in(at, VAULT)
    path = search(at, QUERY)
    all_hits = at.page.locator("[data-item]").count()
    at.page.locator("button.facet").first.click()
    at.page.wait_for_url(lambda url: path not in url)
    narrowed = at.path
    assert 0 < at.page.locator("[data-item]").count() <= all_hits
    at.page.go_back()
    at.page.wait_for_url(lambda url: path in url)
    expect(at.page.locator("[data-item]")).to_have_count(all_hits)
    colleague = screen(language="nl", scheme="dark")
    log_in(colleague, VAULT, "bakker", "het onderzoek")
    colleague.go(narrowed)

    assert QUERY in colleague.page.locator("[data-search]").input_value()
    stranger = screen()
    log_in(stranger, HARBOUR, "bakker")
    stranger.go(narrowed)
    expect(stranger.page.locator("h1")).to_have_text("Log in")


def test_a_dossier_is_made_of_a_tray_taken_away_and_verified(
    screen: Opening, tmp_path: Path
) -> None:
    at = screen()
    log_in(at, VAULT, "visser")
    search(at, QUERY)
    page = at.page
    page.locator("input[name=scope][value=all]").check()
    page.locator("button[data-key=b]").click()
    said(page, "put into the tray")
    page.get_by_role("link", name="Tray", exact=True).click()
    page.get_by_role("link", name="Make a dossier of it").click()
    page.locator("input[name=opinions][value=none]").check()
    page.get_by_role("button", name="Make it", exact=True).click()
    page.locator("#made").wait_for()
    root = page.locator("pre.command").inner_text().split("--root ")[1].strip()
    for name, file in (("Take it away", "dossier.zip"), ("verify.py", "verify.py")):
        with page.expect_download() as taken:
            page.get_by_role("link", name=name).click()
        taken.value.save_as(tmp_path / file)
    words = ("-I", "-S", tmp_path / "verify.py", tmp_path / "dossier.zip", "--root", root)
    ran = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    at.picture("dossier-made")

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_period_is_brushed_and_a_click_in_the_network_leads_to_messages(
    screen: Opening,
) -> None:
    at = screen()
    log_in(at, VAULT)
    page = at.page
    page.get_by_role("link", name="Pictures").click()
    steps = page.locator("[data-brush] .step")
    steps.first.wait_for()
    page.wait_for_load_state("load")  # the script listens, and nothing moves any more
    assert steps.count() > 1
    first, last = (steps.nth(at).bounding_box() for at in (0, steps.count() // 2))
    assert first
    assert last
    before = page.url
    middle = first["y"] + first["height"] / 2
    page.mouse.move(first["x"] + first["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] / 2, middle, steps=8)
    page.mouse.up()
    page.wait_for_url(lambda url: url != before)
    assert page.locator("input[name=from]").input_value()
    page.locator("button[name=picture][value=network]").click()
    figure = page.locator("figure.network")
    figure.wait_for()
    at.picture("network-of-a-period")
    figure.locator("a[href]").first.click()
    page.locator("#hits").wait_for()

    assert page.locator("[data-item]").count() > 0


def test_an_examiner_has_the_case_processed_and_sees_how_it_goes(screen: Opening) -> None:
    at = screen()
    log_in(at, CASE, "smit", "the examination")
    page = at.page
    page.get_by_text("Start processing", exact=True).click()
    page.get_by_role("button", name="Start", exact=True).click()
    said(page, "Processing has begun.")
    page.locator("#run[data-state=done]").wait_for()
    at.picture("run-done")
    page.get_by_role("link", name="Ledger").click()
    page.locator("table").first.wait_for()

    assert page.locator("table a[href]").count() > 0


def test_without_scripts_everything_but_comfort_works(screen: Opening) -> None:
    at = screen(scripts=False)
    page = at.go("/login")
    option = page.locator("option", has_text=re.compile(f"^{VAULT}$")).get_attribute("value")
    page.locator("select[name=desk]").select_option(option)
    page.locator("input[name=name]").fill("mulder")
    page.locator("input[name=purpose]").fill("a test")
    page.locator("main form button").click()
    page.locator("[data-search]").fill(QUERY)
    page.locator("#ask button").click()
    page.locator("[data-item] h3 a").first.click()
    page.locator("input[name=value][data-key=t]").fill("zonder")
    page.get_by_role("button", name="Add", exact=True).click()

    said(page, "Tag added.")
