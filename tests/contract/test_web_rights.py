"""Every address of the web application, as every role and as nobody, against a table made by hand.

The table (`addresses`) says for each address who may, and through which functions of the service
it goes; the roles of those stand in a second table by another hand (`test_rights`), and both must
agree. An address without a row fails. Each is asked for with a real request. Refused means: 401 or
403, with a refusal in the log where somebody is logged in, and no content in the answer. Allowed
means: neither of those, and no fault of the program.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.routing import Route as Path_
from starlette.testclient import TestClient

from tests.contract.addresses import (
    API,
    API_CASE,
    API_INVESTIGATION,
    AT_CASE,
    AT_INVESTIGATION,
    INSIDE,
    NOBODY,
    OF_CASE,
    PAGES,
    ROLES,
    Row,
)
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

CONTENT = ("zwanenmeer", "kermisdans", "bram@test.example", "anna@test.example")
"""Words of the mails: a body, a subject, who wrote and who received."""


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
