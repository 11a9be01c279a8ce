"""Use cases: hand out a signed head of the case's log, and verify the log against one."""

from __future__ import annotations

from zegel.casefile import Case
from zegel.custody.heads import export_head, read_head
from zegel.custody.verify import Verification, verify


def custody_head(case: Case, *, who: str | None = None) -> bytes:
    """Return the log's signed head as a file to keep elsewhere; that it was given out is logged."""
    log = case.log()
    log.append("head exported", {}, who=who)
    return export_head(log.head())


def custody_verify(case: Case, head: bytes | None = None) -> Verification:
    """Verify the whole log, and that it continues `head` where one is given.

    Raises VerificationError naming the first entry that does not hold. Writes nothing: a log
    that is in doubt is not added to.
    """
    return verify(case.folder / "custody", read_head(head) if head is not None else None)
