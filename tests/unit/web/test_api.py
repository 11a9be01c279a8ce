"""The API answers what its document says, to whoever has a token and the right; nothing else."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from starlette.routing import Route

from tests.people import enrolled
from tests.web import Browser
from zegel import service
from zegel.casefile import Case
from zegel.custody.log import Log
from zegel.errors import ERRORS, UsageError
from zegel.investigation import Investigation
from zegel.people.sessions import Session
from zegel.service import Desks, silent
from zegel.service.place import place_of
from zegel.service.running import watched
from zegel.web.api import CALLS, Call, application, openapi
from zegel.web.api.faults import PROBLEM
from zegel.web.api.shapes import asked, by_name, many, maybe, number, one_of, require, text, thing
from zegel.web.asked import INERT

Shape = dict[str, Any]
DOCUMENT = openapi()


class Program:
    """Somebody who asks by program: no cookie, a token in a header."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.headers: dict[str, str] = {}
        self.at = ""

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        self.browser.client.cookies.clear()
        content = None if body is None else json.dumps(body)
        return self.browser.client.request(
            method, "/api" + path, content=content, headers={**self.headers, **headers}
        )

    def log_in(self, place: str, name: str) -> None:
        said = {"place": place, "name": name, "purpose": "a test"}
        began = self.ask("POST", "/login", said).json()
        self.headers = {"authorization": f"Bearer {began['token']}"}
        self.at = began["at"].removeprefix("/api")


@pytest.fixture
def examiner(examined: Path) -> Program:
    program = Program(Browser(case=examined))
    program.log_in(program.browser.desks.all()[0].key, "ex")
    return program


@pytest.fixture
def investigator(made: Path, heron: str) -> Program:
    program = Program(Browser(case=made))
    program.log_in(heron, "ann")
    return program


def closed(shape: Any) -> Any:
    """Return a shape in which no object has keys besides those that are named."""
    if isinstance(shape, list):
        return [closed(one) for one in shape]
    if not isinstance(shape, dict):
        return shape
    inner = {name: closed(one) for name, one in shape.items()}
    if isinstance(shape.get("properties"), dict) and "object" in str(shape.get("type")):
        inner.setdefault("additionalProperties", False)
    return inner


def faults(value: Any, shape: Shape) -> list[str]:
    found = Draft202012Validator(closed(shape)).iter_errors(value)
    return [f"{'/'.join(map(str, one.path))}: {one.message[:200]}" for one in found]


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


def test_each_route_is_in_the_document_and_the_document_has_no_other() -> None:
    routes = {
        (method, route.path)
        for route in application(Desks.__new__(Desks)).routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = {
        (method.upper(), path)
        for path, operations in DOCUMENT["paths"].items()
        for method in operations
    }

    assert routes - described == {("GET", "/openapi.json")}
    assert described <= routes
    assert len(described) == len(CALLS)


def test_the_document_is_whole_in_itself() -> None:
    operations = [one for path in DOCUMENT["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]

    assert DOCUMENT["openapi"].startswith("3.1.")
    assert len(set(names)) == len(names)
    for path, methods in DOCUMENT["paths"].items():
        for one in methods.values():
            parts = {p["name"] for p in one["parameters"] if p["in"] == "path"}
            assert parts == set(re.findall(r"\{(\w+)\}", path)), path
            for schema in shapes_of(one):
                Draft202012Validator.check_schema(schema)
    for kind in ("schemas", "responses"):
        referred = set(re.findall(rf'"#/components/{kind}/(\w+)"', json.dumps(DOCUMENT)))
        assert referred == set(DOCUMENT["components"][kind])


def shapes_of(operation: Mapping[str, Any]) -> Iterator[Shape]:
    for parameter in operation["parameters"]:
        yield parameter["schema"]
    contents = [operation.get("requestBody", {}), *operation["responses"].values()]
    for content in contents:
        for media in content.get("content", {}).values():
            yield media["schema"]


def test_the_document_is_served_to_everybody(examiner: Program) -> None:
    examiner.headers = {}

    assert examiner.ask("GET", "/openapi.json").json() == DOCUMENT


def test_no_address_takes_what_could_be_content() -> None:
    """Free text stands in bodies: what an address takes is a number, a word, or a digest."""
    free = [
        (call.name, name)
        for call in CALLS
        for name, shape in {**call.parts, **call.query}.items()
        if not (
            shape.get("type") in ("integer", "boolean") or shape.get("enum") or shape.get("pattern")
        )
    ]

    # The service refuses what is no value of a dimension, or no kind of problem.
    assert {name for name, _ in free} <= {"cutLedger", "listProblems"}


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


SHAPE = asked(
    ("a",),
    {
        "a": text(3, "^[a-z]+$", least=1),
        "b": number(1, 5),
        "c": many(one_of("x", "y"), 2),
        "d": maybe(thing(e={"type": "boolean"}, f={"type": "number"})),
        "g": by_name({"type": "integer"}),
    },
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 9)
    | st.sampled_from(["", "ab", "abcd", "A", "x"])
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x != int(x)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e", "f", "h"]), inner, max_size=5)
    ),
    max_leaves=8,
)
LIKELY = st.fixed_dictionaries(
    {"a": st.sampled_from(["ab", "abcd", "A1"]) | VALUES},
    optional={
        "b": st.integers(0, 6) | VALUES,
        "c": st.lists(st.sampled_from(["x", "y", "z"]), max_size=3) | VALUES,
        "d": st.none() | st.fixed_dictionaries({"e": st.booleans(), "f": st.just(1.5)}) | VALUES,
    },
)


@given(value=VALUES | LIKELY)
@settings(max_examples=150, deadline=None)
def test_what_is_asked_is_judged_as_another_implementation_does(value: Any) -> None:
    try:
        require(value, SHAPE)
        fits = True
    except UsageError:
        fits = False

    assert fits is Draft202012Validator(SHAPE).is_valid(value)
