"""What several contracts are judged on."""

from __future__ import annotations

import pytest

from tests.contract.test_errors import ORDER
from tests.journeys.cases import granted_case, mail
from zegel import service
from zegel.investigation import Investigation


@pytest.fixture(scope="session")
def granted(tmp_path_factory: pytest.TempPathFactory) -> Investigation:
    """An investigation of three mails, two of them about the harbour."""
    folder = tmp_path_factory.mktemp("reads")
    texts = ("Tot morgen bij de haven.\n", "Niet daar.\n", "De haven dan.\n")
    case = granted_case(folder, [mail(text, number) for number, text in enumerate(texts)], ORDER)
    inv = Investigation.open(next((case / "investigations").glob("Heron*")))
    service.add_casework(inv, "2", "note", "look again")
    (folder / "head.json").write_bytes(service.custody_head(inv))
    return inv
