from __future__ import annotations

from pathlib import Path

import pytest

from shieldnet.network import Network
from tests.unit.shieldnet.networks import made


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return made(tmp_path)
