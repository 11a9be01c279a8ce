"""Marking is done once for each message, whole after any stop, and nothing slips past it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest

from tests.journeys.cases import done, say
from tests.journeys.counsel import CLIENT, LETTERS, Letter, Office, office, order, write
from zegel.casefile import Case
from zegel.service import caseindex
from zegel.service.setapart import marked

NEW = (
    Letter(number=40, apart=True, to="jp@bergadvocaten.example"),
    Letter(number=41, apart=False, body="de boot ligt klaar"),
)


def counts(made: Office, workers: str = "1") -> dict[str, int]:
    return dict(made.officer("mark", "--workers", workers))


def apart(case: Path) -> frozenset[bytes]:
    found = marked(Case.open(case))
    assert found is not None
    return found


def test_only_what_is_new_is_looked_at(tmp_path: Path) -> None:
    made = office(tmp_path, LETTERS)
    first = counts(made)
    again = counts(made)
    done("index", "--case", made.case)
    before = apart(made.case)
    parts = sorted((made.case / "privilege" / "marks").iterdir())
    copy = write(tmp_path / "second", NEW)
    done("intake", copy, "--case", made.case)
    done("process", "--case", made.case, "--workers", "1")
    unmarked = say("index", "--case", made.case)
    later = counts(made)

    assert (first["looked_at"], again["looked_at"]) == (len(LETTERS), 0)
    assert parts == parts[:1]
    assert "unmarked" in unmarked.err
    assert later["looked_at"] == len(NEW)
    assert before < apart(made.case)
    assert later["suspected"] == first["suspected"] + 1


def test_a_message_is_looked_at_again_where_another_place_says_more(tmp_path: Path) -> None:
    made = office(tmp_path, LETTERS)
    counts(made)
    before = apart(made.case)
    # The same text under the same Message-ID, in the mailbox of somebody at the firm.
    copy = write(
        tmp_path / "second", [Letter(number=11, apart=True, body=LETTERS[11].body,
                                     boxes=("desk@bergadvocaten.example",))]
    )  # fmt: skip
    done("intake", copy, "--case", made.case)
    done("process", "--case", made.case, "--workers", "1")
    later = counts(made)

    assert later["looked_at"] == 1
    assert len(apart(made.case)) == len(before) + 1


def test_a_new_register_looks_at_everything_again_and_in_processes_of_their_own(
    tmp_path: Path,
) -> None:
    many = [Letter(number=n, apart=n % 7 == 0, body="jp@bergadvocaten.example" if n % 7 == 0
                   else "niets", boxes=(CLIENT,)) for n in range(100, 130)]  # fmt: skip
    made = office(tmp_path, [*LETTERS, *many])
    one = counts(made)
    alone = apart(made.case)
    made.enrol("name\nNobody Whatsoever\n")  # everything is looked at again
    two = counts(made, "2")

    assert one["looked_at"] == two["looked_at"] == len(LETTERS) + len(many)
    assert apart(made.case) == alone


def test_an_index_that_forgot_to_leave_it_out_grants_nothing(tmp_path: Path) -> None:
    made = office(tmp_path, LETTERS)
    counts(made)
    real = caseindex.build_index_of
    forgetful = patch.object(
        caseindex, "build_index_of", lambda case, place, progress, **_: real(case, place, progress)
    )
    with forgetful:
        done("index", "--case", made.case)
    said = say("grant", made.order(order()), "--case", made.case, "--out", made.desk / "inv")

    assert said.code == 6
    assert "set apart" in said.err
    assert not (made.desk / "inv").exists()


@pytest.mark.slow
@pytest.mark.parametrize("words", [("mark",), ("index",)])
def test_a_kill_at_any_commit_leaves_marks_whole_or_unmarked(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    made = office(tmp_path, LETTERS)
    undisturbed = tmp_path / "undisturbed"
    subprocess.run(["cp", "-a", made.case, undisturbed], check=True)
    whole = Office(case=undisturbed, desk=made.desk)
    counts(whole)
    if words == ("index",):
        counts(made)
    key = tuple(map(str, made.key)) if words == ("mark",) else ()
    given = [*(("privilege",) if key else ()), *words, *key, "--case", "CASE"]
    given += ["--workers", "1"] if key else []
    program = [sys.executable, "-m", "tests.journeys.killed", made.case, tmp_path / "at"]
    (tmp_path / "at").mkdir()
    printed = subprocess.run(
        [*map(str, program), "kill", "1", *given], check=True, capture_output=True, text=True
    ).stdout
    struck = json.loads(printed)

    assert len(struck) > 2
    for one in struck:
        case = Path(one["case"])
        assert one["again"] in (0, None), one
        assert apart(case) == apart(undisturbed)
        looked = [pq.read_table(place) for place in
                  (case / "privilege" / "looked").glob("[!.]*/looked.parquet")]  # fmt: skip
        assert sum(table.num_rows for table in looked) == len(LETTERS)
