"""The state of a site is an answer, also while its servers are going down."""

from __future__ import annotations

from pathlib import Path

import pytest

from shieldnet import site
from shieldnet.errors import ServiceError
from shieldnet.network import read
from shieldnet.services import dovecot, filter, postfix
from tests.unit.shieldnet.test_network import settings


@pytest.mark.parametrize(("runs", "asked"), [(False, 0), (True, 1)])
def test_a_queue_that_cannot_be_asked_is_unknown_and_not_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: bool, asked: int
) -> None:
    questions: list[str] = []

    def died(_: object, program: str, *__: str) -> str:
        questions.append(program)
        raise ServiceError("postqueue of ams failed: malformed showq server response")

    monkeypatch.setattr(postfix, "running", lambda _: runs)
    monkeypatch.setattr(postfix, "_ask", died)
    monkeypatch.setattr(dovecot, "running", lambda _: True)
    monkeypatch.setattr(filter, "running", lambda _: True)
    network = read(settings(tmp_path))

    health = site.health(network, network.sites["ams"])

    assert health.waiting is None
    assert health.postfix is runs
    assert len(questions) == asked
