"""An investigation's folder: whole or not there, the same root for the same, and tamper shows."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zegel.errors import CaseError, UsageError, VerificationError
from zegel.investigation import Draft, Investigation, PortionWriter
from zegel.investigation.folder import digest_of_rows
from zegel.investigation.leaves import (
    commitment,
    derive_secret,
    field_salt,
    fields_of,
    leaf_of,
    message_leaf,
)
from zegel.investigation.schemas import CIPHERTEXTS, MESSAGES, PLACES

ORDER = b'number = "LB-1"\n'
TEXT = b"meet at the quay"
RAW = b"From: a@b.example\n\n-----BEGIN PGP MESSAGE-----\n"
EMPTY = digest_of_rows(iter(()))


def digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def header() -> dict[str, Any]:
    return {
        "training": True,
        "order": {"sha256": digest(ORDER).hex()},
        "tables": {"keys": EMPTY, "holdings": EMPTY},
    }


def fill(draft: Draft, count: int, secret: bytes = b"s" * 32, cut: int = 1) -> None:
    """Add messages in two portions, as two processes write them."""
    for members in (range(min(cut, count)), range(min(cut, count), count)):
        place = draft.unfinished / "portion"
        writer = PortionWriter(place, secret=secret)
        add_messages(writer, members)
        draft.add_portion(writer.finish())
        shutil.rmtree(place)


def add_messages(portion: PortionWriter, numbers: range) -> None:
    for number in numbers:
        identity = bytes([number]) * 32
        message = {
            "number": number,
            "message": identity,
            "text": TEXT.decode(),
            "state": "readable",
        }
        place = {
            "message": identity,
            "stored_id": identity,
            "path": b"mail/\xff",
            "raw_sha256": digest(RAW),
            "raw_length": len(RAW),
            "raw_at": portion.pack.add(RAW),
        }
        block = {
            "message": identity,
            "content_id": digest(identity),
            "session_key": b"k" * 32,
            "plaintext_sha256": digest(TEXT),
            "plaintext_length": len(TEXT),
            "plaintext_at": portion.pack.add(TEXT),
        }
        portion.add_message(*as_read(message, [place], [block]))


def as_read(
    message: dict[str, Any], places: list[Any], blocks: list[Any]
) -> tuple[dict[str, Any], list[Any], list[Any], list[Any]]:
    """Give rows the columns they will have when they are read back."""

    def whole(row: dict[str, Any], names: list[str]) -> dict[str, Any]:
        return {name: row.get(name) for name in names}

    return (
        whole(message, MESSAGES.names),
        [whole(row, PLACES.names) for row in places],
        [whole(row, CIPHERTEXTS.names) for row in blocks],
        [],
    )


def make(folder: Path, count: int = 3, secret: bytes = b"s" * 32, cut: int = 1) -> Investigation:
    with Draft(folder, secret=secret, order=ORDER) as draft:
        fill(draft, count, secret, cut)
        draft.close_tables()
        draft.seal(header(), key_file=folder.with_suffix(".key"), origin="test", who="me")
        draft.publish()
    return Investigation.open(folder)


def test_what_was_sealed_is_found_whole(tmp_path: Path) -> None:
    made = make(tmp_path / "inv")
    made.check()

    assert (made.messages, made.order, made.training) == (3, ORDER, True)


def test_the_same_messages_under_the_same_secret_have_the_same_root(tmp_path: Path) -> None:
    first, second = make(tmp_path / "a"), make(tmp_path / "b")
    other = make(tmp_path / "c", secret=b"t" * 32)

    assert first.root == second.root
    assert first.root != other.root


def test_equal_bytes_are_packed_once(tmp_path: Path) -> None:
    made = make(tmp_path / "inv")

    assert (made.folder / "bytes.pack").read_bytes() == RAW + TEXT


def test_the_folder_is_the_same_however_its_messages_were_cut(tmp_path: Path) -> None:
    parts = [make(tmp_path / str(cut), 5, cut=cut) for cut in range(6)]
    for part in parts:
        part.check()

    assert len({part.root for part in parts}) == 1
    for name in ("places", "ciphertexts"):
        assert all(list(part.rows(name)) == list(parts[0].rows(name)) for part in parts)


def test_a_draft_that_is_left_leaves_nothing(tmp_path: Path) -> None:
    with Draft(tmp_path / "inv", secret=b"s" * 32, order=ORDER) as draft:
        fill(draft, 2)

    assert list(tmp_path.iterdir()) == []


def test_an_investigation_is_never_written_over_another(tmp_path: Path) -> None:
    make(tmp_path / "inv")

    with pytest.raises(UsageError):
        Draft(tmp_path / "inv", secret=b"s" * 32, order=ORDER)


def test_messages_come_in_order_and_once(tmp_path: Path) -> None:
    with Draft(tmp_path / "inv", secret=b"s" * 32, order=ORDER) as draft:
        fill(draft, 1)
        with pytest.raises(ValueError, match="order"):
            fill(draft, 1)


@pytest.mark.parametrize(
    "content", [b"{}", b'{"version": 9, "header": {}, "messages": 0, "root": ""}', b"[" * 9000]
)
def test_a_damaged_description_is_said_so(tmp_path: Path, content: bytes) -> None:
    made = make(tmp_path / "inv")
    (made.folder / "investigation.json").write_bytes(content)

    with pytest.raises((CaseError, VerificationError), match=r"investigation\.json|version 9"):
        Investigation.open(made.folder)


def test_where_there_is_none_the_answer_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="zegel grant"):
        Investigation.open(tmp_path)


def parts_that_are_sealed(folder: Path) -> list[Path]:
    tables = [
        folder / "tables" / f"{name}.parquet" for name in ("messages", "places", "ciphertexts")
    ]
    return [folder / "bytes.pack", folder / "order.toml", folder / "secret", *tables]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_one_flipped_byte_of_what_is_sealed_is_never_taken_for_it(
    tmp_path: Path, data: st.DataObject
) -> None:
    """Parquet keeps bytes that mean nothing (padding, statistics): a change of those is none."""
    shutil.rmtree(tmp_path / "inv", ignore_errors=True)
    made = make(tmp_path / "inv", 2)
    rows = {name: list(made.rows(name)) for name in ("messages", "places", "ciphertexts")}
    path = data.draw(st.sampled_from(parts_that_are_sealed(made.folder)))
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(content))
    try:
        made.check()
    except (VerificationError, OSError, ValueError):
        return

    assert rows == {name: list(made.rows(name)) for name in rows}


def test_the_number_people_know_a_message_by_is_sealed_too() -> None:
    numbers = [fields_of({"message": b"m", "number": n}, [], [], []) for n in (1, 2)]

    assert message_leaf(b"s", b"m", numbers[0]) != message_leaf(b"s", b"m", numbers[1])


def test_rows_added_to_a_table_are_found_out(tmp_path: Path) -> None:
    made, larger = make(tmp_path / "inv", 2), make(tmp_path / "larger", 3)
    for name in ("messages", "places", "ciphertexts"):
        shutil.copy(larger.table(name), made.table(name))

    with pytest.raises(VerificationError):
        made.check()


def test_rows_of_no_message_are_found_out(tmp_path: Path) -> None:
    made, larger = make(tmp_path / "inv", 2), make(tmp_path / "larger", 3)
    shutil.copy(larger.table("ciphertexts"), made.table("ciphertexts"))

    with pytest.raises(VerificationError):
        made.check()


def test_the_description_holds_no_content_and_no_secret(tmp_path: Path) -> None:
    made = make(tmp_path / "inv")
    description = (made.folder / "investigation.json").read_bytes()

    assert TEXT not in description
    assert b"73" * 32 not in description
    assert set(json.loads(description)) == {"format", "version", "header", "messages", "root"}


def test_a_leaf_can_be_made_from_some_fields_and_the_commitments_of_the_rest() -> None:
    fields = {"text": "a", "subject": "b", "clock_ns": 7}
    secret, message = b"s" * 32, b"m" * 32
    whole = message_leaf(secret, message, fields)
    hidden = commitment("text", "a", field_salt(secret, message, "text"))
    shown = [
        commitment(name, fields[name], field_salt(secret, message, name))
        for name in ("subject", "clock_ns")
    ]

    assert leaf_of(message, [hidden, *shown]) == whole
    assert leaf_of(b"n" * 32, [hidden, *shown]) != whole


def test_a_session_key_is_a_field_of_its_own() -> None:
    block = {"content_id": b"\1" * 32, "session_key": b"\2" * 32, "kind": "seipd1"}
    fields = fields_of({"message": b"m"}, [], [block], [])

    assert fields == {
        f"session-key/{'01' * 32}": "02" * 32,
        f"ciphertext/{'01' * 32}": {"content_id": "01" * 32, "kind": "seipd1"},
    }


def test_another_order_or_state_gives_another_secret() -> None:
    secrets = {
        derive_secret(case, order, state)
        for case in (b"c" * 32, b"d" * 32)
        for order in (b"1", b"2")
        for state in (b"3", b"4")
    }

    assert len(secrets) == 8
