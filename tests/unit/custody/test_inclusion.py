"""One entry is proved to somebody without the log: what is not shown stays closed."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.custody.proving import ORIGIN, SECRET, add, answer, changed, flipped, log_of
from tests.unit.custody.proving import quick as quick
from zegel.custody import check
from zegel.custody.heads import export_head, sign_head
from zegel.custody.inclusion import EntryProof, Included, prove_entry, read_entry_proof
from zegel.custody.keys import load_key
from zegel.custody.log import Log
from zegel.custody.proofs import Proofs
from zegel.errors import UsageError, VerificationError

NAMES = ("act", "facts/query", "facts/results", "facts/shown", "time", "who")


def test_a_proof_shows_what_was_asked_for_and_holds_for_both_readers(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    text = prove_entry(tmp_path / "custody", 3, ["who", "facts/results"]).text()
    proof = read_entry_proof(text)

    shown = {name: value for name, (value, _) in proof.entry.shown.fields.items()}
    assert shown == {"index": 3, "who": "de vries", "facts/results": 3}
    assert answer(text) == check.CONSISTENT
    assert answer(text, head=export_head(log.head())) == check.HOLDS


def test_a_proof_tells_nothing_of_what_it_does_not_show(tmp_path: Path) -> None:
    log_of(tmp_path)
    text = prove_entry(tmp_path / "custody", 3, ["facts/results"]).text()
    fields = json.loads(text)

    assert not any(word in text for word in (SECRET.encode(), b"jansen", b"de vries", b"search"))
    salts = {entry.salt.hex().encode() for entry in Log.open(tmp_path / "custody", None).entries()}
    assert not any(salt in text for salt in salts)
    assert set(fields["fields"]) == {"index", "facts/results"}


def test_proofs_of_two_investigations_share_nothing_but_their_form(tmp_path: Path) -> None:
    """Entries alike in every word, of two logs: no commitment and no node of one is the other's."""
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        log_of(tmp_path / name)
        proof = prove_entry(tmp_path / name / "custody", 3, []).entry
        found.append({*proof.shown.hidden, *proof.path})

    assert found[0].isdisjoint(found[1])


@pytest.mark.usefixtures("quick")
def test_every_flipped_bit_of_a_proof_is_found_by_both_readers(tmp_path: Path) -> None:
    log_of(tmp_path, 5)
    text = prove_entry(tmp_path / "custody", 2, ["facts/shown"]).text()
    assert answer(text) == check.CONSISTENT
    passed = []
    for place, bit, wrong in flipped(text):
        try:
            read_entry_proof(wrong)
            passed.append((place, bit, "zegel"))
        except VerificationError:
            pass
        if answer(wrong) != check.FALSE:
            passed.append((place, bit, "alone"))

    assert passed == []


@given(st.integers(1, 40), st.data())
@settings(max_examples=25)
def test_any_entry_of_any_log_is_proved_under_any_head_that_reaches_it(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: None)
        log = log_of(Path(folder), index + 1)
        under = log.head()
        add(log, size - index - 1, index + 1)
        place = Path(folder, "custody")

        newest = read_entry_proof(prove_entry(place, index, NAMES).text())
        earlier = read_entry_proof(prove_entry(place, index, NAMES, under=under).text())
        assert (newest.head.size, earlier.head) == (size, under)
        assert newest.entry.shown == earlier.entry.shown


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("index",), 3),
        (("fields", "index", 1), 3),
        (("fields", "who", 1), "somebody else"),
        (("hidden",), []),
        (("proof",), []),
        (("head", "size"), 8),
        (("head", "origin"), "zegel investigation 27"),
        (("format",), "zegel-log-proof-2"),
        (("more",), 1),
        (("fields", "more"), ["00" * 32, 1]),
        (("index",), True),
        (("fields",), {}),
        (("head",), {}),
        (("proof",), ["00"]),
    ],
)
def test_a_proof_with_something_else_in_it_is_found_by_both_readers(
    tmp_path: Path, path: tuple[str | int, ...], to: object
) -> None:
    log_of(tmp_path)
    wrong = changed(prove_entry(tmp_path / "custody", 1, ["who"]).text(), *path, to=to)

    with pytest.raises(VerificationError):
        read_entry_proof(wrong)
    assert answer(wrong) == check.FALSE


@pytest.mark.usefixtures("quick")
def test_an_entry_that_an_owner_put_in_another_place_is_found_by_both_readers(
    tmp_path: Path,
) -> None:
    """The owner signs a tree in which entry 3 stands in the fifth place."""
    log = log_of(tmp_path)
    third = list(log.entries())[3]
    leaves = [entry.leaf() for entry in log.entries()]
    tree = Proofs([*leaves[:5], third.leaf(), *leaves[6:]])
    head = sign_head(load_key(tmp_path / "key"), origin=ORIGIN, size=7, root=tree.root, time_ns=1)
    moved = Included(shown=third.show({"index"}), index=5, path=tree.proof(5))
    text = EntryProof(entry=moved, head=head).text()

    with pytest.raises(VerificationError, match="not that of the place named"):
        read_entry_proof(text)
    assert answer(text) == check.FALSE


@pytest.mark.usefixtures("quick")
def test_commitments_in_another_order_are_found_by_both_readers(tmp_path: Path) -> None:
    log_of(tmp_path)
    text = prove_entry(tmp_path / "custody", 1, ["who"]).text()
    wrong = changed(text, "hidden", to=json.loads(text)["hidden"][::-1])

    with pytest.raises(VerificationError):
        read_entry_proof(wrong)
    assert answer(wrong) == check.FALSE


def test_a_field_the_entry_has_not_is_named(tmp_path: Path) -> None:
    log_of(tmp_path)
    with pytest.raises(UsageError, match="no field 'facts/colour'"):
        prove_entry(tmp_path / "custody", 1, ["facts/colour"])


@pytest.mark.parametrize("index", [-1, 7, 10**9])
def test_an_entry_that_is_not_there_is_a_usage_error(tmp_path: Path, index: int) -> None:
    log_of(tmp_path)
    with pytest.raises(UsageError, match="no entry"):
        prove_entry(tmp_path / "custody", index)


def test_nothing_is_proved_under_a_head_the_log_does_not_continue(tmp_path: Path) -> None:
    log_of(tmp_path)
    (tmp_path / "other").mkdir()
    other = log_of(tmp_path / "other").head()
    assert other.origin == ORIGIN
    with pytest.raises(VerificationError, match="does not continue"):
        prove_entry(tmp_path / "custody", 1, under=other)


def test_an_opening_that_was_changed_is_not_proved(tmp_path: Path) -> None:
    log_of(tmp_path)
    entries = tmp_path / "custody" / "entries.jsonl"
    entries.write_bytes(entries.read_bytes().replace(b"de vries", b"de vrees"))
    with pytest.raises(VerificationError, match="not the one that the head commits to"):
        prove_entry(tmp_path / "custody", 3)
