"""The spool gives back what it was given, or nothing: the exhibit is read again then."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from zegel.processing import spool as spooling
from zegel.processing.spool import LARGEST, Spool, SpoolReader

MESSAGES = [(b"", b"one"), (b"keys", b""), (b"k" * 300, b"\0" * 5000), (b"k", bytes(range(256)))]
Place = tuple[int, int, int, bytes]


def kept(folder: Path, part: str = "p") -> list[Place]:
    """Keep all messages; return where each begins, the sizes of either half, the body's digest."""
    spool = Spool(folder, part)
    places = [
        (spool.keep(keys, body), len(keys), len(body), sha256(body).digest())
        for keys, body in MESSAGES
    ]
    spool.close()
    return [
        (begin, keys, size, digest) for begin, keys, size, digest in places if begin is not None
    ]


def read(folder: Path, places: list[Place], part: str = "p") -> list[tuple[bytes, bytes] | None]:
    with SpoolReader(folder) as reader:
        return [reader.message(part, *place) for place in places]


def test_every_message_comes_back(tmp_path: Path) -> None:
    assert read(tmp_path, kept(tmp_path)) == MESSAGES


def test_a_message_too_large_is_not_kept(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "p")

    assert spool.keep(bytes(9), bytes(LARGEST - 9)) == 0
    assert spool.keep(bytes(10), bytes(LARGEST - 9)) is None
    assert spool.keep(bytes(LARGEST + 1), b"") is None
    spool.close()


@pytest.mark.parametrize("damage", ["missing", "cut", "changed", "another part"])
def test_what_is_damaged_or_gone_is_nothing(tmp_path: Path, damage: str) -> None:
    places = kept(tmp_path)
    file = tmp_path / "p"
    if damage == "missing":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:2])
    else:
        file.write_bytes(bytes(octet ^ 1 for octet in file.read_bytes()))

    found = read(tmp_path, places, "q" if damage == "another part" else "p")
    # Of nothing, nothing can be missing.
    assert [one for one in found if one and one[1]] == []


def test_a_part_begun_again_replaces_what_a_killed_run_left(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(b"half of som")

    assert read(tmp_path, kept(tmp_path)) == MESSAGES


def test_more_parts_than_may_be_open_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spooling, "_KEPT_OPEN", 2)
    parts = [str(number) for number in range(6)]
    places = {part: kept(tmp_path, part) for part in parts}

    with SpoolReader(tmp_path) as reader:
        for part in [*parts, *parts]:
            assert [reader.message(part, *place) for place in places[part]] == MESSAGES
