"""People who log in with a password, and what the log says that they did."""

from __future__ import annotations

from pathlib import Path

from zegel import service
from zegel.casefile import Case
from zegel.custody.log import Log
from zegel.investigation import Investigation

WORDS = "correct horse battery"


def case_of_vries(folder: Path) -> Case:
    """Make a case that is no training, with a magistrate who has a password."""
    made = service.init_case(folder)
    service.enrol(made, "vries", ["magistrate"], service.Credentials(password=WORDS))
    return made


def login(case: Case, password: str = WORDS, name: str = "vries") -> service.LoggedIn:
    return service.login(case, name, service.Proof(password=password), purpose="the fraud")


def acts(of: Case | Investigation) -> list[tuple[str, str]]:
    """Return who did what, in the order of the log."""
    return [(e.who, e.act) for e in Log.open(of.folder / "custody", None).entries()]
