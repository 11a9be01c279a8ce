"""Who searches an investigation: whom it names, and nobody who granted it or found a copy."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract.test_errors import ORDER, without_training
from tests.journeys.cases import done, mail, maildir
from tests.journeys.logins import WORDS, acts, case_of_vries, login
from zegel import service
from zegel.casefile import Case
from zegel.custody.log import account
from zegel.errors import RefusedError, SessionError
from zegel.investigation import Investigation
from zegel.people import Person, machine
from zegel.service.enrolling import roster_for
from zegel.service.identity import require_right
from zegel.service.place import place_of

pytestmark = pytest.mark.usefixtures("own_tokens")


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return case_of_vries(tmp_path / "case")


@pytest.fixture(scope="module")
def granted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case for training with an investigation in it, whose files say that it is none."""
    folder = tmp_path_factory.mktemp("granted")
    done("init", folder / "case", "--training")
    done("intake", maildir(folder / "copy", [mail("Tot morgen.\n")]), "--case", folder / "case")
    done("process", "--case", folder / "case", "--workers", "1", "--index")
    order = folder / "order.toml"
    order.write_text(ORDER, encoding="utf-8")
    done("grant", order, "--case", folder / "case", "--for", "jansen")
    (place,) = (folder / "case" / "investigations").iterdir()
    without_training(folder / "case", place)
    return place


def test_whoever_granted_an_investigation_does_not_search_it_and_who_is_named_does(
    granted: Path,
) -> None:
    inv = Investigation.open(granted)
    with pytest.raises(RefusedError):
        service.search(inv, "morgen")
    roster = service.list_people(inv, who=account())
    assert roster["granted_by"] == account()
    assert [(one["name"], one["roles"]) for one in roster["people"]] == [
        ("jansen", ["investigator"])
    ]
    with pytest.raises(RefusedError, match="granted"):
        service.enrol(inv, account(), ["investigator"])


def test_outside_training_nobody_is_enrolled_who_grants(tmp_path: Path) -> None:
    case = service.init_case(tmp_path / "case")
    with pytest.raises(RefusedError, match="searches what they granted"):
        roster_for(place_of(case), Person(name=account()), [account()])


def test_a_review_is_read_by_reviewers_alone(case: Case, granted: Path) -> None:
    service.enrol(case, "officer", ["privilege officer"], who=account())
    service.enrol(case, "reader", ["reviewer"], who=account())
    me, place = Person(name=account()), place_of(case)

    roster = roster_for(place, me, ["officer", "reader"], officers=True)
    assert [one.roles for one in roster.people.values()] == [("reviewer",), ("reviewer",)]
    for stranger in ("vries", "nobody enrolled"):
        with pytest.raises(RefusedError, match="neither privilege officer nor reviewer"):
            roster_for(place, me, [stranger], officers=True)

    inside = replace(place_of(Investigation.open(granted)), officers=True)
    for roles, allowed in (("investigator", False), ("defence", False), ("reviewer", True)):
        person = Person(name="x", roles=frozenset({roles}), purpose="x")
        if allowed:
            require_right(inside, "search", person)
        else:
            with pytest.raises(RefusedError, match="only a reviewer"):
                require_right(inside, "search", person)


def test_a_folder_elsewhere_enrols_its_holder_who_says_what_for(
    granted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = Investigation.open(Path(shutil.copytree(granted, tmp_path / "moved")))
    monkeypatch.setattr(machine, "digest", lambda: "another machine")
    with pytest.raises(SessionError, match="purpose"):
        service.search(moved, "morgen")
    service.remember(moved, service.login(moved, purpose="the fraud"))
    found = service.search(moved, "morgen")

    assert found["count"] == 1
    assert acts(moved)[-5:] == [
        (account(), "new holder"),
        (account(), "holder enrolled"),
        (account(), "refused"),
        (account(), "logged in"),
        (account(), "search"),
    ]


def test_a_copy_beside_the_case_gives_whoever_granted_nothing(
    granted: Path, tmp_path: Path
) -> None:
    moved = Investigation.open(Path(shutil.copytree(granted, tmp_path / "moved")))
    with pytest.raises(RefusedError):
        service.login(moved, purpose="the fraud")
    with pytest.raises(RefusedError):
        service.search(moved, "morgen")

    assert acts(moved)[-1] == (account(), "refused")


def test_one_login_to_the_case_opens_the_investigations_of_the_same_person(granted: Path) -> None:
    case, inv = Case.open(granted.parent.parent), Investigation.open(granted)
    words = service.Credentials(password=WORDS)
    if "bakker" not in place_of(case).roster.people:
        service.enrol(case, "bakker", ["investigator"], words)
        place = place_of(inv)
        with place.changing():
            same = place_of(case).roster.people["bakker"]
            place.change_roster(place.roster.put(same), "person enrolled", {}, "test")
    service.remember(case, login(case, name="bakker"))

    assert service.search(inv, "morgen")["count"] == 1
    assert acts(inv)[-1] == ("bakker", "search")
