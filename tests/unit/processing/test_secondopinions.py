"""The sample is a property of the block, and the secret handed on is the one that opened it."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpgp._openpgp import encrypt_message_with_password_bytes

from tests.unit.openpgp.test_opening import only
from tests.unit.openpgp.writers import TEXT
from zegel.processing.keyring import Keyring
from zegel.processing.secondopinions import FIRST, SecondOpinions, is_sampled
from zegel.processing.unlock import Outcome, Passphrase, Unlocker

PHRASES = [
    Passphrase(value=value, source="given by the examiner")
    for value in (b"", b"anders", b"geheim", b"nog een")
]


@given(st.binary(min_size=32, max_size=32), st.integers(1, 1000))
def test_a_block_of_a_small_sample_is_in_every_larger_one(content: bytes, one_in: int) -> None:
    assert is_sampled(content, 1)
    assert not is_sampled(content, 0)
    assert is_sampled(content, one_in) or not is_sampled(content, one_in + 1)


@pytest.mark.parametrize("one_in", [2, 10, 100])
def test_about_as_many_are_sampled_as_asked_for(one_in: int) -> None:
    blocks = [sha256(bytes((high, low))).digest() for high in range(80) for low in range(250)]
    sampled = sum(is_sampled(block, one_in) for block in blocks)

    expected = len(blocks) / one_in
    assert abs(sampled - expected) < 5 * expected**0.5


def opened(number: int) -> tuple[SecondOpinions, list[str]]:
    unlocker = Unlocker(Keyring([]), PHRASES)
    opinions = SecondOpinions(unlocker.keyring, PHRASES, 10**12)
    said = []
    for _ in range(number):
        message = only(
            encrypt_message_with_password_bytes(TEXT, "geheim", "", "seipd-v2", "aes256", "ocb")
        )
        outcome = unlocker.unlock(message)
        assert outcome.opened is not None
        said.append(str(opinions.on(message, outcome)))
    return opinions, said


def test_the_first_of_a_part_are_asked_for_with_the_passphrase_that_fitted() -> None:
    _, said = opened(FIRST + 1)

    assert said == ["agrees: rpgp"] * FIRST + ["single implementation"]


def test_of_what_did_not_open_or_opened_earlier_nothing_is_said() -> None:
    unlocker = Unlocker(Keyring([]), PHRASES)
    message = only(
        encrypt_message_with_password_bytes(TEXT, "geheim", "", "seipd-v2", "aes256", "ocb")
    )
    outcome = unlocker.unlock(message)
    outcome.earlier = True

    opinions = SecondOpinions(unlocker.keyring, PHRASES, 1)
    assert opinions.on(message, outcome) is None
    assert opinions.on(message, Outcome()) is None
