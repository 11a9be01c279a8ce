"""With `--json-progress` standard error is one JSON object a line, in the form documented."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.journeys.cases import done, mail, maildir, say
from zegel.cli.lines import Lines
from zegel.cli.program import app
from zegel.service import intake

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
SCHEMA: dict[str, Any] = json.loads((REFERENCE / "progress.schema.json").read_bytes())
TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "null": lambda value: value is None,
}
ORDER = """\
number = "P-1"
magistrate = "Judge"
investigation = "Quay"
offences = ["theft"]
issued = 2016-05-01T00:00:00Z
expires = 2099-01-01T00:00:00Z
purpose = "test"
[[clause]]
name = "all"
accounts = ["anna@test.example"]
from = 2015-01-01T00:00:00Z
until = 2017-01-01T00:00:00Z
"""


def fits(line: dict[str, Any]) -> bool:
    """Say whether a line is of exactly one of the forms: the words of JSON Schema used here."""
    return sum(_is(line, form) for form in SCHEMA["$defs"].values()) == 1


def _is(line: dict[str, Any], form: dict[str, Any]) -> bool:
    known = form["properties"]
    return (
        set(form["required"]) <= line.keys() <= known.keys()
        and form["additionalProperties"] is False
        and all(_may_be(value, known[name]) for name, value in line.items())
    )


def _may_be(value: Any, rule: dict[str, Any]) -> bool:
    kinds = rule.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return (
        (not kinds or any(TYPES[kind](value) for kind in kinds))
        and ("const" not in rule or value == rule["const"])
        and ("enum" not in rule or value in rule["enum"])
        and (value is None or value >= rule.get("minimum", value))
    )


def lines_of(text: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in text.splitlines()]
    assert [line for line in found if not fits(line)] == []
    return found


def events(lines: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(line["event"], line.get("phase", line.get("text", ""))) for line in lines]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return maildir(tmp_path / "copy", [mail(number=number) for number in range(3)])


def test_every_long_command_tells_its_phases_in_the_documented_form(
    copy: Path, tmp_path: Path
) -> None:
    case, order = tmp_path / "case", tmp_path / "order.toml"
    order.write_text(ORDER, "utf-8")
    done("init", case, "--training")
    here, told = ("--case", case), "--json-progress"
    said = [
        done("intake", copy, *here, told),
        done("intake", "--recheck", *here, told),
        done("process", *here, "--workers", "1", told),
        done("index", *here, told),
        done("grant", order, *here, "--workers", "1", told),
        done(
            *("dossier", "make", "-i", case / "investigations" / "Quay-P-1"),
            *("-o", tmp_path / "out.zip", "--second-opinion", "none", told),
        ),
    ]
    lines = [lines_of(one.err) for one in said]
    phases = [[line["phase"] for line in found if line["event"] == "done"] for found in lines]

    assert phases == [
        ["intake"],
        ["recheck E1"],
        ["scan", "keys", "unlock keys", "plan", "open", "settle"],
        ["documents", "index"],
        ["decide", "gather"],
        ["export", "open again", "render"],
    ]
    for found in lines:
        begun = [line["phase"] for line in found if line["event"] == "phase"]
        ended = [line for line in found if line["event"] == "done"]
        assert begun == [line["phase"] for line in ended]
        assert [line for line in ended if line["done"] != line["total"]] == []
        assert found[0]["event"] == "message"  # it is a case for training


def test_what_is_printed_stays_on_standard_output(copy: Path, tmp_path: Path) -> None:
    done("init", tmp_path / "case")
    said = done("intake", copy, "--case", tmp_path / "case", "--json", "--json-progress")

    assert said.json["identity"] == "E1"
    assert [event for event, _ in events(lines_of(said.err))] == ["phase", "done"]


def test_errors_are_lines_too_also_where_the_words_are_wrong(tmp_path: Path) -> None:
    gone = say("process", "--case", tmp_path, "--json-progress")
    wrong = say("process", "--json-progress", "--no-such-option")

    found = [lines_of(said.err) for said in (gone, wrong)]
    assert [[line["exit_code"] for line in one] for one in found] == [[3], [2]]
    assert [(gone.code, wrong.code)] == [(3, 2)]
    assert found[0][0]["kind"] == "CaseError"


def test_ctrl_c_is_a_line_of_its_own_and_leaves_the_phase_unended(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    done("init", tmp_path / "case")
    monkeypatch.setattr(intake, "seal", interrupted)
    said = say("intake", copy, "--case", tmp_path / "case", "--json-progress")

    assert said.code == 130
    assert [event for event, _ in events(lines_of(said.err))] == ["phase", "stopped"]


def test_the_next_command_in_one_process_speaks_to_people_again(tmp_path: Path) -> None:
    say("process", "--case", tmp_path, "--json-progress")

    assert say("process", "--case", tmp_path).err.startswith("zegel: ")


def test_a_reader_that_went_away_stops_nothing(copy: Path, tmp_path: Path) -> None:
    done("init", tmp_path / "case")
    reading, writing = os.pipe()
    os.close(reading)
    words = ["intake", str(copy), "--case", str(tmp_path / "case"), "--json-progress"]
    program = [sys.executable, "-c", "from zegel.cli import main; main()", *words]
    ran = subprocess.run(program, stderr=writing, stdout=subprocess.PIPE, check=False)
    os.close(writing)

    assert (ran.returncode, b"Exhibit E1" in ran.stdout) == (0, True)


def test_a_phase_tells_at_most_once_a_second_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    told = Lines(lambda: now[0])
    told.phase("scan", 100, "entries")
    for number in range(100):
        now[0] += 0.25
        told.advance(1, problems=number % 50 == 0)
    told.close()
    lines = lines_of(written.getvalue())
    steps = lines[1:-1]

    assert [line["done"] for line in steps] == list(range(4, 101, 4))
    assert {line["rate"] for line in steps} == {4.0}
    assert [line["seconds_left"] for line in steps] == [25.0 - n for n in range(1, 26)]
    assert (lines[-1]["event"], lines[-1]["problems"], lines[-1]["elapsed"]) == ("done", 2, 25.0)


def test_each_command_that_shows_progress_takes_the_option() -> None:
    group = typer.main.get_command(app)

    def takers(group: Any, before: str = "") -> set[str]:
        found = set()
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                found |= takers(command, f"{before}{name} ")
            elif any("--json-progress" in parameter.opts for parameter in command.params):
                found.add(before + name)
        return found

    review = {"privilege mark", "privilege index"}
    shown = {"intake", "process", "index", "grant", "dossier make", *review}
    page = (REFERENCE / "progress.md").read_text("utf-8")
    assert takers(group) == shown
    assert [name for name in sorted(shown) if f"`{name}`" not in page] == []


def test_the_checker_of_this_test_finds_faults() -> None:
    good: dict[str, Any] = {"version": 1, "event": "message", "text": "x"}
    wrong = [{**good, "version": 2}, {**good, "text": 1}, {**good, "more": 1}, {"version": 1}]

    assert [fits(line) for line in (good, *wrong)] == [True, False, False, False, False]
