"""What is destroyed is gone, certified, and the log stays; what cannot be promised is said."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.cases import done, say
from tests.journeys.lives import NARROW, acts, granted, new_case, refusal, state
from zegel.canonical import canonical_json
from zegel.investigation import Investigation
from zegel.investigation.archive import derived
from zegel.investigation.life import APPLIED, KEPT
from zegel.service.logs import investigation_log
from zegel.service.notices import answer_of, apply


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a case whose one version was read, tagged and exported from."""
    case = new_case(tmp_path_factory.mktemp("destruction"))
    first = granted(case, "LB-1")
    done("tag", "-i", first, "1", "quay")
    out = ("-o", case.parent / "made.zip", "--second-opinion", "none")
    done("dossier", "make", "-i", first, *out)
    return case


@pytest.fixture
def case(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZEGEL_KEYS", str(tmp_path / "keys"))
    shutil.copytree(template, tmp_path / "case")
    return tmp_path / "case"


@pytest.fixture
def first(case: Path) -> Path:
    return case / "investigations" / "Quay-LB-1"


def destroyed(case: Path, name: str = "Quay-LB-1") -> dict[str, Any]:
    words = ("destroy", name, "--reason", "the trial is over", "--yes", "--case", case, "--json")
    return dict(done(*words).json)


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in derived(folder)
        if path.is_file()
    }


def certified(folder: Path) -> dict[str, Any]:
    return dict(done("certificate", folder / "certificate.json", "--json").json)


def test_the_certificate_names_every_file_that_was_removed(case: Path, first: Path) -> None:
    before, root = digests(first), Investigation.open(first).root.hex()
    destroyed(case)
    said = certified(first)
    removed = {one["path"]: one["sha256"] for one in said["removed"]["files"]}

    assert removed == before
    assert {path.name for path in first.iterdir()} <= KEPT
    assert said["investigation"]["root"] == root
    assert said["removed"]["rows"]["messages"] == said["removed"]["rows"]["places"] == 4
    assert said["ordered"]["reason"] == "the trial is over"


def test_it_says_what_remains_in_exhibit_case_and_folder(case: Path, first: Path) -> None:
    exhibits = Investigation.open(first).header["exhibits"]
    destroyed(case)
    remains = certified(first)["remains"]
    text = done("certificate", first / "certificate.json").out

    assert remains["exhibits"] == [
        {"exhibit": "E1", "places": 4, "seal": exhibits[0]["seal"]},
    ]
    assert [one["messages"] for one in remains["dossiers"]] == [4]
    assert "custody" in remains["folder"]
    assert "snapshots, swap and backups" in text


def test_its_log_stays_and_its_state_is_known(case: Path, first: Path) -> None:
    destroyed(case)
    verified = done("custody", "verify", "-i", first, "--case", case).out
    again = say("destroy", "Quay-LB-1", "--reason", "x", "--yes", "--case", case)

    assert "none of which was changed or removed" in verified
    assert "Destroyed" in done("investigation", "-i", first).out
    assert state(case, "Quay-LB-1")["state"] == "destroyed"
    assert "what it held is destroyed" in refusal("search", "-i", first, "boot").err
    assert refusal("investigation", "-i", first, "--check").code == 10
    assert (again.code, "destroyed already" in again.err) == (2, True)
    assert say("withdraw", "Quay-LB-1", "--reason", "x", "--case", case).code == 2
    assert done("notice", "list", "--case", case, "--json").json == []


def test_without_yes_nothing_is_destroyed(case: Path, first: Path) -> None:
    before = digests(first)
    result = say("destroy", "Quay-LB-1", "--reason", "x", "--case", case)

    assert (result.code, "Would destroy Quay-LB-1 (here): 4 messages" in result.out) == (2, True)
    assert digests(first) == before
    assert "destruction ordered" not in acts(case)


def test_secret_and_key_are_overwritten_before_anything_else_goes(
    case: Path, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as something of the content lies there, its secret does not."""
    seen: list[tuple[bool, bool]] = []
    real = shutil.rmtree

    def watched(path: Path, *words: Any, **more: Any) -> None:
        seen.append(((first / "secret").exists(), (first / ".destruction.json").exists()))
        real(path, *words, **more)

    monkeypatch.setattr(shutil, "rmtree", watched)
    destroyed(case)

    assert seen
    assert set(seen) == {(False, True)}


def test_a_closed_investigation_is_destroyed_without_being_opened(case: Path, first: Path) -> None:
    recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"  # of age's manual
    done("close", "-i", first, "--recipient", recipient)
    destroyed(case)
    said = certified(first)

    assert {one["path"] for one in said["removed"]["files"]} == {"closed.age", "closed.key.age"}
    assert (said["removed"]["closed"], said["removed"]["rows"]) == (True, {})
    assert not list(first.glob("closed*"))


def test_every_changed_byte_of_a_certificate_is_found(case: Path, first: Path) -> None:
    destroyed(case)
    text = (first / "certificate.json").read_bytes()
    place = case.parent / "changed.json"
    for at in range(0, len(text), 97):
        place.write_bytes(text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :])
        assert say("certificate", place).code == 6


def test_a_certificate_that_says_less_is_no_certificate(case: Path, first: Path) -> None:
    destroyed(case)
    said = json.loads((first / "certificate.json").read_bytes())
    said["body"]["removed"]["files"].pop()
    (case.parent / "less.json").write_bytes(canonical_json(said) + b"\n")

    assert "certifies something else" in say("certificate", case.parent / "less.json").err


def test_the_cases_copies_of_casework_go_with_the_last_version(case: Path, first: Path) -> None:
    granted(case, "LB-2", more=NARROW)
    kept = list((case / "casework").rglob("casework.sqlite"))
    destroyed(case)
    after_one = list((case / "casework").rglob("casework.sqlite"))
    destroyed(case, "Quay-LB-2")

    assert (len(kept), after_one) == (1, kept)
    assert list((case / "casework").rglob("*")) == []
    assert acts(case).count("casework kept by the case destroyed") == 1


def test_a_moved_folder_is_destroyed_by_notice_and_its_certificate_comes_back(
    case: Path, first: Path, tmp_path: Path
) -> None:
    moved, answer = tmp_path / "moved", tmp_path / "answer.json"
    shutil.move(first, moved)
    done("search", "-i", moved, "boot")
    notice = destroyed(case)["notice"]
    words = ("notice", "apply", notice, "-i", moved, "-o", answer)
    asked = say(*words)
    before = digests(moved)
    waiting = state(case, "Quay-LB-1")
    done(*words, "--yes")
    done("notice", "acknowledge", answer, "--holder", "expert 2", "--case", case)
    after = state(case, "Quay-LB-1")
    copy = next((case / "certificates").iterdir()).read_bytes()

    assert (asked.code, "--yes" in asked.err) == (2, True)
    assert (waiting["state"], waiting["outstanding"]) == ("being destroyed", 1)
    assert (after["state"], after["outstanding"]) == ("destroyed", 0)
    assert {one["path"] for one in certified(moved)["removed"]["files"]} == set(before)
    assert copy == answer.read_bytes() == (moved / "certificate.json").read_bytes()


def test_an_entry_that_a_notice_was_applied_is_no_answer_to_a_destruction(
    case: Path, first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the certificate says that something was removed."""
    shutil.move(first, tmp_path / "moved")
    notice = destroyed(case)["notice"]
    inv = Investigation.open(tmp_path / "moved")
    log = investigation_log(inv)
    apply(inv, log, Path(notice).read_bytes(), "expert")
    (tmp_path / "answer").write_bytes(answer_of(inv.folder, APPLIED))
    words = ("notice", "acknowledge", tmp_path / "answer", "--holder", "x", "--case", case)

    assert "answered by its certificate" in say(*words).err
    assert state(case, "Quay-LB-1")["outstanding"] == 1
