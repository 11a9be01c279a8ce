"""Proofs for many leaves are those that RFC 6962 gives one by one."""

from __future__ import annotations

import tempfile
from hashlib import sha256
from pathlib import Path
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


@given(st.integers(0, 20))
def test_a_tree_written_and_read_gives_the_same_proofs(size: int) -> None:
    leaves = [sha256(bytes([n])).digest() for n in range(size)]
    tree = Proofs(leaves)
    with tempfile.TemporaryDirectory() as folder:
        tree.write(Path(folder) / "tree")
        again = Proofs.read(Path(folder) / "tree", size)

    assert (again.root, again.size) == (tree.root, size) == (root(leaves), size)
    assert [again.proof(n) for n in range(size)] == [tree.proof(n) for n in range(size)]


@pytest.mark.parametrize("cut", [0, 1, 32, 64])
def test_a_tree_that_is_not_whole_is_refused(cut: int, tmp_path: Path) -> None:
    Proofs([bytes(32)] * 5).write(tmp_path / "tree")
    content = (tmp_path / "tree").read_bytes()
    (tmp_path / "tree").write_bytes(content[: len(content) - cut] if cut else content + b"x")

    with pytest.raises(VerificationError, match="not whole"):
        Proofs.read(tmp_path / "tree", 5)


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
