"""Counts beside a search are exact: so many hits has the search that is narrowed to each value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.service.estate import copied
from zegel import service
from zegel.investigation import Investigation
from zegel.service.facets import asks

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
