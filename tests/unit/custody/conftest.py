"""A log of two holders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.custody.proving import ORIGIN
from zegel.custody.log import Log


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "investigation" / "custody"


@pytest.fixture
def first(folder: Path, tmp_path: Path) -> Log:
    """A log of two entries by its first holder."""
    log = Log.create(folder, tmp_path / "first.key", origin=ORIGIN)
    for number in range(2):
        log.append("message read", {"number": number}, who="jansen")
    return log


@pytest.fixture
def second(first: Log, folder: Path, tmp_path: Path) -> Log:
    """The same log on another machine: without its key, gone on with under a new one."""
    log = Log.take_over(folder, tmp_path / "second.key", holder="De Vries", who="vries")
    log.append("message read", {"number": 2}, who="vries")
    return log
