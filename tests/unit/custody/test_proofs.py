"""Proofs for many leaves are those that RFC 6962 gives one by one."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.custody.merkle import inclusion_proof, root, verify_inclusion
from zegel.custody.proofs import Proofs
from zegel.errors import VerificationError


@given(st.integers(1, 40))
def test_every_proof_is_the_one_made_for_that_leaf_alone(size: int) -> None:
    leaves = [sha256(bytes([n])).digest() for n in range(size)]
    proofs = Proofs(leaves)

    assert [proofs.proof(n) for n in range(size)] == [
        inclusion_proof(leaves, n) for n in range(size)
    ]
    assert (proofs.root, proofs.size) == (root(leaves), size)


def test_a_leaf_outside_the_tree_has_no_proof() -> None:
    with pytest.raises(IndexError):
        Proofs([bytes(32)]).proof(1)


def test_a_proof_leads_to_the_root_and_to_no_other() -> None:
    leaves = [sha256(bytes([n])).digest() for n in range(7)]
    proofs = Proofs(leaves)

    at: Any = {"index": 4, "size": 7, "proof": proofs.proof(4), "root": proofs.root}
    verify_inclusion(leaf=leaves[4], **at)
    with pytest.raises(VerificationError):
        verify_inclusion(leaf=leaves[3], **at)
