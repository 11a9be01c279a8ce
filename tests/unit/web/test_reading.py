"""Pages that search and read: addresses say nothing, each key leads somewhere, text is inert."""

from __future__ import annotations

import re
import time
from pathlib import Path

import httpx2
import pytest

from tests.unit.service.estate import granted
from tests.web import Browser
from zegel.investigation import Investigation
from zegel.people.sessions import Session
from zegel.service.place import place_of


@pytest.fixture(scope="module")
def quay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return granted(tmp_path_factory.mktemp("quay"))


@pytest.fixture(scope="module")
def ann(quay: Path) -> Browser:
    """Return the browser of somebody who investigates."""
    return at(quay, "jansen")


def at(folder: Path, name: str) -> Browser:
    browser = Browser(folders=(folder,))
    answer = browser.log_in(name, browser.desks.all()[0].key)
    assert answer.status_code == 303, answer.text
    return browser


def defence(folder: Path) -> Browser:
    """Return the browser of the defence, in a session of its own."""
    browser = Browser(folders=(folder,))
    at = browser.desks.all()[0]
    session = Session(name="dora", how="training", purpose="x", began_ns=time.time_ns())
    token = place_of(Investigation.open(folder)).sessions.begin(session)
    browser.client.cookies.set(f"zegel-{at.key}", token)
    return browser


def desk(browser: Browser) -> str:
    return f"/i/{browser.desks.all()[0].key}"


def asked(browser: Browser, query: str, **fields: str) -> httpx2.Response:
    """Ask as the box does, and return the page it leads to."""
    inside = desk(browser)
    answer = browser.post(f"{inside}/search", {"q": query, **fields})
    assert answer.status_code == 303
    assert re.fullmatch(rf"{inside}/s/[0-9a-f]{{32}}", answer.headers["location"])
    return browser.follow(answer)


def shown(page: httpx2.Response) -> list[int]:
    """Return the numbers of the hits on a page, in order."""
    return [int(one) for one in re.findall(r'<h3><a href="[^"]*/m/(\d+)\?', page.text)]


def test_a_search_is_posted_and_its_page_has_marks_and_counts(ann: Browser) -> None:
    page = asked(ann, "haven")

    assert shown(page) == [8, 1]
    assert "1 to 2 of 2 messages" in page.text
    assert "bij de <mark>haven</mark>" in page.text
    assert 'value="haven"' in page.text


@pytest.mark.parametrize(("order", "numbers"), [("oldest", [1, 8]), ("newest", [8, 1])])
def test_hits_come_in_the_order_that_was_asked_for(
    ann: Browser, order: str, numbers: list[int]
) -> None:
    assert shown(asked(ann, "haven", order=order)) == numbers


def test_a_facet_narrows_the_search_to_as_many_hits_as_it_counts(ann: Browser) -> None:
    page = asked(ann, "")
    narrow = re.findall(
        r'name="narrow" value="([^"]+)" class="facet">.*?</button>\s*<span class="count">(\d+)',
        page.text, re.DOTALL,
    )  # fmt: skip
    assert len(narrow) > 8
    for words, count in narrow[:6]:
        plain = words.replace("&#34;", '"')
        found = asked(ann, "", narrow=plain)
        assert f"of {count} message" in found.text, words


def test_pages_state_exact_counts_and_lead_on(ann: Browser) -> None:
    for _ in range(3):
        page = asked(ann, "")
    assert "1 to 8 of 8 messages" in page.text

    behind = ann.get(f"{page.url.path}?page=2")
    assert "behind the last" in behind.text


def test_what_cannot_be_read_goes_back_into_the_box_with_the_reason(ann: Browser) -> None:
    page = asked(ann, "(haven and")

    assert page.status_code == 400
    assert "capitals" in page.text
    assert 'value="(haven and"' in page.text


def test_a_link_works_for_a_colleague_and_says_nothing(ann: Browser, quay: Path) -> None:
    page = asked(ann, "haven")
    bob = at(quay, "bob")

    assert shown(bob.get(page.url.path)) == [8, 1]
    assert "haven" not in page.url.path


def test_a_search_that_was_saved_is_listed_under_its_name(ann: Browser) -> None:
    page = asked(ann, "haven")
    ann.follow(ann.post(f"{page.url.path}/name", {"name": "the harbour"}))
    front = ann.get(f"{desk(ann)}/search")

    assert f'<a href="{page.url.path}"><bdi class="hostile">the harbour</bdi></a>' in front.text


def test_a_list_of_terms_is_counted_and_each_number_opens_its_search(ann: Browser) -> None:
    answer = ann.post(
        f"{desk(ann)}/terms", files={"list": ("terms.txt", b"haven\n(haven\nboot OR haven\n")}
    )
    page = ann.follow(answer)
    queries = re.findall(r'name="q" value="([^"]+)" aria-label="(\d+) message', page.text)

    assert queries == [("haven", "2"), ("boot OR haven", "3")]
    assert "1 query cannot be read" in page.text
    assert "not closed" in page.text
    assert len(shown(asked(ann, "boot OR haven"))) == 3


def test_a_list_that_is_none_is_said(ann: Browser) -> None:
    answer = ann.post(f"{desk(ann)}/terms", {"text": "# nothing"})

    assert answer.status_code == 400
    assert "the list of terms is empty" in answer.text


def test_a_message_shows_its_text_with_the_marks_of_the_search_it_comes_from(
    ann: Browser,
) -> None:
    page = asked(ann, "haven")
    link = re.search(r'<h3><a href="([^"]+/m/1\?[^"]+)"', page.text)
    assert link is not None
    message = ann.get(link.group(1).replace("&amp;", "&"))

    assert "bij de <mark>haven</mark>." in message.text
    assert "Back to the hits" in message.text
    following = ann.follow(ann.get(f"{page.url.path}/hit?at=0"))
    assert "/m/8" in str(following.url)


def test_every_page_of_a_message_is_one_key_away(ann: Browser) -> None:
    page = ann.get(f"{desk(ann)}/m/4").text
    keys = dict(re.findall(r'href="([^"]+)" data-key="(.)"', page))

    assert set(keys.values()) >= {"m", "v", "h", "c", "l", "r"}
    for path in keys:
        assert ann.get(path.replace("&amp;", "&")).status_code == 200, path


def test_an_unreadable_message_says_why(ann: Browser) -> None:
    page = ann.get(f"{desk(ann)}/m/5").text

    assert "no key" in page
    assert "could not be read" in page


@pytest.mark.parametrize("path", ["m/1/raw", "m/4/attachment/0"])
def test_what_is_taken_out_is_inert(ann: Browser, path: str) -> None:
    answer = ann.get(f"{desk(ann)}/{path}")

    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_conversation_has_both_sides_silences_and_what_is_closed(ann: Browser) -> None:
    page = ann.get(f"{desk(ann)}/m/6/conversation").text
    sides = re.findall(r'id="m(\d)" class="bubble side(\d)( here)?( closed)?"', page)

    assert [(number, side) for number, side, *_ in sides] == [
        ("1", "0"), ("2", "1"), ("5", "1"), ("6", "1"), ("7", "1"),
    ]  # fmt: skip
    assert [number for number, _, here, _ in sides if here] == ["6"]
    assert [number for number, _, _, closed in sides if closed] == ["5"]
    assert "9 days in which nobody wrote" in page
    assert ann.get(f"{desk(ann)}/m/6/conversation?by=thread").text.count('class="bubble') == 3


def test_what_is_not_here_is_not_here_by_any_address(ann: Browser) -> None:
    for path in ("m/99", "m/99/raw", "m/99/conversation", f"s/{'0' * 32}", f"terms/{'0' * 32}"):
        answer = ann.get(f"{desk(ann)}/{path}")
        assert answer.status_code == 400, path
        assert "there is no such" in answer.text


def test_the_defence_searches_by_links_that_open_for_them_alone(ann: Browser, quay: Path) -> None:
    dora = defence(quay)
    kept = asked(dora, "haven").url.path

    assert shown(dora.get(kept)) == [8, 1]
    for stranger in (ann, defence(quay)):
        answer = stranger.get(kept)
        assert (answer.status_code, "there is no such search" in answer.text) == (400, True)
