"""A minute of damaged inputs; `make fuzz` does it for longer."""

from __future__ import annotations

import pytest

from tests import fuzz


@pytest.mark.slow
def test_a_minute_of_damaged_inputs_raises_nothing() -> None:
    assert fuzz.main(60.0, seed=20160419) > 1000
