"""One log stands for another: nothing is vouched for that was not, and no anchor is forgotten."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.custody.test_forged_holders import entry, rebuilt
from zegel.canonical import canonical_json
from zegel.custody.acts import ANCHORED, VOUCHED
from zegel.custody.heads import SignedHead, sign_head
from zegel.custody.keys import load_key
from zegel.custody.log import Log
from zegel.custody.verify import verify
from zegel.custody.vouchers import export_voucher, read_voucher
from zegel.custody.vouching import verify_vouched
from zegel.errors import UsageError, VerificationError

ORIGIN = "zegel investigation 26-Example"
NAME = "investigation 26-Example"


class Two:
    """A case's log and an investigation's, as a grant makes them."""

    def __init__(self, folder: Path) -> None:
        self.keys = folder / "keys"
        self.case_folder, self.folder = folder / "case", folder / "investigation"
        self.case = Log.create(self.case_folder, self.keys / "case", origin="zegel case x")
        self.log = Log.create(self.folder, self.keys / "first", origin=ORIGIN)
        self.case.append("case made", {}, who="examiner")
        self.index = self.case.vouch(ORIGIN, self.log.head().public_key, NAME, who="examiner")

    def read(self, count: int = 1) -> SignedHead:
        """Do something in the investigation, and return its head."""
        for number in range(count):
            self.log.append("message read", {"number": number}, who="jansen")
        return self.log.head()

    def moves(self, key: str = "second", holder: str = "De Vries") -> None:
        """Let a new holder go on with it, where its key is not."""
        self.log = Log.take_over(self.folder, self.keys / key, holder=holder, who="vries")

    def verified(self) -> str:
        return verify_vouched(self.folder, self.case_folder).sentence


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(tmp_path)


def test_a_log_that_was_handed_out_is_vouched_for_by_the_case(two: Two) -> None:
    two.read(2)
    sentence = two.verified()

    assert f"vouched for by entry 1 of the case's log as '{NAME}'" in sentence
    assert "no head of it is anchored there, so truncation cannot be excluded" in sentence


def test_an_anchored_head_excludes_truncation_before_it(two: Two) -> None:
    two.case.anchor(two.read(3), who="examiner")
    assert "1 heads anchored there, the last of 3 entries" in two.verified()
    assert "truncation cannot be excluded" not in two.verified().partition(" The case's log")[0]
    two.read()

    assert "beyond 3, truncation cannot be excluded" in two.verified()


def test_what_is_written_says_whose_key_and_which_head(two: Two) -> None:
    head = two.read()
    index = two.case.anchor(head, who="examiner")

    made, vouched, anchored = two.case.entries()
    assert (made.act, vouched.act, anchored.act) == ("case made", VOUCHED, ANCHORED)
    assert vouched.facts == {"log": ORIGIN, "name": NAME, "public_key": head.public_key.hex()}
    assert anchored.facts == {"head": head.fields()}
    assert (two.index, index, anchored.who) == (1, 2, "examiner")


def test_a_log_nobody_vouches_for_fails(two: Two, tmp_path: Path) -> None:
    Log.create(tmp_path / "other", tmp_path / "other.key", origin="zegel investigation 27")
    with pytest.raises(VerificationError, match="vouches for no key"):
        verify_vouched(tmp_path / "other", two.case_folder)


def test_a_log_made_anew_under_another_key_fails(two: Two) -> None:
    two.read(2)
    shutil.rmtree(two.folder)
    Log.create(two.folder, two.keys / "forged", origin=ORIGIN).append("message read", {})
    verify(two.folder, None)
    with pytest.raises(VerificationError, match="for which the case's log does not vouch"):
        two.verified()


def test_a_log_made_anew_under_its_own_key_fails_once_a_head_was_anchored(two: Two) -> None:
    two.case.anchor(two.read(2))
    shutil.rmtree(two.folder)
    two.log = Log.create(two.folder, two.keys / "first", origin=ORIGIN)
    two.read(2)
    with pytest.raises(VerificationError, match=r"entry 2 of the case's log anchors"):
        two.verified()


def test_a_log_cut_before_its_anchor_fails(two: Two, tmp_path: Path) -> None:
    two.read()
    shutil.copytree(two.folder, tmp_path / "older")
    two.case.anchor(two.read(2))
    verify(tmp_path / "older", None)
    with pytest.raises(VerificationError, match="truncated: the head that entry 2 of the case's"):
        verify_vouched(tmp_path / "older", two.case_folder)


def test_a_new_holder_is_named_until_the_case_vouches_for_the_key(two: Two) -> None:
    two.case.anchor(two.read(2))
    two.moves()
    two.read()
    assert "of 'De Vries' (account 'vries'), vouched for by nobody" in two.verified()
    two.case.vouch(ORIGIN, two.log.head().public_key, "De Vries, laboratory North")
    two.case.anchor(two.log.head())

    sentence = two.verified()
    assert "vouched for by entry 3 of the case's log as 'De Vries, laboratory North'" in sentence
    assert "nobody" not in sentence
    assert "2 heads anchored there, the last of 4 entries" in sentence


def test_a_head_by_a_key_nobody_vouched_for_is_not_anchored(two: Two) -> None:
    two.read()
    two.moves()
    with pytest.raises(VerificationError, match="does not vouch for key"):
        two.case.anchor(two.log.head())

    assert two.case.head().size == 2


def test_a_head_whose_signature_is_wrong_is_not_anchored(two: Two) -> None:
    head = two.read()
    forged = SignedHead(
        origin=head.origin,
        size=head.size,
        root=bytes(32),
        time_ns=head.time_ns,
        public_key=head.public_key,
        signature=head.signature,
    )
    with pytest.raises(VerificationError, match="signature"):
        two.case.anchor(forged)


def test_a_shorter_log_or_another_past_is_not_anchored_again(two: Two) -> None:
    short = two.read()
    two.case.anchor(two.read())
    with pytest.raises(VerificationError, match="contradicts the head of 2 that entry 2 anchors"):
        two.case.anchor(short)
    other = sign_head(
        load_key(two.keys / "first"), origin=ORIGIN, size=2, root=bytes(32), time_ns=1
    )
    with pytest.raises(VerificationError, match="contradicts"):
        two.case.anchor(other)

    assert two.case.anchor(two.log.head()) == 3


@pytest.mark.parametrize(("key", "name"), [(bytes(31), "x"), (bytes(32), " ")])
def test_what_is_no_key_or_has_no_name_is_not_vouched_for(two: Two, key: bytes, name: str) -> None:
    with pytest.raises(UsageError):
        two.case.vouch(ORIGIN, key, name)


def test_vouching_for_one_log_does_not_vouch_for_another(two: Two, tmp_path: Path) -> None:
    """The same key, another origin."""
    other = Log.create(tmp_path / "other", two.keys / "first", origin="another")
    with pytest.raises(VerificationError, match="does not vouch"):
        two.case.anchor(other.head())


def test_each_investigation_stands_by_its_own_anchors(two: Two, tmp_path: Path) -> None:
    other = Log.create(tmp_path / "other", tmp_path / "other.key", origin="the other")
    two.case.vouch("the other", other.head().public_key, "the other")
    for number in range(4):
        other.append("message read", {"number": number})
    two.case.anchor(other.head())
    two.case.anchor(two.read())

    assert "1 heads anchored there, the last of 1 entries" in two.verified()
    theirs = verify_vouched(tmp_path / "other", two.case_folder)
    assert theirs.anchored == other.head()


def test_an_anchor_before_its_voucher_fails(two: Two) -> None:
    """Entries in an order that the log itself never writes."""
    head = two.read()
    made, vouched = two.case.entries()
    anchored = entry(1, ANCHORED, head=head.fields())
    later = entry(2, VOUCHED, **vouched.facts)
    rebuilt(two.case_folder, [made, anchored, later], load_key(two.keys / "case"))
    with pytest.raises(VerificationError, match="no entry before vouches for"):
        two.verified()


@pytest.mark.parametrize(
    ("act", "facts"),
    [
        (VOUCHED, {"log": ORIGIN, "name": NAME}),
        (VOUCHED, {"log": ORIGIN, "name": NAME, "public_key": "00" * 31}),
        (VOUCHED, {"log": ORIGIN, "name": NAME, "public_key": "AA" * 32}),
        (VOUCHED, {"log": ORIGIN, "name": NAME, "public_key": "00" * 32, "more": 1}),
        (ANCHORED, {}),
        (ANCHORED, {"head": None}),
        (ANCHORED, {"head": {"size": 1}}),
    ],
)
def test_an_entry_that_says_so_and_is_none_fails(
    two: Two, act: str, facts: dict[str, object]
) -> None:
    entries = [*two.case.entries(), entry(2, act, **facts)]
    rebuilt(two.case_folder, entries, load_key(two.keys / "case"))
    with pytest.raises(VerificationError, match="and is none"):
        two.verified()


@pytest.mark.parametrize("which", ["case", "investigation"])
@pytest.mark.parametrize("name", ["entries.jsonl", "leaves", "head.json"])
def test_one_flipped_bit_in_any_byte_of_either_log_fails(two: Two, which: str, name: str) -> None:
    two.case.anchor(two.read(2))
    two.moves()
    two.case.vouch(ORIGIN, two.log.head().public_key, "De Vries")
    two.case.anchor(two.log.head())
    two.verified()
    path = (two.case_folder if which == "case" else two.folder) / name
    written = path.read_bytes()
    for place in range(len(written)):
        flipped = bytearray(written)
        flipped[place] ^= 1 << place % 7
        path.write_bytes(flipped)
        with pytest.raises(VerificationError):
            two.verified()


@given(st.data())
@settings(deadline=None, max_examples=25)
def test_whatever_happens_in_turn_both_logs_verify_and_every_cut_behind_an_anchor_shows(
    data: st.DataObject,
) -> None:
    steps = data.draw(st.lists(st.sampled_from(("read", "move", "anchor")), max_size=10))
    with tempfile.TemporaryDirectory() as name:
        two = Two(Path(name))
        copies, anchored = [], 0
        for number, step in enumerate(steps):
            if step == "read":
                two.read()
            elif step == "move":
                two.moves(f"key {number}", f"holder {number}")
                two.case.vouch(ORIGIN, two.log.head().public_key, f"holder {number}")
            else:
                two.case.anchor(two.log.head())
                anchored = two.log.head().size
            copies.append((two.log.head().size, Path(name) / f"copy {number}"))
            shutil.copytree(two.folder, copies[-1][1])

        result = verify_vouched(two.folder, two.case_folder)
        assert len(result.log.segments) == 1 + steps.count("move")
        assert all(one.vouched_by for one in result.log.segments)
        assert (result.anchored.size if result.anchored else 0) == anchored
        for size, copy in copies:
            if size >= anchored:
                verify_vouched(copy, two.case_folder)
            else:
                with pytest.raises(VerificationError, match="truncated"):
                    verify_vouched(copy, two.case_folder)


# Vouchers: what travels with the folder.


def test_a_voucher_shows_whose_log_it_is_without_the_case(two: Two) -> None:
    for number in range(5):
        two.case.append("ledger read", {"number": number})
    text = export_voucher(two.case_folder, two.index)
    voucher = read_voucher(text)

    assert (voucher.vouched.log, voucher.vouched.name) == (ORIGIN, NAME)
    assert voucher.vouched.public_key == two.log.head().public_key
    assert voucher.by == two.case.head()
    assert f"is vouched for as '{NAME}' by entry 1 of 'zegel case x'" in voucher.sentence
    # Of the case's other entries it tells nothing but how many there are.
    assert b"ledger" not in text
    assert b"case made" not in text


def test_every_flipped_bit_of_a_voucher_fails(two: Two) -> None:
    two.case.append("ledger read", {})
    text = export_voucher(two.case_folder, two.index)
    read_voucher(text)
    for place in range(len(text)):
        for bit in (0, 3, 6):
            flipped = bytearray(text)
            flipped[place] ^= 1 << bit
            with pytest.raises(VerificationError):
                read_voucher(bytes(flipped))


@pytest.mark.parametrize(
    "text", [b"", b"null\n", b"[" * 9000, b"{}\n", b"\xff", b"1" * 300_000, b'{"entry":{}}\n']
)
def test_what_is_no_voucher_is_refused(text: bytes) -> None:
    with pytest.raises(VerificationError, match="not a voucher"):
        read_voucher(text)


def test_only_an_entry_that_vouches_is_made_a_voucher(two: Two) -> None:
    for index in (0, -1, 2):
        with pytest.raises(UsageError):
            export_voucher(two.case_folder, index)


def test_no_voucher_is_made_of_a_log_whose_leaves_are_not_those_signed_for(two: Two) -> None:
    leaves = (two.case_folder / "leaves").read_bytes()
    (two.case_folder / "leaves").write_bytes(bytes(32) + leaves[32:])
    with pytest.raises(VerificationError, match="not the one that the head commits to"):
        export_voucher(two.case_folder, two.index)


def test_a_voucher_under_a_head_nobody_signed_is_refused(two: Two) -> None:
    text = json.loads(export_voucher(two.case_folder, two.index))
    text["head"]["signature"] = "00" * 64
    with pytest.raises(VerificationError, match="signature"):
        read_voucher(canonical_json(text) + b"\n")


def test_another_entry_of_the_same_log_does_not_pass_for_a_voucher(two: Two) -> None:
    """A true proof of an entry that vouches for nothing."""
    text = json.loads(export_voucher(two.case_folder, two.index))
    made, vouched = two.case.entries()
    text["entry"] = json.loads(made.line())
    text["proof"] = [vouched.leaf().hex()]
    with pytest.raises(VerificationError, match="not a voucher"):
        read_voucher(canonical_json(text) + b"\n")


def test_a_voucher_signed_by_anybody_names_that_key(two: Two, tmp_path: Path) -> None:
    """It is true in itself: only the key that is known from elsewhere tells it from a real one."""
    forged = Log.create(tmp_path / "forged", tmp_path / "forged.key", origin="zegel case x")
    forged.vouch(ORIGIN, Ed25519PrivateKey.generate().public_key().public_bytes_raw(), NAME)
    voucher = read_voucher(export_voucher(tmp_path / "forged", 0))

    assert voucher.by.public_key != two.case.head().public_key
    assert voucher.by.public_key.hex()[:16] in voucher.sentence
