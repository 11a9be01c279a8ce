"""A small training case with one investigation, made once for the whole folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.contract.test_errors import ORDER
from tests.journeys.cases import granted_case, mail
from tests.unit.web.program import Program
from tests.web import Browser
from zegel.web import security


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a case of three mails, two of them about the harbour, granted as `Heron`."""
    folder = tmp_path_factory.mktemp("web")
    texts = ("Tot morgen bij de haven.\n", "Niet daar.\n", "De haven dan.\n")
    case = granted_case(folder, [mail(text, number) for number, text in enumerate(texts)], ORDER)
    shutil.copytree(case, folder / "untouched" / "case")
    return case


@pytest.fixture(scope="session")
def untouched(made: Path) -> Path:
    """Return the case as it was made, whatever other tests did in it; to be copied."""
    return made.parent / "untouched" / "case"


@pytest.fixture
def browser(made: Path) -> Browser:
    """Return a browser at which nobody is logged in."""
    return Browser(case=made)


@pytest.fixture
def heron(made: Path) -> str:
    """Return the name of the investigation."""
    return next((made / "investigations").glob("Heron*")).name


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let refusals come without the wait that hides what was wrong."""
    monkeypatch.setattr(security, "REFUSED_AFTER", 0.0)


@pytest.fixture
def examiner(examined: Path) -> Program:
    """Return a program that an examiner lets ask."""
    program = Program(Browser(case=examined))
    program.log_in(program.browser.desks.all()[0].key, "ex")
    return program


@pytest.fixture
def investigator(made: Path, heron: str) -> Program:
    """Return a program that somebody inside the investigation lets ask."""
    program = Program(Browser(case=made))
    program.log_in(heron, "ann")
    return program
