"""A small training investigation, made once; each test has a copy of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.contract.test_errors import ORDER
from tests.journeys.cases import granted_case, mail
from zegel.investigation import Investigation

WORDS = ("boot", "haven", "boot", "feest", "haven", "boot", "trein")


@pytest.fixture(scope="session")
def seven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a case of seven mails, an hour apart, each about one of `WORDS`; granted once."""
    folder = tmp_path_factory.mktemp("seven")
    mails = [
        mail(
            f"over de {word}, {number}\n",
            number,
            Date=f"Tue, 19 Apr 2016 {8 + number:02}:00:00 +0200",
        )
        for number, word in enumerate(WORDS, 1)
    ]
    return granted_case(folder, mails, ORDER)


@pytest.fixture
def case(seven: Path, tmp_path: Path) -> Path:
    """Return a copy of the case."""
    shutil.copytree(seven, tmp_path / "case")
    return tmp_path / "case"


@pytest.fixture
def inv(case: Path) -> Investigation:
    """Return the investigation in it."""
    (folder,) = (case / "investigations").iterdir()
    return Investigation.open(folder)
