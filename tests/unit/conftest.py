"""What unit tests of several packages begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examined import examined_case


@pytest.fixture(scope="session")
def examined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a case with something in nearly every state, made once; nobody changes its tables."""
    return examined_case(tmp_path_factory.mktemp("examined"))
