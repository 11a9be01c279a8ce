"""Nothing passes the door unlogged: an act, a refusal, a failure, a body that forgot to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from zegel import service
from zegel.casefile import Case
from zegel.custody.log import account
from zegel.errors import RefusedError, UsageError
from zegel.people import Person
from zegel.service.door import enter_case


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return service.init_case(tmp_path / "case")


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
