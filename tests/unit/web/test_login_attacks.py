"""What a login tells somebody who means ill: nothing by words, by time or by what it costs."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.people import enrolled, person
from tests.web import Browser
from zegel import service
from zegel.people import passwords
from zegel.people.passwords import WrongProofError, check_password
from zegel.people.roster import Enrolled
from zegel.people.sessions import CHALLENGE_SECONDS
from zegel.service.place import place_of
from zegel.web import security
from zegel.web.security import Guard, Rates

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def strict(tmp_path: Path) -> Browser:
    """Return a browser at a case that is not for training: keys show who is who."""
    case = service.init_case(tmp_path / "case")
    enrolled(case, judge="magistrate", head="administrator")
    service.block(case, "judge", "under investigation herself", who=person("head"))
    return Browser(case=case.folder)


def test_who_is_blocked_is_not_told_why_before_showing_who_they_are(strict: Browser) -> None:
    said = {"name": "judge", "desk": "case", "purpose": "x", "password": "y"}
    answers = [
        strict.post("/login", {**said, **more}, token=False)
        for more in ({}, {"signature": "AAAA", "challenge": "x"})
    ]

    assert all("under investigation" not in answer.text for answer in answers)


def test_a_name_of_an_account_is_refused_like_one_that_nobody_has(strict: Browser) -> None:
    said = {"desk": "case", "purpose": "x", "password": "y"}
    case = strict.desks.all()[0].of
    enrolled(case, clerk="witness")
    place = place_of(case)
    with place.changing():
        one = Enrolled(name="clerk", roles=("witness",), account="clerk")
        place.change_roster(place.roster.put(one), "roles changed", {}, "test")
    pages = [strict.post("/login", {**said, "name": name}, token=False) for name in ("clerk", "no")]

    assert pages[0].status_code == pages[1].status_code == 401
    assert pages[0].text.replace("clerk", "") == pages[1].text.replace('value="no"', 'value=""')


def test_a_name_that_nobody_has_costs_one_digest_like_one_that_somebody_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def derived(*_: object) -> str:
        raise AssertionError("a second digest was computed, which takes twice the time")

    monkeypatch.setattr(passwords, "digest_password", derived)
    with pytest.raises(WrongProofError):
        check_password("a long password", "")


def test_a_refused_login_takes_as_long_whatever_was_wrong(
    strict: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("anyio.sleep", sleep)
    monkeypatch.setattr(security, "REFUSED_AFTER", 100.0)
    monkeypatch.setattr(service, "nobody_here", lambda _: service_error())
    strict.post("/login", {"name": "judge", "desk": "none", "purpose": "x"}, token=False)
    strict.post("/login", {"name": "nobody", "desk": "case", "purpose": "x"}, token=False)

    assert len(waited) == 2
    assert all(90 < seconds <= 100 for seconds in waited)


def service_error() -> Exception:
    from zegel.errors import LoginError

    return LoginError("name, password or key is wrong")


def test_an_address_gets_so_many_logins_and_everything_else_goes_on(browser: Browser) -> None:
    app = browser.client.app
    assert isinstance(app, Guard)
    app._logins = Rates(per_minute=1, burst=2)
    codes = [browser.post("/login", {"desk": ""}, token=False).status_code for _ in range(4)]

    assert codes[2:] == [429, 429]
    assert 429 not in codes[:2]
    assert browser.get("/login").status_code == 200


def test_challenges_that_nobody_answers_do_not_fill_the_disk(strict: Browser) -> None:
    (case,) = (desk.of for desk in strict.desks.all())
    kept = place_of(case).sessions
    for _ in range(3):
        service.challenge(case, "head")
    old = time.time() - CHALLENGE_SECONDS - 1
    for place in kept.folder.glob("challenge-*"):
        os.utime(place, (old, old))
    service.challenge(case, "head")

    assert len(list(kept.folder.glob("challenge-*"))) == 1
