"""The defence on our machine: the log proves that they searched, and not what for."""

from __future__ import annotations

import base64
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pysequoia
import pytest

from tests.journeys.cases import done, mail, maildir, say
from tests.journeys.test_casework import ORDER
from zegel import service
from zegel.errors import ZegelError
from zegel.investigation import Investigation
from zegel.service.asked import bucket

ASKED = "zqalibi OR zqwitness"


@pytest.fixture(scope="module")
def key() -> pysequoia.Tsk:
    return pysequoia.Tsk.generate("defence")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, key: pysequoia.Tsk) -> Path:
    """Give a folder with an investigation in which dora defends and ann investigates."""
    folder = tmp_path_factory.mktemp("defence")
    maildir(folder / "copy", [mail(f"de zqalibi van {n}\n", n) for n in range(1, 13)])
    (folder / "dora.pgp").write_bytes(bytes(key.extract_certificate()))
    (folder / "order.toml").write_text(ORDER.format(number="1", name="Quay", more=""), "utf-8")
    case = folder / "case"
    done("init", case, "--training")
    done("intake", folder / "copy", "--case", case)
    done("process", "--case", case, "--index", "--workers", "1")
    done("people", "enrol", "dora", "--role", "defence", "--certificate", folder / "dora.pgp",
         "--case", case)  # fmt: skip
    done("grant", folder / "order.toml", "--case", case, "-o", folder / "inv",
         "--for", "dora", "--for", "ann")  # fmt: skip
    return folder


@pytest.fixture
def inv(made: Path, tmp_path: Path) -> Investigation:
    shutil.copytree(made / "inv", tmp_path / "inv")
    return Investigation.open(tmp_path / "inv")


def entries(inv: Investigation, who: str) -> list[dict[str, Any]]:
    lines = (inv.folder / "custody" / "entries.jsonl").read_text("utf-8").splitlines()
    return [entry for line in lines if (entry := json.loads(line))["who"] == who]


def opened(key: pysequoia.Tsk, sealed: str | bytes) -> dict[str, Any]:
    message = base64.b64decode(sealed) if isinstance(sealed, str) else sealed
    found: dict[str, Any] = json.loads(
        bytes(pysequoia.decrypt(decryptor=key.decryptor(), bytes=message).bytes or b"")
    )
    return found


def test_the_log_says_that_the_defence_searched_and_not_what_for(
    inv: Investigation, key: pysequoia.Tsk
) -> None:
    found = service.search(inv, ASKED, who="dora")
    service.show_message(inv, "3", who="dora")

    search, read = entries(inv, "dora")
    assert (search["act"], read["act"]) == ("search", "message read")
    assert search["facts"].keys() == {"sealed", "about"}
    assert search["facts"]["about"] == "10 to 99"
    assert read["facts"].keys() == {"sealed", "about"}
    inside = opened(key, search["facts"]["sealed"])
    assert inside["asked"]["query"] == ASKED
    assert inside["shown"] == [hit["id"] for hit in found["hits"]]
    whole = b"".join(path.read_bytes() for path in (inv.folder / "custody").iterdir())
    for secret in (b"zqalibi", b"zqwitness", *(hit["id"].encode() for hit in found["hits"])):
        assert secret not in whole


def test_what_an_investigator_asks_stands_there_in_words(inv: Investigation) -> None:
    service.search(inv, ASKED, who="ann")

    (search,) = entries(inv, "ann")
    assert search["facts"]["query"] == ASKED
    assert search["facts"]["results"] == 12


def test_whoever_also_investigates_is_logged_in_words(inv: Investigation) -> None:
    service.set_roles(inv, "dora", ["defence", "investigator"], who="judge")
    service.search(inv, ASKED, who="dora")

    (search,) = entries(inv, "dora")
    assert search["facts"]["query"] == ASKED
    assert "sealed" not in search["facts"]


def test_a_search_that_fails_tells_no_more(inv: Investigation) -> None:
    with pytest.raises(ZegelError):
        service.search(inv, "zqalibi AND (", who="dora")

    assert all("zqalibi" not in json.dumps(entry) for entry in entries(inv, "dora"))
    assert entries(inv, "dora")


def test_the_length_of_what_is_sealed_tells_of_no_query(inv: Investigation) -> None:
    for query in ("a", "zqalibi", "zqalibi OR " * 40 + "zq", "nothing-there"):
        service.search(inv, query, who="dora")

    sealed = [entry["facts"]["sealed"] for entry in entries(inv, "dora")]
    assert len({len(text) for text in sealed}) == 1
    assert len(set(sealed)) == 4


def test_the_report_counts_what_is_sealed_and_shows_none_of_it(inv: Investigation) -> None:
    service.search(inv, ASKED, who="dora")
    service.search(inv, "nothing-there", who="dora")
    service.show_message(inv, "3", who="dora")

    report = service.custody_report(inv, person="dora", queries=True, who="judge")

    (day,) = report["days"]
    assert day["sealed"] == 3
    assert day["searches_without_result"] == 0
    assert [query["query"] for query in day["queries"]] == [None, None]
    assert "sealed to its author" in day["sentence"]
    assert "zqalibi" not in json.dumps(report)


def test_what_the_defence_read_does_not_count_as_read_by_the_team(inv: Investigation) -> None:
    service.show_message(inv, "3", who="dora")

    assert service.unopened(inv, who="judge")["unopened"] == 12


def test_they_open_their_own_entries_with_their_own_key(
    inv: Investigation, key: pysequoia.Tsk, tmp_path: Path
) -> None:
    service.search(inv, ASKED, who="dora")
    service.search(inv, ASKED, who="ann")

    written = done("custody", "sealed", "-i", inv.folder, "-o", tmp_path / "mine", "--json").json

    (row,) = written["sealed"]
    assert (row["who"], row["act"]) == ("dora", "search")
    assert opened(key, Path(row["file"]).read_bytes())["asked"]["query"] == ASKED


def test_a_query_may_be_asked_without_a_process_list_showing_it(
    inv: Investigation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("zqalibi\n"))

    assert done("search", "-i", inv.folder, "--ask", "--json").json["count"] == 12


def test_nobody_is_the_defence_without_a_certificate(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "case", tmp_path / "case")
    (tmp_path / "none.pgp").write_bytes(b"no certificate")

    for words in ((), ("--certificate", tmp_path / "none.pgp")):
        refused = say("people", "enrol", "dirk", "--role", "defence", *words,
                      "--case", tmp_path / "case")  # fmt: skip
        assert refused.code != 0
        assert "certificate" in refused.err


@pytest.mark.parametrize(
    ("count", "name"),
    [(0, "fewer than 10"), (9, "fewer than 10"), (10, "10 to 99"), (100, "100 to 999"),
     (1000, "1,000 or more")],
)  # fmt: skip
def test_counts_lie_in_four_buckets(count: int, name: str) -> None:
    assert bucket(count) == name
