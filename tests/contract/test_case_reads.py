"""Every look at a whole case leaves one entry, before it is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.reads import WHO, acts_in, full
from tests.contract.test_errors import ORDER
from zegel import service
from zegel.casefile import Case
from zegel.custody.shown import require_shown
from zegel.errors import StorageError, UsageError
from zegel.investigation import Investigation

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
