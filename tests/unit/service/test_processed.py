"""Tables made by other rules are never read as if they were ours, nor added to."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from zegel import service
from zegel.casefile import Case
from zegel.errors import CaseError, UsageError
from zegel.service import processed

ORDER = b"""
number = "V-1"
magistrate = "Judge"
investigation = "Heron"
offences = ["theft"]
issued = 2016-05-01T00:00:00Z
expires = 2099-01-01T00:00:00Z
purpose = "a test"
[[clause]]
name = "all"
accounts = ["anna@test.example"]
from = 2015-01-01T00:00:00Z
until = 2017-01-01T00:00:00Z
"""
ASKED: dict[str, Callable[[Case], object]] = {
    "ledger": service.ledger,
    "cut": service.cut_ledger,
    "keys": service.list_keys,
    "page of keys": service.page_of_keys,
    "problems": lambda case: list(service.list_problems(case)),
    "page of problems": service.page_of_problems,
    "wanted": service.list_wanted,
    "index": service.build_case_index,
    "preview": lambda case: service.preview(case, ORDER),
    "process": service.process,
}


@pytest.fixture
def older(examined: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """Return a case whose tables were made by other rules than this program's."""
    shutil.copytree(examined, tmp_path / "case", symlinks=True)
    monkeypatch.setattr(processed, "RULES", processed.RULES + 1)
    return Case.open(tmp_path / "case")


@pytest.mark.parametrize("what", ASKED)
def test_tables_of_other_rules_are_refused_in_words(older: Case, what: str) -> None:
    with pytest.raises(CaseError, match="with other rules") as caught:
        ASKED[what](older)

    assert "Use that version" in caught.value.next_step


def test_the_log_of_such_a_case_is_verified_and_its_exhibits_checked_all_the_same(
    older: Case,
) -> None:
    assert service.custody_verify(older)
    assert service.recheck(older)


@pytest.mark.parametrize("what", sorted(ASKED.keys() - {"process", "preview"}))
def test_nothing_processed_is_said_with_the_command_that_does_it(tmp_path: Path, what: str) -> None:
    case = service.init_case(tmp_path / "case", training=True)

    with pytest.raises(UsageError, match="nothing was processed yet"):
        ASKED[what](case)
