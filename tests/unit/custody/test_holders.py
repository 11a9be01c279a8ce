"""A log that changes hands: every holder is named, and no boundary hides a change."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.custody.proving import ORIGIN
from tests.unit.custody.test_log import Killed, kill_after
from zegel.canonical import canonical_json
from zegel.custody.acts import NEW_HOLDER, REPAIRED
from zegel.custody.heads import SignedHead, sign_head
from zegel.custody.keys import load_key
from zegel.custody.log import Log
from zegel.custody.verify import export_head, read_head, verify
from zegel.errors import CaseError, UsageError, VerificationError


def key_of(path: Path) -> str:
    return load_key(path).public_key().public_bytes_raw().hex()[:16]


def test_verify_names_every_holder_and_what_each_signed(
    second: Log, folder: Path, tmp_path: Path
) -> None:
    result = verify(folder, None)

    assert [(one.first, one.end, one.holder, one.account) for one in result.segments] == [
        (0, 2, "", ""),
        (2, 4, "De Vries", "vries"),
    ]
    assert result.sentence.startswith(
        "4 entries intact, held by 2 in turn; "
        f"entries 0 to 1 signed by key {key_of(tmp_path / 'first.key')}; "
        f"entries 2 to 3 signed by key {key_of(tmp_path / 'second.key')}"
        " of 'De Vries' (account 'vries'), vouched for by nobody; "
    )


def test_the_first_entry_of_a_segment_carries_the_last_head_of_the_one_before(
    first: Log, folder: Path, tmp_path: Path
) -> None:
    before = first.head()
    Log.take_over(folder, tmp_path / "second.key", holder="De Vries", who="vries")

    *_, entry = first.entries()
    assert (entry.index, entry.act, entry.who) == (2, NEW_HOLDER, "vries")
    assert entry.facts == {
        "before": before.fields(),
        "holder": "De Vries",
        "public_key": load_key(tmp_path / "second.key").public_key().public_bytes_raw().hex(),
    }


def test_a_holder_may_vouch_for_the_next(first: Log, folder: Path, tmp_path: Path) -> None:
    other = Log.create(tmp_path / "x", tmp_path / "second.key", origin="made for its key")
    first.vouch(ORIGIN, other.head().public_key, "De Vries of the other laboratory")
    Log.take_over(folder, tmp_path / "second.key", holder="De Vries", who="vries")

    sentence = verify(folder, None).sentence
    assert "vouched for by entry 2 of this log as 'De Vries of the other laboratory'" in sentence
    assert "nobody" not in sentence


def test_a_holder_cannot_vouch_for_itself(second: Log, folder: Path) -> None:
    second.vouch(ORIGIN, second.head().public_key, "De Vries")

    assert "of 'De Vries' (account 'vries'), vouched for by nobody" in verify(folder, None).sentence


def test_the_holder_before_can_no_longer_write(second: Log, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="another holder"):
        Log.open(folder, tmp_path / "first.key")


def test_it_may_come_back_under_its_first_key(second: Log, folder: Path, tmp_path: Path) -> None:
    Log.take_over(folder, tmp_path / "first.key", holder="Jansen", who="jansen").append("x", {})

    keys = [one.public_key for one in verify(folder, None).segments]
    assert len(keys) == 3
    assert keys[0] == keys[2] != keys[1]


def test_with_the_logs_own_key_nothing_changes_hands(
    first: Log, folder: Path, tmp_path: Path
) -> None:
    Log.take_over(folder, tmp_path / "first.key", holder="Jansen")

    assert first.head().size == 2
    assert len(verify(folder, None).segments) == 1


def test_an_empty_log_changes_hands_too(folder: Path, tmp_path: Path) -> None:
    held = Log.create(folder, tmp_path / "first.key", origin=ORIGIN).head()
    Log.take_over(folder, tmp_path / "second.key", holder="De Vries")

    assert "no entries yet signed by key" in verify(folder, held).sentence


@pytest.mark.parametrize("holder", ["", "  "])
def test_a_new_holder_needs_a_name(first: Log, folder: Path, tmp_path: Path, holder: str) -> None:
    with pytest.raises(UsageError, match="name"):
        Log.take_over(folder, tmp_path / "second.key", holder=holder)


def test_a_log_in_doubt_is_not_taken_over(first: Log, folder: Path, tmp_path: Path) -> None:
    (folder / "leaves").write_bytes(bytes(64))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(VerificationError):
        Log.take_over(folder, tmp_path / "second.key", holder="De Vries")

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert not (tmp_path / "second.key").exists()


@pytest.mark.parametrize("act", ["new holder", "key vouched for", "head anchored", "log repaired"])
def test_no_ordinary_act_may_pass_for_one_of_the_logs_own(first: Log, act: str) -> None:
    with pytest.raises(UsageError, match="only the custody log itself"):
        first.append(act, {})


def test_heads_of_either_segment_are_continued(first: Log, folder: Path, tmp_path: Path) -> None:
    held = [first.head()]
    log = Log.take_over(folder, tmp_path / "second.key", holder="De Vries")
    held.append(log.head())
    log.append("x", {})

    for head in held:
        assert verify(folder, read_head(export_head(head))).held == head


def signed_by(path: Path, head: SignedHead) -> SignedHead:
    return sign_head(
        load_key(path), origin=head.origin, size=head.size, root=head.root, time_ns=head.time_ns
    )


def test_a_head_by_the_key_of_another_segment_does_not_vouch(
    second: Log, folder: Path, tmp_path: Path
) -> None:
    """The right root under the wrong key: nobody could have held it."""
    held = second.head()
    verify(folder, held)
    with pytest.raises(VerificationError, match="another key"):
        verify(folder, signed_by(tmp_path / "first.key", held))
    entry = list(second.entries())[2]
    before = read_head(canonical_json(entry.facts["before"]))
    with pytest.raises(VerificationError, match="another key"):
        verify(folder, signed_by(tmp_path / "second.key", before))


# Kills.


def steps_of(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> int:
    with monkeypatch.context() as patch:
        taken = kill_after(patch, 1000)
        act()
        return taken()


def test_a_kill_at_any_step_of_taking_over_lets_either_holder_go_on(
    first: Log, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(folder, tmp_path / "dry")
    steps = steps_of(
        monkeypatch, lambda: Log.take_over(tmp_path / "dry", tmp_path / "dry.key", holder="x")
    )
    assert steps >= 5
    for step in range(steps):
        for back in (False, True):
            log = tmp_path / f"{step}{back}"
            key = tmp_path / f"{step}{back}.key"
            shutil.copytree(folder, log)
            with monkeypatch.context() as patch:
                kill_after(patch, step)
                with pytest.raises(Killed):
                    Log.take_over(log, key, holder="De Vries")
            verify(log, first.head())
            changed = Log.open(log, None).head().public_key != first.head().public_key
            if back and not changed:
                Log.open(log, tmp_path / "first.key").append("next", {})
            else:
                Log.take_over(log, key, holder="De Vries").append("next", {})

            acts = [one.act for one in Log.open(log, None).entries()]
            mine = back and not changed
            assert [act for act in acts if act != REPAIRED] == [
                *["message read"] * 2,
                *([] if mine else [NEW_HOLDER]),
                "next",
            ]
            verify(log, first.head())


def test_what_a_kill_left_of_the_holder_before_is_cut_and_its_digest_kept(
    first: Log, folder: Path, tmp_path: Path
) -> None:
    with (folder / "entries.jsonl").open("ab") as file:
        file.write(b'{"act":"torn')
    Log.take_over(folder, tmp_path / "second.key", holder="De Vries")

    *_, new = first.entries()
    assert (new.facts["unfinished_bytes"], len(str(new.facts["unfinished_sha256"]))) == (12, 64)
    assert verify(folder, None).unfinished_bytes == 0
