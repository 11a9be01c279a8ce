"""A preview tells a magistrate counts and nothing else, and what a series of them gives away."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.journeys.cases import done, mail, maildir, processed, say
from zegel import service
from zegel.casefile import Case
from zegel.errors import ConditionError, VerificationError

SENT = {"p0": 25, "p1": 12, "p2": 3, "p3": 30, "p4": 11, "p5": 7, "p6": 40}
"""How many each of them wrote to anna, one a day."""
WORD = {"p0": 14, "p3": 4, "p6": 21}
"""How many of these have the word `boot`."""


def letters() -> Iterator[bytes]:
    number = 0
    for sender, count in SENT.items():
        for nth in range(count):
            number += 1
            when = datetime(2016, 1, 1, 12, tzinfo=UTC) + timedelta(days=nth)
            date = f"{when:%a, %d %b %Y %H:%M:%S +0000}"
            text = "boot zqsecret\n" if nth < WORD.get(sender, 0) else "zqsecret\n"
            fields = {"Received": f"from mx; {date}", "Date": date, "Subject": "zqsubject"}
            yield mail(text, number, From=f"{sender}@test.example", **fields)


def order(
    *accounts: str, terms: str = "", name: str = "c", rest: str = "", until: str = "2016-12-31",
    investigation: str = "Quay", magistrate: str = "Judge", number: str = "P-1",
) -> bytes:  # fmt: skip
    named = json.dumps([f"{account}@test.example" for account in accounts])
    return f"""\
number = "{number}"
magistrate = "{magistrate}"
investigation = "{investigation}"
offences = ["theft"]
issued = 2016-05-01T00:00:00Z
expires = 2099-01-01T00:00:00Z
purpose = "test"
[[clause]]
name = "{name}"
{f"accounts = {named}" if accounts else ""}
{f'terms = ["{terms}"]' if terms else ""}
from = 2015-01-01T00:00:00Z
until = {until}T00:00:00Z
{rest}""".encode()


def second(*accounts: str) -> str:
    named = json.dumps([f"{account}@test.example" for account in accounts])
    period = "from = 2015-01-01T00:00:00Z\nuntil = 2016-12-31T00:00:00Z\n"
    return f'[[clause]]\nname = "d"\naccounts = {named}\n{period}'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("preview")
    processed(folder, maildir(folder / "copy", list(letters())), options=["--index"])
    return folder / "case"


@pytest.fixture
def case(made: Path, tmp_path: Path) -> Case:
    """Give a case nobody has previewed anything of."""
    return Case.open(shutil.copytree(made, tmp_path / "case"))


def messages(case: Case, text: bytes) -> str:
    return str(service.preview(case, text)["together"]["messages"]["says"])


def test_counts_are_those_of_a_grant_by_clause_and_together(case: Case) -> None:
    told = service.preview(case, order("p0", "p6", rest=second("p1", "p3")))
    one, other = told["clauses"]

    assert [one["messages"]["count"], other["messages"]["count"]] == [65, 42]
    assert (one["days"]["count"], other["days"]["count"]) == (40, 30)
    assert told["together"]["messages"]["says"] == (
        "within 10 of messages of clause 'c' of preview 1 and messages of clause 'd' of preview 1"
        " taken together"
    )
    assert one["others"]["says"] == "fewer than 10"
    assert told["privileged"] == "no register"
    assert told["records"] == "not asked for"


def test_few_are_told_as_few_whether_there_are_any_or_none(case: Case) -> None:
    assert {messages(case, order(name)) for name in ("p2", "p5", "nobody")} == {"fewer than 10"}


def test_no_content_no_id_and_no_name_that_the_order_has_not_is_shown_or_logged(
    case: Case, tmp_path: Path
) -> None:
    (tmp_path / "order.toml").write_bytes(order(terms="boot"))
    words = ("preview", tmp_path / "order.toml", "--case", case.folder)
    said = done(*words).out + done(*words, "--json").out
    entries = "".join(json.dumps(dict(one.facts)) for one in case.log().acts(("previewed",)))

    assert "39" in said
    for secret in ("zqsecret", "zqsubject", "p6@", "anna@"):
        assert secret not in said + entries


def test_a_preview_is_logged_with_what_it_told_and_a_refused_one_with_why(case: Case) -> None:
    told = service.preview(case, order("p0"))
    with pytest.raises(ConditionError):
        service.preview(
            case,
            order("p0", number="P-2").replace(
                b'purpose = "test"', b'review = true\npurpose = "test"'
            ),
        )
    last, refused = list(case.log().entries())[-2:]

    assert (last.act, refused.act) == ("previewed", "preview refused")
    assert last.facts["told"]["together"] == told["together"]  # type: ignore[index, call-overload]
    assert "privilege officer" in str(refused.facts["why"])


def test_a_draft_is_previewed_twenty_times_whatever_is_edited_in_it(case: Case) -> None:
    for number in range(20):
        edited = order("p0", "p3", name=f"c{number}", number=f"P-{number}", magistrate=" JUDGE ")
        assert service.preview(case, edited)["preview"] == number + 1
    with pytest.raises(ConditionError, match="previewed 20 times"):
        service.preview(case, order("p1", investigation="quay"))

    assert service.preview(case, order("p1", magistrate="Other"))["preview"] == 1


def test_the_same_question_is_answered_alike_and_a_name_more_without_mail_is_not(
    case: Case,
) -> None:
    assert [messages(case, order("p0")) for _ in range(2)] == ["25", "25"]
    assert messages(case, order("p0", name="another name")) == "25"
    assert messages(case, order("p0", "nobody")).startswith("within 10 of messages of")


def test_a_series_that_narrows_to_one_account_is_flagged(case: Case) -> None:
    first = service.preview(case, order("p0", "p1", "p3"))
    then = service.preview(case, order("p0", "p3"))

    assert first["flags"] == []
    assert any("narrows to that account" in flag for flag in then["flags"])


def test_a_series_that_narrows_to_few_messages_is_flagged_and_the_count_withheld(
    case: Case,
) -> None:
    wide = service.preview(case, order("p0", "p2"))
    narrow = service.preview(case, order("p0"))

    assert wide["together"]["messages"]["says"] == "28"
    assert narrow["together"]["messages"]["says"].startswith("within 10 of")
    assert any("narrows to a few" in flag for flag in narrow["flags"])


def test_another_draft_is_compared_with_all_before_it(case: Case) -> None:
    service.preview(case, order("p0", "p2"))
    other = service.preview(case, order("p0", investigation="Other", magistrate="Other"))

    assert (other["preview"], other["together"]["messages"]["count"]) == (1, None)


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_a_record_of_a_preview_that_was_tampered_with_stops_the_next(
    case: Case, damage: str
) -> None:
    service.preview(case, order("p0"))
    (file,) = (case.private / "previews").iterdir()
    file.unlink() if damage == "gone" else file.write_bytes(b"{}")

    with pytest.raises(VerificationError) as found:
        service.preview(case, order("p3"))
    assert found.value.where == str(file)


def test_it_says_by_what_the_order_would_be_refused_and_grants_nothing(
    case: Case, tmp_path: Path
) -> None:
    (tmp_path / "order.toml").write_bytes(
        order("p0").replace(b"issued", b'exhibits = ["E9"]\nissued')
    )
    said = say("preview", tmp_path / "order.toml", "--case", case.folder)

    assert (said.code, "E9" in said.out) == (0, True)
    assert not (case.folder / "investigations").exists()


def test_names_that_a_registry_has_are_not_told(tmp_path: Path) -> None:
    copy = maildir(tmp_path / "copy", [mail()])
    rows = "serial,address,holder,from,to\nS1,re@x.example,zqann,2015-01-01,2015-06-01\n"
    (copy / "devices.csv").write_text(rows + "S1,re@x.example,zqbob,2015-06-01,\n", "utf-8")
    processed(tmp_path, copy, options=["--index"])
    text = order("x").replace(b"x@test.example", b"re@x.example")
    (tmp_path / "order.toml").write_bytes(text)
    said = say("preview", tmp_path / "order.toml", "--case", tmp_path / "case")

    assert (said.code, "several people" in said.err) == (2, True)
    log = (tmp_path / "case" / "custody" / "entries.jsonl").read_text("utf-8")
    assert "zqann" not in said.err + said.out + log


Asked = tuple[frozenset[str], int, bool]
asks: st.SearchStrategy[Asked] = st.tuples(
    st.frozensets(st.sampled_from(sorted(SENT)), min_size=1, max_size=4),
    st.integers(5, 45),
    st.booleans(),
)


def truth(asked: Asked) -> frozenset[tuple[str, int]]:
    """Return which letters are asked for: accounts, days, with the word or without."""
    accounts, days, word = asked
    return frozenset(
        (sender, nth)
        for sender in accounts
        for nth in range(min(days, SENT[sender]))
        if not word or nth < WORD.get(sender, 0)
    )


@pytest.mark.slow
@settings(
    max_examples=12, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(st.lists(asks, min_size=2, max_size=6, unique=True))
def test_no_count_below_ten_follows_from_two_previews(
    made: Path, tmp_path_factory: pytest.TempPathFactory, series: list[Asked]
) -> None:
    """The oracle knows the letters, and subtracts whatever two numbers it was given."""
    case = Case.open(shutil.copytree(made, tmp_path_factory.mktemp("series") / "case"))
    told: list[tuple[Asked, int]] = []
    for asked in series:
        accounts, days, word = asked
        until = f"{datetime(2016, 1, 1, tzinfo=UTC) + timedelta(days=days):%Y-%m-%d}"
        text = order(*sorted(accounts), until=until, terms="boot" if word else "")
        shown: dict[str, Any] = service.preview(case, text)["together"]["messages"]
        if shown["count"] is not None:
            assert shown["count"] == rounded_by_hand(len(truth(asked)))
            told.append((asked, shown["count"]))

    for wide, _ in told:
        for narrow, _ in told:
            if truth(narrow) <= truth(wide) and wide != narrow:
                assert len(truth(wide) - truth(narrow)) >= 10


def rounded_by_hand(count: int) -> int:
    return count if count < 100 else (count + 5) // 10 * 10
