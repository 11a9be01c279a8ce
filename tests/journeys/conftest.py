"""What several journeys begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.undisturbed import Step, journey_in


@pytest.fixture(scope="session")
def steps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Step]:
    """Give the commands of a whole journey, each with the case before and after it."""
    return journey_in(tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture
def own_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep tokens and keys in a folder of the test, and return where the tokens are."""
    monkeypatch.setenv("ZEGEL_SESSION", str(tmp_path / "tokens"))
    monkeypatch.setenv("ZEGEL_KEYS", str(tmp_path / "keys"))
    return tmp_path / "tokens"
