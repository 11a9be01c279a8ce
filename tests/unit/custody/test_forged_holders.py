"""A log that changes hands, forged: no boundary between holders hides a change.

Each forgery is made the way somebody would who holds the folder and a key of their own.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.custody.proving import ORIGIN
from zegel.canonical import canonical_json
from zegel.custody.acts import NEW_HOLDER, NewHolder
from zegel.custody.entries import Entry
from zegel.custody.heads import SignedHead, sign_head
from zegel.custody.keys import load_key
from zegel.custody.log import Log
from zegel.custody.merkle import EMPTY_ROOT, Frontier
from zegel.custody.state import LogState, write_state
from zegel.custody.verify import verify
from zegel.errors import VerificationError


def rebuilt(folder: Path, entries: list[Entry], key: Ed25519PrivateKey) -> None:
    """Write a log of these entries, whole in itself, signed with `key`."""
    frontier = Frontier()
    for entry in entries:
        frontier.append(entry.leaf())
    lines = b"".join(entry.line() for entry in entries)
    (folder / "entries.jsonl").write_bytes(lines)
    (folder / "leaves").write_bytes(b"".join(entry.leaf() for entry in entries))
    head = sign_head(
        key, origin=ORIGIN, size=frontier.size, root=frontier.root(), time_ns=1_461_049_200_000
    )
    write_state(folder, LogState(head=head, frontier=frontier.hashes, entries_bytes=len(lines)))


def entry(index: int, act: str = "message read", **facts: object) -> Entry:
    return Entry(
        index=index,
        time_ns=1,
        who="forger",
        act=act,
        facts=json.loads(canonical_json(facts)),  # type: ignore[arg-type]
        salt=os.urandom(32),
    )


def boundary(index: int, before: SignedHead, key: Ed25519PrivateKey) -> Entry:
    new = NewHolder(holder="forger", public_key=key.public_key().public_bytes_raw(), before=before)
    return entry(index, NEW_HOLDER, **new.facts())


@pytest.fixture
def forger() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def test_a_segment_that_nothing_announces_fails(
    first: Log, folder: Path, tmp_path: Path, forger: Ed25519PrivateKey
) -> None:
    """Entries added under another key, behind a segment that changed hands rightly."""
    Log.take_over(folder, tmp_path / "second.key", holder="De Vries")
    rebuilt(folder, [*first.entries(), entry(3)], forger)
    with pytest.raises(VerificationError, match="no entry says that it follows"):
        verify(folder, None)


@pytest.mark.parametrize("way", ["root", "size", "origin", "signature", "key"])
def test_a_segment_on_a_head_that_was_never_signed_fails(
    first: Log, folder: Path, tmp_path: Path, forger: Ed25519PrivateKey, way: str
) -> None:
    Log.take_over(folder, tmp_path / "second.key", holder="De Vries")
    entries, real = list(first.entries()), first.head()
    size = real.size - 1 if way == "size" else real.size
    before = sign_head(
        load_key(tmp_path / "second.key") if way not in ("key", "signature") else forger,
        origin="another log" if way == "origin" else ORIGIN,
        size=size,
        root=EMPTY_ROOT if way == "root" else real.root,
        time_ns=real.time_ns,
    )
    if way == "signature":
        fields = before.fields() | {"public_key": real.public_key.hex()}
        new = boundary(3, before, forger)
        facts = {**new.facts, "before": fields}
        rebuilt(folder, [*entries, entry(3, NEW_HOLDER, **facts)], forger)
    else:
        rebuilt(folder, [*entries, boundary(3, before, forger)], forger)
    with pytest.raises(VerificationError):
        verify(folder, None)


def test_a_change_before_the_boundary_fails_though_all_behind_it_is_signed_anew(
    second: Log, folder: Path, tmp_path: Path
) -> None:
    """The second holder rewrites what the first one wrote, and signs the whole again."""
    before, after, new, last = second.entries()
    key = load_key(tmp_path / "second.key")
    for forged in (
        [entry(0, number=9), after, new, last],
        [before, entry(1, number=9), new, last],
    ):
        rebuilt(folder, forged, key)
        with pytest.raises(VerificationError, match="does not continue the log before it"):
            verify(folder, None)


def test_an_entry_moved_over_the_boundary_fails(second: Log, folder: Path, tmp_path: Path) -> None:
    first_entry, _, new, last = second.entries()
    moved = Entry(index=1, time_ns=1, who=new.who, act=NEW_HOLDER, facts=new.facts, salt=new.salt)
    shifted = Entry(
        index=2, time_ns=1, who=last.who, act=last.act, facts=last.facts, salt=last.salt
    )
    rebuilt(folder, [first_entry, moved, shifted], load_key(tmp_path / "second.key"))
    with pytest.raises(VerificationError, match="does not continue"):
        verify(folder, None)


def test_a_segment_under_the_key_of_the_one_before_is_none(
    first: Log, folder: Path, tmp_path: Path
) -> None:
    """A new holder's name without a new holder's key."""
    key = load_key(tmp_path / "first.key")
    rebuilt(folder, [*first.entries(), boundary(2, first.head(), key)], key)
    with pytest.raises(VerificationError, match="its own holder's key"):
        verify(folder, None)


def test_vouching_for_the_key_of_another_log_counts_for_nothing_here(
    first: Log, folder: Path, tmp_path: Path
) -> None:
    other = Log.create(tmp_path / "x", tmp_path / "second.key", origin="another log")
    first.vouch("another log", other.head().public_key, "De Vries")
    Log.take_over(folder, tmp_path / "second.key", holder="De Vries")

    assert "vouched for by nobody" in verify(folder, None).sentence


def test_a_head_nobody_signed_is_not_continued(first: Log, folder: Path) -> None:
    head = first.head()
    unsigned = replace(head, signature=bytes(64))
    with pytest.raises(VerificationError, match="signature"):
        verify(folder, unsigned)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"holder": "x"},
        {"holder": "x", "public_key": "00", "before": {}},
        {"holder": "x", "public_key": "zz" * 32, "before": None},
        {"holder": 3, "public_key": "00" * 32, "before": {"size": 1}},
    ],
)
def test_an_entry_that_says_new_holder_and_is_none_fails(
    first: Log, folder: Path, tmp_path: Path, facts: dict[str, object]
) -> None:
    rebuilt(
        folder,
        [*first.entries(), entry(2, NEW_HOLDER, **facts)],
        load_key(tmp_path / "first.key"),
    )
    with pytest.raises(VerificationError, match="says `new holder` and is none"):
        verify(folder, None)


@pytest.mark.parametrize("bit", [0, 6])
@pytest.mark.parametrize("name", ["entries.jsonl", "leaves", "head.json"])
def test_one_flipped_bit_in_any_byte_of_any_segment_fails(
    second: Log, folder: Path, name: str, bit: int
) -> None:
    written = (folder / name).read_bytes()
    for place in range(len(written)):
        flipped = bytearray(written)
        flipped[place] ^= 1 << bit
        (folder / name).write_bytes(flipped)
        with pytest.raises(VerificationError):
            verify(folder, None)


@given(st.data())
@settings(deadline=None, max_examples=25)
def test_however_often_it_changes_hands_its_holders_are_told_apart_and_order_counts(
    data: st.DataObject,
) -> None:
    holders = data.draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=6))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "log"
        log = Log.create(folder, Path(name) / "a", origin=ORIGIN)
        expected, held = ["a"], [log.head()]
        for holder in holders:
            log = Log.take_over(folder, Path(name) / holder, holder=holder)
            if holder != expected[-1]:
                expected.append(holder)
            for number in range(data.draw(st.integers(0, 2))):
                log.append("read", {"number": number})
            held.append(log.head())
        result = verify(folder, None)
        keys = {
            one: load_key(Path(name) / one).public_key().public_bytes_raw() for one in {*expected}
        }
        assert [one.public_key for one in result.segments] == [keys[one] for one in expected]
        assert [one.first for one in result.segments[1:]] == [
            one.index for one in log.entries() if one.act == NEW_HOLDER
        ]
        for head in held:
            verify(folder, head)
        lines = (folder / "entries.jsonl").read_bytes().splitlines(keepends=True)
        leaves = (folder / "leaves").read_bytes()
        if len(lines) > 1:
            one, other = sorted(
                data.draw(
                    st.lists(st.integers(0, len(lines) - 1), min_size=2, max_size=2, unique=True)
                )
            )
            lines[one], lines[other] = lines[other], lines[one]
            blocks = [leaves[at : at + 32] for at in range(0, len(leaves), 32)]
            blocks[one], blocks[other] = blocks[other], blocks[one]
            (folder / "entries.jsonl").write_bytes(b"".join(lines))
            (folder / "leaves").write_bytes(b"".join(blocks))
            with pytest.raises(VerificationError):
                verify(folder, None)
