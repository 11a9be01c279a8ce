"""The leaf of an entry is RFC 8785 JSON, by whichever way it is made."""

from __future__ import annotations

from urllib.parse import quote_from_bytes

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from zegel.casefile.manifest import (
    entry_leaf,
)
from zegel.exhibits.model import Entry, EntryKind
from zegel.records import Problem

ENTRIES = st.builds(
    Entry,
    number=st.integers(0, 2**31 - 1),
    parent=st.none() | st.integers(0, 2**31 - 1),
    path=st.binary(max_size=40),
    kind=st.sampled_from(EntryKind),
    size=st.integers(0, 2**63 - 1),
    mtime_ns=st.integers(-(2**63), 2**63 - 1),
    mode=st.integers(0, 2**31 - 1),
    sha256=st.none() | st.binary(min_size=32, max_size=32),
    target=st.binary(max_size=20),
    problem=st.none() | st.builds(Problem, kind=st.sampled_from(("unreadable", "folder too deep"))),
)


def expected(entry: Entry) -> bytes:
    fields = {
        "kind": entry.kind.value,
        "mode": entry.mode,
        "mtime_ns": str(entry.mtime_ns),
        "number": entry.number,
        "parent": entry.parent,
        "path": quote_from_bytes(entry.path),
        "problem": entry.problem.kind if entry.problem else None,
        "sha256": entry.sha256.hex() if entry.sha256 else None,
        "size": str(entry.size),
        "target": quote_from_bytes(entry.target),
    }
    return rfc8785.dumps(fields)


@given(ENTRIES)
def test_a_leaf_is_canonical_json_of_what_is_sealed(entry: Entry) -> None:
    assert entry_leaf(entry) == expected(entry)
