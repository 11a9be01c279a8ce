"""A list of terms: hits of each, and of what cannot be read the line and the reason."""

from __future__ import annotations

import pytest

from zegel import service
from zegel.custody.log import Log
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.service.logreport import by_day
from zegel.service.terms import LARGEST, MOST_TERMS

LIST = "# harbour\nhaven\n\n  boot OR haven  \nhaven and\n(haven\nzeppelin\nsubject:red\nhaven\n"


def test_each_query_has_the_hits_of_its_search(inv: Investigation) -> None:
    found = service.count_terms(inv, service.read_terms(LIST.encode()))
    hits = {one["line"]: one["hits"] for one in found["terms"]}

    assert list(hits) == [2, 4, 5, 6, 7, 8, 9]
    assert hits == {2: 2, 4: 3, 5: None, 6: None, 7: 0, 8: None, 9: 2}
    for one in found["terms"]:
        if one["hits"] is not None:
            assert service.search(inv, one["query"])["count"] == one["hits"]


def test_what_cannot_be_read_is_said_by_line_and_character(inv: Investigation) -> None:
    found = service.count_terms(inv, service.read_terms(LIST.encode()))
    faults = {one["line"]: one["fault"] for one in found["terms"] if one["fault"]}

    assert found["faults"] == len(faults) == 3
    assert "capitals" in faults[5]["what"]
    assert (faults[6]["at"], "not closed" in faults[6]["what"]) == (1, True)
    assert "no such field" in faults[8]["what"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_list_is_read_as_programs_save_it(encoding: str) -> None:
    text = "café\r\n“twee woorden”\r\n"
    found = service.read_terms(text.encode(encoding))

    assert [(one.line, one.query) for one in found] == [(1, "café"), (2, "“twee woorden”")]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"# nothing\n\n",
        b"caf\xe9\n",
        b"x\n" * (MOST_TERMS + 1),
        b"x" * (LARGEST + 1),
        b"x" * (4 * LARGEST + 1),
    ],
)
def test_what_is_no_list_is_refused(text: bytes) -> None:
    with pytest.raises(UsageError):
        service.read_terms(text)


def test_the_log_has_every_query_with_its_hits(inv: Investigation) -> None:
    service.count_terms(inv, service.as_terms(["haven", "(haven"]), who="ann")
    *_, entry = Log.open(inv.folder / "custody", None).entries()
    (day,) = by_day([entry])

    assert (entry.act, entry.facts["queries"]) == ("terms counted", ["haven", "(haven"])
    assert [(one["query"], one["results"]) for one in day.queries] == [
        ("haven", 2),
        ("(haven", None),
    ]
