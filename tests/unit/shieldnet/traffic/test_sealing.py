from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysequoia.packet import PacketPile

from shieldnet.keys import KeySpec
from shieldnet.traffic.sealing import cut_short, flip, possible, seal
from tests.unit.shieldnet.test_keys import TEXT, described

MAIL = b"Subject: ...\n\n" + seal(
    TEXT * 4, [described("cv25519")], described("cv25519"), "good", hidden=False
)


def recipients() -> list[KeySpec]:
    return [described("rsa2048"), described("cv25519")]


def key_ids(message: bytes) -> list[bytes]:
    return [packet.body[1:9] for packet in PacketPile.from_bytes(message) if packet.body[0] == 3]


def test_hidden_recipients_have_no_key_id() -> None:
    sealed = seal(TEXT, recipients(), described("cv25519"), "none", hidden=True)

    assert key_ids(sealed) == [bytes(8), bytes(8)]


def test_other_recipients_have_one() -> None:
    sealed = seal(TEXT, recipients(), described("cv25519"), "none", hidden=False)

    assert bytes(8) not in key_ids(sealed)


@given(st.integers())
def test_a_flip_changes_one_character_of_the_armoured_text(seed: int) -> None:
    flipped = flip(MAIL, random.Random(seed))
    changed = [
        place for place, pair in enumerate(zip(MAIL, flipped, strict=True)) if len({*pair}) > 1
    ]

    assert len(changed) == 1
    assert MAIL.index(b"\n\n", 20) < changed[0] < MAIL.index(b"-----END")


@given(st.integers())
def test_a_mail_cut_short_is_its_own_beginning_without_an_end_line(seed: int) -> None:
    cut = cut_short(MAIL, random.Random(seed))

    assert MAIL.startswith(cut)
    assert b"-----END" not in cut
    assert len(MAIL) - len(cut) < 120


@pytest.mark.parametrize(
    ("asked", "revoked", "algorithm", "made"),
    [
        ("good", None, "cv25519", "good"),
        ("good", 1_450_000_000, "cv25519", "none"),
        ("bad", None, "rsa2048", "good"),
        ("bad", None, "cv25519", "bad"),
        ("unknown signer", 1_450_000_000, "rsa2048", "unknown signer"),
    ],
)
def test_a_key_makes_only_signatures_it_can_make(
    asked: str, revoked: int | None, algorithm: str, made: str
) -> None:
    spec = KeySpec(address="", algorithm=algorithm, created=0, seed=b"", revoked=revoked)

    assert possible(asked, spec) == made
