"""Nothing passes the door unlogged: an act, a refusal, a failure, a body that forgot to write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from zegel import service
from zegel.casefile import Case
from zegel.custody import watch
from zegel.custody.log import account
from zegel.errors import LockedOutError, RefusedError, UsageError
from zegel.people import Person
from zegel.service.door import enter_case
from zegel.service.place import SHARED_FOR, Place, place_of


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return service.init_case(tmp_path / "case")


def somebody_else(does: Callable[[], object]) -> None:
    beside = Thread(target=does)
    beside.start()
    beside.join()


def last(case: Case) -> tuple[str, str, dict[str, object]]:
    *_, entry = case.log().entries()
    return entry.who, entry.act, dict(entry.facts)


def test_what_was_asked_and_what_was_found_stand_in_one_entry(case: Case) -> None:
    with enter_case(case, "case read", None, {"by": "day"}) as visit:
        visit.write({"days": 3}, shown=[b"1", b"2"])

    who, act, facts = last(case)

    assert len(str(facts.pop("shown"))) == 64
    assert (who, act, facts) == (account(), "case read", {"by": "day", "days": 3, "results": 2})


def test_the_purpose_of_a_working_session_stands_in_every_entry(case: Case) -> None:
    service.enrol(case, "vries", ["examiner"], service.Credentials(password="a rather long one"))
    who = Person(name="vries", roles=frozenset({"examiner"}), how="password", purpose="rehearsal")
    with enter_case(case, "case read", who) as visit:
        visit.write()
        visit.note("more", {})

    assert last(case) == ("vries", "more", {"purpose": "rehearsal"})


def test_a_body_that_raises_leaves_what_was_asked_and_the_class_of_the_error(case: Case) -> None:
    with pytest.raises(UsageError), enter_case(case, "case read", None, {"by": "day"}):
        raise UsageError("words that may hold content")

    assert last(case) == (account(), "case read", {"by": "day", "failed": "UsageError"})


def test_a_body_that_forgets_to_write_raises_and_leaves_an_entry(case: Case) -> None:
    with pytest.raises(RuntimeError), enter_case(case, "case read"):
        pass

    assert last(case) == (account(), "case read", {"failed": "RuntimeError"})


def test_an_act_of_which_no_table_speaks_is_refused(case: Case) -> None:
    with pytest.raises(RefusedError), enter_case(case, "walk through walls"):
        raise AssertionError

    assert last(case)[1:] == (
        "refused",
        {"act": "walk through walls", "why": "`walk through walls` stands in no table of rights"},
    )


def test_another_name_outside_training_is_refused(case: Case) -> None:
    with pytest.raises(RefusedError), enter_case(case, "case read", "somebody else"):
        raise AssertionError

    assert last(case)[:2] == (account(), "refused")


def test_one_visit_opens_and_checks_a_folder_once(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    def look(folder: Path, *parts: object, **more: object) -> Any:
        opened.append(folder)
        return checked(folder, *parts, **more)

    checked: Any = watch.look
    monkeypatch.setattr("zegel.service.place.look", look)
    with service.one_opening():
        for _ in range(3):
            with enter_case(case, "case read") as visit:
                visit.write()
    shared = len(opened)
    with enter_case(case, "case read") as visit:
        visit.write()

    assert (shared, len(opened)) == (1, 2)
    assert service.check_files(case)
    assert [entry.act for entry in case.log().entries()][-4:] == ["case read"] * 4


def test_a_visit_that_lasts_opens_anew_so_that_a_block_counts(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.enrol(case, "vries", ["examiner"], service.Credentials(password="a rather long one"))
    who = Person(name="vries", how="password", purpose="rehearsal")
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with service.one_opening():
        with enter_case(case, "case read", who) as visit:
            visit.write()
        somebody_else(lambda: service.block(case, "vries", "left the service"))
        with enter_case(case, "case read", who) as visit:
            visit.write()
        now[0] += SHARED_FOR + 0.1
        with pytest.raises(LockedOutError), enter_case(case, "case read", who):
            raise AssertionError


def test_what_changes_the_roster_in_a_visit_counts_in_it(case: Case) -> None:
    service.enrol(case, "vries", ["examiner"], service.Credentials(password="a rather long one"))
    who = Person(name="vries", how="password", purpose="rehearsal")
    with service.one_opening():
        with enter_case(case, "case read", who) as visit:
            visit.write()
        service.block(case, "vries", "left the service")
        with pytest.raises(LockedOutError), enter_case(case, "case read", who):
            raise AssertionError


def test_a_thread_begun_in_a_visit_opens_for_itself(case: Case) -> None:
    places: list[Place] = []
    with service.one_opening():
        places.append(place_of(case))
        somebody_else(lambda: places.append(place_of(case)))
        places.append(place_of(case))

    assert places[0] is places[2]
    assert places[0] is not places[1]
    assert place_of(case) is not places[0]
