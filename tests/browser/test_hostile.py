"""Mail that attacks its reader, on every page that shows content: it is shown, and does nothing."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest

from tests import hostile
from tests.browser.acting import TOGETHER, kind_of, links, log_in, seeds, walk
from tests.browser.conftest import ADDER, CASE
from tests.browser.test_journey import search
from tests.screen import Screen

pytestmark = TOGETHER
Opening = Callable[..., Screen]
PRODUCT = str(1234 * 5678)
"""What a template would make of the corpus."""
LEAD_AWAY = """
() => [...document.querySelectorAll("*")].flatMap((one) => [...one.attributes]
  .filter((a) => /^(href|src|action|formaction|data|srcset|poster|xlink:href)$/.test(a.name))
  .filter((a) => /^\\s*(javascript|data|vbscript|https?|\\/\\/)/i.test(a.value))
  .concat([...one.attributes].filter((a) => /^on|^style$/.test(a.name)))
  .map((a) => `${one.tagName} ${a.name}=${a.value.slice(0, 80)}`))
"""
HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def wrong_with(at: Screen) -> list[str]:
    """Return what the open page let a message do."""
    shown = at.page.locator("main").inner_text()
    here = at.path
    return [
        *(f"{here}: {one}" for one in at.faults()),
        *(f"{here}: leads away: {one}" for one in at.page.evaluate(LEAD_AWAY)),
        *([f"{here}: a template was filled in"] if PRODUCT in shown else []),
        *([f"{here}: {at.too_wide()} px too wide"] if at.too_wide() > 0 else []),
        *([f"{here}: the page is gone"] if not at.page.locator("footer.foot").is_visible() else []),
        *([f"{here}: a control {one!r}" for one in set(HIDDEN.findall(shown))]),
        *([f"{here}: a fault"] if "Something went wrong" in shown else []),
    ]


@pytest.fixture
def inside(screen: Opening) -> Screen:
    """Return a window in the investigation, of somebody whose name and purpose attack too."""
    at = screen()
    log_in(at, ADDER, "<svg onload=window.canary=1>", hostile.NOTE[:480])
    return at


def test_every_page_shows_hostile_mail_inert(inside: Screen) -> None:
    at, wrong = inside, []
    search(at, "haven")
    for kind, value in (("tag", hostile.TAG), ("note", hostile.NOTE)):
        at.go(re.sub(r"(/i/[0-9a-f]+).*", r"\1/m/1", at.path))
        form = at.page.locator(f"form:has(input[name=kind][value={kind}])")
        form.locator("[name=value]").fill(value)
        form.locator("button").click()
        at.page.locator(".said").wait_for()
        wrong += wrong_with(at)
    at.page.locator("button[data-key=b]").click()
    at.page.locator(".said").wait_for()
    path = search(at, "haven")
    at.page.locator("input[name=name][data-key=x]").fill(hostile.SCRIPT)
    at.page.locator(".saving button", has_text="Save").click()
    at.page.locator(".said").wait_for()
    kinds = set()
    for opened in walk(at, [path, *seeds(at)], each=1):
        wrong += wrong_with(at)
        kinds.add(kind_of(opened))

    assert wrong == []
    assert {"/search", "/s/N", "/m/N", "/m/N/conversation", "/m/N/headers"} <= kinds
    assert {"/tray/own", "/casework", "/pictures/network", "/about"} & kinds >= {"/tray/own"}


def test_each_hostile_message_is_shown_whole_and_its_bytes_are_files(inside: Screen) -> None:
    at, wrong, files = inside, [], 0
    base = re.match(r"/i/[0-9a-f]+", at.path)
    assert base
    messages = len(hostile.mails())
    for number in range(1, messages + 1):
        at.go(f"{base.group()}/m/{number}")
        wrong += wrong_with(at)
        assert at.page.locator("article.sheet").is_visible()
        found = at.page.locator("a[download]").evaluate_all(
            "all => all.map((one) => one.getAttribute('href'))"
        )
        for href in found:
            answer = at.page.request.get(at.address + href)
            files += 1
            assert answer.ok, href
            assert answer.headers["content-disposition"].startswith("attachment; filename=")
            assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
            assert answer.headers["content-type"] == "application/octet-stream"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert not {"set-cookie", "x-canary"} & set(answer.headers)

    assert wrong == []
    assert files >= messages


def test_a_raw_message_that_a_browser_is_made_to_open_does_nothing(inside: Screen) -> None:
    at = inside
    search(at, "haven")
    base = re.match(r"/i/[0-9a-f]+", at.path)
    assert base
    with at.page.expect_download():
        at.page.evaluate(
            "path => { const f = document.createElement('iframe'); f.src = path;"
            " document.body.append(f); location.href = path; }",
            f"{base.group()}/m/1/raw",
        )
    # The frame is refused by our own policy, which is what the browser says then.
    at.complaints.clear()
    at.page.evaluate("window.zegelViolations = []")
    assert at.page.evaluate("typeof window.canary") == "undefined"


@pytest.mark.parametrize("picture", ["timeline", "network", "hours", "clocks"])
def test_pictures_and_tables_of_hostile_mail_run_nothing(inside: Screen, picture: str) -> None:
    at = inside
    base = re.match(r"/i/[0-9a-f]+", at.path)
    assert base
    at.go(f"{base.group()}/pictures/{picture}")
    assert wrong_with(at) == []
    token = at.page.locator("input[name=csrf]").first.get_attribute("value")
    forms = at.page.locator("button[name=form]").evaluate_all("all => all.map((b) => b.value)")
    for form in forms:
        answer = at.page.request.post(
            f"{at.address}{base.group()}/pictures/{picture}/file",
            form={"csrf": token or "", "form": form},
            headers={"origin": at.address},
        )
        assert answer.ok, form
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["content-security-policy"]
        text = answer.body().decode("utf-8-sig")
        if form == "svg":
            assert not re.search(r"<[^<>]*\son\w+\s*=|<script|<foreignObject", text)
            continue
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert not [c for c in cells if re.match(r"[=@\t\r]|[+-](?![\d.]+$)", c)], form


def test_the_case_shows_names_of_hostile_places_inert(screen: Opening) -> None:
    at, wrong = screen(), []
    log_in(at, CASE, "<svg onload=window.canary=1>")
    for _ in walk(at, seeds(at), each=1):
        wrong += wrong_with(at)
    at.go(links(at)[0])

    assert wrong == []
