"""Keys, problems, log and exhibits a page at a time: the same as the whole lists say, no secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.examined import LABEL
from zegel import service
from zegel.casefile import Case
from zegel.custody.log import Log
from zegel.errors import UsageError
from zegel.service.ledgerpictures import every_day
from zegel.tables import read_rows


@pytest.fixture
def case(examined: Path) -> Case:
    return Case.open(examined)


def all_pages(ask: Any, name: str, size: int, **words: Any) -> list[dict[str, Any]]:
    first = ask(part=service.Part(size=size), **words)
    pages = [
        ask(part=service.Part(page=page, size=size), **words)
        for page in range(1, first["pages"] + 1)
    ]
    rows: list[dict[str, Any]] = [row for page in pages for row in page[name]]
    assert len(rows) == first["count"]
    return rows


def test_pages_of_keys_hold_every_key_once_as_the_whole_list_has_it(case: Case) -> None:
    whole = service.list_keys(case)
    paged = all_pages(lambda **words: service.page_of_keys(case, **words), "keys", 1)

    alike = ("fingerprint", "key_id", "user_ids", "algorithm", "opened", "secret", "passphrase")
    assert [[key[name] for name in alike] for key in paged] == [
        [key[name] for name in alike] for key in whole
    ]
    assert [key["found_at"] for key in paged] == [len(key["places"]) for key in whole]


def test_lists_of_keys_are_counted_and_divided(case: Case) -> None:
    whole = service.list_keys(case)
    counts = service.page_of_keys(case)["counts"]

    assert counts["all"] == len(whole)
    assert counts["secret"] == sum(key["secret"] != "no" for key in whole)
    assert counts["open"] == sum(key["secret"] in ("open", "unlocked") for key in whole)
    assert counts["used"] == sum(key["opened"] > 0 for key in whole)
    for only, count in counts.items():
        assert service.page_of_keys(case, only=only)["count"] == count
    with pytest.raises(UsageError, match="no list of keys"):
        service.page_of_keys(case, only="stolen")


def test_one_key_says_where_it_lies_and_what_it_opened(case: Case) -> None:
    used = service.page_of_keys(case, only="used")["keys"]
    (whole,) = [key for key in service.list_keys(case) if key["opened"]]
    found = service.read_key(case, used[0]["number"])
    places = all_pages(
        lambda **words: _flat(service.read_key(case, used[0]["number"], **words)), "places", 1
    )

    assert places == whole["places"]
    assert {place["path"] for place in places} == {"keys/own.asc", "keys/again.asc"}
    assert found["messages"] == {
        "count": 2,
        "accounts": 1,
        "by": [{"exhibit": "E1", "account": "anna@test.example", "messages": 2}],
    }
    with pytest.raises(UsageError, match="no key here"):
        service.read_key(case, 999)


def _flat(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "places": found["key"]["places"]}


def test_what_is_wanted_is_paged_as_the_whole_list_has_it(case: Case) -> None:
    whole = service.list_wanted(case)
    paged = all_pages(lambda **words: service.page_of_wanted(case, **words), "wanted", 1)

    assert len(whole) == 1
    assert paged == whole


def test_no_page_holds_a_secret_number_or_key_material(case: Case) -> None:
    said = str(service.page_of_keys(case)) + str(service.read_key(case, 0))
    rows = list(read_rows(case.stage("keys").files("keys")[-1:]))
    secrets = [number for row in rows for number in row["numbers"] or ()]

    assert secrets
    for number in secrets:
        assert number.hex() not in said.lower()
        assert repr(number) not in said


def test_pages_of_problems_are_the_whole_list(case: Case) -> None:
    whole = sorted(service.list_problems(case), key=str)
    paged = all_pages(lambda **words: service.page_of_problems(case, **words), "problems", 1)
    counted = service.count_problems(case)

    assert sorted(paged, key=str) == whole
    assert (counted["problems"], counted["unread"]) == (len(whole), 1)
    for one in counted["kinds"]:
        of_kind = service.page_of_problems(case, kind=one["kind"])
        assert of_kind["problems"] == [row for row in paged if row["kind"] == one["kind"]]
        assert sum(one["exhibits"].values()) == one["problems"] == of_kind["count"]
    unread = service.page_of_problems(case, unread=True)["problems"]
    assert [row["kind"] for row in unread] == ["empty message file"]
    assert service.page_of_problems(case, exhibit="E2")["count"] == sum(
        row["exhibit"] == "E2" for row in whole
    )
    assert service.page_of_problems(case, kind="typo' OR true")["count"] == 0


def test_the_log_is_paged_from_its_end_and_checked(case: Case) -> None:
    before = list(case.log().entries())
    found = service.page_of_log(case, part=service.Part(size=5))
    older = service.page_of_log(case, part=service.Part(page=2, size=5))

    assert found["head"]["size"] == found["count"] == len(before)
    assert found["head"]["root"] == _root(before, case)
    assert [one["index"] for one in found["entries"]] == [
        entry.index for entry in reversed(before[-5:])
    ]
    # The page before left an entry of its own.
    assert [one["index"] for one in older["entries"]] == [
        entry.index for entry in reversed(before[-9:-4])
    ]


def _root(entries: list[Any], case: Case) -> str:
    from zegel.custody.merkle import root

    return root([entry.leaf() for entry in entries]).hex()


def test_of_an_entry_only_what_is_known_to_be_no_content_is_shown(case: Case) -> None:
    service.cut_ledger(case, service.Cut(by="state", fixed={"day": "2016-04-19"}))
    newest = service.page_of_log(case)["entries"][0]

    assert newest["act"] == "ledger read"
    assert newest["facts"] == {}


def test_entries_between_two_are_those_the_whole_log_has(case: Case) -> None:
    log = Log.open(case.folder / "custody", None)
    whole = list(log.entries())

    for first, end in ((0, 0), (0, 3), (2, 5), (len(whole) - 1, None), (3, 10_000)):
        assert list(log.between(first, end)) == whole[first:end]


def test_exhibits_say_what_was_found_in_each(case: Case) -> None:
    one, two = service.list_exhibits(case)["exhibits"]

    assert (one["acquisition"]["label"], one["acquisition"]["exhibit_number"]) == (LABEL, "G-1")
    assert two["conditions"]["investigations"] == ["Heron"]
    assert (one["found"]["messages"], two["found"]["messages"]) == (7, 1)
    assert (one["found"]["keys"], two["found"]["keys"]) == (0, 2)
    assert sum(row["files"] for row in one["found"]["files"]) == one["files"]
    assert sum(one["found"]["problems"] for one in (one, two)) == sum(
        case.stage("scan").rows(part, "problems") for part in case.stage("scan").parts()
    )


def test_before_processing_exhibits_have_nothing_found_and_lists_say_what_to_do(
    tmp_path: Path,
) -> None:
    case = service.init_case(tmp_path / "case", training=True)

    assert service.list_exhibits(case)["exhibits"] == []
    for ask in (
        service.cut_ledger,
        service.page_of_keys,
        service.page_of_problems,
        service.count_problems,
    ):
        with pytest.raises(UsageError, match="nothing was processed yet"):
            ask(case)


@pytest.mark.parametrize("words", [{"page": 0}, {"size": 0}, {"size": 1001}, {"page": 10**10}])
def test_a_page_has_bounds(words: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        service.Part(**words)


def test_a_picture_of_days_has_a_place_for_days_without_a_message() -> None:
    rows = [{"name": day} for day in ("2016-02-28", "", "2016-03-02")]

    assert every_day(rows) == ["2016-02-28", "2016-02-29", "2016-03-01", "2016-03-02"]
    assert every_day([{"name": "1970-01-01"}, {"name": "2016-03-02"}]) == []
    assert every_day([{"name": "E1"}]) == every_day([{"name": ""}]) == []
