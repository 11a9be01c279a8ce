"""The API answers what its document says."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.unit.web.program import Program, faults
from zegel.casefile import Case
from zegel.errors import UsageError
from zegel.service import silent
from zegel.service.running import watched
from zegel.web.api import CALLS, Call, openapi
from zegel.web.asked import INERT

DOCUMENT = openapi()


ASKED: Mapping[str, dict[str, Any]] = {
    "cutLedger": {"query": "?by=account&exhibit=E1"},
    "readKey": {"parts": {"number": "0"}},
    "listKeys": {"query": "?only=secret&size=1"},
    "listProblems": {"query": "?unread=true"},
    "readError": {"parts": {"kind": "UsageError"}},
    "askChallenge": {"body": {"place": "HERE", "name": "ann"}},
    "search": {"body": {"query": "haven", "limit": 1, "facets": True, "order": "best"}},
    "countTerms": {"body": {"terms": ["haven", "(x", "niet*"]}},
    "keepSearch": {"body": {"query": "haven"}},
    "openState": {"parts": {"state": "STATE"}},
    "nameState": {"parts": {"state": "STATE"}, "body": {"name": "harbour"}},
    "drawPicture": {"body": {"picture": "network", "query": "haven"}},
    "exportPicture": {"body": {"picture": "timeline", "form": "svg"}},
    "takeAttachment": {"parts": {"message": "1", "attachment": "0"}},
    "readMessage": {"parts": {"message": "1"}},
    "addCasework": {"parts": {"message": "1"}, "body": {"kind": "note", "value": "kijk"}},
    "countUnopened": {"query": "?by=day"},
    "addCaseworkToMany": {"body": {"messages": ["1", "2"], "kind": "tag", "value": "haven"}},
    "undoAct": {"body": {"act": "ACT"}},
    "findNextUnread": {"body": {"query": "haven", "by": "team"}},
    "listReadBy": {"parts": {"person": "PERSON"}},
    "readTray": {"body": {}},
    "collectInTray": {"body": {"messages": ["1", "3"]}},
    "takeOutOfTray": {"body": {"messages": ["3"]}},
    "noteInTray": {"body": {"message": "1", "note": "kijk"}},
    "moveInTray": {"body": {"message": "1", "by": 1}},
    "shareTray": {"body": {"name": "team"}},
}
"""What a call is asked with, where something is needed; a message is the first else."""
LAST = ("logOut", "logOutOfCase")
OTHERWISE = {
    "logIn": "each program logs in so, below",
    "startProcessing": "starts a process: below",
    "stopProcessing": "stops one: below",
    "orderDossier": "has one made: below",
    "watchDossier": "of one that is being made: below",
    "takeDossier": "of one that is made: below",
    "removeDossier": "of one that is made: below",
}


def calls(at: str) -> Iterator[Call]:
    named = [call for call in CALLS if call.at == at and call.name not in OTHERWISE]
    yield from sorted(named, key=lambda call: call.name in LAST)


def answered(program: Program, call: Call) -> httpx2.Response:
    words = ASKED.get(call.name, {})
    path = call.path.replace("{message}", "1")
    for name, value in words.get("parts", {}).items():
        part = FOUND[value](program) if value in FOUND else value
        path = path.replace("{" + name + "}", part)
    body = words.get("body")
    if body is not None:
        found = {name: FOUND[one](program) for name, one in body.items() if str(one) in FOUND}
        body = {**body, **found}
    begin = "" if call.at == "nowhere" else program.at
    return program.ask(call.method, begin + path + words.get("query", ""), body)


def here(program: Program) -> str:
    return program.browser.desks.all()[0].key


def act(program: Program) -> int:
    said = program.ask("GET", f"{program.at}/casework/acts").json()["acts"]
    return int(said[0]["act"])


def somebody(program: Program) -> str:
    program.ask("GET", f"{program.at}/messages/1")
    return str(program.ask("GET", f"{program.at}/readers").json()["people"][0]["key"])


def kept(program: Program) -> str:
    state = program.ask("POST", f"{program.at}/states", {"query": "haven"}).json()["id"]
    assert re.fullmatch("[0-9a-f]{32}", state)
    return str(state)


FOUND: Mapping[str, Any] = {"HERE": here, "ACT": act, "PERSON": somebody, "STATE": kept}
"""What is asked with where only a live answer tells it."""


@pytest.mark.parametrize("at", ["nowhere", "case"])
def test_each_answer_about_a_case_is_as_documented(examiner: Program, at: str) -> None:
    for call in calls(at):
        answer = answered(examiner, call)
        assert answer.status_code == 200, (call.name, answer.text)
        assert faults(answer.json(), call.answer) == [], call.name


def test_each_answer_inside_an_investigation_is_as_documented(investigator: Program) -> None:
    for call in calls("investigation"):
        answer = answered(investigator, call)
        if call.name == "takeAttachment":  # no mail of this case has one
            assert answer.status_code == 400, answer.text
            continue
        assert answer.status_code == 200, (call.name, answer.text)
        if call.media_type == "application/json":
            assert faults(answer.json(), call.answer) == [], call.name
        else:
            assert answer.headers["content-disposition"] == "attachment"
            assert answer.headers["content-security-policy"] == INERT


@pytest.mark.slow
def test_a_dossier_is_ordered_followed_taken_and_removed(investigator: Program) -> None:
    named = {call.name: call for call in CALLS}
    at = investigator.at
    investigator.ask("POST", f"{at}/tray/collect", {"query": "haven"})
    options = {"opinions": "none", "printed": 0}
    record = investigator.ask("POST", f"{at}/dossiers", options).json()
    one = f"{at}/dossiers/{record['id']}"
    for _ in range(600):
        watched = investigator.ask("GET", one).json()
        if watched["state"] != "making":
            break
        time.sleep(0.1)
    taken = investigator.ask("GET", f"{one}/file")
    listed = investigator.ask("GET", f"{at}/dossiers").json()
    removed = investigator.ask("POST", f"{one}/remove", {})

    assert faults(record, named["orderDossier"].answer) == []
    assert faults(watched, named["watchDossier"].answer) == []
    assert faults(listed, named["listDossiers"].answer) == []
    assert watched["state"] == "made", watched
    assert (taken.headers["content-type"], taken.content[:2]) == ("application/zip", b"PK")
    assert sha256(taken.content).hexdigest() == watched["sha256"]
    assert (removed.status_code, investigator.ask("GET", one).status_code) == (200, 400)


def test_what_names_no_message_means_none(investigator: Program) -> None:
    """Else a program that forgets to say which would speak of all."""
    for path, body in (
        ("/casework", {"kind": "tag", "value": "x"}),
        ("/tray/collect", {}),
        ("/tray/out", {}),
        ("/tray/out", {"messages": ["1"], "all": True}),
    ):
        assert investigator.ask("POST", investigator.at + path, body).status_code == 400, path


def test_raw_bytes_are_those_of_the_mail(investigator: Program, made: Path) -> None:
    raw = investigator.ask("GET", f"{investigator.at}/messages/1/raw").content
    mails = [file.read_bytes() for file in (made.parent / "copy").rglob("*:2,S")]

    assert raw in mails


def test_lists_that_were_judged_held_something(examiner: Program, investigator: Program) -> None:
    keys = examiner.ask("GET", f"{examiner.at}/keys").json()
    places = examiner.ask("GET", f"{examiner.at}/ledger?by=places").json()
    hits = investigator.ask("POST", f"{investigator.at}/search", {"query": "haven"}).json()
    whole = investigator.ask("GET", f"{investigator.at}/messages/1").json()

    assert (len(keys["keys"]), len(places["places"]), hits["count"]) == (1, 8, 2)
    assert whole["places"][0]["clock_ns"].isdigit(), "nanoseconds are text"


def test_a_run_is_as_documented_while_it_runs_and_when_it_failed(
    examiner: Program, examined: Path
) -> None:
    (call,) = [call for call in CALLS if call.name == "watchProgress"]
    case = Case.open(examined)
    with watched(case, "process", "bob", silent) as progress:
        progress.phase("scan", 10, "bytes")
        progress.phase("plan", None, "contents")
        running = examiner.ask("GET", f"{examiner.at}/progress").json()
    with pytest.raises(UsageError), watched(case, "process", "bob", silent):
        raise UsageError("a test")
    failed = examiner.ask("GET", f"{examiner.at}/progress").json()
    with watched(case, "process", "bob", silent):
        pass

    assert (running["run"]["state"], failed["run"]["state"]) == ("running", "failed")
    assert faults(running, call.answer) + faults(failed, call.answer) == []


def test_processing_is_started_and_stopped_with_what_was_asked(
    examiner: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[dict[str, Any]] = []

    def started(_: object, **words: Any) -> dict[str, Any]:
        given.append(words)
        return {}

    monkeypatch.setattr("zegel.service.start_processing", started)
    monkeypatch.setattr("zegel.service.stop_processing", lambda *_, **__: None)
    begun = examiner.ask("POST", f"{examiner.at}/process", {"passphrases": ["x"], "index": True})
    ended = examiner.ask("POST", f"{examiner.at}/stop")

    assert (begun.json(), ended.json()) == ({"run": None}, {})
    assert given[0]["passphrases"] == ["x"]
    assert given[0]["index"] is True


def test_the_document_is_served_to_everybody(examiner: Program) -> None:
    examiner.headers = {}

    assert examiner.ask("GET", "/openapi.json").json() == DOCUMENT
