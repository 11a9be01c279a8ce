"""Every public function of the service, as every role and as nobody, against a table made by hand.

The table here is the second one: written from the documents, not from `zegel.people.rights`. A
function without a row fails the suite. Refused means: raised as a refusal, and written as one in
the log under the name of whoever tried. Allowed means: an entry under that name that is none.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.arguments import Given, arguments
from tests.contract.test_errors import ORDER, without_training
from tests.journeys.cases import done, mail, maildir
from tests.people import enrolled, person
from zegel import service
from zegel.casefile import Case
from zegel.custody.entries import Entry
from zegel.custody.heads import export_head
from zegel.custody.log import Log
from zegel.errors import RefusedError, ZegelError
from zegel.investigation import Investigation
from zegel.people import Person

OF_CASE = ("examiner", "magistrate", "privilege officer", "witness", "administrator")
INSIDE = ("investigator", "reviewer", "defence", "holder")
STRANGER = "stranger"
ENROLLED = {role: role for role in (*OF_CASE, *INSIDE[:3])}

EVERYBODY_OF_CASE = "examiner, magistrate, privilege officer, witness, administrator"
READERS = "investigator, reviewer, defence, holder"
KNOWN_INSIDE = f"{READERS}, examiner, magistrate, witness, administrator"
HEADS = "examiner, administrator"

IN_CASE: dict[str, str] = {
    "take_in": "examiner",
    "recheck": "examiner",
    "process": "examiner",
    "build_case_index": "examiner",
    "grant": "examiner",
    "status": EVERYBODY_OF_CASE,
    "ledger": "examiner, magistrate",
    "cut_ledger": "examiner, magistrate",
    "list_exhibits": "examiner, magistrate",
    "list_keys": "examiner, magistrate",
    "page_of_keys": "examiner, magistrate",
    "read_key": "examiner, magistrate",
    "count_problems": "examiner, magistrate",
    "page_of_problems": "examiner, magistrate",
    "page_of_wanted": "examiner, magistrate",
    "page_of_log": "examiner, magistrate",
    "start_processing": "examiner",
    "stop_processing": "examiner",
    "list_wanted": "examiner, magistrate",
    "list_problems": "examiner, magistrate",
    "draw_sample": "examiner, magistrate",
    "anchor": HEADS,
    "custody_head": EVERYBODY_OF_CASE,
    "prove_entry": EVERYBODY_OF_CASE,
    "prove_consistency": EVERYBODY_OF_CASE,
    "take_in_witnessed": EVERYBODY_OF_CASE,
    "custody_report": "examiner, magistrate",
    "preview": "examiner, magistrate",
    "compare_versions": "examiner, magistrate",
    "list_investigations": EVERYBODY_OF_CASE,
    "list_notices": EVERYBODY_OF_CASE,
    "take_answer": "examiner, administrator",
    "withdraw": "examiner, magistrate",
    "destroy": "examiner, magistrate",
    "list_magistrates": EVERYBODY_OF_CASE,
    "propose_magistrate": "examiner, administrator",
    "confirm_magistrate": "magistrate, witness, administrator",
    "withdraw_magistrate": EVERYBODY_OF_CASE,
    "enrol_register": "privilege officer",
    "mark": "privilege officer",
    "recall": "examiner, privilege officer",
    "build_review_index": "privilege officer",
    "list_people": EVERYBODY_OF_CASE,
    "enrol": "administrator",
    "set_roles": "administrator",
    "block": "administrator",
    "unblock": "administrator",
    "set_password": f"{EVERYBODY_OF_CASE}, investigator, reviewer, defence",
}
"""Of a case: who may, in words."""

IN_INVESTIGATION: dict[str, str] = {
    "search": READERS,
    "show_message": READERS,
    "conversation": READERS,
    "raw_message": READERS,
    "message_headers": READERS,
    "message_clause": READERS,
    "message_certificate": READERS,
    "attachment": READERS,
    "count_terms": READERS,
    "name_state": READERS,
    "list_contacts": READERS,
    "draw_contacts": READERS,
    "list_timeline": READERS,
    "draw_timeline": READERS,
    "draw_picture": READERS,
    "follow_picture": READERS,
    "export_picture": "investigator, defence, holder",
    "list_records": READERS,
    "list_casework": READERS,
    "all_casework": READERS,
    "count_casework": READERS,
    "add_casework": "investigator, reviewer, holder",
    "say_of_many": "investigator, reviewer, holder",
    "undo_act": "investigator, reviewer, holder",
    "list_acts": READERS,
    "list_disagreements": READERS,
    "take_casework": "investigator, holder",
    "next_unread": READERS,
    "readers": "investigator, reviewer, holder, magistrate",
    "readers_of": "investigator, reviewer, holder, magistrate",
    "read_by": "investigator, reviewer, holder, magistrate",
    "collect": READERS,
    "share_tray": READERS,
    "take_out": READERS,
    "note_in_tray": READERS,
    "move_in_tray": READERS,
    "show_tray": READERS,
    "list_trays": READERS,
    "order_dossier": "investigator, defence, holder",
    "list_dossiers": "investigator, defence, holder",
    "hand_out_dossier": "investigator, defence, holder",
    "remove_dossier": "investigator, defence, holder",
    "make_dossier": "investigator, defence, holder",
    "begin_sample": READERS,
    "code_account": READERS,
    "sample_progress": READERS,
    "sample_report": f"{READERS}, magistrate",
    "decide": "reviewer",
    "code_message": "reviewer",
    "privilege_log": "reviewer, magistrate",
    "close_investigation": "investigator, holder, examiner, administrator",
    "reopen_investigation": "investigator, holder, examiner, administrator",
    "apply_here": "holder, examiner, administrator",
    "custody_report": KNOWN_INSIDE,
    "sealed_entries": KNOWN_INSIDE,
    "unopened": KNOWN_INSIDE,
    "describe": KNOWN_INSIDE,
    "check_investigation": KNOWN_INSIDE,
    "custody_head": KNOWN_INSIDE,
    "prove_entry": KNOWN_INSIDE,
    "prove_consistency": KNOWN_INSIDE,
    "take_in_witnessed": KNOWN_INSIDE,
    "list_people": KNOWN_INSIDE,
    "enrol": "holder, administrator",
    "set_roles": "holder, administrator",
    "block": "holder, administrator",
    "unblock": "holder, administrator",
    "set_password": KNOWN_INSIDE,
}
"""Inside an investigation that lies in its case: who may."""

NO_ENTRY: dict[str, str] = {
    "keep_state": READERS,
    "open_state": READERS,
    "named_states": READERS,
    "dossier_at": "investigator, defence, holder",
}
"""Inside an investigation: who may do what shows nothing of the evidence. The question is an entry
when it is asked; a refusal is one at once."""
WATCHED: dict[str, str] = {"progress_of": "examiner, magistrate"}
"""Of a case: who may look every few seconds, at counts, without an entry for each look."""

TWO_PLACES = frozenset({"apply_review", "measure_miss_rate"})
"""Acts of the privilege officer that open a case and a review; tested with those."""

NO_DOOR = frozenset(
    {
        "init_case",  # there is nobody yet
        "login", "logout", "challenge", "person_of", "shown_by", "remember", "whoami",  # who acts
        "hand_over", "take_over", "nobody_here", "signed_proof",
        "custody_verify", "check_files", "custody_verify_with_case", "voucher_sentence",
        "one_opening",  # what a request shares; each act in it is asked about all the same
        "check_certificate", "find_investigation", "read_notice_to",  # of names and papers
        "check_proof", "countersign", "stamp", "stamp_request",  # files that somebody was given
        "verify_dossier", "diff_dossiers", "dossier_terms",
        "make_privilege_key", "privilege_log_csv", "privilege_log_text",
        "is_locked", "sign_challenge", "look_from", "moment",
        "dossier_verifier",  # a program
        "as_terms", "read_terms", "narrowed",  # what somebody typed
    }
)  # fmt: skip
"""Functions that open nothing of a case: no role is asked."""


class World:
    """A case with nothing in it, and an investigation in its own, neither for training."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.case = service.init_case(folder / "empty")
        enrolled(self.case, **ENROLLED)
        home = folder / "case"
        done("init", home, "--training")
        done("intake", maildir(folder / "copy", [mail("Tot morgen.\n")]), "--case", home)
        done("process", "--case", home, "--workers", "1", "--index")
        order = folder / "order.toml"
        order.write_text(ORDER, encoding="utf-8")
        done("grant", order, "--case", home)
        (place,) = (home / "investigations").iterdir()
        without_training(home, place)
        enrolled(Case.open(home), **ENROLLED)
        self.inv = Investigation.open(place)
        enrolled(self.inv, **{role: role for role in INSIDE})

    def last(self, of: Case | Investigation) -> Entry:
        log = Log.open(of.folder / "custody", None)
        (entry,) = log.between(log.head().size - 1, None)
        return entry


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("rights"))


def given(world: World) -> Given:
    """Return what a function must be given besides a case and who asks, to come to its door."""
    head = export_head(Log.open(world.inv.folder / "custody", None).head())
    return arguments(world.folder, head)


def attempts() -> Iterator[tuple[str, str, str]]:
    for name in sorted({**IN_CASE, **WATCHED}):
        yield from ((name, "case", role) for role in (*OF_CASE, *INSIDE[:3], STRANGER))
    for name in sorted({**IN_INVESTIGATION, **NO_ENTRY}):
        yield from ((name, "investigation", role) for role in (*INSIDE, *OF_CASE, STRANGER))


def test_every_public_function_has_a_row() -> None:
    public = {name for name in service.__all__ if inspect.isfunction(getattr(service, name))}
    known = {*IN_CASE, *WATCHED, *IN_INVESTIGATION, *NO_ENTRY} | TWO_PLACES | NO_DOOR

    assert public == known


@pytest.mark.parametrize("place", ["case", "investigation"])
def test_each_role_may_do_what_the_table_says_and_nothing_else(world: World, place: str) -> None:
    table = {**IN_CASE, **WATCHED} if place == "case" else {**IN_INVESTIGATION, **NO_ENTRY}
    of: Case | Investigation = world.case if place == "case" else world.inv
    arguments = given(world)
    wrong = []
    for name, where, role in attempts():
        if where != place:
            continue
        ask: Callable[..., Any] = getattr(service, name)
        before = world.last(of).index
        refused = False
        try:
            ask(of, **arguments.get(name, {}), who=person(role))
        except RefusedError:
            refused = True
        except ZegelError:
            pass  # it came through the door, and found nothing to work on
        entry = world.last(of)
        expected = role not in table[name].split(", ")
        logged = entry.index > before and (entry.act == "refused") == refused and entry.who == role
        if name in {*NO_ENTRY, *WATCHED} and not refused:
            logged = entry.index == before
        if refused != expected or not logged:
            wrong.append((name, role, "refused" if refused else "allowed", entry.act, entry.who))

    assert wrong == []


def test_nobody_may_do_anything(world: World) -> None:
    """The account that runs this is enrolled in neither investigation: it is nobody there."""
    with pytest.raises(RefusedError):
        service.search(world.inv, "haven")

    assert world.last(world.inv).act == "refused"


def test_content_is_read_for_a_purpose_only(world: World) -> None:
    with pytest.raises(RefusedError, match="no purpose"):
        service.search(world.inv, "haven", who=Person(name="investigator", how="key"))


def test_a_role_that_somebody_merely_claims_is_looked_up(world: World) -> None:
    claimed = Person(name=STRANGER, roles=frozenset(INSIDE), how="key", purpose="x")
    with pytest.raises(RefusedError):
        service.search(world.inv, "haven", who=claimed)


def test_a_name_shown_otherwise_than_its_roster_says_has_no_role(world: World) -> None:
    for how in ("account", "password"):
        with pytest.raises(RefusedError):
            service.search(
                world.inv,
                "haven",
                who=Person(name="investigator", how=how, purpose="x"),
            )
