"""What the register learns late is called back from where it went, and who saw it is said."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.cases import done
from tests.journeys.counsel import LETTERS, REGISTER, Office, office, order
from zegel import service
from zegel.casefile import Case
from zegel.errors import RefusedError
from zegel.investigation import Investigation
from zegel.search import Page
from zegel.service import recalling
from zegel.service.searching import hits_of

pytestmark = pytest.mark.xdist_group("privilege recall")

EARLY = "\n".join(line for line in REGISTER.splitlines() if "Neil" not in line) + "\n"
LATE = {6, 10}
"""Letters of the lawyer who is registered late."""


def numbered(inv: Investigation) -> dict[int, str]:
    rows = inv.rows("messages")
    return {int(re.findall(r"zq(\d+)x", row["subject"])[0]): row["message"].hex() for row in rows}


def named(name: str, number: str, clause: str) -> str:
    return order(number, clause=clause).replace('"Quay"', f'"{name}"')


@pytest.fixture
def made(template: Office, tmp_path: Path) -> Office:
    """Give a copy of the case for one test alone."""
    own = Office(case=tmp_path / "case", desk=tmp_path / "desk")
    shutil.copytree(template.case, own.case)
    shutil.copytree(template.desk, own.desk)
    return own


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Give a case with three investigations, one of them moved, and a register that grew since."""
    found = office(tmp_path_factory.mktemp("recall"), LETTERS, enrolled=False)
    found.enrol(EARLY)
    found.officer("mark", "--workers", "1")
    done("index", "--case", found.case)
    client = 'accounts = ["anna@x.example"]'
    done("grant", found.order(named("Quay", "P-1", client)), "--case", found.case)
    other = 'accounts = ["info@bergtransport.example"]'
    done("grant", found.order(named("Other", "P-2", other)), "--case", found.case)
    done(
        "grant", found.order(named("Away", "P-3", client)), "--case", found.case,
        "--out", found.desk / "away",
    )  # fmt: skip
    found.enrol(REGISTER)
    return found


def home(made: Office, name: str) -> Investigation:
    return Investigation.open(made.case / "investigations" / name)


def recalled(made: Office) -> dict[str, Any]:
    done("privilege", "mark", *made.key, "--case", made.case, "--workers", "1")
    found = done("privilege", "recall", "--case", made.case, "--workers", "1", "--json").json
    return {one["name"]: one for one in found}


def test_what_was_admitted_before_is_called_back_from_every_investigation_that_holds_it(
    made: Office,
) -> None:
    before = numbered(home(made, "Quay-P-1"))
    found = recalled(made)

    assert before.keys() >= LATE
    assert found.keys() == {"Quay-P-1", "away"}
    assert set(found["Quay-P-1"]["messages"]) == {before[number] for number in LATE}
    assert found["away"]["messages"] == found["Quay-P-1"]["messages"]


def test_an_investigation_in_its_case_is_closed_at_once_and_has_a_next_version(
    made: Office,
) -> None:
    found = recalled(made)
    old, other = home(made, "Quay-P-1"), home(made, "Other-P-2")
    new = Investigation.open(Path(found["Quay-P-1"]["next_version"]))

    with pytest.raises(RefusedError, match="lawyer and client"):
        service.search(old, "")
    assert numbered(new).keys() == numbered(old).keys() - LATE
    assert service.search(new, "")["count"] == len(numbered(new))
    assert service.search(other, "")["count"] == 1


def test_a_folder_elsewhere_gets_a_signed_notice_and_answers_who_saw_how_much(
    made: Office,
) -> None:
    away = Investigation.open(made.desk / "away")
    service.show_message(away, numbered(away)[6], who="Inge")
    found = recalled(made)
    done("notice", "apply", "-i", away.folder, found["away"]["notice"], "-o", made.desk / "answer")
    outstanding = done("notice", "list", "--case", made.case, "--json").json

    with pytest.raises(RefusedError, match="lawyer and client"):
        service.search(away, "")
    assert found["away"]["seen"] is None
    assert "away" in str(outstanding)
    assert "Inge" in (made.desk / "answer").read_text("utf-8")


def test_who_saw_it_is_read_from_the_log_and_proved_by_its_digests(made: Office) -> None:
    inv = home(made, "Quay-P-1")
    ids = numbered(inv)
    service.show_message(inv, ids[6], who="Inge")
    service.show_message(inv, ids[11], who="Joost")
    service.search(inv, "agreed", who="Kees")
    service.search(inv, "vrachtwagen", who="Joost")
    service.search(inv, "", Page(limit=3, newest_first=False), who="Lia")
    seen = {one["who"]: one for one in recalled(made)["Quay-P-1"]["seen"]}
    first = set(hits_of(inv, "", Page(limit=3, newest_first=False)))
    late = {ids[number] for number in LATE}

    assert seen["Inge"]["messages"] == [ids[6]]
    assert seen["Kees"]["hit_lists"] == [ids[6]]
    assert "Joost" not in seen
    assert set(seen.get("Lia", {"hit_lists": []})["hit_lists"]) == first & late


def test_a_recall_is_in_the_log_by_name_and_blurred_count(made: Office) -> None:
    recalled(made)
    entry = list(Case.open(made.case).log().acts(("privilege recalled",)))[-1]
    facts: Any = entry.facts["investigations"]
    said = {one["name"]: one for one in facts}

    assert said["Quay-P-1"]["messages"] == "fewer than 10"


def test_a_recall_that_was_killed_is_completed_by_the_same_command(
    made: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    done("privilege", "mark", *made.key, "--case", made.case, "--workers", "1")
    case = Case.open(made.case)
    with monkeypatch.context() as patch:
        patch.setattr(recalling, "grant", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            service.recall(case, workers=1)
    with pytest.raises(RefusedError):
        service.search(home(made, "Quay-P-1"), "")
    found = {one.name: one for one in service.recall(case, workers=1)}
    once_more = {one.name: one for one in service.recall(case, workers=1)}

    assert found["Quay-P-1"].next_version
    assert once_more["Quay-P-1"].next_version is None
    assert len(list((made.case / "investigations").glob("Quay-P-1*"))) == 2


def test_nothing_is_recalled_where_nothing_went_out(tmp_path: Path) -> None:
    new = office(tmp_path, LETTERS[:12])
    new.officer("mark", "--workers", "1")
    done("index", "--case", new.case)
    done("grant", new.order(order()), "--case", new.case)

    assert done("privilege", "recall", "--case", new.case, "--json").json == []
