"""The spool gives back what it was given, or nothing: the exhibit is read again then."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from zegel.processing import spool as spooling
from zegel.processing.spool import LARGEST_BODY, Spool, SpoolReader

BODIES = (b"one", b"", b"\0" * 5000, bytes(range(256)))


def kept(folder: Path, part: str = "p") -> list[tuple[int, int, bytes]]:
    """Keep all bodies; return where each begins, its size and its digest."""
    spool = Spool(folder, part)
    places = [(spool.keep(body), len(body), sha256(body).digest()) for body in BODIES]
    spool.close()
    return [(begin, size, digest) for begin, size, digest in places if begin is not None]


def read(folder: Path, places: list[tuple[int, int, bytes]], part: str = "p") -> list[bytes | None]:
    with SpoolReader(folder) as reader:
        return [reader.body(part, *place) for place in places]


def test_every_body_comes_back(tmp_path: Path) -> None:
    assert read(tmp_path, kept(tmp_path)) == list(BODIES)


def test_a_body_too_large_is_not_kept(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "p")

    assert (spool.keep(bytes(LARGEST_BODY)), spool.keep(bytes(LARGEST_BODY + 1))) == (0, None)
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
    assert [body for body in found if body] == []


def test_a_part_begun_again_replaces_what_a_killed_run_left(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(b"half of som")

    assert read(tmp_path, kept(tmp_path)) == list(BODIES)


def test_more_parts_than_may_be_open_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spooling, "_KEPT_OPEN", 2)
    parts = [str(number) for number in range(6)]
    places = {part: kept(tmp_path, part) for part in parts}

    with SpoolReader(tmp_path) as reader:
        for part in [*parts, *parts]:
            assert [reader.body(part, *place) for place in places[part]] == list(BODIES)
