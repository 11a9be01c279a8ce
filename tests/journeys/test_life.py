"""The life of an investigation: versions, expiry, withdrawal, notices, and what stays possible."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.journeys.cases import done, say
from tests.journeys.lives import NARROW, acts, granted, new_case, order, refusal, state
from zegel import service
from zegel.canonical import canonical_json
from zegel.custody.log import Log
from zegel.custody.proved import export_proved
from zegel.errors import ZegelError
from zegel.investigation import Investigation
from zegel.investigation.life import ANSWER, NOTICE

READS = (
    ("search", "boot"),
    ("show", "1"),
    ("contacts",),
    ("timeline",),
    ("records",),
    ("casework",),
    ("tag", "1", "x"),
    ("note", "1", "x"),
    ("dossier", "make", "-o", "OUT"),
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a case with one version that was read."""
    case = new_case(tmp_path_factory.mktemp("life"))
    first = granted(case, "LB-1")
    done("search", "-i", first, "boot")
    done("show", "-i", first, "2")
    done("contacts", "-i", first)
    out = ("-o", case.parent / "first.zip", "--second-opinion", "none")
    done("dossier", "make", "-i", first, *out)
    return case


@pytest.fixture
def case(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZEGEL_KEYS", str(tmp_path / "keys"))
    shutil.copytree(template, tmp_path / "case")
    shutil.copy(template.parent / "first.zip", tmp_path)
    return tmp_path / "case"


@pytest.fixture
def first(case: Path) -> Path:
    return case / "investigations" / "Quay-LB-1"


def every_read_is_refused(folder: Path, because: str) -> None:
    for command, *rest in READS:
        words = [str(folder.parent / "out.zip") if word == "OUT" else word for word in rest]
        made = words[:1] if command == "dossier" else []
        result = refusal(command, *made, "-i", folder, *words[len(made) :])

        assert because in result.err
        assert acts(folder)[-1] == "refused"
    assert not (folder.parent / "out.zip").exists()


def what_needs_no_content_still_works(folder: Path) -> None:
    assert "Whole" in done("investigation", "-i", folder, "--check").out
    assert "order LB-" in done("investigation", "-i", folder).out
    assert "intact" in done("custody", "verify", "-i", folder).out
    assert json.loads(service.custody_head(Investigation.open(folder)))["size"]


def test_a_new_order_makes_a_new_version_and_says_how_it_differs(case: Path, first: Path) -> None:
    words = ("grant", order(case, "LB-2", more=NARROW, clause="other"), "--case", case)
    shown = done(*words).out
    differs = done("changes", "Quay-LB-1", "Quay-LB-2", "--case", case, "--json").json
    whole, other = (
        {row["message"].hex() for row in Investigation.open(folder).rows("messages")}
        for folder in (first, first.with_name("Quay-LB-2"))
    )

    assert "0 messages added, 1 no longer admitted, 3 admitted by another clause" in shown
    assert (differs["added"], set(differs["gone"])) == ([], whole - other)
    assert set(differs["other_clause"]) == other
    assert state(case, "Quay-LB-1")["state"] == "superseded"
    assert state(case, "Quay-LB-2")["state"] == "open"


def test_neither_version_learns_what_the_other_holds(case: Path, first: Path) -> None:
    second = granted(case, "LB-2", more=NARROW)
    gone = done("changes", "Quay-LB-1", "Quay-LB-2", "--case", case, "--json").json["gone"]
    files = [path.read_bytes() for path in second.rglob("*") if path.is_file()]
    logs = [(folder / "custody" / "entries.jsonl").read_bytes() for folder in (first, second)]

    assert len(gone) == 1
    assert not any(gone[0].encode() in one or bytes.fromhex(gone[0]) in one for one in files)
    assert not any(b"no longer" in one or b'"gone"' in one for one in [*files, *logs])


def test_a_superseded_version_is_closed_for_reading_and_open_for_checking(
    case: Path, first: Path
) -> None:
    root = Investigation.open(first).root.hex()
    granted(case, "LB-2")
    made = ("dossier", "verify", case.parent / "first.zip", "--root", root, "--open", "none")

    every_read_is_refused(first, "superseded on")
    assert done(*made).code == 0
    what_needs_no_content_still_works(first)
    verified = done("custody", "verify", "-i", first, "--case", case).out
    assert "none of which was changed or removed" in verified


def test_the_same_order_on_the_same_state_elsewhere_supersedes_nothing(
    case: Path, first: Path, tmp_path: Path
) -> None:
    granted(case, "LB-1", "--out", tmp_path / "copy of it")
    granted(case, "LB-9", name="Another")

    assert done("search", "-i", first, "boot", "--json").json["count"] == 1


def test_an_order_that_expires_closes_the_investigation(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = granted(case, "LB-5", name="Short", expires="2050-01-01T00:00:00Z")
    done("search", "-i", folder, "boot")
    late = int(datetime(2050, 1, 1, tzinfo=UTC).timestamp()) * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: late)

    every_read_is_refused(folder, "its order expired on 2050-01-01 00:00 UTC")
    what_needs_no_content_still_works(folder)
    assert state(case, "Short-LB-5")["state"] == "expired"


def test_a_clock_set_back_opens_nothing_and_is_named(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = granted(case, "LB-5", name="Short", expires="2050-01-01T00:00:00Z")
    now, late = time.time_ns(), int(datetime(2051, 1, 1, tzinfo=UTC).timestamp()) * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: late)
    refusal("search", "-i", folder, "boot")
    monkeypatch.setattr(time, "time_ns", lambda: now)
    result = refusal("search", "-i", folder, "boot")

    assert "the clock was set back, and the log's time counts" in result.err
    assert "clock set back" in acts(folder)


def test_in_its_case_the_newest_entry_of_the_cases_log_counts_too(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = granted(case, "LB-5", name="Short", expires="2050-01-01T00:00:00Z")
    now, late = time.time_ns(), int(datetime(2051, 1, 1, tzinfo=UTC).timestamp()) * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: late)
    done("investigations", "--case", case)
    monkeypatch.setattr(time, "time_ns", lambda: now)

    assert "expired" in refusal("search", "-i", folder, "boot").err


def test_a_longer_life_cannot_be_written_into_the_order(case: Path, first: Path) -> None:
    text = (first / "order.toml").read_bytes().replace(b"2099", b"2199")
    (first / "order.toml").write_bytes(text)
    described = json.loads((first / "investigation.json").read_bytes())
    described["header"]["order"]["sha256"] = hashlib.sha256(text).hexdigest()
    (first / "investigation.json").write_bytes(canonical_json(described))
    result = say("search", "-i", first, "boot")

    assert (result.code, "investigation.json: is not as it was" in result.err) == (6, True)


def test_withdrawal_closes_and_lists_who_saw_what(case: Path, first: Path) -> None:
    words = ("withdraw", "Quay-LB-1", "--reason", "suspicion lapsed", "--case", case)
    told = done(*words, "--json").json
    (seen,) = told["seen"]
    (made,) = seen["dossiers"]

    read = [
        row["message"].hex()
        for row in Investigation.open(first).rows("messages")
        if row["number"] == 2
    ]

    assert (seen["messages"], [one["query"] for one in seen["hit_lists"]]) == (read, ["boot"])
    assert (seen["overviews"], made["messages"]) == ({"contacts read": 1}, 4)
    assert made["sha256"] == hashlib.sha256((case.parent / "first.zip").read_bytes()).hexdigest()
    assert told["outstanding"] is False
    every_read_is_refused(first, "withdrawn on")
    what_needs_no_content_still_works(first)
    assert "suspicion lapsed" in state(case, "Quay-LB-1")["said"]


def test_a_withdrawal_given_again_is_said_once(case: Path, first: Path) -> None:
    for reason in ("one", "two"):
        done("withdraw", "Quay-LB-1", "--reason", reason, "--case", case)

    assert acts(case).count("investigation withdrawn") == 1
    assert acts(first).count("notice applied") == 1


@pytest.mark.parametrize("words", [("Heron",), ("",), ("Quay",), ("00000000",)])
def test_what_was_never_granted_is_not_withdrawn(case: Path, words: tuple[str]) -> None:
    result = say("withdraw", *words, "--reason", "x", "--case", case)

    assert (result.code, "no investigation" in result.err) == (2, True)


def test_a_reason_is_needed(case: Path) -> None:
    assert say("withdraw", "Quay-LB-1", "--reason", " ", "--case", case).code == 2


def elsewhere(case: Path, tmp_path: Path) -> Path:
    """Move the first version away from its case, as to another machine, and read it there."""
    shutil.move(case / "investigations" / "Quay-LB-1", tmp_path / "moved")
    done("search", "-i", tmp_path / "moved", "haven")
    return tmp_path / "moved"


def notice_to(case: Path, *words: str) -> Path:
    return Path(done(*words, "--case", case, "--json").json["notice"])


def test_a_notice_to_a_moved_folder_is_outstanding_until_its_answer_comes_back(
    case: Path, tmp_path: Path
) -> None:
    moved, answer = elsewhere(case, tmp_path), tmp_path / "answer.json"
    notice = notice_to(case, "withdraw", "Quay-LB-1", "--reason", "over")
    before = done("notice", "list", "--case", case, "--json").json
    done("search", "-i", moved, "boot")  # nobody there knows yet
    done("notice", "apply", notice, "-i", moved, "-o", answer)
    every_read_is_refused(moved, "withdrawn on")
    what_needs_no_content_still_works(moved)
    unknown = say("notice", "acknowledge", answer, "--case", case)
    taken = ("notice", "acknowledge", answer, "--holder", "expert 2", "--case", case)
    shown = done(*taken).out
    done(*taken)

    assert [(one["name"], one["notice"]) for one in before] == [("Quay-LB-1", str(notice))]
    assert (unknown.code, "does not vouch for key" in unknown.err) == (6, True)
    assert "had read 1 message, seen 3 hit lists and 1 overview, made 1 dossier" in shown
    assert done("notice", "list", "--case", case, "--json").json == []
    assert acts(case).count("notice acknowledged") == 1
    assert state(case, "Quay-LB-1")["outstanding"] == 0
    assert "expert 2" in done("custody", "verify", "-i", moved, "--case", case).out


def test_a_new_version_sends_its_notice_after_a_moved_one(case: Path, tmp_path: Path) -> None:
    moved, answer = elsewhere(case, tmp_path), tmp_path / "answer.json"
    granted(case, "LB-2", more=NARROW)
    (one,) = done("notice", "list", "--case", case, "--json").json
    Path(one["notice"]).unlink()  # it can always be written anew from the log
    done("notice", "list", "--case", case)
    done("notice", "apply", one["notice"], "-i", moved, "-o", answer)
    done("notice", "acknowledge", answer, "--holder", "expert 2", "--case", case)

    assert one["act"] == "investigation superseded"
    assert "superseded on" in refusal("search", "-i", moved, "boot").err
    assert done("notice", "list", "--case", case, "--json").json == []


def test_a_notice_applied_twice_is_one_entry_and_one_answer(case: Path, tmp_path: Path) -> None:
    moved = elsewhere(case, tmp_path)
    notice = notice_to(case, "withdraw", "Quay-LB-1", "--reason", "over")
    answers = []
    for name in ("one", "two"):
        done("notice", "apply", notice, "-i", moved, "-o", tmp_path / name)
        answers.append(json.loads((tmp_path / name).read_bytes())["entry"])

    assert acts(moved).count("notice applied") == 1
    assert answers[0] == answers[1]


def test_a_notice_to_another_folder_or_from_another_case_is_refused(
    case: Path, template: Path, tmp_path: Path
) -> None:
    moved = elsewhere(case, tmp_path)
    other = granted(case, "LB-7", "--out", tmp_path / "other", name="Other")
    notice = notice_to(case, "withdraw", "other", "--reason", "over")
    wrong = say("notice", "apply", notice, "-i", moved, "-o", tmp_path / "a")
    forged = forged_notice(case, moved, tmp_path)
    unsigned = say("notice", "apply", forged, "-i", moved, "-o", tmp_path / "a")

    assert (wrong.code, "is to 'other', not to this" in wrong.err) == (2, True)
    assert (unsigned.code, "not by key" in unsigned.err) == (6, True)
    assert not (tmp_path / "a").exists()
    assert done("search", "-i", moved, "boot").code == done("search", "-i", other, "boot").code


def forged_notice(case: Path, moved: Path, tmp_path: Path) -> Path:
    """Write a notice to `moved` as somebody does who has another key and knows all names."""
    origin = Log.open(moved / "custody", None).head().origin
    case_log = Log.open(case / "custody", None).head().origin
    forger = Log.create(tmp_path / "forged", tmp_path / "forger.pem", origin=case_log)
    index = forger.append("investigation withdrawn", {"log": origin, "name": "x", "reason": "x"})
    place = tmp_path / "forged.json"
    place.write_bytes(export_proved(tmp_path / "forged", index, NOTICE))
    return place


def test_every_changed_byte_of_a_notice_is_found(case: Path, tmp_path: Path) -> None:
    moved = elsewhere(case, tmp_path)
    text = notice_to(case, "withdraw", "Quay-LB-1", "--reason", "over").read_bytes()
    inv = Investigation.open(moved)
    for place in range(0, len(text), 17):
        changed = bytearray(text)
        changed[place] ^= 1
        with pytest.raises(ZegelError):
            service.read_notice_to(inv, bytes(changed))

    assert service.read_notice_to(inv, text)["act"] == "investigation withdrawn"


def test_an_answer_to_nothing_is_refused(case: Path, first: Path, tmp_path: Path) -> None:
    text = export_proved(first / "custody", 0, ANSWER)
    (tmp_path / "answer").write_bytes(text)
    result = say("notice", "acknowledge", tmp_path / "answer", "--case", case)

    assert (result.code, "answers no notice" in result.err) == (6, True)


def test_no_order_is_granted_on_a_clock_set_back_behind_its_end(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = order(case, "LB-5", name="Short", expires="2050-01-01T00:00:00Z")
    now, late = time.time_ns(), int(datetime(2051, 1, 1, tzinfo=UTC).timestamp()) * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: late)
    done("investigations", "--case", case)
    monkeypatch.setattr(time, "time_ns", lambda: now)
    result = say("grant", text, "--case", case)

    assert (result.code, "the order has expired" in result.err) == (7, True)


def test_status_counts_investigations_by_state(case: Path) -> None:
    granted(case, "LB-2")
    granted(case, "LB-9", name="Another")

    assert "3 investigations: 2 open, 1 superseded." in done("status", "--case", case).out


def test_many_investigations_cost_what_they_hold(case: Path) -> None:
    """The case grows by the folders and a few kilobytes each, the tenth no more than the first."""
    beside = []
    for number in range(10):
        before = size_of(case)
        folder = granted(case, f"M-{number}", name=f"Many {number}", more='terms = ["boot"]')
        beside.append(size_of(case) - before - size_of(folder))

    assert max(beside) < 20_000
    assert max(beside[-3:]) < 1.2 * max(beside[:3])


def size_of(folder: Path) -> int:
    """Return how many bytes the files of a folder hold."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
