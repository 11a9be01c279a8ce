"""One investigation for all tests here that only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.service.estate import granted
from zegel.investigation import Investigation


@pytest.fixture(scope="session")
def quay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an investigation (tests.unit.service.estate); copy it to change it."""
    return granted(tmp_path_factory.mktemp("quay"))


@pytest.fixture(scope="session")
def inv(quay: Path) -> Investigation:
    """Return the investigation, opened."""
    return Investigation.open(quay)
