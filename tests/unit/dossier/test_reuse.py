"""A session key that opens two ciphertexts is shown for neither."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from zegel.dossier.reuse import check_reuse
from zegel.errors import DisclosureError
from zegel.investigation.schemas import TABLES
from zegel.tables import PartWriter


def identity(number: int) -> bytes:
    return hashlib.sha256(bytes([number])).digest()


def investigation(folder: Path, *blocks: tuple[int, int, bytes | None]) -> Any:
    """Write the ciphertexts of an investigation: message, ciphertext, session key."""
    writer = PartWriter(folder / "tables", TABLES)
    for message, content, key in blocks:
        writer.add(
            "ciphertexts",
            {
                "message": identity(message),
                "content_id": identity(content),
                "kind": "seipd1",
                "session_key": key,
            },
        )
    writer.finish()
    return SimpleNamespace(folder=folder, table=lambda name: folder / "tables" / f"{name}.parquet")


def shown(*messages: int) -> frozenset[bytes]:
    return frozenset(map(identity, messages))


def test_keys_of_one_ciphertext_each_are_counted(tmp_path: Path) -> None:
    inv = investigation(tmp_path, (1, 11, b"a"), (2, 12, b"b"), (3, 13, None), (4, 14, b"c"))

    assert check_reuse(inv, shown(1, 2, 3)) == {
        "disclosed": 2,
        "compared": 3,
        "not testable": 1,
    }


@pytest.mark.parametrize("messages", [(1,), (2,), (1, 2)])
def test_a_key_that_opens_another_ciphertext_refuses_the_export(
    tmp_path: Path, messages: tuple[int, ...]
) -> None:
    inv = investigation(tmp_path, (1, 11, b"same"), (2, 12, b"same"), (3, 13, b"c"))

    with pytest.raises(DisclosureError) as refused:
        check_reuse(inv, shown(*messages))
    assert identity(11).hex()[:16] in str(refused.value)
    assert identity(12).hex()[:16] in str(refused.value)
    assert b"same".hex() not in str(refused.value)


def test_two_messages_that_share_one_ciphertext_share_its_key(tmp_path: Path) -> None:
    inv = investigation(tmp_path, (1, 11, b"a"), (2, 11, b"a"))

    assert check_reuse(inv, shown(1))["disclosed"] == 1


def test_a_key_reused_among_messages_that_are_not_shown_is_no_reason(tmp_path: Path) -> None:
    inv = investigation(tmp_path, (1, 11, b"a"), (2, 12, b"b"), (3, 13, b"b"))

    assert check_reuse(inv, shown(1))["compared"] == 3
