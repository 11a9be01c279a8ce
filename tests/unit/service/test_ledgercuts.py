"""Each cut of the ledger against the rows of the tables, counted one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from zegel import service
from zegel.casefile import Case
from zegel.errors import UsageError, VerificationError
from zegel.service.ledgercuts import DIMENSIONS, PLACES

Row = dict[str, Any]


@pytest.fixture
def case(examined: Path) -> Case:
    return Case.open(examined)


def rows_of(case: Case) -> list[Row]:
    (states,) = (case.folder / "tables" / "settled").glob("*/states.parquet")
    rows: list[Row] = pq.read_table(states).to_pylist()
    return rows


def day_of(row: Row) -> str:
    if row["clock_ns"] is None:
        return ""
    return datetime.fromtimestamp(row["clock_ns"] // 10**9, UTC).date().isoformat()


NAMES: dict[str, Callable[[Row], str]] = {
    "exhibit": lambda row: row["exhibit"],
    "store": lambda row: f"{row['exhibit']}:{row['store'].decode()}",
    "account": lambda row: row["account"],
    "day": day_of,
    "state": lambda row: row["state"],
    "reason": lambda row: row["reason"],
}


def test_the_case_of_these_tests_holds_what_they_are_about(case: Case) -> None:
    total = service.cut_ledger(case)["total"]

    assert set(total["states"]) == {"readable", "not encrypted", "no key", "damaged"}
    assert total["unread"] == 1
    assert total["found"] == 9


@pytest.mark.parametrize("by", NAMES)
def test_a_cut_counts_each_row_once_in_the_part_it_belongs_to(case: Case, by: str) -> None:
    expected: dict[str, Counter[str]] = {}
    for row in rows_of(case):
        expected.setdefault(NAMES[by](row), Counter())[row["state"]] += 1
    found = service.cut_ledger(case, service.Cut(by=by))

    assert {row["name"]: row["states"] for row in found["rows"]} == expected
    assert found["count"] == len(expected)
    assert sum(row["stored"] for row in found["rows"]) == found["total"]["stored"]


def test_found_is_the_sum_of_states_and_unread_in_each_exhibit(case: Case) -> None:
    whole = service.cut_ledger(case)
    for row in whole["rows"]:
        inside = service.cut_ledger(case, service.Cut(by="state", fixed={"exhibit": row["value"]}))[
            "total"
        ]
        assert (inside["states"], inside["unread"]) == (row["states"], row["unread"])
        assert inside["found"] == sum(row["states"].values()) + row["unread"]
    assert whole["total"] == {
        **whole["total"],
        "found": sum(row["stored"] + row["unread"] for row in whole["rows"]),
    }
    assert whole["total"]["found"] == service.ledger(case)["found"]


def test_what_is_fixed_leaves_its_rows_and_no_others(case: Case) -> None:
    days = service.cut_ledger(case, service.Cut(by="day"))["rows"]
    for day in days:
        for state, count in day["states"].items():
            cut = service.Cut(by=PLACES, fixed={"day": day["value"], "state": state})
            found = service.cut_ledger(case, cut)
            assert (found["count"], found["total"]["stored"]) == (count, count)
            assert {place["state"] for place in found["places"]} == {state}
            assert {place["day"] for place in found["places"]} == {day["name"]}
            assert found["total"]["unread"] is None, "a day has no unread places"


def test_an_account_is_called_by_a_number_and_never_by_its_name(case: Case) -> None:
    accounts = service.cut_ledger(case, service.Cut(by="account"))["rows"]
    for row in accounts:
        assert row["name"] not in row["value"]
        found = service.cut_ledger(case, service.Cut(by=PLACES, fixed={"account": row["value"]}))
        assert found["count"] == row["stored"]
        assert found["fixed"]["account"]["name"] == row["name"]
    with pytest.raises(UsageError):
        service.Cut(by="day", fixed={"account": "anna@test.example"})
    settled, number = accounts[0]["value"].split("-")
    for stale in (f"{int(settled) + 1}-{number}", f"{settled}-999"):
        with pytest.raises(UsageError, match="processed again"):
            service.cut_ledger(case, service.Cut(by="day", fixed={"account": stale}))


def test_readable_messages_are_divided_by_algorithm_and_the_numbers_lead_on(case: Case) -> None:
    cut = service.Cut(by="algorithm", fixed={"state": "readable"})
    found = service.cut_ledger(case, cut)
    (row,) = found["rows"]
    inside = service.cut_ledger(
        case, service.Cut(by=PLACES, fixed={"state": "readable", "algorithm": row["value"]})
    )

    assert row["name"].startswith("RSA 2048, ")
    assert row["stored"] == inside["count"] == 2


@pytest.mark.parametrize("by", [*DIMENSIONS, PLACES])
def test_pages_are_parts_of_one_whole(case: Case, by: str) -> None:
    name = "places" if by == PLACES else "rows"
    whole = service.cut_ledger(case, service.Cut(by=by))
    pages = [
        service.cut_ledger(case, service.Cut(by=by), part=service.Part(page=page, size=1))
        for page in range(1, whole["count"] + 1)
    ]

    assert [row for page in pages for row in page[name]] == whole[name]
    assert {page["pages"] for page in pages} == {whole["count"]}
    with pytest.raises(UsageError, match="has no page"):
        service.cut_ledger(
            case, service.Cut(by=by), part=service.Part(page=whole["count"] + 1, size=1)
        )


@pytest.mark.parametrize(
    ("by", "fixed"),
    [
        ("nothing", {}),
        ("state", {"state": "no key"}),
        ("day", {"state": "open"}),
        ("day", {"exhibit": "E1'; DROP TABLE x; --"}),
        ("state", {"day": "2016-04-19' OR true"}),
        ("day", {"reason": "x' OR '1'='1"}),
        ("day", {"colour": "red"}),
    ],
)
def test_a_cut_that_means_nothing_is_refused(by: str, fixed: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        service.Cut(by=by, fixed=fixed)


def test_tables_that_do_not_balance_are_refused(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = case.stage("scan").files("stored")
    one = tmp_path / "one.parquet"
    table = pq.read_table(files[0])
    pq.write_table(table.slice(1), one)
    real = type(case.stage("scan")).files
    monkeypatch.setattr(
        "zegel.tables.Stage.files",
        lambda stage, name: [one, *files[1:]] if name == "stored" else real(stage, name),
    )

    with pytest.raises(VerificationError, match="stored messages but"):
        service.cut_ledger(case)
