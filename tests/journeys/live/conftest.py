"""One network of each kind for all live tests of a worker: bringing two sites up costs seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live import Live, running


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    """Both sites up, custody on the phones, only encrypted mail."""
    with running("device") as network:
        yield network
