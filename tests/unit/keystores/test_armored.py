"""Armour that names no keys may hold them all the same."""

from __future__ import annotations

import pytest

from tests.unit.openpgp import writers
from zegel.keystores.armored import FORMAT
from zegel.records import File, FoundKey


def found_in(data: bytes) -> list[FoundKey]:
    file = File(path=b"backup/ring.asc", data=data)
    return [key for key in FORMAT.keys(file) if isinstance(key, FoundKey)]


@pytest.fixture(scope="module")
def ring() -> bytes:
    return writers.gnupg_exports("cv25519") + writers.gnupg_exports("nistp256")


def test_a_ring_in_the_armour_of_any_file_is_a_ring(ring: bytes) -> None:
    text = b"from the backup:\n" + writers.Armour(kind="ARMORED FILE").write(ring) + b"\nbye\n"

    assert FORMAT.detect(File(path=b"backup/ring.asc", data=text)) > 0
    assert b"".join(key.material for key in found_in(text)) == ring
    assert {key.offset for key in found_in(text)} == {text.index(b"-----BEGIN")}


@pytest.mark.parametrize("content", [b"hello\n", b"", b"\x85\x01" + bytes(300), b"ustar" * 200])
def test_another_file_in_that_armour_is_no_ring_and_no_problem(content: bytes) -> None:
    text = writers.Armour(kind="ARMORED FILE").write(content)

    assert list(FORMAT.keys(File(path=b"x", data=text))) == []
