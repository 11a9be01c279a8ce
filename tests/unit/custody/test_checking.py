"""Both readers give the same answers, whatever a reader of a proof knew before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.unit.custody.proving import ORIGIN, add, answer, log_of
from tests.unit.custody.proving import quick as quick
from zegel.custody import check
from zegel.custody.acts import NEW_HOLDER, NewHolder
from zegel.custody.continuity import SHOWN, ConsistencyProof, prove_consistency
from zegel.custody.countersigning import countersign
from zegel.custody.heads import export_head, sign_head
from zegel.custody.inclusion import Included, prove_entry
from zegel.custody.keys import load_key
from zegel.custody.log import Log
from zegel.custody.merkle import consistency_proof
from zegel.custody.proofs import Proofs
from zegel.custody.writing import new_entry
from zegel.errors import VerificationError
from zegel.service import check_proof

pytestmark = pytest.mark.usefixtures("quick")


def by_zegel(text: bytes, head: bytes | None, key: str | None, shown: list[str] | None) -> int:
    """Return the exit code of `zegel custody check`."""
    try:
        checked = check_proof(text, head=head, key=key, shown=shown)
    except VerificationError as error:
        return error.exit_code
    return check.HOLDS if checked["holds"] else check.CONSISTENT


def heads_of_others(folder: Path) -> dict[str, bytes | None]:
    """Return heads of a log with the same acts but made anew, of another log, and of none."""
    (folder / "anew").mkdir()
    log_of(folder / "anew")
    other = Log.create(folder / "other", folder / "other.key", origin="zegel case x")
    other.append("case made", {})
    return {
        "made anew": export_head(Log.open(folder / "anew" / "custody", None).head()),
        "another log's": export_head(other.head()),
        "no head": b"{}\n",
    }


def test_both_readers_answer_alike_for_every_proof_and_everything_known(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    first, place = log.head(), tmp_path / "custody"
    signed = countersign(Ed25519PrivateKey.generate(), first, "Griffie", tmp_path / "seen")
    entry = prove_entry(place, 3, ["facts/shown"]).text()
    add(log, 2)
    heads = {
        "none": None,
        "its own": export_head(first),
        "witnessed": signed.text(),
        "later": export_head(log.head()),
        **heads_of_others(tmp_path),
    }
    keys = {"none": None, "log": first.public_key.hex(), "wrong": "ab" * 32}
    keys["witness"] = signed.public_key.hex()
    proofs = {
        "entry": entry,
        "growth": prove_consistency(place, first).text(),
        "countersigned": signed.text(),
        "cut": entry[:-2],
    }
    found = {
        (kind, held, whose): (answer(text, head=head, key=key), by_zegel(text, head, key, None))
        for kind, text in proofs.items()
        for held, head in heads.items()
        for whose, key in keys.items()
    }

    assert {what: both for what, both in found.items() if both[0] != both[1]} == {}
    assert {both[0] for both in found.values()} == {0, 6, 9}
    assert found["entry", "its own", "none"] == (0, 0)
    assert found["entry", "later", "none"] == (9, 9)
    assert found["growth", "later", "none"] == (0, 0)
    assert found["entry", "made anew", "none"] == (6, 6)
    assert found["countersigned", "none", "witness"] == (0, 0)
    assert found["countersigned", "none", "log"] == (6, 6)


@pytest.mark.parametrize(("names", "code"), [(["3"], 6), ([f"{3:064x}"] * 3, 9)])
def test_both_readers_know_alike_what_was_shown(
    tmp_path: Path, names: list[str], code: int
) -> None:
    log_of(tmp_path)
    text = prove_entry(tmp_path / "custody", 3, ["facts/shown"]).text()

    assert (answer(text, shown=names), by_zegel(text, None, None, names)) == (code, code)


def test_a_holder_whose_sealed_head_nobody_signed_is_found(tmp_path: Path) -> None:
    """Who takes a log over cannot make up the head that seals the segment before."""
    log = log_of(tmp_path, 3)
    old, mine = log.head(), Ed25519PrivateKey.generate()
    public = mine.public_key().public_bytes_raw()
    leaves = [entry.leaf() for entry in log.entries()]
    found = []
    for before in (old, replace(old, signature=bytes(64))):
        new = NewHolder(holder="x", public_key=public, before=before)
        entry = new_entry(3, NEW_HOLDER, new.facts(), "x")
        tree = Proofs([*leaves, entry.leaf()])
        head = sign_head(mine, origin=ORIGIN, size=4, root=tree.root, time_ns=1)
        holder = Included(shown=entry.show({"index", *SHOWN}), index=3, path=tree.proof(3))
        path = consistency_proof([*leaves, entry.leaf()], 3)
        text = ConsistencyProof(old=old, new=head, path=path, holders=(holder,)).text()
        found.append((answer(text), by_zegel(text, None, None, None)))

    assert found == [(9, 9), (6, 6)]


def test_heads_of_two_logs_with_the_same_entries_are_not_one(tmp_path: Path) -> None:
    log = log_of(tmp_path, 3)
    head, key = log.head(), load_key(tmp_path / "key")
    other = sign_head(key, origin="another", size=3, root=head.root, time_ns=1)
    text = ConsistencyProof(old=head, new=other, path=()).text()

    assert (answer(text), by_zegel(text, None, None, None)) == (6, 6)
