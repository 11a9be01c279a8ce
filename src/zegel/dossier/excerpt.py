"""The excerpt of the custody log: every act up to a head, by whom and when, and not about what.

Facts of entries may hold what somebody searched for, so they stay commitments, save those of the
acts by which the log speaks of keys, heads and seals. The leaves still lead to the signed head.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from zegel.canonical import canonical_json
from zegel.custody.acts import RESERVED
from zegel.custody.entries import Entry
from zegel.custody.heads import SignedHead
from zegel.custody.vouchers import Voucher
from zegel.errors import VerificationError

SEALED = "investigation sealed"
_SHOWN = ("act", "index", "time", "who")


def excerpt(head: SignedHead, entries: Iterable[Entry], voucher: Voucher | None) -> Iterator[bytes]:
    """Yield the lines: the head with the voucher, then every entry that the head counts."""
    top = {"head": head.fields(), "voucher": None if voucher is None else _voucher(voucher)}
    yield canonical_json(top) + b"\n"
    count = 0
    for entry in entries:
        if entry.index >= head.size:
            break
        yield canonical_json(_shown(entry, entry.act == SEALED or entry.act in RESERVED)) + b"\n"
        count += 1
    if count != head.size:
        raise VerificationError(f"the log has {count} entries, its head counts {head.size}")


def _shown(entry: Entry, whole: bool) -> dict[str, Any]:
    names = entry.fields().keys() if whole else _SHOWN
    shown = entry.show(tuple(names))
    return {
        "fields": {name: [salt.hex(), value] for name, (value, salt) in shown.fields.items()},
        "hidden": [commitment.hex() for commitment in shown.hidden],
    }


def _voucher(voucher: Voucher) -> dict[str, Any]:
    return {
        **_shown(voucher.entry, True),
        "head": voucher.by.fields(),
        "proof": [node.hex() for node in voucher.proof],
    }
