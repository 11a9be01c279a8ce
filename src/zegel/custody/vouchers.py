"""A voucher is one entry of a log with its proof, small enough to travel with what it vouches for.

An investigation's folder carries the entry by which the case's log vouches for its key, proved up
to a head of the case's log (`zegel.custody.proved`): so that the folder shows whose log it is
without the case. It proves nothing to a reader who does not know the vouching key: `Voucher.by`
must be compared with what was learnt another way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from zegel.custody.acts import VOUCHED, Vouched, read_vouched
from zegel.custody.entries import Entry
from zegel.custody.heads import SignedHead
from zegel.custody.proved import export_proved, read_proved
from zegel.errors import UsageError, VerificationError

FORMAT = "zegel-log-voucher-1"
_CALLED = "a voucher of a custody log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """What a log vouches for, proved up to a head of that log."""

    vouched: Vouched
    entry: Entry
    by: SignedHead
    """Head of the log that vouches; its key is the one to know."""
    proof: tuple[bytes, ...] = field(repr=False, default=())
    """The hashes that lead from the entry to that head."""

    @property
    def sentence(self) -> str:
        """Say who vouches for what."""
        return (
            f"key {self.vouched.public_key.hex()[:16]} of {self.vouched.log!r} is vouched for as"
            f" {self.vouched.name!r} by entry {self.entry.index} of {self.by.origin!r},"
            f" signed by key {self.by.public_key.hex()[:16]}"
        )


def export_voucher(folder: Path, index: int) -> bytes:
    """Return entry `index` of the log in `folder` as a voucher, under the newest head."""
    text = export_proved(folder, index, FORMAT)
    if read_proved(text, FORMAT, _CALLED).entry.act != VOUCHED:
        raise UsageError(f"entry {index} of the log vouches for no key")
    return text


def read_voucher(text: bytes) -> Voucher:
    """Return the voucher that `export_voucher` wrote, its proof and signature checked."""
    found = read_proved(text, FORMAT, _CALLED)
    if found.entry.act != VOUCHED:
        raise VerificationError(f"this is not {_CALLED}")
    vouched = read_vouched(found.entry)
    return Voucher(vouched=vouched, entry=found.entry, by=found.by, proof=found.proof)
