"""Counts beside a search are exact: so many hits has the search that is narrowed to each value."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.service.estate import copied
from zegel import service
from zegel.investigation import Investigation
from zegel.investigation.outline import outline
from zegel.search import TextIndex, build_index
from zegel.search import index as index_module
from zegel.search.index import Row
from zegel.service.counting import by_index, by_rows, counted_under
from zegel.service.facets import asks
from zegel.service.fields import Fields, investigation_rows
from zegel.service.searching import asked_of, index_of
from zegel.text import parse

QUERIES = (
    "",
    "haven",
    "boot OR haven",
    "NOT haven goed",
    "has:attachment",
    "lang:nl",
    "zeppelin",
)


@pytest.fixture(scope="module")
def mine(quay: Path, tmp_path_factory: pytest.TempPathFactory) -> Investigation:
    inv = copied(quay, tmp_path_factory.mktemp("facets"))
    for number, tag in (("1", "quay"), ("2", "quay"), ("2", "boat"), ("8", "quay")):
        service.add_casework(inv, number, "tag", tag)
    service.add_casework(inv, "8", "untag", "quay")
    return inv


def facets(inv: Investigation, query: str) -> dict[str, list[dict[str, Any]]]:
    found = service.search(inv, query, facets=True)["facets"]
    return {facet["name"]: facet["values"] for facet in found}


@pytest.mark.parametrize("query", QUERIES)
def test_each_count_is_that_of_the_narrowed_search(mine: Investigation, query: str) -> None:
    counted = 0
    for values in facets(mine, query).values():
        for value in values:
            assert value["count"] > 0
            if value["narrow"] is None:
                assert (query, value["value"]) == ("", "no")  # no query only leaves out
                continue
            found = service.search(mine, service.narrowed(query, value["narrow"]))["count"]
            counted += 1
            assert found == value["count"], (query, value)

    assert counted or query == "zeppelin"


@pytest.mark.parametrize("query", [query for query in QUERIES if query])
def test_index_and_sealed_tables_count_the_same(mine: Investigation, query: str) -> None:
    index, known, fields = index_of(mine), outline(mine), Fields(mine)
    node = asked_of(fields, query)
    assert node is not None
    rows = index.every_row(node, fields.answer)

    told = index.counted(node, fields.answer)

    assert told is not None
    assert by_index(known, len(rows), told) == by_rows(known, rows)


def test_everything_is_counted_the_same_from_the_rows_of_the_index(mine: Investigation) -> None:
    known = outline(mine)
    told: Counter[str] = Counter()
    for row in investigation_rows(mine.table("messages").parent):
        told.update(row.counted)

    assert by_index(known, known.size, told) == by_rows(known, None)


def test_an_index_without_counts_or_with_a_name_too_long_for_them_leaves_them_to_the_tables(
    mine: Investigation, tmp_path: Path
) -> None:
    rows = list(investigation_rows(mine.table("messages").parent))
    build_index(tmp_path / "now", rows)
    bare = [replace(row, counted=()) for row in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_module, "COUNTED", "counted once upon a time")
        build_index(tmp_path / "before", bare)
    asked = parse("haven")

    assert TextIndex(tmp_path / "before").count(asked) == TextIndex(tmp_path / "now").count(asked)
    assert TextIndex(tmp_path / "before").counted(asked) is None
    assert TextIndex(tmp_path / "now").counted(asked)
    nobody: dict[str, Any] = {
        "sender": [],
        "recipients": [],
        "accounts": None,
        "holders": None,
        "admitted": [],
    }
    long = {**nobody, "sender": ["x" * 70_000], "language": None, "clock_ns": None}
    assert by_index(outline(mine), 1, dict.fromkeys(counted_under(long), 1)) is None


def test_more_values_than_can_be_counted_exactly_are_not_counted_in_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [Row(n, ("haven",), None, counted=(f"account:{n}", "lang:nl")) for n in range(1, 10)]
    build_index(tmp_path / "index", rows)
    index, asked = TextIndex(tmp_path / "index"), parse("haven")

    for most, told in ((10, True), (9, False), (1, False)):
        monkeypatch.setattr(index_module, "_MOST_COUNTED", most)
        assert (index.counted(asked) is not None) is told


def test_all_that_messages_bear_is_counted(mine: Investigation) -> None:
    found = facets(mine, "")

    assert {v["value"]: v["count"] for v in found["account"]} == {
        "anna@test.example": 8, "bram@test.example": 6, "carla@test.example": 3,
    }  # fmt: skip
    assert {v["value"]: v["count"] for v in found["clause"]} == {"april": 7, "the harbour": 2}
    assert {v["value"]: v["count"] for v in found["attachment"]} == {"yes": 1, "no": 7}
    assert {v["value"]: v["count"] for v in found["tag"]} == {"quay": 2, "boat": 1}
    assert [(v["value"], v["count"]) for v in found["day"]] == [
        ("2016-04-19", 2), ("2016-04-20", 2), ("2016-04-21", 1), ("2016-04-30", 2),
        ("2016-05-03", 1),
    ]  # fmt: skip


def test_a_value_that_no_query_can_name_is_counted_without_a_way_to_narrow() -> None:
    assert asks("account", 'a"b@test.example') is None
    assert asks("account", "a\u201db@test.example") is None
    assert asks("holder", "jan de vries") == 'holder:"jan de vries"'
