"""A later head is proved to continue an earlier one, also where the log changed hands."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.custody.proving import SECRET, add, answer, changed, flipped, log_of
from tests.unit.custody.proving import quick as quick
from zegel.custody import check
from zegel.custody.continuity import prove_consistency, read_consistency_proof
from zegel.custody.heads import SignedHead, export_head
from zegel.custody.log import Log
from zegel.errors import UsageError, VerificationError


def moved(folder: Path) -> tuple[SignedHead, bytes]:
    """Make a log that changed hands twice; return the head before, and the proof from it."""
    log = log_of(folder, 3)
    old = log.head()
    add(log, 2, 3)
    for name in ("second", "third"):
        place = folder / "custody"
        log = Log.take_over(place, folder / name, holder=name, who=SECRET)
        add(log, 2)
    return old, prove_consistency(folder / "custody", old).text()


@given(st.integers(1, 40), st.data())
@settings(max_examples=25)
def test_every_earlier_head_of_any_log_is_continued(size: int, data: st.DataObject) -> None:
    before = data.draw(st.integers(1, size))
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: None)
        log = log_of(Path(folder), before)
        old = log.head()
        add(log, size - before, before)
        proof = read_consistency_proof(prove_consistency(Path(folder, "custody"), old).text())

    assert (proof.old, proof.new.size, proof.holders) == (old, size, ())


def test_each_change_of_hands_is_in_the_proof_and_both_readers_follow_it(tmp_path: Path) -> None:
    old, text = moved(tmp_path)
    proof = read_consistency_proof(text)

    assert [one.index for one in proof.holders] == [5, 8]
    assert proof.new.public_key != old.public_key
    assert answer(text) == check.CONSISTENT
    assert answer(text, head=export_head(old)) == check.HOLDS
    assert SECRET.encode() not in text


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("handed_on", [False, True])
def test_every_flipped_bit_of_a_proof_is_found_by_both_readers(
    tmp_path: Path, handed_on: bool
) -> None:
    if handed_on:
        _, text = moved(tmp_path)
    else:
        log = log_of(tmp_path, 3)
        old = log.head()
        add(log, 4, 3)
        text = prove_consistency(tmp_path / "custody", old).text()
    assert answer(text) == check.CONSISTENT
    passed = []
    for place, bit, wrong in flipped(text, 11 if handed_on else 1):
        try:
            read_consistency_proof(wrong)
            passed.append((place, bit, "zegel"))
        except VerificationError:
            pass
        if answer(wrong) != check.FALSE:
            passed.append((place, bit, "alone"))

    assert passed == []


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("holders",), []),
        (("proof",), []),
        (("more",), 1),
        (("format",), "zegel-log-consistency-2"),
        (("old",), {}),
        (("holders",), 7),
        (("proof",), ["00"]),
    ],
)
def test_a_proof_with_something_else_in_it_is_found_by_both_readers(
    tmp_path: Path, path: tuple[str | int, ...], to: object
) -> None:
    wrong = changed(moved(tmp_path)[1], *path, to=to)

    with pytest.raises(VerificationError):
        read_consistency_proof(wrong)
    assert answer(wrong) == check.FALSE


@pytest.mark.usefixtures("quick")
def test_a_change_of_hands_left_out_or_out_of_order_is_found(tmp_path: Path) -> None:
    _, text = moved(tmp_path)
    holders = [one.fields() for one in read_consistency_proof(text).holders]
    for some in (holders[1:], holders[:1], holders[::-1], [*holders, holders[1]]):
        wrong = changed(text, "holders", to=some)
        with pytest.raises(VerificationError):
            read_consistency_proof(wrong)
        assert answer(wrong) == check.FALSE


def test_a_log_made_anew_cannot_be_proved_to_continue_its_old_head(tmp_path: Path) -> None:
    old = log_of(tmp_path).head()
    (tmp_path / "forged").mkdir()
    log_of(tmp_path / "forged", 9)
    with pytest.raises(VerificationError, match="does not continue"):
        prove_consistency(tmp_path / "forged" / "custody", old)


def test_heads_of_two_logs_are_not_one(tmp_path: Path) -> None:
    log_of(tmp_path)
    other = Log.create(tmp_path / "other", tmp_path / "other.key", origin="zegel case x")
    other.append("case made", {})
    with pytest.raises(VerificationError, match="of two logs"):
        prove_consistency(tmp_path / "custody", other.head())


def test_from_nothing_there_is_nothing_to_prove(tmp_path: Path) -> None:
    empty = Log.create(tmp_path / "custody", tmp_path / "key", origin="zegel case x")
    old = empty.head()
    empty.append("case made", {})
    with pytest.raises(UsageError, match="nothing to prove"):
        prove_consistency(tmp_path / "custody", old)
