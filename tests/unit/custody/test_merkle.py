"""The tree: judged by Certificate Transparency's published vectors and by the RFC's recursion."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.custody import merkle
from zegel.errors import VerificationError

# The eight leaves and roots of the reference test vectors of Certificate Transparency
# (github.com/transparency-dev/merkle, testonly/constants.go; RFC 6962 names no vectors itself).
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def recursive_root(leaves: list[bytes]) -> bytes:
    """The definition of MTH in RFC 6962 section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + recursive_root(leaves[:k]) + recursive_root(leaves[k:])).digest()


def recursive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1."""
    if len(leaves) <= 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*recursive_path(m, leaves[:k]), recursive_root(leaves[k:])]
    return [*recursive_path(m - k, leaves[k:]), recursive_root(leaves[:k])]


def recursive_proof(m: int, leaves: list[bytes], complete: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962 section 2.1.2."""
    n = len(leaves)
    if m == n:
        return [] if complete else [recursive_root(leaves)]
    k = 1
    while k * 2 < n:
        k *= 2
    if m <= k:
        return [*recursive_proof(m, leaves[:k], complete), recursive_root(leaves[k:])]
    return [*recursive_proof(m - k, leaves[k:], False), recursive_root(leaves[:k])]


def some_leaves(size: int) -> list[bytes]:
    return [sha256(b"\x00%d" % number).digest() for number in range(size)]


@pytest.mark.parametrize("size", range(9))
def test_the_roots_of_certificate_transparencys_vectors_come_out(size: int) -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES[:size]]

    assert ROOTS[size] == merkle.root(hashes).hex()


def test_a_known_inclusion_proof_comes_out() -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES]

    expected = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert expected == [node.hex() for node in merkle.inclusion_proof(hashes, 5)]


def test_a_known_consistency_proof_comes_out() -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES]

    expected = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert expected == [node.hex() for node in merkle.consistency_proof(hashes, 6)]


@given(st.integers(0, 200), st.integers(0, 200))
def test_a_frontier_kept_and_resumed_gives_the_recursive_root(first: int, more: int) -> None:
    leaves = some_leaves(first + more)
    frontier = merkle.Frontier()
    for leaf in leaves[:first]:
        frontier.append(leaf)
    resumed = merkle.Frontier(frontier.size, frontier.hashes)
    for leaf in leaves[first:]:
        resumed.append(leaf)

    assert recursive_root(leaves) == resumed.root() == merkle.root(leaves)


def test_a_frontier_with_the_wrong_number_of_nodes_is_refused() -> None:
    with pytest.raises(VerificationError):
        merkle.Frontier(3, some_leaves(3))


def test_every_proof_up_to_33_leaves_is_the_rfcs_and_verifies() -> None:
    for size in range(1, 34):
        leaves = some_leaves(size)
        whole = merkle.root(leaves)
        for index in range(size):
            path = merkle.inclusion_proof(leaves, index)
            assert recursive_path(index, leaves) == list(path)
            merkle.verify_inclusion(
                leaf=leaves[index], index=index, size=size, proof=path, root=whole
            )
            proof = merkle.consistency_proof(leaves, index + 1)
            assert recursive_proof(index + 1, leaves) == list(proof)
            merkle.verify_consistency(
                old_size=index + 1,
                old_root=merkle.root(leaves[: index + 1]),
                new_size=size,
                new_root=whole,
                proof=proof,
            )


def altered(proof: list[bytes], how: int) -> list[bytes]:
    match how % 3:
        case 0:
            return [*proof, bytes(32)]
        case 1 if proof:
            return proof[:-1]
        case _ if proof:
            wrong = bytearray(proof[how % len(proof)])
            wrong[how % 32] ^= 1 << how % 8
            return [bytes(wrong) if node == proof[how % len(proof)] else node for node in proof]
    return [bytes(32)]


@given(st.integers(1, 70), st.integers(0, 10**6), st.integers(0, 10**6))
def test_an_altered_proof_or_another_place_does_not_verify(size: int, at: int, how: int) -> None:
    leaves, index = some_leaves(size), at % size
    path, whole = recursive_path(index, leaves), recursive_root(leaves)
    with pytest.raises(VerificationError):
        merkle.verify_inclusion(
            leaf=leaves[index], index=index, size=size, proof=altered(path, how), root=whole
        )
    with pytest.raises(VerificationError):
        merkle.verify_inclusion(
            leaf=leaves[index], index=index + 1, size=size, proof=path, root=whole
        )
    with pytest.raises(VerificationError):
        merkle.verify_consistency(
            old_size=index + 1,
            old_root=recursive_root(leaves[: index + 1]),
            new_size=size,
            new_root=whole,
            proof=altered(recursive_proof(index + 1, leaves), how),
        )


def test_a_rewritten_past_is_not_consistent() -> None:
    leaves = some_leaves(11)
    rewritten = [bytes(32), *leaves[1:]]
    with pytest.raises(VerificationError, match="does not continue"):
        merkle.verify_consistency(
            old_size=6,
            old_root=merkle.root(leaves[:6]),
            new_size=11,
            new_root=merkle.root(rewritten),
            proof=merkle.consistency_proof(rewritten, 6),
        )


@pytest.mark.parametrize(("old", "new"), [(0, 4), (5, 4), (-1, 4)])
def test_sizes_that_cannot_be_are_refused(old: int, new: int) -> None:
    with pytest.raises(VerificationError):
        merkle.verify_consistency(
            old_size=old, old_root=bytes(32), new_size=new, new_root=bytes(32), proof=[]
        )
    with pytest.raises(IndexError):
        merkle.consistency_proof(some_leaves(4), old)
    with pytest.raises(IndexError):
        merkle.inclusion_proof(some_leaves(4), 4)
