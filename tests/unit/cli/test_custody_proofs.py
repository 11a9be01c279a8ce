"""Prove, check, countersign, keep and verify by commands, as an examiner and a witness would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.journeys.cases import done, say
from tests.unit.custody.authority import Authority
from zegel.casefile import Case
from zegel.service import custody_head, init_case


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZEGEL_CASE", str(tmp_path / "case"))
    return init_case(tmp_path / "case")


def head(case: Case, name: str) -> Path:
    """Export a head into a file, as the command does."""
    place = case.folder.parent / name
    place.write_bytes(custody_head(case))
    return place


def test_an_entry_is_proved_under_a_head_held_elsewhere(case: Case) -> None:
    held = head(case, "head.json")
    made = done("custody", "prove", "0", "--show", "act", "--under", held, "-o", "proof.json")
    assert made.out == "Written to proof.json.\n"
    shown = done("custody", "check", "proof.json", "--head", held).out

    assert shown.startswith("HOLDS, against what you gave.\n  act: case made\n  index: 0\n")
    alone = say("custody", "check", "proof.json", "--json")
    assert (alone.code, alone.json["holds"]) == (9, False)
    assert alone.json["entry"] == {"act": "case made", "index": 0}


def test_that_something_was_proved_is_in_the_log(case: Case) -> None:
    held = head(case, "head.json")
    done("custody", "prove", "1", "-o", "one")
    done("custody", "consistency", held, "-o", "two")
    *_, proved, growth = case.log().entries()

    assert (proved.act, proved.facts) == (
        "entry proved",
        {"entry": 1, "fields": ["act", "time", "who"]},
    )
    assert (growth.act, growth.facts) == ("growth proved", {"from": 2})


def test_a_witness_countersigns_keeps_in_mind_and_is_named_by_verify(case: Case) -> None:
    first, second = head(case, "first.json"), head(case, "second.json")
    mine = ("--key", "witness.key", "--name", "Griffie")
    assert say("custody", "countersign", first, *mine).code == 2
    done("custody", "countersign", first, *mine, "--new-key", "-o", "signed.json")
    assert (
        "without proof that this one continues it"
        in say("custody", "countersign", second, *mine).err
    )
    done("custody", "consistency", first, second, "-o", "grown.json")
    signed = ("custody", "countersign", second, *mine, "--proof", "grown.json", "-o", "again.json")
    key = done(*signed).out.split()[-1]
    assert done("custody", "witnessed", "again.json").out == (
        "Kept: 3 entries countersigned by 'Griffie'.\n"
    )

    shown = done("custody", "verify", "--witness", key, "--json").json
    assert shown["continues"] == 3
    assert [(one["entries"], one["witness"], one["known"]) for one in shown["witnesses"]] == [
        (3, "Griffie", True)
    ]
    assert "consistent with a head held elsewhere" in done(
        "custody", "verify", "--head", "signed.json"
    ).out.replace("\n", " ")
    assert say("custody", "verify", "--witness", "00" * 32).code == 6


def test_a_time_stamp_authority_witnesses_a_head(case: Case, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    held = head(case, "head.json")
    done("custody", "timestamp", held, "--request", "question")
    answer, roots = tmp_path / "answer", tmp_path / "root.pem"
    answer.write_bytes(authority.answer((tmp_path / "question").read_bytes()))
    roots.write_bytes(authority.root)
    trusted = ("--authority", roots)
    done("custody", "timestamp", held, "--answer", answer, *trusted, "-o", "stamped.json")
    done("custody", "witnessed", "stamped.json")

    assert done("custody", "check", "stamped.json", *trusted).out.startswith("HOLDS")
    assert say("custody", "check", "stamped.json").code == 9
    shown = done("custody", "verify", *trusted).out.replace("\n", " ")
    assert "2 entries time-stamped by 'CN=Stempelaar'" in shown
    assert say("custody", "timestamp", held).code == 2


def test_a_proof_of_a_changed_log_is_false_for_people_and_programs(case: Case) -> None:
    done("custody", "prove", "0", "-o", "proof.json")
    place = Path("proof.json")
    fields = json.loads(place.read_bytes())
    fields["fields"]["who"][1] = "somebody else"
    place.write_text(json.dumps(fields, sort_keys=True, separators=(",", ":")) + "\n")
    said = say("custody", "check", "proof.json", "--json")

    assert (said.code, said.json["error"]["where"]) == (6, "proof.json")
