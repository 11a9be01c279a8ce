"""Copies that lie askew cost what there is to do: counted in operations and rows, not in time."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.skew import HELD, LOST, measure

from zegel.processing.grouping import ROWS_PER_GROUP

pytestmark = pytest.mark.slow


def test_one_account_in_one_file_is_opened_in_parts_of_bounded_size(tmp_path: Path) -> None:
    found = measure("one account", 2500, tmp_path, workers=1)

    assert found["states"] == {"readable": 2500}
    assert found["operations"] == found["messages"] == 2500
    assert found["largest part opened"] == ROWS_PER_GROUP < 2500
    assert found["largest part scanned"] == 2500  # one file is read by one worker


def test_one_ciphertext_in_many_places_is_opened_once_and_no_place_is_lost(tmp_path: Path) -> None:
    found = measure("one ciphertext", 1500, tmp_path, workers=1)

    assert found["states"] == {"readable": 1500}
    assert (found["operations"], found["messages"], found["ciphertexts"]) == (1, 1, 1)


def test_of_many_keys_only_those_asked_for_are_used(tmp_path: Path) -> None:
    found = measure("many keys", 600, tmp_path, workers=1)

    assert found["states"] == {"readable": 100}
    assert found["operations"] == 100


def test_rotten_messages_cost_one_operation_each_and_stop_nothing(tmp_path: Path) -> None:
    found = measure("rotten", 300, tmp_path, workers=1)

    assert found["states"] == {"damaged": 300}
    assert found["operations"] == 300


def test_hidden_recipients_cost_as_many_operations_as_there_are_different_keys(
    tmp_path: Path,
) -> None:
    found = measure("hidden", 400, tmp_path, workers=1)
    lost = 400 // HELD * LOST

    assert found["states"] == {"no key": lost, "readable": 400 - lost}
    # Those whose key is there cost one; the others one for each of the numbers that are held.
    assert found["operations"] == 400 - lost + lost * 31
