"""Use cases: hand out a signed head of a log, verify a log, anchor an investigation's head."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zegel.casefile import Case
from zegel.custody.heads import SignedHead, export_head, read_head
from zegel.custody.stamps import read_roots
from zegel.custody.vouchers import read_voucher
from zegel.custody.vouching import VouchedVerification, verify_vouched
from zegel.custody.witnesses import WitnessedVerification, read_held, verify_witnessed
from zegel.errors import UsageError, at
from zegel.investigation import Investigation
from zegel.investigation.folder import VOUCHER
from zegel.service.door import Who, enter_case, enter_either
from zegel.service.proving import witness_key


def custody_head(of: Case | Investigation, *, who: Who = None) -> bytes:
    """Return the log's signed head as a file to keep elsewhere; that it was given out is logged."""
    with enter_either(of, "head exported", who) as visit:
        visit.write()
        return export_head(visit.log.head())


def custody_verify(
    of: Case | Investigation,
    head: bytes | None = None,
    *,
    witnesses: Sequence[str] = (),
    authority: bytes | None = None,
) -> WitnessedVerification:
    """Verify the whole log, and that it continues `head` and every witnessed head beside it.

    `witnesses` are public keys (hexadecimal), `authority` root certificates (PEM), known from
    elsewhere: what they witnessed counts as held elsewhere. Raises VerificationError naming the
    first entry that does not hold. Writes nothing: a log that is in doubt is not added to.
    """
    return verify_witnessed(
        of.folder / "custody",
        None if head is None else read_held(head),
        keys=[witness_key(text) for text in witnesses],
        roots=() if authority is None else read_roots(authority),
    )


def custody_verify_with_case(
    inv: Investigation, case: Case, head: bytes | None = None
) -> VouchedVerification:
    """Verify an investigation's log together with the log of the case that stands for it."""
    held = read_held(head) if head is not None else None
    with at(inv.folder / "custody"):
        return verify_vouched(inv.folder / "custody", case.folder / "custody", head=held)


def voucher_sentence(inv: Investigation) -> str:
    """Say what the voucher in the folder proves about whose log it is; empty without one."""
    place: Path = inv.folder / VOUCHER
    return read_voucher(place.read_bytes()).sentence if place.is_file() else ""


def anchor(case: Case, head: bytes, *, holder: str | None = None, who: Who = None) -> SignedHead:
    """Write the head of a moved investigation's log into the case's, and return it.

    With `holder` the case's log vouches for the head's key first, under that name: somebody has
    found out whose it is. Raises VerificationError for a key nobody vouches for, or a head that
    contradicts one anchored before.
    """
    shown = read_head(head)
    shown.check()
    with enter_case(case, "head anchored", who) as visit:
        log, name = visit.log, visit.person.name
        if shown.origin == log.head().origin:
            raise UsageError("this is a head of the case's own log, not of an investigation's")
        if holder is not None:
            log.vouch(shown.origin, shown.public_key, holder, who=name)
        log.anchor(shown, who=name)
        visit.written = True
    return shown
