"""Every address of the web application, as every role and as nobody, against a table made by hand.

The table says for each address who may, and through which functions of the service it goes; the
roles of those stand in a second table by another hand (`test_rights`), and both must agree. An
address without a row fails. Each is asked for with a real request. Refused means: 401 or 403, with
a refusal in the log where somebody is logged in, and no content in the answer. Allowed means:
neither of those, and no fault of the program.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.routing import Route as Path_
from starlette.testclient import TestClient

from tests.contract.test_errors import ORDER, without_training
from tests.contract.test_rights import IN_CASE, IN_INVESTIGATION, NO_ENTRY, WATCHED
from tests.journeys.cases import done, mail, maildir
from tests.people import enrolled, person
from tests.web import ORIGIN
from zegel import service
from zegel.casefile import Case
from zegel.custody.log import Log
from zegel.investigation import Investigation
from zegel.people import passwords
from zegel.people.sessions import Session
from zegel.service import starting
from zegel.service.desks import Desk, Desks
from zegel.service.place import place_of
from zegel.web import Settings, application, security
from zegel.web.security import Guard, Rates, csrf_token

OF_CASE = ("examiner", "magistrate", "privilege officer", "witness", "administrator")
INSIDE = ("investigator", "reviewer", "defence", "holder")
STRANGER, NOBODY = "stranger", "nobody"
ROLES = (*OF_CASE, *INSIDE, STRANGER)
LOGGED_IN = ", ".join(ROLES)
ANYBODY = f"{LOGGED_IN}, {NOBODY}"
READERS = "investigator, reviewer, defence, holder"
KNOWN_INSIDE = f"{READERS}, examiner, magistrate, witness, administrator"
EVERYBODY_OF_CASE = "examiner, magistrate, privilege officer, witness, administrator"
JUDGES = "examiner, magistrate"
SAYING = "investigator, reviewer, holder"
MAKING = "investigator, defence, holder"
WATCHING = "investigator, reviewer, holder, magistrate"
SAID = {"value": "x", "seen": "0"}
DOSSIER = {"language": "nl", "zone": "UTC", "opinions": "none"}
CONTENT = ("zwanenmeer", "kermisdans", "bram@test.example", "anna@test.example")
"""Words of the mails: a body, a subject, who wrote and who received."""


@dataclass(frozen=True)
class Row:
    """Who may ask for an address."""

    roles: str
    through: str = ""
    """Functions of the service that decide it; without any, nobody's rights are asked."""
    parts: Mapping[str, object] = field(default_factory=dict)
    """What stands in the path and behind it."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """The fields of a form that is posted."""


WITHOUT_A_DESK: dict[str, Row] = {
    "static": Row(ANYBODY, parts={"name": "zegel.css"}),
    "home": Row(LOGGED_IN),
    "login": Row(ANYBODY),
    "log in": Row("", fields={"desk": "none", "name": "none", "purpose": "none"}),
    "read as": Row(ANYBODY, fields={"language": "en"}),
}
"""Addresses of nobody's desk. Whoever logs in shows nothing here that fits, and is refused."""

AT_CASE: dict[str, Row] = {
    "case": Row(EVERYBODY_OF_CASE, "status"),
    "log out of case": Row(LOGGED_IN),
    "progress": Row(JUDGES, "progress_of"),
    "start processing": Row("examiner", "start_processing", fields={"passphrases": ""}),
    "stop processing": Row("examiner", "stop_processing"),
    "ledger": Row(JUDGES, "cut_ledger", {"by": "account"}),
    "keys": Row(JUDGES, "page_of_keys"),
    "key": Row(JUDGES, "read_key", {"number": 0}),
    "wanted": Row(JUDGES, "page_of_wanted"),
    "problems": Row(JUDGES, "count_problems page_of_problems"),
    "log of case": Row(JUDGES, "page_of_log"),
    "people of case": Row(EVERYBODY_OF_CASE, "list_people"),
    "investigations": Row(EVERYBODY_OF_CASE, "list_investigations"),
}
"""Addresses of a case."""

AT_INVESTIGATION: dict[str, Row] = {
    "start": Row(LOGGED_IN),
    "about": Row(KNOWN_INSIDE, "describe"),
    "records": Row(READERS, "list_records"),
    "head": Row(KNOWN_INSIDE, "custody_head"),
    "log out": Row(LOGGED_IN),
    # search and read
    "search": Row(READERS, "named_states"),
    "ask": Row(READERS, "keep_state", fields={"q": "zwanenmeer"}),
    "results": Row(READERS, "open_state search", {"state": "SEARCH"}),
    "hit": Row(READERS, "open_state search", {"state": "SEARCH", "at": 0}),
    "save search": Row(READERS, "name_state", {"state": "SEARCH"}, {"name": "mine"}),
    "hand in terms": Row(READERS, "keep_state", fields={"text": "zwanenmeer"}),
    "terms": Row(READERS, "open_state count_terms", {"state": "TERMS"}),
    "message": Row(READERS, "show_message", {"number": 1}),
    "raw": Row(READERS, "raw_message", {"number": 1}),
    "headers": Row(READERS, "message_headers", {"number": 1}),
    "clause": Row(READERS, "message_clause", {"number": 1}),
    "certificate": Row(READERS, "message_certificate", {"number": 1}),
    "attachment": Row(READERS, "attachment", {"number": 1, "attachment": 0}),
    "conversation": Row(READERS, "conversation", {"number": 1}),
    # pictures
    "pictures": Row(LOGGED_IN),  # only leads to the first of them
    "draw picture": Row(READERS, "follow_picture keep_state", fields={"picture": "network"}),
    "picture": Row(READERS, "draw_picture", {"state": "network"}),
    "export picture": Row(
        "investigator, defence, holder", "export_picture", {"state": "network"}, {"form": "svg"}
    ),
    "messages of picture": Row(READERS, "follow_picture keep_state", {"state": "network"}),
    "picture messages": Row(
        READERS, "follow_picture keep_state", {"state": "network", "kind": "account", "which": 0}
    ),
    "picture part": Row(
        READERS, "follow_picture keep_state", {"state": "network", "kind": "account", "which": 0}
    ),
    # casework
    "casework": Row(READERS, "all_casework list_acts"),
    "disagreements": Row(READERS, "list_disagreements"),
    "act": Row(READERS, "list_acts", {"act": 1}),
    "undo": Row(SAYING, "undo_act", {"act": 999}),
    "many": Row(SAYING, "say_of_many", fields={**SAID, "do": "tag", "m": "1"}),
    "again": Row(SAYING, "say_of_many", fields={**SAID, "kind": "tag", "m": "1"}),
    "say": Row(SAYING, "add_casework", {"number": 1}, {**SAID, "kind": "tag"}),
    "next unread": Row(READERS, "next_unread"),
    "readers of": Row(WATCHING, "readers_of", {"number": 1}),
    "readers": Row(WATCHING, "readers"),
    "reader": Row(WATCHING, "read_by", {"person": "0" * 16}),
    # trays and dossiers
    "tray": Row(READERS, "show_tray list_trays", {"tray": "own"}),
    "collect": Row(READERS, "collect", fields={"m": "1"}),
    "share tray": Row(READERS, "share_tray", {"tray": "own"}, {"name": "court"}),
    "change tray": Row(READERS, "take_out", {"tray": "own"}, {"do": "out", "m": "1"}),
    "empty tray": Row(READERS, "take_out", {"tray": "own"}),
    "ask dossier": Row(READERS, "show_tray", {"tray": "own"}),
    "order dossier": Row(MAKING, "order_dossier", {"tray": "0" * 16}, DOSSIER),
    "dossiers": Row(MAKING, "list_dossiers"),
    "verifier": Row(LOGGED_IN),  # a program, the same for everybody
    "dossier": Row(MAKING, "dossier_at", {"dossier": "0" * 16}),
    "dossier progress": Row(MAKING, "dossier_at", {"dossier": "0" * 16}),
    "dossier file": Row(MAKING, "hand_out_dossier", {"dossier": "0" * 16}),
    "remove dossier": Row(MAKING, "remove_dossier", {"dossier": "0" * 16}),
}
"""Addresses inside an investigation that lies in its case."""

API_NOWHERE: dict[str, Row] = {
    "openapi": Row(ANYBODY),
    "logIn": Row("", fields={"place": "none", "name": "none", "purpose": "none"}),
    "askChallenge": Row("", fields={"place": "none", "name": "none"}),
    "readError": Row(ANYBODY, parts={"kind": "UsageError"}),
}
API_CASE: dict[str, Row] = {
    "readCase": Row(EVERYBODY_OF_CASE, "status"),
    "whoActsInCase": Row(LOGGED_IN),
    "logOutOfCase": Row(LOGGED_IN),
    "listExhibits": Row(JUDGES, "list_exhibits"),
    "watchProgress": Row(JUDGES, "progress_of"),
    "startProcessing": Row("examiner", "start_processing", fields={"passphrases": []}),
    "stopProcessing": Row("examiner", "stop_processing"),
    "cutLedger": Row(JUDGES, "cut_ledger", {"by": "account"}),
    "listKeys": Row(JUDGES, "page_of_keys"),
    "listWantedKeys": Row(JUDGES, "page_of_wanted"),
    "readKey": Row(JUDGES, "read_key", {"number": 0}),
    "listProblems": Row(JUDGES, "page_of_problems"),
    "countProblems": Row(JUDGES, "count_problems"),
    "readLogOfCase": Row(JUDGES, "page_of_log"),
    "readHeadOfCase": Row(EVERYBODY_OF_CASE, "custody_head"),
    "listPeopleOfCase": Row(EVERYBODY_OF_CASE, "list_people"),
    "listInvestigations": Row(EVERYBODY_OF_CASE, "list_investigations"),
}
API_INVESTIGATION: dict[str, Row] = {
    "search": Row(READERS, "search", fields={"query": "zwanenmeer"}),
    "countTerms": Row(READERS, "count_terms", fields={"terms": ["zwanenmeer"]}),
    "keepSearch": Row(READERS, "keep_state", fields={"query": "zwanenmeer"}),
    "listNamedStates": Row(READERS, "named_states"),
    "openState": Row(READERS, "open_state", {"state": "SEARCH"}),
    "nameState": Row(READERS, "name_state", {"state": "SEARCH"}, {"name": "mine"}),
    "readMessage": Row(READERS, "show_message", {"message": 1}),
    "readConversation": Row(READERS, "conversation", {"message": 1}),
    "readHeaders": Row(READERS, "message_headers", {"message": 1}),
    "takeRawMessage": Row(READERS, "raw_message", {"message": 1}),
    "takeAttachment": Row(READERS, "attachment", {"message": 1, "attachment": 0}),
    "readClause": Row(READERS, "message_clause", {"message": 1}),
    "readCertificate": Row(READERS, "message_certificate", {"message": 1}),
    "drawPicture": Row(READERS, "draw_picture", fields={"picture": "network"}),
    "exportPicture": Row(MAKING, "export_picture", fields={"picture": "network", "form": "svg"}),
    "readInvestigation": Row(KNOWN_INSIDE, "describe"),
    "whoActs": Row(LOGGED_IN),
    "logOut": Row(LOGGED_IN),
    "readCaseworkOfMessage": Row(READERS, "list_casework", {"message": 1}),
    "addCasework": Row(SAYING, "add_casework", {"message": 1}, {"kind": "tag", "value": "x"}),
    "readCasework": Row(READERS, "all_casework"),
    "addCaseworkToMany": Row(
        SAYING, "say_of_many", fields={"messages": ["1"], "kind": "tag", "value": "y"}
    ),
    "undoAct": Row(SAYING, "undo_act", fields={"act": 999}),
    "listActs": Row(READERS, "list_acts"),
    "listDisagreements": Row(READERS, "list_disagreements"),
    "findNextUnread": Row(READERS, "next_unread"),
    "listReaders": Row(WATCHING, "readers"),
    "listReadBy": Row(WATCHING, "read_by", {"person": "0" * 16}),
    "listReadersOfMessage": Row(WATCHING, "readers_of", {"message": 1}),
    "listTrays": Row(READERS, "list_trays"),
    "readTray": Row(READERS, "show_tray"),
    "collectInTray": Row(READERS, "collect", fields={"messages": ["1"]}),
    "takeOutOfTray": Row(READERS, "take_out", fields={"messages": ["1"]}),
    "noteInTray": Row(READERS, "note_in_tray", fields={"message": "1", "note": "x"}),
    "moveInTray": Row(READERS, "move_in_tray", fields={"message": "1", "by": 1}),
    "shareTray": Row(READERS, "share_tray", fields={"name": "court"}),
    "listDossiers": Row(MAKING, "list_dossiers"),
    "orderDossier": Row(MAKING, "order_dossier", fields={"tray": f"#{'0' * 16}"}),
    "watchDossier": Row(MAKING, "dossier_at", {"dossier": "0" * 16}),
    "takeDossier": Row(MAKING, "hand_out_dossier", {"dossier": "0" * 16}),
    "removeDossier": Row(MAKING, "remove_dossier", {"dossier": "0" * 16}),
    "listContacts": Row(READERS, "list_contacts"),
    "countOverTime": Row(READERS, "list_timeline", {"by": "day"}),
    "listRecords": Row(READERS, "list_records"),
    "reportLog": Row(KNOWN_INSIDE, "custody_report"),
    "countUnopened": Row(KNOWN_INSIDE, "unopened", {"by": "account"}),
    "checkInvestigation": Row(KNOWN_INSIDE, "check_investigation"),
    "readHead": Row(KNOWN_INSIDE, "custody_head"),
    "listPeople": Row(KNOWN_INSIDE, "list_people"),
}
"""Calls of the API: the same rights, by the token of a session instead of a cookie."""

PAGES = WITHOUT_A_DESK | AT_CASE | AT_INVESTIGATION
API = API_NOWHERE | API_CASE | API_INVESTIGATION


class World:
    """A case and an investigation that are not for training, served together."""

    def __init__(self, folder: Path) -> None:
        copy = maildir(folder / "copy", [mail("Het zwanenmeer.\n", Subject="kermisdans")])
        case = folder / "case"
        done("init", case)
        done("intake", copy, "--case", case)
        done("process", "--case", case, "--workers", "1")
        self.case = Case.open(case)
        enrolled(self.case, **{role: role for role in (*OF_CASE, *INSIDE[:3])})
        home = folder / "home"
        done("init", home, "--training")
        done("intake", copy, "--case", home)
        done("process", "--case", home, "--workers", "1", "--index")
        order = folder / "order.toml"
        order.write_text(ORDER, encoding="utf-8")
        done("grant", order, "--case", home)
        (place,) = (home / "investigations").iterdir()
        without_training(home, place)
        enrolled(Case.open(home), **{role: role for role in (*OF_CASE, *INSIDE[:3])})
        self.inv = Investigation.open(place)
        enrolled(self.inv, **{role: role for role in INSIDE})
        desks = Desks(self.case, (place,))
        self.at_case, self.at_inv = desks.all()
        self.app: Guard = application(Settings(desks=desks))
        inner = self.app._app
        assert isinstance(inner, Starlette)
        (mounted,) = (one for one in inner.routes if isinstance(one, Mount))
        self.pages = {one.name: one for one in inner.routes if isinstance(one, Path_)}
        self.calls = {one.name: one for one in mounted.routes if isinstance(one, Path_)}
        who = person("investigator")
        of, asked = self.inv, {"query": "zwanenmeer", "order": "newest"}
        self.states = {
            "SEARCH": service.keep_state(of, "search", asked, who=who),
            "TERMS": service.keep_state(of, "terms", {"terms": [[1, "zwanenmeer"]]}, who=who),
        }

    def token(self, desk: Desk, role: str) -> str:
        """Begin a session, without the seconds that a password takes."""
        began = Session(name=role, how="key", purpose="a test", began_ns=time.time_ns())
        return place_of(desk.of).sessions.begin(began)

    def refusals(self) -> int:
        """Count the refusals in both logs."""
        return sum(
            entry.act == "refused"
            for of in (self.case, self.inv)
            for entry in Log.open(of.folder / "custody", None).entries()
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("web rights"))


def desk_of(world: World, name: str, of_api: bool) -> Desk | None:
    of_case, inside = (API_CASE, API_INVESTIGATION) if of_api else (AT_CASE, AT_INVESTIGATION)
    return world.at_case if name in of_case else world.at_inv if name in inside else None


def path_of(world: World, name: str, desk: Desk | None, of_api: bool) -> tuple[str, dict[str, str]]:
    """Return the path of an address, and what is asked in its query string."""
    row, route = (API[name], world.calls[name]) if of_api else (PAGES[name], world.pages[name])
    given = {key: world.states.get(str(one), str(one)) for key, one in row.parts.items()}
    if desk is not None:
        given["place"] = desk.key
    in_path = {key: given.pop(key) for key in list(given) if f"{{{key}" in route.path}
    return ("/api" if of_api else "") + str(route.url_path_for(name, **in_path)), given


def ask_page(client: httpx2.Client, world: World, name: str, role: str) -> httpx2.Response:
    """Ask for a page as somebody of one role, or as nobody."""
    desk, client.cookies = desk_of(world, name, False), httpx2.Cookies()
    token = "" if role == NOBODY else world.token(desk or world.at_inv, role)
    if token:
        client.cookies.set(f"zegel-{(desk or world.at_inv).key}", token)
    path, asked = path_of(world, name, desk, False)
    if "GET" in (world.pages[name].methods or ()):
        return client.get(path, params=asked)
    fields = {**PAGES[name].fields, "csrf": csrf_token(token)}
    return client.post(path, params=asked, data=fields, headers={"origin": ORIGIN})


def ask_api(client: httpx2.Client, world: World, name: str, role: str) -> httpx2.Response:
    """Make a call of the API as somebody of one role, or as nobody; a cookie counts for nothing."""
    desk, client.cookies = desk_of(world, name, True), httpx2.Cookies()
    path, asked = path_of(world, name, desk, True)
    headers = {}
    if role != NOBODY:
        headers["authorization"] = f"Bearer {world.token(desk or world.at_inv, role)}"
    else:
        at = desk or world.at_inv
        client.cookies.set(f"zegel-{at.key}", world.token(at, "holder"))
    if "GET" in (world.calls[name].methods or ()):
        return client.get(path, params=asked, headers=headers)
    return client.post(path, params=asked, json=dict(API[name].fields), headers=headers)


def test_every_address_has_a_row_and_every_row_an_address(world: World) -> None:
    assert set(world.pages) == set(PAGES)
    assert set(world.calls) == set(API)


@pytest.mark.parametrize(
    ("rows", "table", "everybody"),
    [
        (AT_CASE | API_CASE, {**IN_CASE, **WATCHED}, OF_CASE),
        (AT_INVESTIGATION, {**IN_INVESTIGATION, **NO_ENTRY}, (*OF_CASE, *INSIDE)),
        (API_INVESTIGATION, {**IN_INVESTIGATION, **NO_ENTRY}, (*OF_CASE, *INSIDE)),
    ],
)
def test_the_table_of_addresses_agrees_with_the_table_of_the_service(
    rows: Mapping[str, Row], table: Mapping[str, str], everybody: tuple[str, ...]
) -> None:
    """An address shows what all of its functions show: whoever lacks one of them has none."""
    differ = {}
    for name, row in rows.items():
        may = {role for role in row.roles.split(", ") if role in everybody}
        each = [
            set(table[function].split(", ")) & set(everybody) for function in row.through.split()
        ]
        agreed = set.intersection(*each) if each else set(everybody)
        if may != agreed:
            differ[name] = (may, agreed)

    assert differ == {}


@pytest.mark.parametrize("role", [*ROLES, NOBODY])
@pytest.mark.parametrize(("rows", "ask"), [(PAGES, ask_page), (API, ask_api)], ids=["pages", "api"])
def test_an_address_is_open_to_whom_the_table_says_and_to_nobody_else(
    world: World,
    role: str,
    rows: Mapping[str, Row],
    ask: Callable[..., httpx2.Response],
    client: httpx2.Client,
) -> None:
    wrong: list[tuple[str, object]] = []
    before, refused_here = world.refusals(), 0
    for name, row in rows.items():
        answer = ask(client, world, name, role)
        refused = answer.status_code in (401, 403)
        refused_here += answer.status_code == 403
        shown = [word for word in CONTENT if word in answer.text.casefold()]
        if refused == (role in row.roles.split(", ")) or answer.status_code >= 500:
            wrong.append((name, answer.status_code))
        if refused and shown:
            wrong.append((name, shown))

    assert wrong == []
    assert world.refusals() - before == refused_here, "each refusal is in the log"


@pytest.fixture
def client(world: World, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Return a client without a limit on its rate, to whom refusals come at once; no process is
    begun behind the door that is tried here, and a password costs 64 KiB, not 64 MiB."""
    monkeypatch.setattr(starting, "_begin", lambda *_: None)
    monkeypatch.setattr(security, "REFUSED_AFTER", 0.0)
    monkeypatch.setattr(passwords, "MEMORY_KIB", 64)
    world.app._rates = world.app._logins = Rates(per_minute=1e6, burst=1e6)
    return TestClient(world.app, base_url=ORIGIN, follow_redirects=False)
