"""What the service must be given besides a case and who asks, to come to a function's door."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zegel import service
from zegel.exhibits.acquisition import Acquisition, Conditions
from zegel.investigation.archive import Locking, Unlocking

Given = dict[str, dict[str, Any]]


def arguments(folder: Path, head: bytes) -> Given:
    """Return them by function; `head` is one of the log, and in `folder` there is no `nothing`."""
    nothing = folder / "nothing"
    working = {**to_work_on_it(nothing), **to_take_it_out(folder), **to_code()}
    return {**for_a_case(nothing, head), **for_people(), **to_read(), **working}


def for_a_case(nothing: Path, head: bytes) -> Given:
    """Of exhibits, orders, proofs and papers."""
    return {
        "take_in": {"path": nothing, "described": (Acquisition(), Conditions())},
        "grant": {"text": b""},
        "draw_sample": {"name": "s", "size": 2, "seed": "1", "codes": ["a", "b"]},
        "anchor": {"head": head},
        "read_key": {"number": 0},
        "prove_entry": {"index": 0},
        "prove_consistency": {"old": head},
        "take_in_witnessed": {"text": b""},
        "preview": {"text": b""},
        "compare_versions": {"earlier": "none", "later": "none"},
        "withdraw": {"named": "none", "reason": "a test"},
        "destroy": {"named": "none", "reason": "a test"},
        "take_answer": {"text": b""},
        "apply_here": {"text": b""},
        "close_investigation": {"locking": Locking()},
        "reopen_investigation": {"unlocking": Unlocking()},
        "propose_magistrate": {"certificate": b""},
        "confirm_magistrate": {"fingerprint": "00" * 20},
        "withdraw_magistrate": {"fingerprint": "00" * 20},
        "enrol_register": {"entries": b"", "key": (nothing, b"")},
        "mark": {"key": (nothing, b"")},
    }


def for_people() -> Given:
    return {
        "enrol": {"name": "witness", "roles": ["witness"]},
        "set_roles": {"name": "nobody here", "roles": ["witness"]},
        "block": {"name": "nobody here", "why": "test"},
        "unblock": {"name": "nobody here"},
        "set_password": {"new": "short"},
    }


def to_read() -> Given:
    """Of messages, questions and pictures."""
    return {
        "search": {"query": "haven"},
        "show_message": {"wanted": "1"},
        "conversation": {"wanted": "1"},
        "raw_message": {"wanted": "1"},
        "message_headers": {"wanted": "1"},
        "message_clause": {"wanted": "1"},
        "message_certificate": {"wanted": "1"},
        "attachment": {"wanted": "1", "number": 0},
        "count_terms": {"terms": service.as_terms(["haven"])},
        "keep_state": {"kind": "search", "facts": {"query": "haven"}},
        "open_state": {"id_": "0" * 32},
        "name_state": {"id_": "0" * 32, "name": "harbour"},
        "list_timeline": {"step": "day"},
        "draw_timeline": {"step": "day"},
        "draw_picture": {"look": service.Look(picture="network")},
        "follow_picture": {"look": service.Look(picture="network")},
        "export_picture": {"look": service.Look(picture="network"), "form": "svg"},
    }


def to_work_on_it(nothing: Path) -> Given:
    """Of casework, readers and trays."""
    return {
        "list_casework": {"wanted": "1"},
        "add_casework": {"wanted": "1", "kind": "tag", "value": "x"},
        "take_casework": {"earlier": nothing},
        "say_of_many": {"chosen": service.Chosen(ids=["1"]), "kind": "tag", "value": "x"},
        "undo_act": {"act": 999},
        "readers_of": {"wanted": "1"},
        "read_by": {"key": "0" * 16},
        "collect": {"chosen": service.Chosen(ids=["1"])},
        "share_tray": {"name": "court"},
        "take_out": {"wanted": ["1"]},
        "note_in_tray": {"wanted": "1", "note": "x"},
        "move_in_tray": {"wanted": "1", "by": 1},
    }


def to_take_it_out(folder: Path) -> Given:
    """Of dossiers."""
    return {
        "order_dossier": {"options": service.DossierOptions(), "tray": f"#{'0' * 16}"},
        "dossier_at": {"id_": "0" * 16},
        "hand_out_dossier": {"id_": "0" * 16},
        "remove_dossier": {"id_": "0" * 16},
        "make_dossier": {
            "out": folder / "no" / "such" / "folder.zip",
            "wanted": service.Wanted(query="haven"),
            "terms": service.dossier_terms(),
        },
    }


def to_code() -> Given:
    """Of samples and the review."""
    return {
        "begin_sample": {"document": b""},
        "code_account": {"name": "s", "account": "a", "as_": "b"},
        "sample_progress": {"name": "s"},
        "sample_report": {"name": "s"},
        "decide": {"wanted": ["1"], "decision": "privileged", "reason": "x"},
        "code_message": {"wanted": "1", "value": "privileged"},
    }
