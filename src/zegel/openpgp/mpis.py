"""Read and write multiprecision integers, bounded by the bytes that are there.

It never trusts the announced bit count beyond the bytes at hand, and refuses integers larger
than any real key has.

Specification: RFC 9580 section 3.2.
"""

from __future__ import annotations

MAX_BITS = 16384
"""GnuPG's own limit for numbers of a key."""


def read_mpi(data: bytes, offset: int) -> tuple[bytes, int]:
    """Return the integer's bytes, big-endian as written, and the offset after it."""
    if offset + 2 > len(data):
        raise ValueError("truncated-mpi")
    bits = data[offset] << 8 | data[offset + 1]
    if bits > MAX_BITS:
        raise ValueError("oversized-mpi")
    end = offset + 2 + (bits + 7) // 8
    if end > len(data):
        raise ValueError("truncated-mpi")
    return data[offset + 2 : end], end


def read_mpis(data: bytes, offset: int, count: int) -> tuple[list[bytes], int]:
    """Return `count` integers starting at `offset`, and the offset after the last."""
    integers = []
    for _ in range(count):
        integer, offset = read_mpi(data, offset)
        integers.append(integer)
    return integers, offset


def number(integer: bytes) -> int:
    """Return the integer as a number."""
    return int.from_bytes(integer, "big")


def write_mpi(integer: bytes) -> bytes:
    """Return big-endian bytes as an integer with its bit count, without leading zeros."""
    value = number(integer)
    bits = value.bit_length()
    return bits.to_bytes(2, "big") + value.to_bytes((bits + 7) // 8, "big")
