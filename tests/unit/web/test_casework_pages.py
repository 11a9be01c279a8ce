"""Casework in the browser: said, met, undone, led on; and nothing of it in an address."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import httpx2
import pytest

from tests.web import Browser
from zegel import service
from zegel.investigation import Investigation


@pytest.fixture
def case(untouched: Path, tmp_path: Path) -> Path:
    """Return a copy of the case, to change."""
    shutil.copytree(untouched, tmp_path / "case")
    return tmp_path / "case"


def someone(case: Path, name: str, heron: str) -> Browser:
    """Return somebody logged in."""
    browser = Browser(case=case)
    browser.log_in(name, heron)
    return browser


class Desk:
    """An investigation as two people see it."""

    def __init__(self, case: Path, heron: str) -> None:
        self.ann, self.bob = (someone(case, name, heron) for name in ("ann", "bob"))
        self.at = f"/i/{self.ann.key_of(heron)}"
        self.inv = Investigation.open(case / "investigations" / heron)

    def seen(self, browser: Browser) -> str:
        """Return the newest line that a page of message 1 has shown to somebody."""
        page = browser.get(f"{self.at}/m/1").text
        return str(re.findall(r'name="seen" value="([0-9]+)"', page)[0])

    def say(
        self, browser: Browser, kind: str, value: str, seen: str, **more: str
    ) -> httpx2.Response:
        """Say something of message 1."""
        fields = {"kind": kind, "value": value, "seen": seen, **more}
        return browser.post(f"{self.at}/m/1/say", fields)


@pytest.fixture
def desk(case: Path, heron: str) -> Desk:
    """Return the desk of two people."""
    return Desk(case, heron)


def state_of(desk: Desk, query: str) -> str:
    """Search as ann; return the id of the state."""
    answer = desk.ann.post(f"{desk.at}/search", {"q": query})
    return answer.headers["location"].split("/s/")[1]


def test_a_message_is_tagged_noted_and_judged_and_its_page_says_so(desk: Desk) -> None:
    back = f"{desk.at}/m/1?state=00"
    tagged = desk.say(desk.ann, "tag", "Quay <b>", desk.seen(desk.ann), back=back)
    desk.say(desk.ann, "note", "look <script>", desk.seen(desk.ann))
    desk.say(desk.bob, "relevance", "relevant", desk.seen(desk.bob))
    page = desk.bob.get(f"{desk.at}/m/1").text

    assert (tagged.status_code, tagged.headers["location"]) == (303, back)
    assert "quay &lt;b&gt;" in page
    assert "look &lt;script&gt;" in page
    assert re.search(r'aria-pressed="true">\s*Relevant', page)


def test_two_people_who_say_otherwise_are_both_shown_and_asked(desk: Desk) -> None:
    seen = desk.seen(desk.ann)
    desk.say(desk.bob, "relevance", "not relevant", seen)
    met = desk.say(desk.ann, "relevance", "relevant", seen)
    before = service.list_casework(desk.inv, "1")["judged"]
    newest = re.findall(r'name="seen" value="([0-9]+)"', met.text)[0]
    said = desk.say(desk.ann, "relevance", "relevant", newest)
    listed = desk.ann.get(f"{desk.at}/casework/disagreements").text

    assert met.status_code == 409
    assert "not relevant" in met.text
    assert "bob" in met.text
    assert before == {"bob": "not relevant"}
    assert said.status_code == 303
    assert "ann" in listed
    assert "/m/1" in listed
    assert "judged differently" in desk.bob.get(f"{desk.at}/m/1").text


def test_hits_that_are_ticked_are_tagged_in_one_act_which_is_undone(desk: Desk) -> None:
    state = state_of(desk, "haven")
    results = desk.ann.get(f"{desk.at}/s/{state}").text
    fields = {
        "scope": "ticked", "m": ["1", "3"], "do": "tag", "value": "quay",
        "seen": re.findall(r'name="seen" value="([0-9]+)"', results)[0],
        "back": f"{desk.at}/s/{state}?page=1", "state": state,
    }  # fmt: skip
    done = desk.ann.post(f"{desk.at}/casework/many", fields)
    act = desk.ann.follow(done).text
    tagged = desk.ann.get(f"{desk.at}/s/{state}").text.count('class="tag"')
    undone = desk.bob.post(f"{desk.at}/casework/acts/1/undo")
    overview = desk.bob.get(f"{desk.at}/casework").text

    assert 'form="bulk" name="m" value="1"' in results
    assert done.headers["location"].startswith(f"{desk.at}/casework/acts/1")
    assert "quay" not in done.headers["location"]
    assert f'href="{desk.at}/s/{state}?page=1"' in act
    assert tagged == 2
    assert undone.status_code == 303
    assert "undone" in overview
    assert service.all_casework(desk.inv)["tags"] == {}


def test_all_hits_of_a_search_are_meant_and_what_others_said_is_asked(desk: Desk) -> None:
    state = state_of(desk, "haven")
    seen = desk.seen(desk.ann)
    desk.say(desk.bob, "relevance", "not relevant", seen)
    fields = {"scope": "all", "state": state, "do": "relevant", "seen": seen, "back": "x"}
    met = desk.ann.post(f"{desk.at}/casework/many", fields)
    newest = re.findall(r'name="seen" value="([0-9]+)"', met.text)[0]
    again = {"m": "1", "kind": "relevance", "value": "relevant", "seen": newest}
    said = desk.ann.post(f"{desk.at}/casework/again", again)
    judged = {one["message"]: one["judged"] for one in service.all_casework(desk.inv)["messages"]}

    assert met.status_code == 409
    assert 'name="m" value="1" checked' in met.text
    assert said.status_code == 303
    assert judged == {1: {"bob": "not relevant", "ann": "relevant"}, 3: {"ann": "relevant"}}


def test_an_undoing_shows_what_was_said_since(desk: Desk) -> None:
    fields = {"m": ["1", "2"], "do": "tag", "value": "x", "seen": "0"}
    desk.ann.post(f"{desk.at}/casework/many", fields)
    desk.say(desk.bob, "untag", "x", desk.seen(desk.bob))
    page = desk.ann.post(f"{desk.at}/casework/acts/1/undo")

    assert page.status_code == 200
    assert "Undone in part" in page.text
    assert "bob" in page.text


def test_next_unread_leads_through_a_search_and_says_when_all_is_read(desk: Desk) -> None:
    state = state_of(desk, "haven")
    at = f"{desk.at}/next?by=me&state={state}"
    found = []
    for _ in range(2):
        found.append(desk.ann.get(at).headers["location"])
        desk.ann.get(found[-1])
    end = desk.ann.get(at)
    others = desk.bob.get(f"{desk.at}/next?by=team").headers["location"]

    assert [one.removeprefix(desk.at) for one in found] == [
        f"/m/3?state={state}&at=0",
        f"/m/1?state={state}&at=1",
    ]
    assert "All read" in end.text
    assert others == f"{desk.at}/m/2"


def test_who_looked_is_told_by_message_and_by_person(desk: Desk) -> None:
    desk.ann.get(f"{desk.at}/m/2")
    of_message = desk.bob.get(f"{desk.at}/m/2/readers").text
    people = desk.bob.get(f"{desk.at}/readers").text
    link = re.findall(rf'href="({desk.at}/readers/[0-9a-f]+)"', people)[0]
    of_person = desk.bob.get(link).text

    assert ">ann<" in of_message
    assert "ann" not in link
    assert f'href="{desk.at}/m/2"' in of_person


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/i/0123456789abcdef/about", "/", "x y"]
)
def test_a_form_leads_back_to_a_page_of_this_desk_only(desk: Desk, back: str) -> None:
    answer = desk.say(desk.ann, "tag", "x", "0", back=back)

    assert answer.headers["location"] == f"{desk.at}/casework"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/m/1/say", {"kind": "judge", "value": "x", "seen": "0"}),
        ("/m/1/say", {"kind": "tag", "value": "x", "seen": "none"}),
        ("/m/9/say", {"kind": "tag", "value": "x", "seen": "0"}),
        ("/casework/many", {"do": "burn", "seen": "0"}),
        ("/casework/many", {"do": "tag", "value": "x", "seen": "0"}),
        ("/casework/many", {"do": "tag", "value": "x", "scope": "all", "state": "0" * 32}),
        ("/casework/acts/7/undo", {}),
    ],
)
def test_what_does_not_fit_is_said_and_changes_nothing(
    desk: Desk, path: str, fields: dict[str, str]
) -> None:
    assert desk.ann.post(f"{desk.at}{path}", fields).status_code == 400
    assert service.all_casework(desk.inv)["messages"] == []


def test_a_page_offers_nothing_that_the_reader_has_no_right_to(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.say(desk.bob, "tag", "quay", "0")
    state = state_of(desk, "haven")
    monkeypatch.setattr(service, "whoami", lambda *_, **__: {"may": ["tray changed"]})
    message = desk.ann.get(f"{desk.at}/m/1").text
    results = desk.ann.get(f"{desk.at}/s/{state}").text
    tray = desk.ann.get(f"{desk.at}/tray/own").text
    overview = desk.ann.get(f"{desk.at}/casework").text

    assert "quay" in message
    assert f"{desk.at}/m/1/say" not in message
    assert "/readers" not in message + overview
    assert 'value="relevant"' not in results
    assert 'value="tray"' in results
    assert "/dossiers" not in tray + overview
