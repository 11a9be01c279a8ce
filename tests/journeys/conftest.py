"""What several journeys begin with."""

from __future__ import annotations

import pytest

from tests.journeys.undisturbed import Step, journey_in


@pytest.fixture(scope="session")
def steps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Step]:
    """Give the commands of a whole journey, each with the case before and after it."""
    return journey_in(tmp_path_factory.mktemp("undisturbed"))
