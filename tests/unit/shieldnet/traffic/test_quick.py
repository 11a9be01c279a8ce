from __future__ import annotations

from dataclasses import replace

import pysequoia
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysequoia.packet import PacketPile

from shieldnet.keys import KeySpec, key_pair
from shieldnet.traffic.quick import seal
from tests.gnupg import gnupg_home
from tests.unit.shieldnet.gnupg import decrypted
from tests.unit.shieldnet.test_keys import ALGORITHMS, TEXT, described


def both() -> list[KeySpec]:
    return [described("rsa2048"), replace(described("cv25519"), address="d00018@ams.example")]


def opened(message: bytes, spec: KeySpec) -> bytes:
    """Decrypt with the library that `quick` does without."""
    key = pysequoia.Tsk.from_bytes(key_pair(spec).unlocked)
    return bytes(pysequoia.decrypt(message, key.decryptor()).bytes or b"")


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=1, max_size=20_000))
def test_every_recipient_opens_any_content_with_sequoia(content: bytes) -> None:
    message = seal(content, both(), hidden=False)

    assert [opened(message, spec) for spec in both()] == [content, content]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("hidden", [False, True])
def test_gnupg_opens_it_and_finds_it_whole(algorithm: str, hidden: bool) -> None:
    spec = described(algorithm)
    with gnupg_home() as home:
        home.gpg("--import", given=key_pair(spec).secret)
        plaintext, status = decrypted(home, seal(TEXT * 40, [spec], hidden=hidden))

    assert plaintext == TEXT * 40
    assert b"[GNUPG:] GOODMDC" in status


def test_only_hidden_recipients_have_no_key_id() -> None:
    ids = [
        [packet.body[1:9] for packet in PacketPile.from_bytes(message) if packet.body[0] == 3]
        for message in (seal(TEXT, both(), hidden=True), seal(TEXT, both(), hidden=False))
    ]

    assert ids == [
        [bytes(8), bytes(8)],
        [bytes.fromhex(key_pair(spec).subkey)[-8:] for spec in both()],
    ]


def test_lines_end_in_lf_as_those_of_other_messages() -> None:
    assert b"\r" not in seal(TEXT, both(), hidden=False)
