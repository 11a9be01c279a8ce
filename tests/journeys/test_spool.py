"""What the spool lacks is read from the exhibit again, and nothing of it stays."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.cases import network, zegel
from tests.journeys.undisturbed import found_in
from zegel.casefile import Case
from zegel.processing.spool import SpoolReader
from zegel.service import ProcessOptions, process

pytestmark = pytest.mark.slow


def test_a_spool_that_lost_bodies_changes_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ams, _ = network(tmp_path / "net", "--devices", "12", "--messages", "150")
    zegel("init", tmp_path / "whole")
    zegel("intake", ams, "--case", tmp_path / "whole")
    shutil.copytree(tmp_path / "whole", tmp_path / "lossy")
    asked: list[bytes] = []
    kept = SpoolReader.message

    def forgetful(self: SpoolReader, *place: Any) -> Any:
        asked.append(place[-1])
        return None if len(asked) % 2 else kept(self, *place)

    process(Case.open(tmp_path / "whole"), ProcessOptions(workers=1))
    monkeypatch.setattr(SpoolReader, "message", forgetful)
    process(Case.open(tmp_path / "lossy"), ProcessOptions(workers=1))

    assert len(asked) > 50
    assert found_in(tmp_path / "lossy") == found_in(tmp_path / "whole")
    assert not (tmp_path / "whole" / "work" / "spool").exists()
