"""The keybox: deleted keys are still found, and no length is believed."""

from __future__ import annotations

from tests.corpus.keystores.make import HERE
from zegel.keystores.keybox import FORMAT
from zegel.records import File, FoundKey, Problem

BOX = (HERE / "keybox" / "samples" / "pubring.kbx").read_bytes()
FIRST = int.from_bytes(BOX[:4], "big")
"""Where the first key's blob begins: behind the header."""


def results(content: bytes) -> list[FoundKey | Problem]:
    return list(FORMAT.keys(File(path=b"pubring.kbx", data=content)))


def test_a_deleted_key_is_found_as_long_as_its_bytes_are_there() -> None:
    deleted = BOX[: FIRST + 4] + b"\x00" + BOX[FIRST + 5 :]

    assert results(deleted) == results(BOX)


def test_an_x509_certificate_is_passed_over() -> None:
    other = BOX[: FIRST + 4] + b"\x03" + BOX[FIRST + 5 :]

    assert results(other) == results(BOX)[1:]


def test_a_blob_longer_than_the_file_ends_the_reading_with_a_problem() -> None:
    cut = BOX[:-7]
    kept, problem = results(cut)

    assert kept == results(BOX)[0]
    assert isinstance(problem, Problem)
    assert problem.kind == "damaged keybox"


def test_a_blob_of_length_zero_does_not_loop() -> None:
    assert results(BOX[:FIRST] + bytes(100)) == [Problem(kind="damaged keybox", offset=FIRST)]


def test_a_key_block_outside_its_blob_is_a_problem() -> None:
    outside = BOX[: FIRST + 8] + b"\xff\xff\xff\x00" + BOX[FIRST + 12 :]

    assert results(outside)[0] == Problem(kind="damaged keybox", offset=FIRST)
