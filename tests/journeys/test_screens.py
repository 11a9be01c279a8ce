"""What the commands of an investigation show: to a person, as JSON, and in pictures."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.cases import Said, done, mail, maildir, say
from tests.journeys.test_casework import ORDER

NASTY = "boot \x1b[31m[bold]vals[/bold] <b>\x07 " + "woord " * 60
LEDGER = """\
serial,address,holder,from,to,buyer,price,currency,order
S1,anna@test.example,ann,2015-06-01T00:00:00Z,2016-06-01T00:00:00Z,,,,
S2,eve@test.example,eve,2015-06-01T00:00:00Z,,,,,
S1,,,2015-05-01T00:00:00Z,,firm x,1500.00,EUR,N-1
S3,,,2015-05-02T00:00:00Z,,firm y,1200.50,CAD,N-2
"""
RECORDS = ORDER.replace('accounts = ["anna@test.example"]\n', "")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a case and two investigations: `inv` of messages, `company` of records."""
    folder = tmp_path_factory.mktemp("screens")
    mails = [
        mail("de witte boot ligt in de haven\n", 1),
        mail(NASTY, 2, From="bram@test.example", To="anna@test.example", Subject="[red]x[/red]"),
        mail("kom naar de haven, er ligt een boot\n", 3),
    ]
    maildir(folder / "copy", mails)
    (folder / "copy" / "ledger.csv").write_text(LEDGER, "utf-8")
    done("init", folder / "case", "--training")
    done("intake", folder / "copy", "--case", folder / "case", "--label", "site A")
    done("process", "--case", folder / "case", "--index", "--workers", "1")
    orders = {
        "inv": ORDER.format(number="1", name="Quay", more=""),
        "company": RECORDS.format(number="2", name="Shop", more='subject = "records"'),
        "one": RECORDS.format(
            number="3", name="One", more='subject = "records"\ndevices = ["S1"]\nholders = ["ann"]'
        ),
    }
    for name, text in orders.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
        grant = done("grant", folder / f"{name}.toml", "--case", folder / "case", "-o",
                     folder / name)  # fmt: skip
        (folder / f"{name}.screen").write_text(grant.out, "utf-8")
    return folder


def ask(made: Path, word: str, *words: str, inv: str = "inv") -> Said:
    return done(word, "-i", made / inv, *words)


READS: list[list[str]] = [
    ["search"], ["search", "boot"], ["show", "1"], ["contacts"], ["timeline"], ["records"],
    ["casework"], ["investigation"], ["investigation", "--check"], ["tag", "1", "seen"],
    ["note", "1", "a note"], ["relevance", "1", "undecided"],
]  # fmt: skip


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_every_screen_of_a_training_investigation_says_so(made: Path, words: list[str]) -> None:
    human, machine = ask(made, *words), ask(made, *words, "--json")

    assert "TRAINING: an unsigned order, for practice only, never evidence." in human.err
    assert "TRAINING" in machine.err
    assert machine.json["training"] is True


@pytest.mark.parametrize("words", [["index"], ["grant"]])
def test_every_screen_of_a_training_case_says_so(made: Path, words: list[str]) -> None:
    order = [str(made / "inv.toml")] if words == ["grant"] else []
    said = say(*words, *order, "--case", made / "case", "-o", made / "x") if order else done(
        *words, "--case", made / "case"
    )  # fmt: skip

    assert "TRAINING CASE: for practice only, never evidence." in said.err


def test_a_grant_says_what_each_clause_gave_and_what_comes_next(made: Path) -> None:
    screen = (made / "inv.screen").read_text("utf-8")

    assert f"Granted: 3 messages in {made / 'inv'}" in screen
    assert re.search(r"│ all +│ 3 +│ none +│", screen)
    assert "Of the order's accounts and periods: not encrypted 3." in screen
    assert f'Next: zegel search -i {made / "inv"} "…"' in screen
    company = (made / "company.screen").read_text("utf-8")
    assert "Business records: 4." in company
    assert f"Next: zegel records -i {made / 'company'}" in company


def test_a_hit_shows_number_date_with_its_clock_people_clause_and_marks(made: Path) -> None:
    hit = ask(made, "search", '"witte boot"', "--json").json["hits"][0]
    screen = ask(made, "search", '"witte boot"').out
    marked = [hit["snippet"]["text"][start:end] for start, end in hit["snippet"]["marks"]]

    assert marked == ["witte boot"]
    assert (hit["number"], hit["clock"], hit["clauses"]) == (1, "stored", ["all"])
    assert f"1  {hit['date']} (stored)  anna@test.example → bram@test.example  [all]" in screen
    assert "1 message; 1 to 1 (page 1 of 1)." in screen
    assert "de witte boot ligt in de haven" in screen


def test_pages_give_every_hit_once_in_the_order_asked_for(made: Path) -> None:
    pages = [
        ask(made, "search", "boot", "--size", "2", "--page", str(page), "--json").json
        for page in (1, 2, 3)
    ]
    oldest = ask(made, "search", "boot", "--sort", "oldest", "--json").json["hits"]
    best = ask(made, "search", "boot", "--sort", "relevance", "--json").json["hits"]
    numbers = [hit["number"] for page in pages for hit in page["hits"]]

    assert [page["count"] for page in pages] == [3, 3, 3]
    assert numbers == [3, 2, 1]
    assert [hit["number"] for hit in oldest] == [1, 2, 3]
    assert {hit["number"] for hit in best} == {1, 2, 3}
    first = ask(made, "search", "boot", "--size", "2").out
    assert "3 messages; 1 to 2 (page 1 of 2)." in first
    assert "More: --page 2" in first
    assert "3 messages. Page 9 is past the last, 2." in ask(
        made, "search", "boot", "--size", "2", "--page", "9"
    ).out  # fmt: skip
    assert ask(made, "search", "nergens").out.strip() == "0 messages."


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("from:anna", [3, 1]),
        ("to:anna@test.example", [2]),
        ("with:bram boot", [3, 2, 1]),
        ("account:anna NOT from:bram", [3, 1]),
        ("device:s1 holder:ann", [3, 2, 1]),
        ("device:s2", []),
        ("after:2016-04-19T07:00:03Z", [3]),
        ("before:2016-04-19T07:00:03Z", [2, 1]),
        ("before:0001-01-01", []),
        ("before:9999-12-31 after:0001-01-01", [3, 2, 1]),
        ("after:2016-04-19 before:2016-04-19T09:00:03+02:00", [2, 1]),
        ("has:attachment", []),
        ("has:subject has:text", [3, 2, 1]),
        ("lang:nl haven", [3, 1]),
        ("clause:all boot~1", [3, 2, 1]),
        ('state:"not encrypted" signature:none', [3, 2, 1]),
        ("tag:blue", [2]),
        ("has:tag relevance:relevant", [2]),
        ("has:note", [3]),
        ('relevance:"not relevant"', []),
    ],
)
def test_a_field_finds_what_it_says(made: Path, query: str, numbers: list[int]) -> None:
    ask(made, "tag", "2", "Blue")
    ask(made, "relevance", "2", "relevant")
    ask(made, "tag", "3", "gone")
    ask(made, "tag", "3", "gone", "--remove")
    ask(made, "note", "3", "look again")
    result = ask(made, "search", query, "--json").json
    wanted = [hit["number"] for hit in result["hits"] if query != "has:note" or hit["number"] != 1]

    assert wanted == numbers


@pytest.mark.parametrize(
    ("query", "at", "why"),
    [
        ("boot NOT", 9, "a term is missing"),
        ("boot AND (haven", 10, "this bracket is not closed"),
        ("boot lang:dutch", 6, "lang: takes ar"),
        ("boot has:tail", 6, "has: takes attachment"),
        ('clause:"no such"', 1, "clause: takes all"),
        ("state:open", 1, 'state: takes readable, "not encrypted"'),
        ("haven after:2016", 7, "is no date"),
        ('from:"" boot', 1, "asks for nothing"),
        ("subject:boot", 1, "no such field: subject"),
        ("(boot OR relevance:perhaps)", 10, "relevance: takes relevant"),
    ],
)
def test_a_query_that_cannot_be_read_says_where_and_why_and_is_no_search(
    made: Path, query: str, at: int, why: str
) -> None:
    said = say("search", "-i", made / "inv", query, "--json")
    error = said.json["error"]
    shown, pointer = error["next"].splitlines()[1:3]

    assert (said.code, error["kind"]) == (2, "UsageError")
    assert f"at character {at} of the query" in error["what"]
    assert why in error["what"]
    assert pointer.index("^") - 2 == at - 1
    assert shown.strip() == query


def test_show_tells_text_places_clocks_clause_and_casework(made: Path) -> None:
    ask(made, "note", "1", "seen by me")
    shown = ask(made, "show", "1", "--json").json
    screen = ask(made, "show", "1").out

    assert shown["admitted"] == [{"clause": "all", "why": "account and period"}]
    assert shown["places"][0]["exhibit"] == "E1"
    assert "session_key" not in json.dumps(shown["ciphertexts"])
    assert ask(made, "show", shown["message"][:12], "--json").json["number"] == 1
    for part in (
        "de witte boot ligt in de haven", "all (account and period)", "anna@test.example: ann (S1)",
        "mail/anna@test.example/Maildir/cur/", "(stored)", "note: seen by me",
        "Tue, 19 Apr 2016 09:00:00 +0200",
    ):  # fmt: skip
        assert part in screen


def test_text_of_the_evidence_commands_no_terminal_and_is_no_markup(made: Path) -> None:
    for words in (["search", "boot"], ["show", "2"], ["contacts"], ["casework"]):
        screen = ask(made, *words).out

        assert "\x1b" not in screen
        assert "\x07" not in screen
    screen = ask(made, "show", "2").out
    assert "[bold]vals[/bold] <b>\\x07" in screen
    assert "[red]x[/red]" in screen


def test_contacts_and_timeline_count_what_is_inside(made: Path) -> None:
    pairs = ask(made, "contacts", "--json").json["contacts"]
    months = ask(made, "timeline", "--by", "month", "--json").json

    assert [(p["sender"], p["recipient"], p["messages"]) for p in pairs] == [
        ("anna@test.example", "bram@test.example", 2),
        ("bram@test.example", "anna@test.example", 1),
    ]
    assert months["by"] == "month"
    assert sum(step["messages"] for step in months["timeline"]) == 3
    assert "anna@test.example │ bram@test.example │ 2" in ask(made, "contacts").out
    assert "█" in ask(made, "timeline", "--by", "week").out
    wrong = say("timeline", "-i", made / "inv", "--by", "decade")
    assert (wrong.code, "By year, month, week, day" in wrong.err) == (2, True)


@pytest.mark.parametrize("command", ["contacts", "timeline"])
@pytest.mark.parametrize("inv", ["inv", "company"])
def test_a_picture_is_an_svg_that_says_it_is_training(
    made: Path, command: str, inv: str, tmp_path: Path
) -> None:
    said = ask(made, command, "--svg", str(tmp_path / "p.svg"), inv=inv)
    picture = (tmp_path / "p.svg").read_text("utf-8")
    root = ET.fromstring(picture)  # noqa: S314  # our own picture
    texts = [element.text or "" for element in root.iter() if element.tag.endswith("text")]

    assert f"Written to {tmp_path / 'p.svg'}." in said.out.replace("\n", "")
    assert root.tag.endswith("svg")
    assert any("TRAINING" in text for text in texts)
    empty = any(text in ("No messages.", "No contacts.") for text in texts)
    assert empty == (inv == "company")
    assert {element.tag.split("}")[-1] for element in root.iter()} <= {
        "svg", "title", "g", "rect", "text", "line", "circle", "path", "polygon",
    }  # fmt: skip


def test_business_records_are_shown_without_any_message(made: Path) -> None:
    result = ask(made, "records", "--json", inv="company").json
    screen = ask(made, "records", inv="company").out

    assert ask(made, "search", "--json", inv="company").json["count"] == 0
    assert [row["buyer"] for row in result["records"]] == ["firm x", "firm y", "", ""]
    assert result["paid_cents"] == {"CAD": 120050, "EUR": 150000}
    assert "4 business records; prices add up to 1,200.50 CAD, 1,500.00 EUR." in screen
    assert "2015-05-01T00:00:00Z" in screen


def test_records_of_one_device_have_its_holder_and_its_sale_and_nobody_elses(made: Path) -> None:
    rows = ask(made, "records", "--json", inv="one").json["records"]

    assert [(row["device"], row["holder"], row["buyer"]) for row in rows] == [
        ("S1", "", "firm x"),
        ("S1", "ann", ""),
    ]


def test_an_investigation_says_what_it_is(made: Path) -> None:
    screen = ask(made, "investigation").out
    whole = ask(made, "investigation", "--check")
    root = ask(made, "investigation", "--json").json["root"]

    for part in ("Quay: order 1 by Judge", "The order is not signed.", "Exhibit E1 (site A)",
                 "3 messages, 1 business record.", "all: 3 messages"):  # fmt: skip
        assert part in screen
    assert whole.out.strip() == f"Whole: 3 messages as sealed. Merkle root {root}."


def test_casework_is_listed_and_refused_with_a_reason(made: Path) -> None:
    ask(made, "tag", "1", "Listed")
    result = ask(made, "casework", "--json").json
    listed = next(one for one in result["messages"] if one["message"] == 1)
    refused = [
        say("tag", "-i", made / "inv", "1", "nowhere", "--remove"),
        say("tag", "-i", made / "inv", "1", " "),
        say("relevance", "-i", made / "inv", "1", "perhaps"),
        say("note", "-i", made / "inv", "77", "x"),
    ]

    assert "listed" in listed["tags"]
    assert result["tags"]["listed"] == 1
    assert "Tags: " in ask(made, "casework").out
    assert [said.code for said in refused] == [2, 2, 2, 2]
    reasons = ("does not bear the tag", "1 to 100 characters", "one of relevant", "no such message")
    assert [reason in said.err for said, reason in zip(refused, reasons, strict=True)] == [True] * 4


def keys_of(value: Any) -> set[str]:
    """Return every name in a document, but for those below what other pages describe."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    inner = (keys_of(part) for name, part in value.items() if name not in ELSEWHERE)
    return set(value).union(*inner)


ELSEWHERE = ("places", "ciphertexts", "attachments", "keys", "records", "exhibits", "order",
             "tables", "ledger", "admitted", "holders", "tags", "paid_cents")  # fmt: skip
PAGES = [Path(__file__).parents[2] / "docs" / "reference" / f"{name}.md"
         for name in ("ledger-json", "investigation-format")]  # fmt: skip


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_every_name_in_a_document_stands_in_the_reference(made: Path, words: list[str]) -> None:
    page = "".join(path.read_text("utf-8") for path in PAGES)
    document = json.loads(ask(made, *words, "--json").out)

    assert isinstance(document, dict)
    assert [name for name in sorted(keys_of(document)) if f"`{name}`" not in page] == []
