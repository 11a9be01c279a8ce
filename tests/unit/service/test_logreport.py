"""What a magistrate reads of a log: who did what when and what for, and nothing of the content."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.people import enrolled, person
from zegel import service
from zegel.canonical import JSON
from zegel.casefile import Case
from zegel.custody.entries import Entry
from zegel.custody.log import account
from zegel.errors import UsageError
from zegel.people import CASE, INVESTIGATION
from zegel.service.logreport import Day, by_day
from zegel.service.logwords import PHRASES

SECRET = "de haven"


def entry(act: str, /, *, day: int = 3, who: str = "A. Jansen", **facts: JSON) -> Entry:
    at = int(datetime(2016, 5, day, 9, tzinfo=UTC).timestamp()) * 10**9
    given = {"purpose": "the fraud of 2016", **facts}
    return Entry(index=0, time_ns=at, who=who, act=act, facts=given, salt=bytes(32))


def reported(*entries: Entry) -> list[Day]:
    return list(by_day(entries))


def test_a_day_of_work_is_one_sentence() -> None:
    searches = [entry("search", query=SECRET, results=n % 7) for n in range(14)]
    reads = [entry("message read", message=f"{n:064x}", results=1) for n in range(31)]
    refused = entry("refused", act="dossier begun", why="the order has expired")
    (day,) = reported(*searches, *reads, entry("dossier made", messages=2), refused)

    assert day.sentence == (
        "On 3 May 2016 A. Jansen, for “the fraud of 2016”: searched 14 times; read 31 messages;"
        " exported 1 dossier; 2 of the searches found nothing; 1 act was refused: dossier begun"
        " (the order has expired)."
    )
    assert SECRET not in str(day.document(queries=False))


def test_what_failed_counts_as_neither_done_nor_null() -> None:
    (day,) = reported(
        entry("search", query=SECRET, failed="QueryError"),
        entry("search", query=SECRET, failed="QueryError"),
        entry("message read", message="99", failed="UsageError"),
        entry("failed", act="dossier begun", failed="StorageError"),
    )

    assert (day.acts.total(), day.nothing, day.read) == (0, 0, set())
    assert day.sentence.endswith(
        "4 acts failed: dossier begun (StorageError), message read (UsageError), search"
        " (QueryError) twice."
    )


def test_days_people_and_purposes_are_told_apart() -> None:
    found = reported(
        entry("search", day=4, results=1),
        entry("search", results=1),
        entry("search", who="B. de Wit", results=1),
        entry("search", purpose="another matter", results=1),
        entry("search", purpose="", results=0),
    )

    assert [(one.day[-2:], one.who, one.purpose) for one in found] == [
        ("03", "A. Jansen", ""),
        ("03", "A. Jansen", "another matter"),
        ("03", "A. Jansen", "the fraud of 2016"),
        ("03", "B. de Wit", "the fraud of 2016"),
        ("04", "A. Jansen", "the fraud of 2016"),
    ]
    assert "with no purpose given: searched once; 1 of the searches" in found[0].sentence


def test_a_message_read_again_is_one_message() -> None:
    (day,) = reported(*(entry("message read", message="a" * 64, results=1) for _ in range(3)))

    assert "read 1 message (3 times in all)" in day.sentence


def test_queries_stand_in_the_report_only_where_they_are_wanted_and_sealed_ones_never() -> None:
    (day,) = reported(
        entry("search", query=SECRET, results=0), entry("search", about="10 to 99", sealed="QUJD")
    )

    assert "queries" not in day.document(queries=False)
    assert day.document(queries=True)["queries"] == [
        {"at": "09:00:00", "results": 0, "query": SECRET, "sealed": False},
        {"at": "09:00:00", "results": "10 to 99", "query": None, "sealed": True},
    ]


@pytest.mark.parametrize("facts", [{"results": "many"}, {"message": ["x"]}, {"purpose": {"a": 1}}])
def test_facts_of_any_kind_are_reported_without_a_fault(facts: dict[str, Any]) -> None:
    for act in ("search", "message read", "refused", "no such act"):
        (day,) = reported(entry(act, **facts))

        assert day.sentence.startswith("On 3 May 2016 A. Jansen")


def test_an_act_without_words_is_said_under_its_own_name() -> None:
    (day,) = reported(entry("walked through walls"), entry("walked through walls"))

    assert "“walked through walls” twice" in day.sentence


def test_what_reading_and_the_log_itself_do_has_words() -> None:
    reads = {act for act in INVESTIGATION if act.endswith(("read", "drawn", "reported"))}
    own = {act for act in CASE if act.startswith(("head", "log", "entry", "growth"))}

    assert {act for act in reads | own if "sample" not in act} <= PHRASES.keys()


def test_the_report_is_in_the_log_and_says_for_which_day(tmp_path: Path) -> None:
    case = Case.open(service.init_case(tmp_path / "case").folder)
    service.custody_head(case)
    found = service.custody_report(case, person=account())
    *_, logged = case.log().entries()
    acts = [act for one in found["days"] for act in one["acts"]]  # midnight may fall between

    assert acts == ["case made", "head exported"]
    assert (logged.act, logged.facts) == (
        "log reported",
        {"day": None, "person": account(), "days": len(found["days"])},
    )
    assert service.custody_report(case, day="2016-05-03")["days"] == []
    with pytest.raises(UsageError, match="is no day"):
        service.custody_report(case, day="yesterday")


def test_to_ask_for_queries_is_an_act_of_its_own(tmp_path: Path) -> None:
    case = service.init_case(tmp_path / "case")
    enrolled(case, vries="magistrate")
    service.custody_report(case, queries=True, who=person("vries"))
    *_, logged = case.log().entries()

    assert logged.act == "queries reported"
    assert CASE["queries reported"] == {"magistrate"}
    assert INVESTIGATION["queries reported"] == {"magistrate"}
