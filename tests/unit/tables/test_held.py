"""What is held of a file is given out only while the file is as it was."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Thread

import pytest

from zegel.tables.held import Held, let_go


def reading(most: int = 10) -> tuple[Held[bytes], list[tuple[str, int]]]:
    made: list[tuple[str, int]] = []

    def read(place: Path, part: int) -> bytes:
        made.append((place.name, part))
        return place.read_bytes()

    return Held(read, most=most, weight=len), made


def test_an_unchanged_file_is_read_once(tmp_path: Path) -> None:
    held, made = reading()
    (tmp_path / "a").write_bytes(b"one")

    assert [held.of(tmp_path / "a") for _ in range(3)] == [b"one"] * 3
    assert made == [("a", 0)]


def test_another_file_in_its_place_is_read_anew(tmp_path: Path) -> None:
    held, _ = reading()
    place = tmp_path / "a"
    place.write_bytes(b"one")
    before = held.of(place)
    was = place.stat()
    (tmp_path / "b").write_bytes(b"two")
    os.utime(tmp_path / "b", ns=(was.st_atime_ns, was.st_mtime_ns))
    (tmp_path / "b").replace(place)  # same size, same time of change of its content

    assert (before, held.of(place)) == (b"one", b"two")


def test_a_file_that_is_gone_is_let_go(tmp_path: Path) -> None:
    held, made = reading()
    place = tmp_path / "a"
    place.write_bytes(b"one")
    held.of(place)
    place.unlink()
    with pytest.raises(FileNotFoundError):
        held.of(place)

    assert held._made == {}
    assert made == [("a", 0)]


def test_what_is_asked_for_least_lately_goes_first(tmp_path: Path) -> None:
    held, made = reading(most=6)
    for name in "abc":
        (tmp_path / name).write_bytes(b"xyz")
    for name in "abaca":
        held.of(tmp_path / name)

    assert made == [("a", 0), ("b", 0), ("c", 0)]


def test_what_is_too_large_is_given_out_and_not_held(tmp_path: Path) -> None:
    held, made = reading(most=2)
    (tmp_path / "a").write_bytes(b"xyz")

    assert held.of(tmp_path / "a") == held.of(tmp_path / "a") == b"xyz"
    assert len(made) == 2


def test_a_folder_is_let_go_whole(tmp_path: Path) -> None:
    held, made = reading()
    for folder in ("in", "out"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").write_bytes(b"x")
        held.of(tmp_path / folder / "a")
    let_go(tmp_path / "in")
    for folder in ("in", "out"):
        held.of(tmp_path / folder / "a")

    assert len(made) == 3


def test_several_who_ask_at_once_wait_for_one_reading(tmp_path: Path) -> None:
    held, made = reading()
    (tmp_path / "a").write_bytes(b"one")
    asking = [Thread(target=held.of, args=(tmp_path / "a",)) for _ in range(8)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()

    assert made == [("a", 0)]
