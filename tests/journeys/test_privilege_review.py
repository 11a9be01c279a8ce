"""The officer's review and sample: orders of their own, decisions with reasons, a measured miss."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.journeys.cases import done, say
from tests.journeys.counsel import LETTERS, Letter, Office, office, order
from zegel import service
from zegel.casefile import Case
from zegel.custody.log import Log
from zegel.investigation import Investigation
from zegel.service.setapart import marked

pytestmark = pytest.mark.xdist_group("privilege review")

EVERYTHING = ""
"""A clause of the officer's may say a period and no more."""
MISSED = Letter(number=90, apart=False, body="van mijn raadsman, die overigens ziek is: zwijg")
"""Privileged by what it says; nothing in it is registered."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Give a case with a review, of which some was decided and applied, and a coded sample."""
    found = office(tmp_path_factory.mktemp("review"), [*LETTERS, MISSED])
    again(found)
    review = order("R-1", "review = true", EVERYTHING)
    done("grant", found.order(review), "--case", found.case, "--out", found.desk / "review")
    return found


def again(made: Office) -> None:
    made.officer("mark", "--workers", "1")
    done("privilege", "index", "--case", made.case)
    done("index", "--case", made.case)


def numbers_in(folder: Path) -> dict[int, str]:
    """Return the id of each letter of an investigation by its mark."""
    rows = Investigation.open(folder).rows("messages")
    return {int(re.findall(r"zq(\d+)x", row["subject"])[0]): row["message"].hex() for row in rows}


def decide(made: Office, letter: int, decision: str, *words: str) -> Any:
    identity = numbers_in(made.desk / "review")[letter]
    return done(
        "privilege", "decide", "-i", made.desk / "review", identity, "--decision", decision,
        *words, "--json",
    ).json  # fmt: skip


def test_a_review_holds_what_is_set_apart_and_nothing_else(made: Office) -> None:
    assert numbers_in(made.desk / "review").keys() == {one.number for one in LETTERS if one.apart}


def test_whoever_grants_a_review_is_not_told_how_much_is_in_it(made: Office) -> None:
    review = order("R-2", "review = true", EVERYTHING)
    said = done(
        "grant", made.order(review), "--case", made.case, "--out", made.desk / "other", "--json"
    ).json
    granted = [e.facts for e in Case.open(made.case).log().acts(("granted",))][-1]

    assert (said["messages"], said["clauses"], said["ledger"]) == (None, {}, {})
    assert granted["messages"] == "about 11"
    assert "left_out" not in granted


def test_a_review_needs_a_register_and_an_index_of_its_own(tmp_path: Path) -> None:
    bare = office(tmp_path / "bare", LETTERS[:2], enrolled=False)
    done("index", "--case", bare.case)
    review = bare.order(order("R-1", "review = true", EVERYTHING))
    none = say("grant", review, "--case", bare.case, "--out", bare.desk / "no")
    bare.enrol("domain\nbergadvocaten.example\n")
    bare.officer("mark", "--workers", "1")
    unindexed = say("grant", review, "--case", bare.case, "--out", bare.desk / "no")

    assert none.code == 7
    assert "no register is enrolled" in none.err
    assert "zegel privilege index" in unindexed.err
    assert not (bare.desk / "no").exists()


def test_decisions_come_to_the_case_with_the_next_index_and_their_reasons_do_not(
    made: Office,
) -> None:
    decide(made, 4, "release", "--reason", "zzreason: another Berg")
    decide(made, 0, "withhold", "--reason", "zzreason: advice")
    decide(made, 8, "withhold part", "--part", "text", "--reason", "zzreason: signature")
    result = done(
        "privilege", "apply", "-i", made.desk / "review", "--case", made.case, "--json"
    ).json
    done("privilege", "index", "--case", made.case)
    done("index", "--case", made.case)
    done("grant", made.order(order("A-1")), "--case", made.case, "--out", made.desk / "after")
    marks = sorted((made.case / "privilege" / "marks").iterdir())[-1] / "marks.parquet"

    assert result == {"released": 1, "withheld": 2}
    assert 4 in numbers_in(made.desk / "after")
    assert not {0, 8} & numbers_in(made.desk / "after").keys()
    assert {row["state"] for row in pq.read_table(marks).to_pylist()} == {
        "suspected", "confirmed", "rejected",
    }  # fmt: skip
    for place in [*(made.case / "privilege").rglob("*"), *(made.case / "custody").rglob("*")]:
        assert not place.is_file() or b"zzreason" not in place.read_bytes()


def test_a_decision_holds_for_what_was_decided_on_only(tmp_path: Path) -> None:
    new = office(tmp_path, LETTERS)
    again(new)
    review = new.order(order("R-1", "review = true", EVERYTHING))
    done("grant", review, "--case", new.case, "--out", new.desk / "review")
    decide(new, 4, "release", "--reason", "another Berg")
    decide(new, 5, "release", "--reason", "an empty quote")
    done("privilege", "apply", "-i", new.desk / "review", "--case", new.case)
    released = marked(Case.open(new.case)) or frozenset()
    new.enrol("name\nMaandag Schreef\n")
    new.officer("mark", "--workers", "1")
    now = marked(Case.open(new.case)) or frozenset()
    ids = {number: bytes.fromhex(one) for number, one in numbers_in(new.desk / "review").items()}

    assert not {ids[4], ids[5]} & released
    assert ids[5] in now
    assert ids[4] not in now


def test_the_log_for_the_court_has_every_decision_and_no_content(made: Office) -> None:
    decide(made, 4, "release", "--reason", "zzreason: another Berg")
    decide(made, 0, "withhold", "--reason", "zzreason: advice")
    decide(made, 8, "withhold part", "--part", "text", "--reason", "zzreason: signature")
    done("privilege", "log", "-i", made.desk / "review", "-o", made.desk / "log.csv")
    done("privilege", "log", "-i", made.desk / "review", "-o", made.desk / "log.json")
    done("privilege", "log", "-i", made.desk / "review", "-o", made.desk / "log.txt")
    rows = list(csv.DictReader((made.desk / "log.csv").read_text("utf-8").splitlines()))
    whole = json.loads((made.desk / "log.json").read_text("utf-8"))
    decisions = {row["decision"] for row in rows}

    assert len(rows) == len(whole["messages"]) == len(numbers_in(made.desk / "review"))
    assert decisions == {"release", "withhold", "withhold part", "undecided"}
    for name in ("log.csv", "log.json", "log.txt"):
        text = (made.desk / name).read_text("utf-8")
        assert "zzreason: advice" in text
        assert not re.search(r"zq\d+x|@|anna|advocaten", text), name


def test_no_dossier_of_a_review_shows_what_was_not_released(made: Office) -> None:
    out = made.desk / "review.zip"
    said = say("dossier", "make", "-i", made.desk / "review", "-o", out)

    assert said.code == 2
    assert "did not release" in said.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--decision", "burn", "--reason", "x"), "a decision is one of"),
        (("--decision", "release", "--reason", " "), "has a reason"),
        (("--decision", "release", "--reason", "x", "--part", "text"), "parts are named"),
        (("--decision", "withhold part", "--reason", "x"), "parts are named"),
        (("--decision", "withhold part", "--reason", "x", "--part", "all"), "all is no part"),
        (("--decision", "withhold part", "--reason", "x", "--part", "nose"), "does not fit"),
    ],
)
def test_a_decision_without_sense_is_refused(
    made: Office, words: tuple[str, ...], why: str
) -> None:
    said = say("privilege", "decide", "-i", made.desk / "review", "1", *words)

    assert said.code == 2
    assert why in said.err


def test_only_a_review_is_decided_on_and_only_in_its_own_case(made: Office, tmp_path: Path) -> None:
    done("grant", made.order(order("A-9")), "--case", made.case, "--out", made.desk / "plain")
    plain = say(
        "privilege", "decide", "-i", made.desk / "plain", "1", "--decision", "release",
        "--reason", "x",
    )  # fmt: skip
    other = office(tmp_path, LETTERS[:3])
    again(other)
    foreign = say("privilege", "apply", "-i", made.desk / "review", "--case", other.case)

    assert "is no review" in plain.err
    assert "not granted from this case" in foreign.err


def sampled(made: Office, number: str, extra: str) -> Path:
    place = made.desk / f"sample-{number}"
    done("grant", made.order(order(number, extra, EVERYTHING)), "--case", made.case, "--out", place)
    return place


def test_a_sample_is_drawn_by_its_seed_from_what_was_not_caught_with_controls(
    made: Office,
) -> None:
    one = numbers_in(sampled(made, "S-1", 'sample = 4\nseed = "court"'))
    same = numbers_in(sampled(made, "S-2", 'sample = 4\nseed = "court"'))
    other = numbers_in(sampled(made, "S-3", 'sample = 4\nseed = "another"'))
    apart = marked(Case.open(made.case)) or frozenset()
    controls = [number for number, identity in one.items() if bytes.fromhex(identity) in apart]

    assert one == same
    assert one != other
    assert (len(one), len(controls)) == (5, 1)


def test_the_folder_of_a_sample_does_not_say_which_are_controls(made: Office) -> None:
    inv = Investigation.open(sampled(made, "S-4", 'sample = 4\nseed = "court"'))
    apart = marked(Case.open(made.case)) or frozenset()
    rows = list(inv.rows("messages"))
    control = next(row for row in rows if row["message"] in apart)
    another = next(row for row in rows if row["message"] not in apart)

    assert control["admitted"] == another["admitted"]
    assert control["message"].hex() not in json.dumps(dict(inv.header))


def test_a_coded_sample_gives_an_interval_that_every_later_grant_says(made: Office) -> None:
    folder = sampled(made, "S-5", 'sample = 50\nseed = "court"')
    coded = numbers_in(folder)
    apart = {bytes.fromhex(i) for i in coded.values()} & (marked(Case.open(made.case)) or set())
    early = say("privilege", "rate", "-i", folder, "--case", made.case)
    for number, identity in coded.items():
        hit = number == MISSED.number or bytes.fromhex(identity) in apart
        value = "privileged" if hit else "not privileged"
        done("privilege", "code", "-i", folder, identity, "--as", value)
    rate = done("privilege", "rate", "-i", folder, "--case", made.case, "--json").json
    done("grant", made.order(order("A-5")), "--case", made.case, "--out", made.desk / "measured")
    header = Investigation.open(made.desk / "measured").header["privilege"]
    drawn = len(coded) - rate["controls"]

    assert "are not coded yet" in early.err
    assert (rate["missed"], rate["of"]) == (1, drawn)
    assert rate["controls_found"] == rate["controls"] == 1
    assert float(rate["low"]) < 1 / drawn < float(rate["high"])
    assert header["miss_rate"] == {
        name: rate[name]
        for name in (
            "missed", "of", "low", "high", "confidence", "cannot_tell", "frame", "sample", "seed",
        )
    }  # fmt: skip


@pytest.mark.parametrize(
    ("extra", "clause", "why"),
    [
        ('review = true\nsample = 4\nseed = "s"', EVERYTHING, "two orders"),
        ("sample = 4", EVERYTHING, "seed"),
        ('seed = "s"', 'accounts = ["a@x.example"]', "stands with sample"),
        ("sample = 0", EVERYTHING, "a number from 1"),
        ('sample = 4\nseed = "s"', 'terms = ["x"]', "no terms"),
        ('review = "yes"', EVERYTHING, "true or false"),
        ("review = true", 'subject = "records"', "is about messages"),
        ("", EVERYTHING, "says neither"),
    ],
)
def test_an_officers_order_that_makes_no_sense_is_refused(
    made: Office, extra: str, clause: str, why: str
) -> None:
    said = say("grant", made.order(order("X", extra, clause)), "--case", made.case)

    assert said.code == 2
    assert why in said.err


def test_every_act_of_a_review_is_in_its_log_first_and_no_reason_is(made: Office) -> None:
    decide(made, 5, "withhold", "--reason", "zzreason: a quote")
    service.privilege_log(Investigation.open(made.desk / "review"))
    *_, decided, exported = Log.open(made.desk / "review" / "custody", None).entries()

    assert (decided.act, decided.facts["decision"]) == ("privilege decided", "withhold")
    assert (decided.facts["messages"], decided.facts["results"]) == (1, 1)
    assert (exported.act, exported.facts["results"]) == ("privilege log exported", 11)
    assert b"zzreason" not in (made.desk / "review" / "custody" / "entries.jsonl").read_bytes()
