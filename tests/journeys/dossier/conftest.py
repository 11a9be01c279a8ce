from __future__ import annotations

from pathlib import Path

import pytest

import zegel.dossier.make
from tests.journeys.cases import done
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


@pytest.fixture(scope="session")
def small(export: Export) -> Path:
    """Give a dossier of two messages, an encrypted and a plain one, without what is to read."""
    encrypted = done("search", "-i", export.inv, "state:readable", "--json").json["hits"][0]
    ids = export.list(export.folder / "ids", encrypted["number"], export.letters[1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zegel.dossier.make, "rendered_from", lambda *_: ())
        export.make(export.folder / "small.zip", "--ids", ids)
    return export.folder / "small.zip"
