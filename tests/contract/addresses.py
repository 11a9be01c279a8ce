"""Every address of the web application and who may ask for it: a table made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OF_CASE = ("examiner", "magistrate", "privilege officer", "witness", "administrator")
INSIDE = ("investigator", "reviewer", "defence", "holder")
STRANGER, NOBODY = "stranger", "nobody"
ROLES = (*OF_CASE, *INSIDE, STRANGER)
LOGGED_IN = ", ".join(ROLES)
ANYBODY = f"{LOGGED_IN}, {NOBODY}"
READERS = "investigator, reviewer, defence, holder"
KNOWN_INSIDE = f"{READERS}, examiner, magistrate, witness, administrator"
EVERYBODY_OF_CASE = "examiner, magistrate, privilege officer, witness, administrator"
JUDGES = "examiner, magistrate"
SAYING = "investigator, reviewer, holder"
MAKING = "investigator, defence, holder"
WATCHING = "investigator, reviewer, holder, magistrate"
SAID = {"value": "x", "seen": "0"}
DOSSIER = {"language": "nl", "zone": "UTC", "opinions": "none"}


@dataclass(frozen=True)
class Row:
    """Who may ask for an address."""

    roles: str
    through: str = ""
    """Functions of the service that decide it; without any, nobody's rights are asked."""
    parts: Mapping[str, object] = field(default_factory=dict)
    """What stands in the path and behind it."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """The fields of a form that is posted."""


WITHOUT_A_DESK: dict[str, Row] = {
    "static": Row(ANYBODY, parts={"name": "zegel.css"}),
    "home": Row(LOGGED_IN),
    "login": Row(ANYBODY),
    "log in": Row("", fields={"desk": "none", "name": "none", "purpose": "none"}),
    "read as": Row(ANYBODY, fields={"language": "en"}),
}
"""Addresses of nobody's desk. Whoever logs in shows nothing here that fits, and is refused."""


AT_CASE: dict[str, Row] = {
    "case": Row(EVERYBODY_OF_CASE, "status"),
    "log out of case": Row(LOGGED_IN),
    "progress": Row(JUDGES, "progress_of"),
    "start processing": Row("examiner", "start_processing", fields={"passphrases": ""}),
    "stop processing": Row("examiner", "stop_processing"),
    "ledger": Row(JUDGES, "cut_ledger", {"by": "account"}),
    "keys": Row(JUDGES, "page_of_keys"),
    "key": Row(JUDGES, "read_key", {"number": 0}),
    "wanted": Row(JUDGES, "page_of_wanted"),
    "problems": Row(JUDGES, "count_problems page_of_problems"),
    "log of case": Row(JUDGES, "page_of_log"),
    "people of case": Row(EVERYBODY_OF_CASE, "list_people"),
    "investigations": Row(EVERYBODY_OF_CASE, "list_investigations"),
}
"""Addresses of a case."""


AT_INVESTIGATION: dict[str, Row] = {
    "start": Row(LOGGED_IN),
    "about": Row(KNOWN_INSIDE, "describe"),
    "records": Row(READERS, "list_records"),
    "head": Row(KNOWN_INSIDE, "custody_head"),
    "log out": Row(LOGGED_IN),
    # search and read
    "search": Row(READERS, "named_states"),
    "ask": Row(READERS, "keep_state", fields={"q": "zwanenmeer"}),
    "results": Row(READERS, "open_state search", {"state": "SEARCH"}),
    "hit": Row(READERS, "open_state search", {"state": "SEARCH", "at": 0}),
    "save search": Row(READERS, "name_state", {"state": "SEARCH"}, {"name": "mine"}),
    "hand in terms": Row(READERS, "keep_state", fields={"text": "zwanenmeer"}),
    "terms": Row(READERS, "open_state count_terms", {"state": "TERMS"}),
    "message": Row(READERS, "show_message", {"number": 1}),
    "raw": Row(READERS, "raw_message", {"number": 1}),
    "headers": Row(READERS, "message_headers", {"number": 1}),
    "clause": Row(READERS, "message_clause", {"number": 1}),
    "certificate": Row(READERS, "message_certificate", {"number": 1}),
    "attachment": Row(READERS, "attachment", {"number": 1, "attachment": 0}),
    "conversation": Row(READERS, "conversation", {"number": 1}),
    # pictures
    "pictures": Row(LOGGED_IN),  # only leads to the first of them
    "draw picture": Row(READERS, "follow_picture keep_state", fields={"picture": "network"}),
    "picture": Row(READERS, "draw_picture", {"state": "network"}),
    "export picture": Row(
        "investigator, defence, holder", "export_picture", {"state": "network"}, {"form": "svg"}
    ),
    "messages of picture": Row(READERS, "follow_picture keep_state", {"state": "network"}),
    "picture messages": Row(
        READERS, "follow_picture keep_state", {"state": "network", "kind": "account", "which": 0}
    ),
    "picture part": Row(
        READERS, "follow_picture keep_state", {"state": "network", "kind": "account", "which": 0}
    ),
    # casework
    "casework": Row(READERS, "all_casework list_acts"),
    "disagreements": Row(READERS, "list_disagreements"),
    "act": Row(READERS, "list_acts", {"act": 1}),
    "undo": Row(SAYING, "undo_act", {"act": 999}),
    "many": Row(SAYING, "say_of_many", fields={**SAID, "do": "tag", "m": "1"}),
    "again": Row(SAYING, "say_of_many", fields={**SAID, "kind": "tag", "m": "1"}),
    "say": Row(SAYING, "add_casework", {"number": 1}, {**SAID, "kind": "tag"}),
    "next unread": Row(READERS, "next_unread"),
    "readers of": Row(WATCHING, "readers_of", {"number": 1}),
    "readers": Row(WATCHING, "readers"),
    "reader": Row(WATCHING, "read_by", {"person": "0" * 16}),
    # trays and dossiers
    "tray": Row(READERS, "show_tray list_trays", {"tray": "own"}),
    "collect": Row(READERS, "collect", fields={"m": "1"}),
    "share tray": Row(READERS, "share_tray", {"tray": "own"}, {"name": "court"}),
    "change tray": Row(READERS, "take_out", {"tray": "own"}, {"do": "out", "m": "1"}),
    "empty tray": Row(READERS, "take_out", {"tray": "own"}),
    "ask dossier": Row(READERS, "show_tray", {"tray": "own"}),
    "order dossier": Row(MAKING, "order_dossier", {"tray": "0" * 16}, DOSSIER),
    "dossiers": Row(MAKING, "list_dossiers"),
    "verifier": Row(LOGGED_IN),  # a program, the same for everybody
    "dossier": Row(MAKING, "dossier_at", {"dossier": "0" * 16}),
    "dossier progress": Row(MAKING, "dossier_at", {"dossier": "0" * 16}),
    "dossier file": Row(MAKING, "hand_out_dossier", {"dossier": "0" * 16}),
    "remove dossier": Row(MAKING, "remove_dossier", {"dossier": "0" * 16}),
}
"""Addresses inside an investigation that lies in its case."""


API_NOWHERE: dict[str, Row] = {
    "openapi": Row(ANYBODY),
    "logIn": Row("", fields={"place": "none", "name": "none", "purpose": "none"}),
    "askChallenge": Row("", fields={"place": "none", "name": "none"}),
    "readError": Row(ANYBODY, parts={"kind": "UsageError"}),
}


API_CASE: dict[str, Row] = {
    "readCase": Row(EVERYBODY_OF_CASE, "status"),
    "whoActsInCase": Row(LOGGED_IN),
    "logOutOfCase": Row(LOGGED_IN),
    "listExhibits": Row(JUDGES, "list_exhibits"),
    "watchProgress": Row(JUDGES, "progress_of"),
    "startProcessing": Row("examiner", "start_processing", fields={"passphrases": []}),
    "stopProcessing": Row("examiner", "stop_processing"),
    "cutLedger": Row(JUDGES, "cut_ledger", {"by": "account"}),
    "listKeys": Row(JUDGES, "page_of_keys"),
    "listWantedKeys": Row(JUDGES, "page_of_wanted"),
    "readKey": Row(JUDGES, "read_key", {"number": 0}),
    "listProblems": Row(JUDGES, "page_of_problems"),
    "countProblems": Row(JUDGES, "count_problems"),
    "readLogOfCase": Row(JUDGES, "page_of_log"),
    "readHeadOfCase": Row(EVERYBODY_OF_CASE, "custody_head"),
    "listPeopleOfCase": Row(EVERYBODY_OF_CASE, "list_people"),
    "listInvestigations": Row(EVERYBODY_OF_CASE, "list_investigations"),
}


API_INVESTIGATION: dict[str, Row] = {
    "search": Row(READERS, "search", fields={"query": "zwanenmeer"}),
    "countTerms": Row(READERS, "count_terms", fields={"terms": ["zwanenmeer"]}),
    "keepSearch": Row(READERS, "keep_state", fields={"query": "zwanenmeer"}),
    "listNamedStates": Row(READERS, "named_states"),
    "openState": Row(READERS, "open_state", {"state": "SEARCH"}),
    "nameState": Row(READERS, "name_state", {"state": "SEARCH"}, {"name": "mine"}),
    "readMessage": Row(READERS, "show_message", {"message": 1}),
    "readConversation": Row(READERS, "conversation", {"message": 1}),
    "readHeaders": Row(READERS, "message_headers", {"message": 1}),
    "takeRawMessage": Row(READERS, "raw_message", {"message": 1}),
    "takeAttachment": Row(READERS, "attachment", {"message": 1, "attachment": 0}),
    "readClause": Row(READERS, "message_clause", {"message": 1}),
    "readCertificate": Row(READERS, "message_certificate", {"message": 1}),
    "drawPicture": Row(READERS, "draw_picture", fields={"picture": "network"}),
    "exportPicture": Row(MAKING, "export_picture", fields={"picture": "network", "form": "svg"}),
    "readInvestigation": Row(KNOWN_INSIDE, "describe"),
    "whoActs": Row(LOGGED_IN),
    "logOut": Row(LOGGED_IN),
    "readCaseworkOfMessage": Row(READERS, "list_casework", {"message": 1}),
    "addCasework": Row(SAYING, "add_casework", {"message": 1}, {"kind": "tag", "value": "x"}),
    "readCasework": Row(READERS, "all_casework"),
    "addCaseworkToMany": Row(
        SAYING, "say_of_many", fields={"messages": ["1"], "kind": "tag", "value": "y"}
    ),
    "undoAct": Row(SAYING, "undo_act", fields={"act": 999}),
    "listActs": Row(READERS, "list_acts"),
    "listDisagreements": Row(READERS, "list_disagreements"),
    "findNextUnread": Row(READERS, "next_unread"),
    "listReaders": Row(WATCHING, "readers"),
    "listReadBy": Row(WATCHING, "read_by", {"person": "0" * 16}),
    "listReadersOfMessage": Row(WATCHING, "readers_of", {"message": 1}),
    "listTrays": Row(READERS, "list_trays"),
    "readTray": Row(READERS, "show_tray"),
    "collectInTray": Row(READERS, "collect", fields={"messages": ["1"]}),
    "takeOutOfTray": Row(READERS, "take_out", fields={"messages": ["1"]}),
    "noteInTray": Row(READERS, "note_in_tray", fields={"message": "1", "note": "x"}),
    "moveInTray": Row(READERS, "move_in_tray", fields={"message": "1", "by": 1}),
    "shareTray": Row(READERS, "share_tray", fields={"name": "court"}),
    "listDossiers": Row(MAKING, "list_dossiers"),
    "orderDossier": Row(MAKING, "order_dossier", fields={"tray": f"#{'0' * 16}"}),
    "watchDossier": Row(MAKING, "dossier_at", {"dossier": "0" * 16}),
    "takeDossier": Row(MAKING, "hand_out_dossier", {"dossier": "0" * 16}),
    "removeDossier": Row(MAKING, "remove_dossier", {"dossier": "0" * 16}),
    "listContacts": Row(READERS, "list_contacts"),
    "countOverTime": Row(READERS, "list_timeline", {"by": "day"}),
    "listRecords": Row(READERS, "list_records"),
    "reportLog": Row(KNOWN_INSIDE, "custody_report"),
    "countUnopened": Row(KNOWN_INSIDE, "unopened", {"by": "account"}),
    "checkInvestigation": Row(KNOWN_INSIDE, "check_investigation"),
    "readHead": Row(KNOWN_INSIDE, "custody_head"),
    "listPeople": Row(KNOWN_INSIDE, "list_people"),
}
"""Calls of the API: the same rights, by the token of a session instead of a cookie."""


PAGES = WITHOUT_A_DESK | AT_CASE | AT_INVESTIGATION
API = API_NOWHERE | API_CASE | API_INVESTIGATION
