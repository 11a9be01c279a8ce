"""What belongs between lawyer and client is set apart before anything can find it."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.journeys.cases import done, say
from tests.journeys.counsel import LETTERS, Office, office, order
from zegel import service
from zegel.casefile import Case
from zegel.investigation import Investigation
from zegel.service.setapart import marked
from zegel.tables import read_rows

pytestmark = pytest.mark.xdist_group("privilege")

APART = {one.number for one in LETTERS if one.apart}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Give a case that is marked, indexed and granted once."""
    found = office(tmp_path_factory.mktemp("privilege"))
    found.officer("mark", "--workers", "1")
    done("index", "--case", found.case)
    done("grant", found.order(order()), "--case", found.case, "--out", found.desk / "inv")
    return found


def marks_in(texts: object) -> set[int]:
    return {int(number) for number in re.findall(r"zq(\d+)x", str(texts))}


def documents(made: Office) -> Path:
    return next((made.case / "index").iterdir()) / "documents.parquet"


def test_exactly_what_is_privileged_is_set_apart(made: Office) -> None:
    rows = pq.read_table(documents(made)).to_pylist()

    assert marks_in([row["subject"] for row in rows]) == {one.number for one in LETTERS} - APART


def test_what_is_set_apart_is_nowhere_in_the_index_and_the_investigation(made: Office) -> None:
    for folder in (documents(made).parent, made.desk / "inv"):
        for place in folder.rglob("*"):
            if place.suffix == ".parquet":
                found = marks_in(pq.read_table(place).to_pylist())
                assert not found & APART, place
            elif place.is_file():
                found = marks_in(place.read_bytes().decode("latin-1"))
                assert not found & APART, place


def test_no_order_admits_it_and_how_many_is_told_as_one_blurred_total(made: Office) -> None:
    case = Case.open(made.case)
    granted = [e.facts for e in case.log().entries() if e.act == "granted"][-1]
    inv = Investigation.open(made.desk / "inv")

    assert marks_in(list(inv.rows("messages"))) == {n.number for n in LETTERS} - APART
    assert granted["privileged"] == "about 11"
    assert "privileged" not in str(granted["left_out"])


def test_a_search_for_a_lawyer_finds_nothing(made: Office) -> None:
    inv = Investigation.open(made.desk / "inv")

    assert service.search(inv, "advocaten")["count"] == 0
    assert service.search(inv, "Berg")["count"] == 2


def test_a_case_without_a_register_says_so(tmp_path: Path) -> None:
    bare = office(tmp_path, LETTERS[:3], enrolled=False)

    assert done("status", "--case", bare.case, "--json").json["privilege"] == "no register"
    assert done("index", "--case", bare.case, "--json").json["privilege"] == "no register"
    assert "no register" in done("index", "--case", bare.case).out
    done("grant", bare.order(order()), "--case", bare.case, "--out", bare.desk / "inv")
    assert Investigation.open(bare.desk / "inv").header["privilege"] == {"register": "none"}
    assert marked(Case.open(bare.case)) is None


def test_nothing_is_indexed_while_messages_are_unmarked(tmp_path: Path) -> None:
    new = office(tmp_path, LETTERS[:3])
    said = say("index", "--case", new.case)

    assert said.code == 2
    assert "unmarked" in said.err
    assert done("status", "--case", new.case, "--json").json["privilege"] == "unmarked"
    assert not list((new.case / "index").glob("*/documents.parquet"))
    read = [entry.act for entry in Case.open(new.case).log().entries()][-2:]
    assert "index began" in read
    for row in read_rows(Case.open(new.case).stage("settled").files("messages")):
        assert row["message"]
