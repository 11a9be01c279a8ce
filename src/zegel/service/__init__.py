"""Every use case, one function each: this is the Python API of Zegel.

No function here returns content of a whole case: content is reachable inside an investigation
only. Every act is written to the custody log before its result is returned.
"""

from zegel.investigation.casework import LONGEST_NOTE
from zegel.investigation.states import State
from zegel.people.passwords import is_locked, sign_challenge
from zegel.people.sessions import IDLE_MINUTES, LONGEST_HOURS
from zegel.search import Page
from zegel.service.bulk import list_acts, list_disagreements, say_of_many, undo_act
from zegel.service.businessrecords import list_records
from zegel.service.caseindex import build_case_index
from zegel.service.cases import init_case, status
from zegel.service.casework import (
    add_casework,
    all_casework,
    count_casework,
    list_casework,
    take_casework,
)
from zegel.service.changes import compare_versions
from zegel.service.choosing import Chosen
from zegel.service.closing import close_investigation, reopen_investigation
from zegel.service.conversation import BY as CONVERSATIONS_BY
from zegel.service.conversation import conversation
from zegel.service.custody import (
    anchor,
    custody_head,
    custody_verify,
    custody_verify_with_case,
    voucher_sentence,
)
from zegel.service.desks import Desk, Desks
from zegel.service.dossier import (
    Wanted,
    diff_dossiers,
    dossier_terms,
    make_dossier,
    verify_dossier,
)
from zegel.service.dossiers import (
    DossierOptions,
    dossier_at,
    dossier_verifier,
    hand_out_dossier,
    list_dossiers,
    order_dossier,
    remove_dossier,
)
from zegel.service.drawn import Picture
from zegel.service.ending import (
    apply_here,
    check_certificate,
    destroy,
    find_investigation,
    list_notices,
    read_notice_to,
    take_answer,
    withdraw,
)
from zegel.service.exhibitpages import list_exhibits
from zegel.service.grant import Granted, grant
from zegel.service.intake import take_in
from zegel.service.investigations import list_investigations
from zegel.service.keypages import page_of_keys, read_key
from zegel.service.keys import list_keys
from zegel.service.ledger import ledger
from zegel.service.ledgercuts import Cut, cut_ledger
from zegel.service.logpages import page_of_log
from zegel.service.logreport import custody_report
from zegel.service.looks import PICTURES, Look, Target, Wording, look_from, moment
from zegel.service.magistrates import (
    confirm_magistrate,
    list_magistrates,
    propose_magistrate,
    withdraw_magistrate,
)
from zegel.service.marking import enrol_register, make_privilege_key, mark
from zegel.service.missrate import code_message, measure_miss_rate
from zegel.service.neveropened import unopened
from zegel.service.officers import build_review_index
from zegel.service.overviews import (
    draw_contacts,
    draw_timeline,
    list_contacts,
    list_timeline,
)
from zegel.service.paging import Part
from zegel.service.people import (
    Credentials,
    block,
    enrol,
    list_people,
    set_password,
    set_roles,
    unblock,
)
from zegel.service.pictures import Export, Followed, draw_picture, export_picture, follow_picture
from zegel.service.place import check_files, one_opening
from zegel.service.preview import preview
from zegel.service.problempages import count_problems, page_of_problems
from zegel.service.problems import list_problems
from zegel.service.process import ProcessOptions, process
from zegel.service.progress import Progress, silent
from zegel.service.proving import (
    check_proof,
    countersign,
    prove_consistency,
    prove_entry,
    stamp,
    stamp_request,
    take_in_witnessed,
)
from zegel.service.readers import next_unread, read_by, readers, readers_of
from zegel.service.reading import check_investigation, describe, show_message
from zegel.service.recalling import recall
from zegel.service.rechecking import recheck
from zegel.service.reviewing import (
    apply_review,
    decide,
    privilege_log,
    privilege_log_csv,
    privilege_log_text,
)
from zegel.service.running import progress_of
from zegel.service.sampling import (
    begin_sample,
    code_account,
    draw_sample,
    sample_progress,
    sample_report,
)
from zegel.service.sealedentries import SealedEntry, sealed_entries
from zegel.service.searching import narrowed, search
from zegel.service.sessions import (
    LONGEST_PURPOSE,
    LoggedIn,
    Proof,
    challenge,
    hand_over,
    login,
    logout,
    nobody_here,
    person_of,
    remember,
    shown_by,
    signed_proof,
    take_over,
    whoami,
)
from zegel.service.sources import (
    attachment,
    message_certificate,
    message_clause,
    message_headers,
    raw_message,
)
from zegel.service.starting import start_processing, stop_processing
from zegel.service.states import keep_state, name_state, named_states, open_state
from zegel.service.terms import Term, as_terms, count_terms, read_terms
from zegel.service.tray import (
    LONGEST_TRAY_NOTE,
    collect,
    list_trays,
    move_in_tray,
    note_in_tray,
    share_tray,
    show_tray,
    take_out,
)
from zegel.service.wanted import list_wanted, page_of_wanted

__all__ = [
    "CONVERSATIONS_BY",
    "IDLE_MINUTES",
    "LONGEST_HOURS",
    "LONGEST_NOTE",
    "LONGEST_PURPOSE",
    "LONGEST_TRAY_NOTE",
    "PICTURES",
    "Chosen",
    "Credentials",
    "Cut",
    "Desk",
    "Desks",
    "DossierOptions",
    "Export",
    "Followed",
    "Granted",
    "LoggedIn",
    "Look",
    "Page",
    "Part",
    "Picture",
    "ProcessOptions",
    "Progress",
    "Proof",
    "SealedEntry",
    "State",
    "Target",
    "Term",
    "Wanted",
    "Wording",
    "add_casework",
    "all_casework",
    "anchor",
    "apply_here",
    "apply_review",
    "as_terms",
    "attachment",
    "begin_sample",
    "block",
    "build_case_index",
    "build_review_index",
    "challenge",
    "check_certificate",
    "check_files",
    "check_investigation",
    "check_proof",
    "close_investigation",
    "code_account",
    "code_message",
    "collect",
    "compare_versions",
    "confirm_magistrate",
    "conversation",
    "count_casework",
    "count_problems",
    "count_terms",
    "countersign",
    "custody_head",
    "custody_report",
    "custody_verify",
    "custody_verify_with_case",
    "cut_ledger",
    "decide",
    "describe",
    "destroy",
    "diff_dossiers",
    "dossier_at",
    "dossier_terms",
    "dossier_verifier",
    "draw_contacts",
    "draw_picture",
    "draw_sample",
    "draw_timeline",
    "enrol",
    "enrol_register",
    "export_picture",
    "find_investigation",
    "follow_picture",
    "grant",
    "hand_out_dossier",
    "hand_over",
    "init_case",
    "is_locked",
    "keep_state",
    "ledger",
    "list_acts",
    "list_casework",
    "list_contacts",
    "list_disagreements",
    "list_dossiers",
    "list_exhibits",
    "list_investigations",
    "list_keys",
    "list_magistrates",
    "list_notices",
    "list_people",
    "list_problems",
    "list_records",
    "list_timeline",
    "list_trays",
    "list_wanted",
    "login",
    "logout",
    "look_from",
    "make_dossier",
    "make_privilege_key",
    "mark",
    "measure_miss_rate",
    "message_certificate",
    "message_clause",
    "message_headers",
    "moment",
    "move_in_tray",
    "name_state",
    "named_states",
    "narrowed",
    "next_unread",
    "nobody_here",
    "note_in_tray",
    "one_opening",
    "open_state",
    "order_dossier",
    "page_of_keys",
    "page_of_log",
    "page_of_problems",
    "page_of_wanted",
    "person_of",
    "preview",
    "privilege_log",
    "privilege_log_csv",
    "privilege_log_text",
    "process",
    "progress_of",
    "propose_magistrate",
    "prove_consistency",
    "prove_entry",
    "raw_message",
    "read_by",
    "read_key",
    "read_notice_to",
    "read_terms",
    "readers",
    "readers_of",
    "recall",
    "recheck",
    "remember",
    "remove_dossier",
    "reopen_investigation",
    "sample_progress",
    "sample_report",
    "say_of_many",
    "sealed_entries",
    "search",
    "set_password",
    "set_roles",
    "share_tray",
    "show_message",
    "show_tray",
    "shown_by",
    "sign_challenge",
    "signed_proof",
    "silent",
    "stamp",
    "stamp_request",
    "start_processing",
    "status",
    "stop_processing",
    "take_answer",
    "take_casework",
    "take_in",
    "take_in_witnessed",
    "take_out",
    "take_over",
    "unblock",
    "undo_act",
    "unopened",
    "verify_dossier",
    "voucher_sentence",
    "whoami",
    "withdraw",
    "withdraw_magistrate",
]
