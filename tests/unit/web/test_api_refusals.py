"""Who may ask the API and who may not, in which words it refuses, and what the log keeps."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.people import enrolled
from tests.unit.web.program import Program, faults
from tests.web import Browser
from zegel import service
from zegel.custody.log import Log
from zegel.errors import ERRORS
from zegel.investigation import Investigation
from zegel.people.sessions import Session
from zegel.service.place import place_of
from zegel.web.api.faults import PROBLEM

WRONG: list[tuple[str, str, Any, int]] = [
    ("GET", "/messages/99", None, 400),
    ("GET", "/messages/haven", None, 400),
    ("POST", "/search", {"query": "(x"}, 400),
    ("POST", "/search", {"query": 1}, 400),
    ("POST", "/search", {"query": "x", "limit": 0}, 400),
    ("POST", "/search", {"query": "x", "order": "x"}, 400),
    ("POST", "/search", {}, 400),
    ("POST", "/search", ["x"], 400),
    ("POST", "/search", {"query": "x" * 20_001}, 400),
    ("POST", "/search", {"query": "x" * 2_000_000}, 413),
    ("GET", "/timeline?by=year&q=haven", None, 400),
    ("GET", "/search", None, 405),
    ("GET", "/nothing", None, 404),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), WRONG)
def test_an_error_is_a_problem_document(
    investigator: Program, method: str, path: str, body: Any, status: int
) -> None:
    answer = investigator.ask(method, investigator.at + path, body)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert faults(answer.json(), PROBLEM) == []
    assert answer.json()["status"] == status
    assert "haven" not in answer.text


@pytest.mark.parametrize("text_", [b"{", b"[" * 100_000, b"\xff", b'{"query": NaN}'])
def test_a_body_that_is_no_json_is_refused(investigator: Program, text_: bytes) -> None:
    answer = investigator.browser.client.post(
        f"/api{investigator.at}/search", content=text_, headers=investigator.headers
    )

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_each_kind_of_error_leads_to_its_meaning(investigator: Program) -> None:
    for error in ERRORS:
        said = investigator.ask("GET", f"/errors/{error.__name__}").json()
        assert (said["meaning"], said["status"]) == (error.meaning, error.http_status)


def test_without_a_token_there_is_nothing_and_a_cookie_is_none(
    made: Path, heron: str, investigator: Program
) -> None:
    browser = investigator.browser
    browser.log_in("ann", heron)
    key = browser.key_of(heron)
    cookie = browser.client.cookies[f"zegel-{key}"]
    for headers in (
        {},
        {"authorization": "Bearer "},
        {"authorization": f"Basic {cookie}"},
        {"authorization": "Bearer " + "0" * 64},
        {"cookie": f"zegel-{key}={cookie}"},
    ):
        answer = browser.client.get(f"/api/i/{key}", headers=headers)
        assert answer.status_code == 401, headers
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["kind"] == "SessionError"
    as_bearer = {"authorization": f"Bearer {cookie}"}
    assert browser.client.get(f"/api/i/{key}", headers=as_bearer).status_code == 200
    (case,) = [desk for desk in browser.desks.all() if desk.is_case]
    for path in (f"/api/c/{case.key}", f"/api/c/{key}", f"/api/i/{case.key}", "/api/i/00"):
        assert browser.client.get(path, headers=as_bearer).status_code in (401, 404), path


def test_after_the_logout_the_token_opens_nothing(investigator: Program) -> None:
    assert investigator.ask("POST", f"{investigator.at}/logout").json() == {"name": "ann"}
    assert investigator.ask("GET", investigator.at).status_code == 401


def test_a_read_through_the_api_stands_in_the_log(investigator: Program, made: Path) -> None:
    (folder,) = (made / "investigations").glob("Heron*")
    inv = Investigation.open(folder)
    investigator.ask("POST", f"{investigator.at}/search", {"query": "haven"})
    *_, searched = Log.open(inv.folder / "custody", None).entries()
    investigator.ask("GET", f"{investigator.at}/messages/2")
    *_, read = Log.open(inv.folder / "custody", None).entries()

    assert (searched.act, searched.who, searched.facts["query"]) == ("search", "ann", "haven")
    assert (read.act, read.facts["purpose"]) == ("message read", "a test")


def test_what_a_role_may_not_do_is_refused_and_logged(tmp_path: Path) -> None:
    case = service.init_case(tmp_path / "case")
    enrolled(case, wit="witness")
    place = Browser(case=case.folder)
    # A session as `zegel login` would have begun it with the key of that name.
    began = Session(name="wit", how="key", purpose="a test", began_ns=time.time_ns())
    token = place_of(case).sessions.begin(began)
    headers = {"authorization": f"Bearer {token}"}
    key = place.desks.all()[0].key
    allowed = place.client.get(f"/api/c/{key}/people", headers=headers)
    refused = place.client.get(f"/api/c/{key}/ledger", headers=headers)
    *_, entry = case.log().entries()

    assert allowed.status_code == 200
    assert (refused.status_code, refused.json()["kind"]) == (403, "RefusedError")
    assert (entry.act, entry.who, entry.facts["act"]) == ("refused", "wit", "ledger read")


def test_login_refuses_a_place_that_is_not_served_like_a_wrong_password(tmp_path: Path) -> None:
    case = service.init_case(tmp_path / "case")
    service.enrol(case, "ann", ["examiner"], service.Credentials(password="a long password"))
    program = Program(Browser(case=case.folder))
    said = {"name": "ann", "password": "wrong", "purpose": "x"}
    there = program.ask("POST", "/login", {"place": "case", **said})
    nowhere = program.ask("POST", "/login", {"place": "nowhere", **said})
    right = {**said, "password": "a long password", "place": "case"}
    began = program.ask("POST", "/login", right)

    assert there.status_code == nowhere.status_code == 401
    assert there.json() == nowhere.json()
    assert (began.status_code, began.json()["name"]) == (200, "ann")
    assert "a long password" not in began.text


def test_a_program_needs_no_page_to_come_from_and_a_page_still_does(examiner: Program) -> None:
    client = examiner.browser.client
    body = json.dumps({"place": "x", "name": "y", "purpose": "z"})

    assert client.post("/api/login", content=body).status_code == 401
    assert client.post("/login", data={"name": "x"}).status_code == 403
    headers = {"authorization": "Bearer x"}
    assert client.post("/login", data={"name": "x"}, headers=headers).status_code == 403
    refused = client.put("/api/login", content=body)
    assert (refused.status_code, refused.headers["content-type"]) == (
        405,
        "application/problem+json",
    )
