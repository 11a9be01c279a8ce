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
from starlette.routing import Route as Path_
from starlette.testclient import TestClient

from tests.contract.test_errors import ORDER, without_training
from tests.contract.test_rights import IN_CASE, IN_INVESTIGATION
from tests.journeys.cases import done, mail, maildir
from tests.people import enrolled
from tests.web import ORIGIN
from zegel.casefile import Case
from zegel.custody.log import Log
from zegel.investigation import Investigation
from zegel.people.sessions import Session
from zegel.service.desks import Desk, Desks
from zegel.service.place import place_of
from zegel.web import Settings, application, login
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
CONTENT = ("zwanenmeer", "kermisdans", "bram@test.example", "anna@test.example")
"""Words of the mails: a body, a subject, who wrote and who received."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """Who may ask for an address."""

    roles: str
    through: tuple[str, ...] = ()
    """Functions of the service that decide it; without any, nobody's rights are asked."""
    parts: Mapping[str, object] = field(default_factory=dict)
    """What stands in the path and behind it."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """The fields of a form that is posted."""
    files: Mapping[str, bytes] = field(default_factory=dict)


WITHOUT_A_DESK: dict[str, Row] = {
    "static": Row(roles=ANYBODY, parts={"name": "zegel.css"}),
    "home": Row(roles=LOGGED_IN),
    "login": Row(roles=ANYBODY),
    "log in": Row(roles="", fields={"desk": "none", "name": "none", "purpose": "none"}),
    "read as": Row(roles=ANYBODY, fields={"language": "en"}),
}
"""Addresses of nobody's desk. Whoever logs in shows nothing here that fits, and is refused."""

AT_CASE: dict[str, Row] = {
    "case": Row(roles=EVERYBODY_OF_CASE, through=("status",)),
    "log out of case": Row(roles=LOGGED_IN),
}
"""Addresses of a case."""

AT_INVESTIGATION: dict[str, Row] = {
    "start": Row(roles=LOGGED_IN),
    "about": Row(roles=KNOWN_INSIDE, through=("describe",)),
    "log out": Row(roles=LOGGED_IN),
}
"""Addresses inside an investigation that lies in its case."""

ROWS = WITHOUT_A_DESK | AT_CASE | AT_INVESTIGATION


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
        self.routes = {one.name: one for one in inner.routes if isinstance(one, Path_)}

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


def desk_of(world: World, name: str) -> Desk | None:
    if name in WITHOUT_A_DESK:
        return None
    return world.at_case if name in AT_CASE else world.at_inv


def ask(client: httpx2.Client, world: World, name: str, role: str) -> httpx2.Response:
    """Ask for an address as somebody of one role, or as nobody."""
    row, route, desk = ROWS[name], world.routes[name], desk_of(world, name)
    given = {key: str(value) for key, value in row.parts.items()}
    if desk is not None:
        given["place"] = desk.key
    in_path = {key: given.pop(key) for key in list(given) if f"{{{key}" in route.path}
    token = "" if role == NOBODY else world.token(desk or world.at_inv, role)
    client.cookies.clear()
    if token:
        client.cookies.set(f"zegel-{(desk or world.at_inv).key}", token)
    path = str(route.url_path_for(name, **in_path))
    if "GET" in (route.methods or ()):
        return client.get(path, params=given)
    fields = {**row.fields, "csrf": csrf_token(token)}
    files = {key: (key, value) for key, value in row.files.items()} or None
    return client.post(path, params=given, data=fields, files=files, headers={"origin": ORIGIN})


def test_every_address_has_a_row_and_every_row_an_address(world: World) -> None:
    assert set(world.routes) == set(ROWS)


@pytest.mark.parametrize(
    ("rows", "table", "everybody"),
    [(AT_CASE, IN_CASE, OF_CASE), (AT_INVESTIGATION, IN_INVESTIGATION, (*OF_CASE, *INSIDE))],
)
def test_the_table_of_addresses_agrees_with_the_table_of_the_service(
    rows: Mapping[str, Row], table: Mapping[str, str], everybody: tuple[str, ...]
) -> None:
    """An address shows what all of its functions show: whoever lacks one of them has none."""
    differ = {}
    for name, row in rows.items():
        may = {role for role in row.roles.split(", ") if role in everybody}
        both = [set(table[function].split(", ")) & set(everybody) for function in row.through]
        agreed = set.intersection(*both) if both else set(everybody)
        if may != agreed:
            differ[name] = (may, agreed)

    assert differ == {}


@pytest.mark.parametrize("role", [*ROLES, NOBODY])
def test_an_address_is_open_to_whom_the_table_says_and_to_nobody_else(
    world: World, role: str, client: Callable[[], httpx2.Client]
) -> None:
    wrong: list[tuple[str, object]] = []
    before, refused_here = world.refusals(), 0
    asking = client()
    for name, row in ROWS.items():
        answer = ask(asking, world, name, role)
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
def client(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[], httpx2.Client]:
    """Return what makes a client without cookies, a limit on its rate, or waits."""
    monkeypatch.setattr(login, "REFUSED_AFTER", 0.0)
    world.app._rates = Rates(per_minute=1e6, burst=1e6)
    return lambda: TestClient(world.app, base_url=ORIGIN, follow_redirects=False)
