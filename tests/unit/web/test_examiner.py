"""The examiner's pages: every number leads to what it counts, nothing of content is on them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.examined import LABEL
from tests.web import Browser
from zegel.casefile import Case
from zegel.service import silent
from zegel.service.running import watched

MOST_FOLLOWED = 30
"""Pages of the ledger that are asked for: nearest to its top first."""


@pytest.fixture
def examiner(examined: Path) -> Browser:
    browser = Browser(case=examined)
    browser.log_in("ex", browser.desks.all()[0].key)
    return browser


@pytest.fixture
def home(examiner: Browser) -> str:
    return f"/c/{examiner.desks.all()[0].key}"


class Links(HTMLParser):
    """Gathers the links of a page with the words in them, outside pictures."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._at: str | None = None
        self._drawn = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._drawn += tag == "svg"
        if tag == "a":
            self._at = dict(attrs).get("href") or ""
            if not self._drawn:
                self.found.append((self._at, ""))

    def handle_endtag(self, tag: str) -> None:
        self._drawn -= tag == "svg"
        if tag == "a":
            self._at = None

    def handle_data(self, data: str) -> None:
        if self._at is not None and not self._drawn:
            self.found[-1] = (self.found[-1][0], self.found[-1][1] + data)


def numbers(page: str) -> Iterator[tuple[str, int]]:
    """Yield each number that leads to a cut of the ledger, with where it leads."""
    for href, words in Links(page).found:
        if "/ledger?" in href and re.fullmatch(r"[\d,]+( [a-z ]+)?", words.strip()):
            yield href, int(re.sub(r"\D", "", words))


def found_in(page: str) -> int:
    sum_ = re.search(r'class="sum"><strong>([\d,]+)</strong>', page)
    assert sum_ is not None
    return int(sum_[1].replace(",", ""))


def test_every_number_of_the_ledger_leads_to_a_cut_of_just_that_number(
    examiner: Browser, home: str
) -> None:
    wanted = deque(f"{home}/ledger?by={by}" for by in ("exhibit", "account", "day"))
    seen: dict[str, int] = {}
    for _ in range(MOST_FOLLOWED):
        path = wanted.popleft()
        page = examiner.get(path)
        assert page.status_code == 200, (path, page.text)
        for href, number in numbers(page.text):
            if href not in seen:
                seen[href] = number
                wanted.append(href)
            assert seen[href] == number, href
        if path in seen:
            # What a number is of has no unread place in it, but for the whole of an exhibit.
            unread = re.search(r"\+ <a [^>]*problems[^>]*>([\d,]+) unread", page.text)
            assert found_in(page.text) - (int(unread[1]) if unread else 0) == seen[path], path

    assert len(seen) > MOST_FOLLOWED
    assert not any("anna" in href or "%40" in href for href in seen)


def test_the_case_page_says_what_the_exhibits_are_and_what_was_found(
    examiner: Browser, home: str
) -> None:
    page = examiner.get(home).text

    assert unescape(page).count(LABEL) == 1
    assert LABEL not in page, "it is escaped"
    for said in ("G-1", "Heron", "empty" and "none, so any order may use it", "Processing"):
        assert said in page
    assert 'data-state="done"' in page


def test_a_run_is_seen_while_it_runs_and_the_part_of_the_page_that_is_fetched_is_the_same(
    examiner: Browser, home: str, examined: Path
) -> None:
    with watched(Case.open(examined), "process", "bob", silent) as progress:
        progress.phase("scan", 2_000_000, "bytes")
        progress.advance(500_000, 3)
        progress.phase("open", 100, "contents")
        page = examiner.get(home).text
        part = examiner.get(f"{home}/progress").text
    after = examiner.get(f"{home}/progress").text

    for said in ('data-state="running"', "still to come", 'max="100"', "Stop it", "500 kB"):
        assert said in page
    assert part.strip() in page or _same(part, page)
    assert 'data-state="done"' in after
    assert "Stop it" not in examiner.get(home).text


def _same(part: str, page: str) -> bool:
    """Say whether the part is on the page but for the times that go on."""
    bare = re.compile(r"\s+|\d+:\d\d(:\d\d)?|<time.*?</time>", re.DOTALL)
    return bare.sub("", part) in bare.sub("", page)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/keys", "RSA 2048"),
        ("/keys?only=used", "unlocked"),
        ("/keys?only=locked", "None."),
        ("/keys/0", "own.asc"),
        ("/wanted", "key-not-found"),
        ("/problems", "truncated armour"),
        ("/problems?kind=truncated%20armour", "Show all"),
        ("/problems?unread=1", "empty message file"),
        ("/log", "ledger read"),
        ("/people", "examiner, administrator"),
        ("/investigations", "None."),
        ("/ledger?by=places&state=no%20key", "key-not-found"),
    ],
)
def test_each_page_shows_what_it_is_for(examiner: Browser, home: str, path: str, said: str) -> None:
    page = examiner.get(home + path)

    assert page.status_code == 200, page.text
    assert said in page.text


@pytest.mark.parametrize("path", ["", "/ledger", "/keys", "/keys/0", "/problems", "/log"])
def test_no_page_of_the_case_holds_content(examiner: Browser, home: str, path: str) -> None:
    page = examiner.get(home + path).text

    for content in ("Tot morgen", "hello", "number 1", "bram@test.example"):
        assert content not in page


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/ledger?by=colour", 400),
        ("/ledger?by=state&state=open", 400),
        ("/ledger?by=day&account=anna@test.example", 400),
        ("/ledger?page=99", 400),
        ("/keys?only=stolen", 400),
        ("/keys/x", 400),
        ("/keys/999", 400),
        ("/problems?kind=typo", 400),
        ("/log?page=0", 400),
    ],
)
def test_what_does_not_fit_is_said_in_words(
    examiner: Browser, home: str, path: str, status: int
) -> None:
    page = examiner.get(home + path)

    assert page.status_code == status
    assert "Traceback" not in page.text


def test_a_page_reads_in_dutch(examiner: Browser, home: str) -> None:
    examiner.post("/reader", {"language": "nl", "zone": "Europe/Amsterdam"}, token=False)
    page = examiner.get(f"{home}/ledger?by=state").text

    assert "Verantwoording" in page
    assert "niet versleuteld" in page


def test_processing_is_started_and_stopped_by_forms_with_the_words_kept_out_of_addresses(
    examiner: Browser, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []
    stopped: list[object] = []

    def started(_: object, **words: Any) -> dict[str, Any]:
        asked.append(words)
        return {}

    monkeypatch.setattr("zegel.service.start_processing", started)
    monkeypatch.setattr("zegel.service.stop_processing", lambda of, **_: stopped.append(of))
    fields = {"passphrases": "één\r\ntwee\n\n", "index": "1", "csrf": token(examiner, home)}
    begun = examiner.post(f"{home}/process", fields, files={"file": ("w", b"drie\n\xff\n")})
    ended = examiner.post(f"{home}/stop", {"csrf": token(examiner, home)})

    assert (begun.status_code, begun.headers["location"]) == (303, home)
    assert asked[0]["passphrases"] == ["één", "twee", "drie", "\udcff"]
    assert asked[0]["index"] is True
    assert (ended.status_code, len(stopped)) == (303, 1)


def token(browser: Browser, home: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', browser.get(home).text)
    assert found is not None
    return found[1]
