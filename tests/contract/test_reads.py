"""Every use case that returns anything of an investigation leaves one entry, before it returns.

Each public function of `zegel.service` that takes an investigation is asked here once. One that
neither this file nor `reads` knows fails the suite, and so does one that returns although its log
cannot be written.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.reads import READS, WHO, WITHOUT_RESULTS, entries, folder_of, full, ids
from zegel import service
from zegel.custody.shown import require_shown
from zegel.errors import RefusedError, StorageError
from zegel.investigation import Investigation
from zegel.service.proving import prove_entry

ELSEWHERE = {
    "make_dossier": "tests/contract/test_reads.py::test_an_export_is_in_the_log_before_its_file",
    "take_casework": "needs two versions: tests/unit/service/test_takeover.py",
    "take_in_witnessed": "tests/unit/cli/test_custody_proofs.py",
    "decide": "tests/journeys/test_privilege_review.py",
    "apply_review": "tests/journeys/test_privilege_review.py",
    "privilege_log": "tests/journeys/test_privilege_review.py",
    "code_message": "tests/journeys/test_privilege_review.py",
    "measure_miss_rate": "tests/journeys/test_privilege_review.py",
    "login": "tests/journeys/test_people.py",
    "logout": "tests/journeys/test_people.py",
    "hand_over": "tests/unit/service/test_browser_sessions.py",
    "take_over": "tests/unit/service/test_browser_sessions.py",
    "attachment": "tests/unit/service/test_sources.py",
    "undo_act": "tests/unit/service/working/test_bulk.py",
    "read_by": "tests/unit/service/working/test_readers.py",
    "share_tray": "tests/unit/service/working/test_trays.py",
    "take_out": "tests/unit/service/working/test_trays.py",
    "note_in_tray": "tests/unit/service/working/test_trays.py",
    "move_in_tray": "tests/unit/service/working/test_trays.py",
    "order_dossier": "tests/unit/service/working/test_dossiers.py",
    "hand_out_dossier": "tests/unit/service/working/test_dossiers.py",
    "remove_dossier": "tests/unit/service/working/test_dossiers.py",
    "name_state": "tests/unit/service/test_states.py",
    "list_people": "tests/contract/test_rights.py",
    "enrol": "tests/contract/test_rights.py",
    "set_roles": "tests/contract/test_rights.py",
    "block": "tests/contract/test_rights.py",
    "unblock": "tests/contract/test_rights.py",
    "set_password": "tests/journeys/test_people.py",
    "begin_sample": "tests/journeys/test_sampling.py",
    "code_account": "tests/journeys/test_sampling.py",
    "sample_progress": "tests/journeys/test_sampling.py",
    "sample_report": "tests/journeys/test_sampling.py",
    "apply_here": "tests/journeys/test_life.py",
    "close_investigation": "tests/journeys/test_closing.py",
    "reopen_investigation": "tests/journeys/test_closing.py",
}
SILENT = {
    "keep_state": "a question; asked, it is an entry",
    "open_state": "a question; asked, it is an entry",
    "named_states": "names of questions; asked, each is an entry",
    "dossier_at": "how far a dossier is",
    "custody_verify": "a log that is in doubt is not added to",
    "custody_verify_with_case": "a log that is in doubt is not added to",
    "voucher_sentence": "what the folder says of its own key",
    "read_notice_to": "what a notice says; applying it is an entry",
    "check_files": "a folder that is in doubt is not added to",
    "whoami": "says who asks, and nothing of the investigation",
    "shown_by": "says how a name is shown",
    "challenge": "a number to sign",
    "person_of": "who holds a session",
    "remember": "keeps a session's token",
}


def takers() -> Iterator[str]:
    """Name the public functions that take an investigation."""
    for name in service.__all__:
        function = getattr(service, name)
        if inspect.isfunction(function):
            kinds = inspect.signature(function, eval_str=True).parameters.values()
            if any("Investigation" in str(kind.annotation) for kind in kinds):
                yield name


def test_every_use_case_that_takes_an_investigation_is_asked_here() -> None:
    known = {*READS, *WITHOUT_RESULTS, *ELSEWHERE, *SILENT}

    assert set(takers()) == known


@pytest.mark.parametrize("name", READS)
def test_a_read_leaves_one_entry_that_says_who_why_and_what_was_shown(
    granted: Investigation, name: str
) -> None:
    act, way, shown = READS[name]
    before = len(entries(granted))
    got = way(granted, folder_of(granted))
    (entry,) = entries(granted)[before:]
    names = shown(got, granted)

    assert (entry.act, entry.who) == (act, "A. Jansen")
    assert entry.facts["purpose"] == "the fraud of 2016"
    assert entry.facts["results"] == len(names)
    require_shown(entry, names)
    assert not any(one in json.dumps(entry.facts.get("shown")) for one in names)


@pytest.mark.parametrize("name", WITHOUT_RESULTS)
def test_what_is_given_out_of_the_log_leaves_one_entry(granted: Investigation, name: str) -> None:
    act, way = WITHOUT_RESULTS[name]
    before = len(entries(granted))
    way(granted, folder_of(granted))
    (entry,) = entries(granted)[before:]

    assert (entry.act, entry.who, entry.facts["purpose"]) == (act, WHO.name, WHO.purpose)


@pytest.mark.parametrize("name", [*READS, *WITHOUT_RESULTS])
def test_what_cannot_be_logged_is_not_shown(
    granted: Investigation, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = (READS[name] if name in READS else WITHOUT_RESULTS[name])[1]
    before = (granted.folder / "custody" / "head.json").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("zegel.custody.writing.os.fsync", full)
        with pytest.raises(StorageError):
            way(granted, folder_of(granted))

    assert (granted.folder / "custody" / "head.json").read_bytes() == before
    service.custody_head(granted)  # completes what the full disk interrupted


def test_a_search_that_finds_nothing_is_kept(granted: Investigation) -> None:
    service.search(granted, "zeppelin", who=WHO)
    *_, entry = entries(granted)

    assert (entry.facts["query"], entry.facts["results"]) == ("zeppelin", 0)
    require_shown(entry, [])


@pytest.mark.parametrize("wanted", ["1", "id"])
def test_a_message_that_was_read_is_named_by_its_whole_identity(
    granted: Investigation, wanted: str
) -> None:
    identity = service.show_message(granted, "1")["message"]
    service.show_message(granted, identity[:10] if wanted == "id" else wanted)
    *_, entry = entries(granted)

    assert entry.facts["message"] == identity


def test_an_export_is_in_the_log_before_its_file(granted: Investigation, tmp_path: Path) -> None:
    before = len(entries(granted))
    found = service.search(granted, "haven")
    terms = service.dossier_terms(opinions="none", printed=0)
    service.make_dossier(granted, tmp_path / "d.zip", service.Wanted(query="haven"), terms, who=WHO)
    begun, made = entries(granted)[before + 1 :]

    assert (begun.act, made.act) == ("dossier begun", "dossier made")
    require_shown(begun, ids(*sorted(found["hits"], key=lambda hit: hit["number"])))
    assert "shown" not in made.facts


def test_a_refusal_is_one_entry(granted: Investigation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(granted), "training", False)
    before = len(entries(granted))
    with pytest.raises(RefusedError):
        service.search(granted, "haven", who="somebody else")
    (entry,) = entries(granted)[before:]

    assert (entry.act, entry.facts["act"]) == ("refused", "search")


def test_the_log_of_reads_can_be_proved_entry_by_entry(granted: Investigation) -> None:
    service.search(granted, "haven", who=WHO)
    *_, entry = entries(granted)
    proof = prove_entry(granted, entry.index, ["who", "facts/results"])

    assert b"A. Jansen" in proof
    assert b"haven" not in proof
