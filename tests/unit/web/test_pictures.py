"""Pages of pictures: every one is drawn, a form or a click leads on, nothing asked is in a URL."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import zegel
from tests.web import Browser
from zegel import service
from zegel.investigation import Investigation
from zegel.web.language import LOCALE

QUERY = "zegelhaven"


@pytest.fixture
def inside(browser: Browser, heron: str) -> str:
    browser.log_in("ann", heron)
    return f"/i/{browser.key_of(heron)}"


def links(page: str) -> list[str]:
    return re.findall(r'<a [^>]*href="([^"]+)"', page) + re.findall(r"<a href='([^']+)'", page)


@pytest.mark.parametrize("picture", service.PICTURES)
def test_a_page_shows_a_picture_and_the_tables_that_say_the_same(
    browser: Browser, inside: str, picture: str
) -> None:
    answer = browser.get(f"{inside}/pictures/{picture}")

    assert answer.status_code == 200
    assert "<svg " in answer.text
    assert answer.text.count("<table") == len(re.findall(r'id="sheet-', answer.text)) > 0
    assert " style=" not in answer.text
    assert not re.search(r"\son[a-z]+=", answer.text)
    for link in links(answer.text):
        assert "test.example" not in unquote(link)


@pytest.mark.parametrize("picture", service.PICTURES)
def test_every_link_of_a_picture_leads_somewhere(
    browser: Browser, inside: str, picture: str
) -> None:
    page = browser.get(f"{inside}/pictures/{picture}").text
    found = {link for link in links(page) if "/pictures/" in link}

    assert found
    for link in found:
        answer = browser.follow(browser.get(link))
        assert answer.status_code == 200, link


def test_what_is_asked_is_kept_and_stands_in_no_address(browser: Browser, inside: str) -> None:
    fields = {"picture": "network", "set": "1", "account": "anna", "steps": "2", "least": "1"}
    answer = browser.post(f"{inside}/pictures", fields)
    place = answer.headers["location"]
    page = browser.get(place).text

    assert re.fullmatch(rf"{inside}/pictures/[0-9a-f]{{32}}", place)
    assert 'value="anna@test.example"' in page
    for link in links(page):
        assert "anna" not in unquote(link)


def test_another_picture_of_the_same_keeps_period_and_search(browser: Browser, inside: str) -> None:
    desk = browser.desks.at(inside.removeprefix("/i/"))
    assert desk is not None
    assert isinstance(desk.of, Investigation)
    searched = service.keep_state(desk.of, "search", {"query": "haven"}, who="ann")
    place = browser.post(f"{inside}/pictures", {"picture": "timeline", "of": searched})
    state = place.headers["location"].rpartition("/")[2]
    page = browser.follow(browser.post(f"{inside}/pictures", {"picture": "hours", "state": state}))

    assert "haven" in page.text
    assert "haven" not in place.headers["location"]
    every = browser.follow(
        browser.post(f"{inside}/pictures", {"picture": "hours", "state": state, "all": "1"})
    )
    assert "Over the hits" in page.text
    assert "Over the hits" not in every.text


@pytest.mark.parametrize("picture", service.PICTURES)
def test_files_come_as_attachments_that_can_do_nothing(
    browser: Browser, inside: str, picture: str
) -> None:
    page = browser.get(f"{inside}/pictures/{picture}").text
    forms = re.findall(r'<button name="form" value="([a-z]+)"', page)

    assert forms[0] == "svg"
    assert len(forms) > 1
    for form in forms:
        answer = browser.post(f"{inside}/pictures/{picture}/file", {"form": form})
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "pictures/pie",
        "pictures/" + "0" * 32,
        "pictures/timeline/messages/step/999",
        "pictures/timeline/part/step/x",
        "pictures/network/messages/account/-1",
        "pictures/network/messages/contact/0-999999999999",
        "pictures/hours/messages/hour/9-9",
        "pictures/network?accounts=2",
    ],
)
def test_an_address_that_means_nothing_is_said(browser: Browser, inside: str, path: str) -> None:
    answer = browser.get(f"{inside}/{path}")

    assert 400 <= answer.status_code < 500
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "fields",
    [
        {"picture": "pie"},
        {"picture": "timeline", "set": "1", "from": "soon"},
        {"picture": "timeline", "set": "1", "by": "eon"},
        {"picture": "network", "set": "1", "steps": "-1"},
        {"picture": "network", "set": "1", "account": "nobody here"},
        {"picture": "network", "of": "0" * 32},
        {},
    ],
)
def test_a_form_that_asks_what_cannot_be_is_said(
    browser: Browser, inside: str, fields: dict[str, str]
) -> None:
    answer = browser.post(f"{inside}/pictures", fields)

    assert 400 <= answer.status_code < 500
    assert "nobody here" not in answer.text


def test_hours_are_those_of_the_readers_zone(browser: Browser, inside: str) -> None:
    fields = {"language": "nl", "zone": "Asia/Kathmandu", "back": "/"}
    browser.post("/reader", fields, token=False)
    page = browser.get(f"{inside}/pictures/hours").text

    assert "Uur (Asia/Kathmandu)" in page
    assert "maandag" in page


def test_every_word_in_a_picture_has_its_dutch() -> None:
    """Held against the sentences that babel finds in the code that draws."""
    keywords = {"say": None, "tell": None, "_": None}
    said: set[str] = set()
    root = Path(zegel.__file__).parent
    for folder in ("analysis", "service"):
        found = extract_from_dir(root / folder, [("**.py", "python")], {}, keywords)
        said |= {
            message[0] if isinstance(message, tuple) else message for _, _, message, *_ in found
        }
    with (LOCALE / "nl" / "look.po").open("rb") as file:
        known = {str(message.id): str(message.string) for message in read_po(file, locale="nl")}

    assert sorted(said - set(known)) == []
    for words in said:
        assert sorted(re.findall(r"{\w+}", words)) == sorted(re.findall(r"{\w+}", known[words]))
