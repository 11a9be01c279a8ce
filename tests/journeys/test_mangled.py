"""Whatever happened to a copy, every message in it is counted once: found = states + unread.

Hypothesis mangles the copied servers of a small network: files cut, grown, overwritten, exchanged,
doubled, renamed, moved out of their stores, removed, made links, their rights taken. What is held
against the result is read from the folder itself, by nothing of `zegel`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journeys.cases import balance, done, network, say
from zegel.casefile import Case
from zegel.tables import read_rows

pytestmark = pytest.mark.slow

IN_MAILDIR = re.compile(rb"(?:^|/)(?:cur|new)/[^/]+\Z")
HEADER_FIRST = re.compile(rb"[A-Za-z][A-Za-z-]*:[ \t]")
"""How a mail begins: RFC 5322 section 2.2."""

EXAMPLES = int(os.environ.get("MANGLED_COPIES", "8"))
"""How many copies are mangled: eight in every run of the tests, more by hand."""


@dataclass(frozen=True)
class Blow:
    """One thing done to a file, which the numbers choose."""

    operation: str
    file: int
    other: int
    at: int
    content: bytes


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a network's two copied servers, one folder over both."""
    folder = tmp_path_factory.mktemp("net")
    network(folder, "--messages", "16")
    return folder / "copy"


def files_of(copy: Path) -> list[Path]:
    return sorted(path for path in copy.rglob("*") if path.is_file() and not path.is_symlink())


def strike(copy: Path, blow: Blow) -> None:
    """Do one thing to one file of the copy."""
    files = files_of(copy)
    if files:
        path, other = files[blow.file % len(files)], files[blow.other % len(files)]
        STRIKES[blow.operation](path, other, blow)


def cut(path: Path, _other: Path, blow: Blow) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: blow.at % (len(content) + 1)])


def flip(path: Path, _other: Path, blow: Blow) -> None:
    if content := bytearray(path.read_bytes()):
        content[blow.at % len(content)] ^= 1
        path.write_bytes(content)


def overwrite(path: Path, _other: Path, blow: Blow) -> None:
    content = bytearray(path.read_bytes())
    at = blow.at % (len(content) + 1)
    content[at : at + len(blow.content)] = blow.content
    path.write_bytes(content)


def append(path: Path, _other: Path, blow: Blow) -> None:
    path.write_bytes(path.read_bytes() + blow.content)


def append_another(path: Path, other: Path, _blow: Blow) -> None:
    path.write_bytes(path.read_bytes() + other.read_bytes())


def exchange(path: Path, other: Path, _blow: Blow) -> None:
    content = path.read_bytes()
    path.write_bytes(other.read_bytes())
    other.write_bytes(content)


def double(path: Path, other: Path, blow: Blow) -> None:
    shutil.copy2(path, other.with_name(f"copy of {blow.at}"))


def rename(path: Path, _other: Path, blow: Blow) -> None:
    path.rename(path.with_name(os.fsdecode(b"odd \xff " + str(blow.at).encode())))


def bury(path: Path, _other: Path, blow: Blow) -> None:
    deep = path.parent / "elsewhere" / str(blow.at)
    deep.mkdir(parents=True, exist_ok=True)
    path.rename(deep / path.name)


def remove(path: Path, _other: Path, _blow: Blow) -> None:
    path.unlink()


def link(path: Path, other: Path, _blow: Blow) -> None:
    if path != other:
        path.unlink()
        path.symlink_to(other)


def forbid(path: Path, _other: Path, _blow: Blow) -> None:
    path.chmod(0)


STRIKES: dict[str, Callable[[Path, Path, Blow], None]] = {
    strike.__name__: strike
    for strike in (
        *(cut, flip, overwrite, append, append_another, exchange),
        *(double, rename, bury, remove, link, forbid),
    )
}


blows = st.lists(
    st.builds(
        Blow,
        operation=st.sampled_from(tuple(STRIKES)),
        file=st.integers(0, 10_000),
        other=st.integers(0, 10_000),
        at=st.integers(0, 100_000),
        content=st.sampled_from((b"\n", b"\0" * 40, b"From x\n", b"-----BEGIN PGP MESSAGE-----\n"))
        | st.binary(min_size=1, max_size=60),
    ),
    min_size=1,
    max_size=12,
)


@contextmanager
def processed(copy: Path) -> Iterator[tuple[Path, Any]]:
    """Give a case of the copy, processed, and what processing printed."""
    with TemporaryDirectory(prefix="zegel-mangled-") as folder:
        case = Path(folder) / "case"
        done("init", case)
        done("intake", copy, "--case", case)
        yield case, done("process", "--case", case, "--workers", "1", "--json").json


def rows(case: Path, table: str) -> list[dict[str, Any]]:
    return list(read_rows(Case.open(case).stage("scan").files(table)))


def check_places(copy: Path, case: Path) -> None:
    """Every row is a place in the copy with the bytes it says, and no byte lies in two."""
    ends: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
    for row in rows(case, "stored"):
        if b"!/" in row["path"]:
            continue  # inside a container, which has no file of its own here
        content = Path(os.fsdecode(os.fsencode(copy) + b"/" + row["path"])).read_bytes()
        begin, end = row["offset"], row["offset"] + row["length"]
        ends[row["path"]].append((begin, end))

        assert sha256(content[begin:end]).digest() == row["sha256"], row["path"]
    for places in ends.values():
        ordered = sorted(places)

        assert all(one[1] <= two[0] for one, two in pairwise(ordered))


def check_nothing_skipped(copy: Path, case: Path) -> None:
    """Every file of a Maildir that begins as a mail does has a row, or an unread problem."""
    due = set()
    for path in files_of(copy):
        name = os.fsencode(path.relative_to(copy))
        if IN_MAILDIR.search(name) and HEADER_FIRST.match(path.read_bytes()):
            due.add(name)
    told = {row["path"] for row in rows(case, "stored")}
    told |= {row["path"] for row in rows(case, "problems") if row["unread"]}

    assert due - told == set()


def check_a_flipped_byte(copy: Path, case: Path, blow: Blow) -> None:
    """One byte changed anywhere, times kept, breaks the seal and is named; put back, it holds."""
    files = [path for path in files_of(copy) if path.stat().st_size]
    if not files:
        return
    path = files[blow.other % len(files)]
    before, content = path.stat(), path.read_bytes()
    at = blow.at % len(content)
    for now, code in ((bytes([content[at] ^ 255]), 6), (content[at : at + 1], 0)):
        path.write_bytes(content[:at] + now + content[at + 1 :])
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        said = say("intake", "--recheck", "--case", case, "--json")

        assert said.code == code, path
    (first,) = json.loads(said.out)

    assert first["holds"]


@settings(max_examples=EXAMPLES)
@given(struck=blows)
def test_a_mangled_copy_is_counted_whole_and_the_same_each_time(
    net: Path, struck: list[Blow]
) -> None:
    with TemporaryDirectory(prefix="zegel-mangled-") as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(net, copy)
        for blow in struck:
            strike(copy, blow)
        with processed(copy) as (case, first), processed(copy) as (_, second):
            ledger = first["ledger"]

            assert balance(ledger)
            assert ledger["found"] == len(rows(case, "stored")) + ledger["unread"]
            assert (first["digests"], ledger) == (second["digests"], second["ledger"])
            check_places(copy, case)
            check_nothing_skipped(copy, case)
            check_a_flipped_byte(copy, case, struck[0])
            done("custody", "verify", "--case", case)


def test_the_copy_that_nobody_touched_holds_what_was_written(net: Path) -> None:
    """So that the checks above are known to see a whole network."""
    summary = json.loads((net.parent / "truth" / "summary.json").read_text())
    with processed(net) as (case, told):
        check_places(net, case)
        check_nothing_skipped(net, case)

        assert told["ledger"]["found"] == summary["places"] + summary["empty_files"]
