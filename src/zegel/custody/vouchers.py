"""A voucher is one entry of a log with its proof, small enough to travel with what it vouches for.

An investigation's folder carries the entry by which the case's log vouches for its key, the
inclusion proof (RFC 6962 section 2.1.1) and the signed head it leads to: so that the folder shows
whose log it is without the case. It tells nothing of the case's other entries but their number. It
proves nothing to a reader who does not know the vouching key: `Voucher.by` must be compared with
what was learnt another way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from zegel.canonical import JSON, canonical_json
from zegel.custody.acts import VOUCHED, Vouched, read_vouched
from zegel.custody.entries import LARGEST_ENTRY, Entry, entry_from_line
from zegel.custody.heads import SignedHead, head_from
from zegel.custody.merkle import HASH_SIZE, verify_inclusion
from zegel.custody.proofs import Proofs
from zegel.custody.state import LogFiles, read_state
from zegel.errors import StorageError, UsageError, VerificationError

FORMAT = "zegel-log-voucher-1"
LARGEST_VOUCHER = 256 * 1024
_WRONG = VerificationError("this is not a voucher of a custody log")


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
    try:
        with LogFiles.opened(folder) as files:
            state = read_state(folder)
            size = state.head.size
            if not 0 <= index < size:
                raise UsageError(f"a log of {size} entries has no entry {index}")
            for _ in range(index):
                files.entries.readline(LARGEST_ENTRY + 1)
            entry = entry_from_line(files.entries.readline(LARGEST_ENTRY + 1), index)
            leaves = [files.leaves.read(HASH_SIZE) for _ in range(size)]
    except OSError as error:
        raise StorageError("the custody log cannot be read", where=str(folder)) from error
    if entry.act != VOUCHED:
        raise UsageError(f"entry {index} of the log vouches for no key")
    proofs = Proofs(leaves)
    if entry.leaf() != leaves[index] or proofs.root != state.head.root:
        raise VerificationError(f"entry {index} is not the one that the head commits to")
    content: dict[str, JSON] = {
        "entry": json.loads(entry.line()),
        "format": FORMAT,
        "head": state.head.fields(),
        "proof": [node.hex() for node in proofs.proof(index)],
    }
    return canonical_json(content) + b"\n"


def read_voucher(text: bytes) -> Voucher:
    """Return the voucher that `export_voucher` wrote, its proof and signature checked."""
    if len(text) > LARGEST_VOUCHER:
        raise _WRONG
    try:
        fields = json.loads(text)
        if not isinstance(fields, Mapping) or canonical_json(fields) + b"\n" != text:
            raise _WRONG
        return _voucher(fields)
    except (ValueError, RecursionError):
        raise _WRONG from None


def _voucher(fields: Mapping[str, JSON]) -> Voucher:
    match fields:
        case {
            "entry": {"index": int(index)} as entry_fields,
            "format": str(format_),
            "head": head_fields,
            "proof": list(proof),
            **rest,
        } if format_ == FORMAT and not rest:
            pass
        case _:
            raise _WRONG
    entry = entry_from_line(canonical_json(entry_fields) + b"\n", index)
    head = head_from(head_fields)
    head.check()
    if entry.act != VOUCHED:
        raise _WRONG
    nodes = tuple(bytes.fromhex(str(node)) for node in proof)
    verify_inclusion(leaf=entry.leaf(), index=index, size=head.size, proof=nodes, root=head.root)
    return Voucher(vouched=read_vouched(entry), entry=entry, by=head, proof=nodes)
