"""Tags and notes go along to a new version of an investigation, and only with its messages."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.cases import Said, done, mail, maildir, say
from zegel.casefile import Case
from zegel.investigation import Investigation
from zegel.investigation.casework import all_lines

ORDER = """\
number = "{number}"
magistrate = "Judge"
investigation = "{name}"
offences = ["theft"]
issued = 2016-05-01T00:00:00Z
expires = 2099-01-01T00:00:00Z
purpose = "test"
[[clause]]
name = "all"
accounts = ["anna@test.example"]
from = 2015-01-01T00:00:00Z
until = 2017-01-01T00:00:00Z
{more}
"""
WORDS = ("boot", "haven", "advocaat", "feest")
SECRET = "advocaat: tell nobody what the lawyer wrote"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a case whose first version has casework about two messages."""
    folder = tmp_path_factory.mktemp("casework")
    bodies = [mail(f"over de {word}\n", number) for number, word in enumerate(WORDS, 1)]
    maildir(folder / "copy", bodies)
    case = folder / "case"
    done("init", case, "--training")
    done("intake", folder / "copy", "--case", case)
    done("process", "--case", case, "--index", "--workers", "1")
    first = granted(case, "LB-1")
    done("tag", "-i", first, number_of(first, "boot"), "Quay", "night", "--who", "ann")
    done("tag", "-i", first, number_of(first, "boot"), "night", "--remove", "--who", "ann")
    done("relevance", "-i", first, number_of(first, "boot"), "relevant", "--who", "bob")
    done("note", "-i", first, number_of(first, "advocaat"), SECRET, "--who", "ann")
    done("tag", "-i", first, number_of(first, "advocaat"), "privileged?", "--who", "ann")
    return case


@pytest.fixture
def case(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "case")
    return tmp_path / "case"


def grant(
    case: Path, number: str, *options: str | Path, more: str = "", name: str = "Quay"
) -> Said:
    order = case.parent / f"{number}.toml"
    order.write_text(ORDER.format(number=number, name=name, more=more), "utf-8")
    return say("grant", order, "--case", case, *options, "--json")


def granted(case: Path, number: str, *options: str | Path, **changed: str) -> Path:
    return Path(grant(case, number, *options, **changed).json["folder"])


NARROW = '[except]\nterms = ["advocaat"]'


def number_of(folder: Path, word: str) -> str:
    return str(done("search", "-i", folder, word, "--json").json["hits"][0]["number"])


def casework(folder: Path) -> list[dict[str, Any]]:
    return list(done("casework", "-i", folder, "--json").json["messages"])


def said(folder: Path, word: str) -> list[tuple[str, str, str]]:
    shown = done("show", "-i", folder, number_of(folder, word), "--json").json["casework"]
    return [(line["who"], line["kind"], line["value"]) for line in shown["said"]]


BOOT = [
    ("ann", "tag", "quay"),
    ("ann", "tag", "night"),
    ("ann", "untag", "night"),
    ("bob", "relevance", "relevant"),
]


def test_a_later_order_takes_over_every_line_with_who_when_and_where(case: Path) -> None:
    first = case / "investigations" / "Quay-LB-1"
    root = Investigation.open(first).root.hex()[:8]
    before = done("show", "-i", first, number_of(first, "boot"), "--json").json["casework"]
    second = granted(case, "LB-2")
    after = done("show", "-i", second, number_of(second, "boot"), "--json").json["casework"]

    assert said(second, "boot") == BOOT
    assert [line["at"] for line in after["said"]] == [line["at"] for line in before["said"]]
    assert {line["said_in"] for line in after["said"]} == {f"LB-1, root {root}"}
    assert (after["tags"], after["relevance"]) == (["quay"], "relevant")
    assert done("search", "-i", second, "tag:quay", "--json").json["count"] == 1


def traces(folder: Path, words: Sequence[str]) -> list[str]:
    """Return which words stand anywhere in a folder, whatever the file."""
    content = b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return [word for word in words if word.encode() in content]


def test_casework_about_a_message_no_longer_admitted_is_kept_counted_and_not_inside(
    case: Path,
) -> None:
    result = grant(case, "LB-2", more=NARROW).json
    second = Path(result["folder"])

    assert result["casework"] == {
        "lines": 4, "messages": 1, "kept_lines": 2, "kept_messages": 1, "unread": [],
    }  # fmt: skip
    assert [one["tags"] for one in casework(second)] == [["quay"]]
    assert traces(second, [SECRET, "privileged?"]) == []
    assert SECRET in [line.value for line in all_lines(case / "investigations" / "Quay-LB-1")]


def test_the_screen_says_how_much_was_not_taken_over(case: Path) -> None:
    order = case.parent / "LB-2.toml"
    order.write_text(ORDER.format(number="LB-2", name="Quay", more=NARROW), "utf-8")
    out = done("grant", order, "--case", case).out

    assert "4 lines about 1 message taken over" in out
    assert "2 lines about 1 message that this version does not hold" in out
    assert SECRET not in out


def test_it_comes_back_with_the_message_though_the_first_version_is_gone(case: Path) -> None:
    granted(case, "LB-2", more=NARROW)
    shutil.rmtree(case / "investigations" / "Quay-LB-1")
    third = granted(case, "LB-3")

    assert said(third, "advocaat") == [("ann", "note", SECRET), ("ann", "tag", "privileged?")]
    assert said(third, "boot") == BOOT


def test_the_same_order_on_a_later_state_is_a_new_version_with_the_casework(case: Path) -> None:
    again = say("grant", case.parent / "LB-1.toml", "--case", case)
    maildir(case.parent / "more", [mail("nog een boot\n", 9)])
    done("intake", case.parent / "more", "--case", case)
    done("process", "--case", case, "--index", "--workers", "1")
    second = granted(case, "LB-1")

    assert again.code == 2
    assert second.name == "Quay-LB-1-2"
    assert {tuple(one["tags"]) for one in casework(second)} == {("quay",), ("privileged?",)}
    assert grant(case, "LB-1").code == 2


def test_nothing_goes_along_to_another_investigation_or_where_it_is_not_wanted(
    case: Path,
) -> None:
    other = granted(case, "LB-2", name="Review Quay")
    without = granted(case, "LB-3", "--without-casework")

    assert [casework(other), casework(without)] == [[], []]
    assert [(f / "casework.sqlite").exists() for f in (other, without)] == [False, False]


def test_a_moved_version_is_named_and_its_later_lines_come_along(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZEGEL_KEYS", str(tmp_path / "keys"))
    moved = tmp_path / "moved"
    shutil.move(case / "investigations" / "Quay-LB-1", moved)
    done("note", "-i", moved, number_of(moved, "haven"), "said elsewhere", "--who", "eve")
    second = granted(case, "LB-2", "--casework-from", moved)
    foreign = grant(case, "LB-3", "--casework-from", moved, name="Other")

    assert said(second, "haven") == [("eve", "note", "said elsewhere")]
    assert (foreign.code, "not 'Other'" in foreign.err) == (2, True)
    assert not (case / "investigations" / "Other-LB-3").exists()


def test_a_version_elsewhere_takes_over_without_the_case(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = case / "investigations" / "Quay-LB-1"
    second = granted(case, "LB-2", "--without-casework", more=NARROW)
    monkeypatch.setenv("ZEGEL_KEYS", str(tmp_path / "keys"))
    shutil.move(first, tmp_path / "one")
    shutil.move(second, tmp_path / "two")
    shutil.rmtree(case)
    words = ("casework", "-i", tmp_path / "two", "--from", tmp_path / "one", "--json")
    results = [done(*words).json for _ in range(2)]

    assert [result.pop("new_lines") for result in results] == [4, 0]
    assert results[0] == {
        "training": True, "lines": 4, "messages": 1, "kept_lines": 2, "kept_messages": 1,
    }  # fmt: skip
    assert said(tmp_path / "two", "boot") == BOOT
    assert traces(tmp_path / "two", [SECRET, "privileged?"]) == []
    assert SECRET in [line.value for line in all_lines(tmp_path / "one")]


def test_an_earlier_version_that_cannot_be_read_is_said_and_stops_nothing(case: Path) -> None:
    (case / "investigations" / "Quay-LB-1" / "casework.sqlite").write_bytes(b"no database" * 99)
    shutil.copytree(case / "investigations" / "Quay-LB-1", case / "investigations" / "broken")
    (case / "investigations" / "broken" / "investigation.json").write_bytes(b"{")
    result = grant(case, "LB-2").json

    assert result["casework"]["unread"] == ["Quay-LB-1", "broken"]
    assert result["messages"] == len(WORDS)


def test_what_an_order_did_not_admit_is_counted_to_whoever_grants_alone(case: Path) -> None:
    result = grant(case, "LB-2", more='terms = ["boot"]\n' + NARROW).json
    second = Path(result["folder"])
    facts = next(
        entry.facts
        for entry in reversed(list(Case.open(case).log().entries()))
        if entry.act == "granted"
    )
    reasons = ["matches no term", "excluded", "left_out", "left out", "kept_lines"]

    assert result["left_out"] == {"all": {"excluded": 1, "matches no term": 2}}
    assert facts["left_out"] == result["left_out"]
    assert facts["casework"] == result["casework"]
    assert traces(second, reasons) == []
    for word in ("investigation", "search", "casework", "timeline", "contacts", "records"):
        shown = done(word, "-i", second, "--json").out + done(word, "-i", second).out
        assert [reason for reason in reasons if reason in shown] == []
