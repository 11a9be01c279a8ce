"""Every use case that returns anything of an investigation leaves one entry, before it returns.

Each public function of `zegel.service` that takes an investigation is asked here once. One that
this file does not know fails the suite, and so does one that returns although its log cannot be
written.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.test_errors import ORDER
from tests.journeys.cases import done, mail, maildir
from zegel import service
from zegel.casefile import Case
from zegel.custody.acts import REPAIRED
from zegel.custody.entries import Entry
from zegel.custody.log import Log
from zegel.custody.shown import require_shown
from zegel.errors import RefusedError, StorageError, UsageError
from zegel.investigation import Investigation
from zegel.people import Person
from zegel.service.proving import prove_entry

WHO = Person(name="A. Jansen", how="training", purpose="the fraud of 2016")
Way = Callable[[Investigation, Path], Any]


def ids(*hits: Any) -> list[str]:
    return [hit["id"] for hit in hits]


def sorted_ids(inv: Investigation, *numbers: int) -> list[str]:
    """Name messages by number; asking is an entry of its own, after the one judged."""
    return [service.list_casework(inv, str(number))["id"] for number in numbers]


READS: dict[str, tuple[str, Way, Callable[[Any, Investigation], list[str]]]] = {
    "search": (
        "search",
        lambda inv, _: service.search(inv, "haven", who=WHO),
        lambda got, _: ids(*got["hits"]),
    ),
    "show_message": (
        "message read",
        lambda inv, _: service.show_message(inv, "2", who=WHO),
        lambda got, _: [got["message"]],
    ),
    "conversation": (
        "conversation read",
        lambda inv, _: service.conversation(inv, "2", who=WHO),
        lambda got, _: ids(*got["messages"]),
    ),
    "raw_message": (
        "source read",
        lambda inv, _: service.raw_message(inv, "2", who=WHO),
        lambda _got, inv: [service.show_message(inv, "2")["message"]],
    ),
    "message_headers": (
        "source read",
        lambda inv, _: service.message_headers(inv, "2", who=WHO),
        lambda got, _: ids(got),
    ),
    "message_clause": (
        "source read",
        lambda inv, _: service.message_clause(inv, "2", who=WHO),
        lambda got, _: ids(got),
    ),
    "message_certificate": (
        "source read",
        lambda inv, _: service.message_certificate(inv, "2", who=WHO),
        lambda got, _: ids(got),
    ),
    "count_terms": (
        "terms counted",
        lambda inv, _: service.count_terms(inv, service.as_terms(["haven", "niet"]), who=WHO),
        lambda got, _: [one["query"] for one in got["terms"]],
    ),
    "describe": (
        "investigation read",
        lambda inv, _: service.describe(inv, who=WHO),
        lambda got, _: [got["root"]],
    ),
    "check_investigation": (
        "investigation checked",
        lambda inv, _: service.check_investigation(inv, who=WHO),
        lambda got, _: [got["root"]],
    ),
    "list_contacts": (
        "contacts read",
        lambda inv, _: service.list_contacts(inv, who=WHO),
        lambda got, _: [f"{one['sender']} {one['recipient']}" for one in got["contacts"]],
    ),
    "draw_contacts": (
        "contacts drawn",
        lambda inv, _: service.draw_contacts(inv, who=WHO),
        lambda _got, _: ["anna@test.example bram@test.example"],
    ),
    "list_timeline": (
        "timeline read",
        lambda inv, _: service.list_timeline(inv, "day", who=WHO),
        lambda got, _: [step["step"] for step in got["timeline"]],
    ),
    "draw_timeline": (
        "timeline drawn",
        lambda inv, _: service.draw_timeline(inv, "day", who=WHO),
        lambda _got, _: ["2016-04-19"],
    ),
    "draw_picture": (
        "picture drawn",
        lambda inv, _: service.draw_picture(inv, service.Look(picture="hours"), who=WHO),
        lambda got, _: [str(row.cells[0]) for row in got.sheets[1].rows],
    ),
    "export_picture": (
        "picture exported",
        lambda inv, _: service.export_picture(
            inv, service.Look(picture="network"), "contacts", who=WHO
        ),
        lambda _got, _: ["anna@test.example bram@test.example"],
    ),
    "list_records": (
        "business records read",
        lambda inv, _: service.list_records(inv, who=WHO),
        lambda got, _: [f"{r['exhibit']}:{r['path']}@{r['offset']}" for r in got["records"]],
    ),
    "add_casework": (
        "tag added",
        lambda inv, _: service.add_casework(inv, "1", "tag", "haven", who=WHO),
        lambda got, _: [got["id"]],
    ),
    "list_casework": (
        "casework read",
        lambda inv, _: service.list_casework(inv, "1", who=WHO),
        lambda got, _: [got["id"]],
    ),
    "say_of_many": (
        "relevance judged",
        lambda inv, _: service.say_of_many(
            inv, service.Chosen(query="haven"), "relevance", "relevant", who=WHO
        ),
        lambda _got, inv: sorted_ids(inv, 1, 3),
    ),
    "count_casework": (
        "casework read",
        lambda inv, _: service.count_casework(inv, who=WHO),
        lambda got, _: [*got["tags"], *got["relevance"]],
    ),
    "list_acts": (
        "casework read",
        lambda inv, _: service.list_acts(inv, who=WHO),
        lambda got, _: [f"act {one['act']}" for one in got["acts"]],
    ),
    "list_disagreements": (
        "casework read",
        lambda inv, _: service.list_disagreements(inv, who=WHO),
        lambda got, _: ids(*got["messages"]),
    ),
    "next_unread": (
        "next unread asked",
        lambda inv, _: service.next_unread(inv, who=WHO),
        lambda got, inv: sorted_ids(inv, got["message"]) if got["message"] else [],
    ),
    "readers": (
        "readers listed",
        lambda inv, _: service.readers(inv, who=WHO),
        lambda got, _: [one["who"] for one in got["people"]],
    ),
    "readers_of": (
        "readers listed",
        lambda inv, _: service.readers_of(inv, "1", who=WHO),
        lambda got, _: ids(got),
    ),
    "collect": (
        "tray changed",
        lambda inv, _: service.collect(inv, service.Chosen(ids=["3"]), who=WHO),
        lambda got, inv: sorted_ids(inv, 3) if got["new"] else [],
    ),
    "show_tray": (
        "tray read",
        lambda inv, _: service.show_tray(inv, who=WHO),
        lambda got, _: ids(*got["items"]),
    ),
    "list_trays": (
        "tray read",
        lambda inv, _: service.list_trays(inv, who=WHO),
        lambda got, _: ["own", *(one["tray"] for one in got["shared"])],
    ),
    "list_dossiers": (
        "dossiers listed",
        lambda inv, _: service.list_dossiers(inv, who=WHO),
        lambda got, _: ids(*got["dossiers"]),
    ),
    "unopened": (
        "unopened counted",
        lambda inv, _: service.unopened(inv, ids=True, who=WHO),
        lambda got, _: ids(*got["ids"]),
    ),
    "all_casework": (
        "casework read",
        lambda inv, _: service.all_casework(inv, who=WHO),
        lambda got, _: ids(*got["messages"]),
    ),
}
"""By function: its act, how it is asked, and from what it returned the names of what was shown."""

WITHOUT_RESULTS: dict[str, tuple[str, Way]] = {
    "follow_picture": (
        "picture followed",
        lambda inv, _: service.follow_picture(inv, service.Look(picture="timeline"), who=WHO),
    ),
    "custody_report": ("log reported", lambda inv, _: service.custody_report(inv, who=WHO)),
    "sealed_entries": (
        "sealed entries exported",
        lambda inv, _: service.sealed_entries(inv, who=WHO),
    ),
    "custody_head": ("head exported", lambda inv, _: service.custody_head(inv, who=WHO)),
    "prove_entry": ("entry proved", lambda inv, _: service.prove_entry(inv, 0, who=WHO)),
    "prove_consistency": (
        "growth proved",
        lambda inv, folder: service.prove_consistency(
            inv, (folder / "head.json").read_bytes(), who=WHO
        ),
    ),
}
"""Of the log itself, nothing of the evidence: what they give out is named in the entry; and where a
part of a picture leads to."""

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


@pytest.fixture(scope="module")
def granted(tmp_path_factory: pytest.TempPathFactory) -> Investigation:
    """An investigation of three mails, two of them about the harbour."""
    folder = tmp_path_factory.mktemp("reads")
    texts = ("Tot morgen bij de haven.\n", "Niet daar.\n", "De haven dan.\n")
    copy = maildir(folder / "copy", [mail(text, number) for number, text in enumerate(texts)])
    case = folder / "case"
    done("init", case, "--training")
    done("intake", copy, "--case", case)
    done("process", "--case", case, "--workers", "1", "--index")
    (folder / "order.toml").write_text(ORDER)
    done("grant", folder / "order.toml", "--case", case)
    inv = Investigation.open(next((case / "investigations").glob("Heron*")))
    service.add_casework(inv, "2", "note", "look again")
    (folder / "head.json").write_bytes(service.custody_head(inv))
    return inv


def folder_of(inv: Investigation) -> Path:
    return inv.folder.parent.parent.parent


def entries(inv: Investigation) -> list[Entry]:
    return acts_in(Log.open(inv.folder / "custody", None))


def acts_in(log: Log) -> list[Entry]:
    """Return what people did: a test of a full disk leaves an entry that the next act mends."""
    return [entry for entry in log.entries() if entry.act != REPAIRED]


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


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


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


OF_CASE: dict[str, tuple[str, Callable[[Case], Any], Callable[[Any], list[str]] | None]] = {
    "status": ("case read", lambda case: service.status(case, who=WHO), None),
    "ledger": ("ledger read", lambda case: service.ledger(case, who=WHO), None),
    "list_keys": (
        "keys read",
        lambda case: service.list_keys(case, who=WHO),
        lambda got: [key["fingerprint"] for key in got],
    ),
    "list_wanted": (
        "keys read",
        lambda case: service.list_wanted(case, who=WHO),
        lambda got: [one["key_id"] or "hidden" for one in got],
    ),
    "list_problems": (
        "problems read",
        lambda case: list(service.list_problems(case, who=WHO)),
        None,
    ),
    "cut_ledger": ("ledger read", lambda case: service.cut_ledger(case, who=WHO), None),
    "list_exhibits": (
        "ledger read",
        lambda case: service.list_exhibits(case, who=WHO),
        lambda got: [one["identity"] for one in got["exhibits"]],
    ),
    "page_of_keys": (
        "keys read",
        lambda case: service.page_of_keys(case, who=WHO),
        lambda got: [key["fingerprint"] for key in got["keys"]],
    ),
    "page_of_wanted": (
        "keys read",
        lambda case: service.page_of_wanted(case, who=WHO),
        lambda got: [one["key_id"] or "hidden" for one in got["wanted"]],
    ),
    "count_problems": ("problems read", lambda case: service.count_problems(case, who=WHO), None),
    "page_of_problems": (
        "problems read",
        lambda case: service.page_of_problems(case, who=WHO),
        None,
    ),
    "page_of_log": ("log reported", lambda case: service.page_of_log(case, who=WHO), None),
    "preview": ("previewed", lambda case: service.preview(case, ORDER.encode(), who=WHO), None),
    "custody_head": ("head exported", lambda case: service.custody_head(case, who=WHO), None),
    "custody_report": ("log reported", lambda case: service.custody_report(case, who=WHO), None),
}
"""What is shown of a whole case: metadata and counts, never content."""


@pytest.mark.parametrize("name", OF_CASE)
def test_a_look_at_the_whole_case_leaves_one_entry_before_it_is_shown(
    granted: Investigation, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    act, way, shown = OF_CASE[name]
    case = Case.open(granted.folder.parent.parent)
    before = len(acts_in(case.log()))
    got = way(case)
    (entry,) = acts_in(case.log())[before:]

    assert (entry.act, entry.who, entry.facts["purpose"]) == (act, WHO.name, WHO.purpose)
    if shown is not None:
        require_shown(entry, shown(got))
    with monkeypatch.context() as patch:
        patch.setattr("zegel.custody.writing.os.fsync", full)
        with pytest.raises(StorageError):
            way(case)
    service.custody_head(case)  # completes what the full disk interrupted


def test_a_grant_and_its_refusal_are_in_the_log_of_the_case(granted: Investigation) -> None:
    case = Case.open(granted.folder.parent.parent)
    with pytest.raises(UsageError, match="granted already"):
        service.grant(case, ORDER.encode(), who=WHO)
    made = [entry for entry in case.log().entries() if entry.act in ("granted", "grant refused")]

    assert [entry.act for entry in made] == ["granted", "grant refused"]
    assert made[0].facts["root"] == granted.root.hex()
    assert (made[1].who, made[1].facts["purpose"]) == (WHO.name, WHO.purpose)
