from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from shieldnet import packets
from shieldnet.keys import KeySpec, encryption_numbers
from shieldnet.traffic.quick import seal
from zegel.openpgp.model import EncryptedMessage
from zegel.processing.keyring import Keyring
from zegel.processing.layers import find_layers_in_bytes
from zegel.processing.unlock import Outcome, Unlocker
from zegel.records import State

RSA = frozenset((1,))
POOL = 5
"""Different RSA numbers among the keys held here."""


def described(number: int) -> KeySpec:
    """Return a device whose encryption subkey shares its numbers with every fifth other."""
    return KeySpec(
        address=f"d{number:05d}@ams.example",
        algorithm="rsa2048",
        created=1_450_000_000 + number,
        seed=b"",
        pool=(30, number % POOL),
    )


def secret_numbers(secret: bytes) -> Iterator[bytes]:
    """Yield the octets of each multiprecision integer."""
    while secret:
        (bits,) = struct.unpack(">H", secret[:2])
        end = 2 + (bits + 7) // 8
        yield secret[2:end]
        secret = secret[end:]


def row(number: int, **changed: Any) -> dict[str, Any]:
    """Return a row of the key table, as read for a worker."""
    spec = described(number)
    numbers = encryption_numbers(spec)
    public = packets.public_body(numbers, spec.created)
    fingerprint = packets.fingerprint(public)
    return {
        "number": number,
        "fingerprint": fingerprint,
        "key_id": fingerprint[-8:],
        "version": 4,
        "algorithm": 1,
        "bits": 2048,
        "curve": "",
        "created": spec.created,
        "expires": None,
        "revoked": False,
        "primary": b"another",
        "user_ids": [f"{spec.address[:6]} <{spec.address}>"],
        "public": public,
        "has_secret": True,
        "locked": False,
        "numbers": list(secret_numbers(numbers.secret)),
        "transferable": None,
        "unlocked_by": None,
        "refusal": None,
        **changed,
    }


def hidden(spec: KeySpec) -> EncryptedMessage:
    """Return a message that does not say to whom it is encrypted."""
    (layer,) = find_layers_in_bytes(seal(b"to somebody", [spec], hidden=True), "")
    assert isinstance(layer.message, EncryptedMessage)
    return layer.message


def test_of_rsa_keys_with_the_same_numbers_one_is_a_candidate() -> None:
    keyring = Keyring([row(number) for number in range(20)])

    assert [held.number for held in keyring.candidates([], RSA)] == list(range(POOL))
    assert len(keyring.fitting(RSA)) == POOL


def test_ecdh_keys_with_the_same_numbers_are_all_candidates_since_fingerprints_differ() -> None:
    rows = [row(number, algorithm=18, numbers=[b"same"]) for number in range(4)]

    assert len(list(Keyring(rows).candidates([], frozenset((18,))))) == len(rows)


def test_keys_of_the_account_come_first_and_locked_ones_never() -> None:
    rows = [row(number) for number in range(20)]
    rows[0] = row(0, numbers=None, locked=True)
    keyring = Keyring(rows)
    mine = [described(number).address for number in (0, 13)]

    found = [held.number for held in keyring.candidates(mine, RSA)]
    assert found[0] == 13
    assert sorted(number % POOL for number in found) == list(range(POOL))


def test_subkeys_come_before_primary_keys() -> None:
    rows = [row(0), row(1)]
    rows[0]["primary"] = rows[0]["fingerprint"]

    assert [held.number for held in Keyring(rows).candidates([], RSA)] == [1, 0]


def test_a_hidden_recipient_costs_one_operation_where_the_account_holds_the_key() -> None:
    unlocker = Unlocker(Keyring([row(number) for number in range(400)]))
    outcomes = [
        unlocker.unlock(hidden(spec), [spec.address]) for spec in map(described, range(0, 400, 20))
    ]

    assert {outcome.state for outcome in outcomes} == {State.READABLE}
    assert sum(outcome.tried for outcome in outcomes) == len(outcomes)


def test_a_hidden_recipient_nobody_holds_costs_one_operation_for_each_set_of_numbers() -> None:
    unlocker = Unlocker(Keyring([row(number) for number in range(400)]))
    stranger = replace(described(1), pool=(30, 36))
    message = hidden(stranger)
    outcome = unlocker.unlock(message, [stranger.address])

    assert (outcome.state, outcome.tried) == (State.NO_KEY, POOL)
    assert outcome.detail == f"{POOL} of {POOL} tried"
    assert not unlocker.worth_trying(message.esks, [stranger.address], outcome)


@pytest.mark.parametrize("budget", [1, 3])
def test_a_budget_that_ended_goes_on_with_keys_not_tried(budget: int) -> None:
    keyring = Keyring([row(number) for number in range(50)])
    stranger = replace(described(1), pool=(30, 36))
    message, outcome = hidden(stranger), Outcome()
    operations = []
    while True:
        unlocker = Unlocker(keyring, budget=replace(Unlocker(keyring).budget, hidden=budget))
        if not unlocker.worth_trying(message.esks, [], outcome):
            break
        outcome = unlocker.unlock(message, [], outcome)
        operations.append(outcome.tried)

    assert sum(operations) == POOL
    assert max(operations) == budget
