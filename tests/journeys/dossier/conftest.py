from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.dossier.exports import Export, build


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """Give an investigation of a small network and four letters."""
    return build(tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="session")
def whole(export: Export) -> Path:
    """Give a dossier of all of it."""
    export.make(export.folder / "whole.zip")
    return export.folder / "whole.zip"
