"""Verification: every byte counts, and nothing more is claimed than is proved."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from zegel.custody.log import Log
from zegel.custody.verify import export_head, read_head, verify
from zegel.errors import VerificationError, ZegelError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "custody"


@pytest.fixture
def log(folder: Path, tmp_path: Path) -> Log:
    log = Log.create(folder, tmp_path / "key.pem", origin="case 26-Example")
    for number in range(3):
        log.append("step", {"number": number}, who="examiner")
    return log


def test_a_log_alone_does_not_exclude_truncation(log: Log, folder: Path) -> None:
    sentence = verify(folder, None).sentence

    assert "3 entries intact" in sentence
    assert "truncation cannot be excluded" in sentence


def test_a_head_held_elsewhere_is_continued(log: Log, folder: Path) -> None:
    held = read_head(export_head(log.head()))
    assert "nothing was added since" in verify(folder, held).sentence
    log.append("later", {})

    sentence = verify(folder, held).sentence
    assert "consistent with a head held elsewhere: entries up to 3" in sentence
    assert "beyond 3, truncation cannot be excluded" in sentence


@pytest.mark.parametrize("bit", [0, 5, 7])
@pytest.mark.parametrize("name", ["entries.jsonl", "leaves", "head.json"])
def test_one_flipped_bit_in_any_byte_fails(log: Log, folder: Path, name: str, bit: int) -> None:
    written = (folder / name).read_bytes()
    for place in range(len(written)):
        flipped = bytearray(written)
        flipped[place] ^= 1 << bit
        (folder / name).write_bytes(flipped)
        with pytest.raises(VerificationError):
            verify(folder, None)

    (folder / name).write_bytes(written)
    verify(folder, None)


def test_every_flipped_byte_of_an_exported_head_fails(log: Log) -> None:
    exported = export_head(log.head()).rstrip()
    for place in range(len(exported)):
        for bit in (0, 5, 7):
            flipped = bytearray(exported)
            flipped[place] ^= 1 << bit
            with pytest.raises(VerificationError):
                read_head(bytes(flipped))


@pytest.mark.parametrize(
    "text", [b"", b"null", b"[" * 9000, b"{}", b"\xff", b"1" * 70000, b'{"size": "9"}']
)
def test_what_is_no_head_is_refused(text: bytes) -> None:
    with pytest.raises(VerificationError, match="not a signed head"):
        read_head(text)


@pytest.mark.parametrize(("name", "unit"), [("entries.jsonl", 1), ("leaves", 32)])
def test_a_file_cut_anywhere_fails(log: Log, folder: Path, name: str, unit: int) -> None:
    written = (folder / name).read_bytes()
    for length in range(0, len(written), unit):
        (folder / name).write_bytes(written[:length])
        with pytest.raises(VerificationError):
            verify(folder, None)


def test_the_first_wrong_entry_is_named(log: Log, folder: Path) -> None:
    lines = (folder / "entries.jsonl").read_bytes().splitlines(keepends=True)
    changed = lines[1].replace(b'"number":1', b'"number":9')
    (folder / "entries.jsonl").write_bytes(lines[0] + changed + lines[2])
    with pytest.raises(VerificationError, match="entry 1 of the log does not fit its leaf"):
        verify(folder, None)


def test_two_entries_swapped_are_noticed(log: Log, folder: Path) -> None:
    lines = (folder / "entries.jsonl").read_bytes().splitlines(keepends=True)
    leaves = (folder / "leaves").read_bytes()
    (folder / "entries.jsonl").write_bytes(lines[1] + lines[0] + lines[2])
    (folder / "leaves").write_bytes(leaves[32:64] + leaves[:32] + leaves[64:])
    with pytest.raises(VerificationError, match="entry 0 "):
        verify(folder, None)


def test_an_entry_replaced_with_its_leaf_is_narrowed_to_a_signed_subtree(
    log: Log, folder: Path, tmp_path: Path
) -> None:
    other = Log.create(tmp_path / "other", tmp_path / "other.pem", origin="case 26-Example")
    for number in range(3):
        other.append("step", {"number": number}, who="examiner")
    for name, length in (("entries.jsonl", None), ("leaves", 32)):
        mine, theirs = (folder / name).read_bytes(), (tmp_path / "other" / name).read_bytes()
        cut = length or mine.index(b"\n") + 1
        swap = length or theirs.index(b"\n") + 1
        (folder / name).write_bytes(theirs[:swap] + mine[cut:])
    with pytest.raises(VerificationError, match="entries 0 to 1 is not the one that was signed"):
        verify(folder, None)


def test_a_log_cut_back_to_an_older_state_fails_against_a_newer_head(
    log: Log, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "older")
    log.append("to be hidden", {})
    verify(tmp_path / "older", None)  # it is whole: only a head held elsewhere tells
    with pytest.raises(VerificationError, match=r"truncated.*entry 3 is the first"):
        verify(tmp_path / "older", log.head())


def test_a_past_rewritten_with_the_logs_own_key_fails_against_a_head_held_elsewhere(
    log: Log, folder: Path, tmp_path: Path
) -> None:
    held = log.head()
    shutil.rmtree(folder)
    rewritten = Log.create(folder, tmp_path / "key.pem", origin="case 26-Example")
    for number in (0, 7, 2, 3):
        rewritten.append("step", {"number": number}, who="examiner")
    verify(folder, None)
    with pytest.raises(VerificationError, match="before entry 3"):
        verify(folder, held)


def test_the_head_of_another_log_does_not_vouch(log: Log, folder: Path, tmp_path: Path) -> None:
    other = Log.create(tmp_path / "other", tmp_path / "key.pem", origin="another case")
    with pytest.raises(VerificationError, match="another log"):
        verify(folder, other.head())


def test_an_empty_log_verifies_and_is_continued(folder: Path, tmp_path: Path) -> None:
    log = Log.create(folder, tmp_path / "key.pem", origin="new")
    held = log.head()
    assert verify(folder, held).head.size == 0
    log.append("first", {})

    assert verify(folder, held).head.size == 1


def test_bytes_of_an_interrupted_entry_are_said_not_counted(log: Log, folder: Path) -> None:
    with (folder / "entries.jsonl").open("ab") as file:
        file.write(b'{"act":"st')
    result = verify(folder, log.head())

    assert (result.head.size, result.unfinished_bytes) == (3, 10)
    assert "10 bytes of an interrupted entry do not count" in result.sentence


def test_extra_leaves_or_entries_behind_the_head_fail(log: Log, folder: Path) -> None:
    with (folder / "leaves").open("ab") as file:
        file.write(bytes(32))
    with pytest.raises(VerificationError, match="more lies behind"):
        verify(folder, None)


def test_a_missing_file_is_a_clear_error(log: Log, folder: Path) -> None:
    (folder / "leaves").unlink()
    with pytest.raises(ZegelError, match="cannot be read"):
        verify(folder, None)


def test_a_log_verifies_by_its_description_alone(log: Log, folder: Path) -> None:
    """Forty lines of the standard library and a bare Ed25519: written from the description."""
    import hmac

    leaves = []
    for line in (folder / "entries.jsonl").read_text().splitlines():
        entry = json.loads(line)
        fields = {"act": entry["act"], "index": entry["index"], "time": entry["time"]}
        fields |= {"who": entry["who"]} | {f"facts/{k}": v for k, v in entry["facts"].items()}
        commitments = sorted(
            hashlib.sha256(
                hmac.new(bytes.fromhex(entry["salt"]), name.encode(), "sha256").digest()
                + json.dumps([name, value], separators=(",", ":")).encode()
            ).digest()
            for name, value in fields.items()
        )
        leaf = b"\x00zegel-log-entry-1\n" + b"".join(commitments)
        leaves.append(hashlib.sha256(leaf).digest())
    pair = hashlib.sha256(b"\x01" + leaves[0] + leaves[1]).digest()
    root = hashlib.sha256(b"\x01" + pair + leaves[2]).digest()
    head = json.loads((folder / "head.json").read_text())["head"]
    signature = bytes.fromhex(head.pop("signature"))
    signed = json.dumps(head, separators=(",", ":"), sort_keys=True).encode()
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(head["public_key"])).verify(signature, signed)

    assert (root.hex(), 3) == (head["root"], head["size"])
    assert b"".join(leaves) == (folder / "leaves").read_bytes()
