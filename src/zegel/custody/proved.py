"""One entry of a log with its proof: small enough to travel, and checked without the log.

The entry opened, the hashes that lead from it to a head (RFC 6962 section 2.1.1), and that signed
head. Vouchers, notices and answers are such files, each under a format's name of its own. It tells
nothing of the log's other entries but their number. It proves nothing to a reader who does not know
the key: `Proved.by` must be compared with what was learnt another way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from zegel.canonical import JSON, canonical_json
from zegel.custody.entries import LARGEST_ENTRY, Entry, entry_from_line
from zegel.custody.heads import SignedHead, head_from
from zegel.custody.merkle import HASH_SIZE, verify_inclusion
from zegel.custody.proofs import Proofs
from zegel.custody.state import LogFiles, read_state
from zegel.errors import StorageError, UsageError, VerificationError

LARGEST = 2 * LARGEST_ENTRY
"""Bytes of one such file: an entry may hold another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """An entry, proved up to a head of its log."""

    entry: Entry
    by: SignedHead
    """Head of the log it stands in; its key is the one to know."""
    proof: tuple[bytes, ...] = field(repr=False, default=())


def export_proved(folder: Path, index: int, form: str) -> bytes:
    """Return entry `index` of the log in `folder`, proved under the newest head, as a `form`."""
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
    proofs = Proofs(leaves)
    if entry.leaf() != leaves[index] or proofs.root != state.head.root:
        raise VerificationError(f"entry {index} is not the one that the head commits to")
    content: dict[str, JSON] = {
        "entry": json.loads(entry.line()),
        "format": form,
        "head": state.head.fields(),
        "proof": [node.hex() for node in proofs.proof(index)],
    }
    return canonical_json(content) + b"\n"


def read_proved(text: bytes, form: str, called: str) -> Proved:
    """Return what `export_proved` wrote as a `form`; raise unless proof and signature hold.

    `called` is what such a file is to a person.
    """
    wrong = VerificationError(f"this is not {called}")
    if len(text) > LARGEST:
        raise wrong
    try:
        fields = json.loads(text)
        if not isinstance(fields, Mapping) or canonical_json(fields) + b"\n" != text:
            raise ValueError(form)
        return _proved(fields, form)
    except (ValueError, RecursionError):
        raise wrong from None


def _proved(fields: Mapping[str, JSON], form: str) -> Proved:
    match fields:
        case {
            "entry": {"index": int(index)} as entry_fields,
            "format": str(format_),
            "head": head_fields,
            "proof": list(proof),
            **rest,
        } if format_ == form and not rest:
            pass
        case _:
            raise ValueError(form)
    entry = entry_from_line(canonical_json(entry_fields) + b"\n", index)
    head = head_from(head_fields)
    head.check()
    nodes = tuple(bytes.fromhex(str(node)) for node in proof)
    verify_inclusion(leaf=entry.leaf(), index=index, size=head.size, proof=nodes, root=head.root)
    return Proved(entry=entry, by=head, proof=nodes)
