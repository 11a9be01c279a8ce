"""A dossier is made while one goes on; it is whole or not there, whatever is killed."""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pysequoia
import pytest

from tests.unit.service.working.test_trays import KEY, put, with_defence
from zegel import service
from zegel.custody.log import Log
from zegel.errors import CaseError, UsageError, VerificationError
from zegel.investigation import Investigation
from zegel.investigation.archive import Locking, Unlocking
from zegel.service import Chosen, DossierOptions, dossiers
from zegel.service.place import place_of
from zegel.service.shelf import BROKEN, FAILED, MADE, MAKING, Record, Shelf

PLAIN = DossierOptions(opinions="none", printed=0)


def made(inv: Investigation, who: Any = "ann", options: DossierOptions = PLAIN) -> dict[str, Any]:
    """Order a dossier and wait for its end."""
    ordered = service.order_dossier(inv, options, who=who)
    assert ordered["state"] == MAKING
    until = time.monotonic() + 60
    while (now := service.dossier_at(inv, ordered["id"], who=who))["state"] == MAKING:
        assert time.monotonic() < until
        time.sleep(0.05)
    folder = os.open(inv.folder, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)  # whoever made it has ended
    os.close(folder)
    return now


def acts(inv: Investigation) -> list[str]:
    return [entry.act for entry in Log.open(inv.folder / "custody", None).entries()]


@pytest.mark.slow
def test_a_dossier_of_a_tray_is_made_listed_taken_out_verified_and_removed(
    inv: Investigation,
) -> None:
    put(inv, "ann", 3, 1)
    found = made(inv)
    place = service.hand_out_dossier(inv, found["id"], who="bob")
    checked = service.verify_dossier(place, inv.root.hex(), mode="none", sample=0)
    program = place.with_name("verify.py")
    program.write_bytes(service.dossier_verifier())
    alone = subprocess.run(
        [sys.executable, "-I", program, place, "--root", inv.root.hex()], capture_output=True
    )
    said = acts(inv)

    assert (found["state"], found["messages"], found["who"]) == (MADE, 2, "ann")
    assert hashlib.sha256(place.read_bytes()).hexdigest() == found["sha256"]
    assert (checked.answer, alone.returncode) == (0, 0)
    assert said.index("dossier ordered") < said.index("dossier begun") < said.index("dossier made")
    assert (
        said.index("dossier made") < said.index("files listed") < said.index("dossier handed out")
    )
    assert f"dossiers/{place.name}" in place_of(inv).checked.files
    place.write_bytes(b"another")
    with pytest.raises(VerificationError):
        service.list_dossiers(inv, who="ann")


@pytest.mark.slow
def test_it_is_closed_with_the_investigation_comes_back_and_is_removed_for_good(
    inv: Investigation,
) -> None:
    put(inv, "ann", 1)
    found = made(inv)
    service.close_investigation(inv, Locking(recipients=(str(KEY.to_public()),)))
    closed = (inv.folder / "dossiers").exists()
    service.reopen_investigation(inv, Unlocking(identities=str(KEY).encode()))
    (listed,) = service.list_dossiers(inv, who="ann")["dossiers"]
    service.remove_dossier(inv, found["id"], who="ann")

    assert (closed, listed["sha256"]) == (False, found["sha256"])
    assert service.list_dossiers(inv, who="ann")["dossiers"] == []
    assert list((inv.folder / "dossiers").iterdir()) == []


@pytest.mark.slow
def test_of_the_defence_it_lies_with_their_session_and_nobody_else_is_shown_it(
    inv: Investigation, case: Path
) -> None:
    with_defence(inv)
    session = service.login(inv, "dora", purpose="defence of C.")
    dora = service.person_of(inv, session.token)
    service.collect(inv, Chosen(ids=["1"]), who=dora)
    found = made(inv, dora)
    place = service.hand_out_dossier(inv, found["id"], who=dora)
    others = service.list_dossiers(inv, who="ann")["dossiers"]
    service.logout(inv, session.token)

    assert (found["state"], others) == (MADE, [])
    assert not place.is_relative_to(inv.folder)
    assert not place.exists()
    assert not list(case.rglob("own-*"))


def test_what_does_not_fit_is_said_before_anything_begins(inv: Investigation) -> None:
    with pytest.raises(UsageError, match="empty"):
        service.order_dossier(inv, PLAIN, who="ann")
    put(inv, "ann", 1)
    for wrong in (
        replace(PLAIN, zone="Mars/Base"),
        replace(PLAIN, language="tlh"),
        replace(PLAIN, opinions="some"),
        replace(PLAIN, withhold=b'{"ids": ["1"], "parts": ["text"], "reason": "x"}'),
    ):
        with pytest.raises(UsageError):
            service.order_dossier(inv, wrong, who="ann")

    assert not (inv.folder / "dossiers").exists()


def record(id_: str = "0" * 16, **how: Any) -> Record:
    return replace(Record(id=id_, who="ann", at_ns=1), **how)


def test_a_maker_that_died_leaves_a_dossier_broken_off_and_no_half(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "dossiers")
    lock = shelf.new(record())
    half = shelf.folder / f".unfinished-{shelf.dossier('0' * 16).name}"
    half.mkdir()
    (half / "spool").write_bytes(b"content")
    alive = shelf.get("0" * 16)
    os.close(lock)
    dead = shelf.get("0" * 16)

    assert (alive.state, dead.state) == (MAKING, BROKEN)
    assert not half.exists()


def test_a_maker_that_died_when_the_dossier_had_its_name_has_made_it(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "dossiers")
    os.close(shelf.new(record()))
    shelf.dossier("0" * 16).write_bytes(b"whole")
    (found,) = shelf.all()

    assert (found.state, found.bytes) == (MADE, 5)
    assert found.sha256 == hashlib.sha256(b"whole").hexdigest()


@pytest.mark.slow
def test_a_killed_maker_leaves_nothing_that_looks_whole(
    inv: Investigation, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inv, "ann", 1)
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def stopped(*words: Any, **how: Any) -> subprocess.Popen[bytes]:
        process = popen(*words, **how)
        os.kill(process.pid, signal.SIGSTOP)
        started.append(process)
        return process

    monkeypatch.setattr("zegel.service.dossiers.subprocess.Popen", stopped)
    ordered = service.order_dossier(inv, PLAIN, who="ann")
    making = service.dossier_at(inv, ordered["id"], who="ann")["state"]
    with pytest.raises(CaseError, match="makes a dossier"):
        service.close_investigation(inv, Locking(recipients=(str(KEY.to_public()),)))
    with pytest.raises(UsageError, match="not made"):
        service.hand_out_dossier(inv, ordered["id"], who="ann")
    os.kill(started[0].pid, signal.SIGKILL)
    started[0].wait()
    ended = service.dossier_at(inv, ordered["id"], who="ann")["state"]

    assert (making, ended) == (MAKING, BROKEN)
    assert not list((inv.folder / "dossiers").glob("*.zip"))


@pytest.mark.slow
def test_one_that_fails_says_why(inv: Investigation) -> None:
    put(inv, "ann", 1)
    found = made(
        inv,
        options=replace(
            PLAIN,
            withhold=b'{"ids": ["1"], "parts": ["attachment/9"], "reason": "x"}',
            certificate=bytes(pysequoia.Tsk.generate("judge").extract_certificate()),
        ),
    )

    assert (found["state"], "attachment/9" in found["why"]) == (FAILED, True)
    assert not list((inv.folder / "dossiers").glob("*.zip"))


def test_so_many_are_made_at_once_and_no_more(
    inv: Investigation, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inv, "ann", 1)
    monkeypatch.setattr(dossiers, "_start", lambda *_: None)
    shelf = Shelf(inv.folder / "dossiers")
    locks = [shelf.new(record(f"{n:016x}")) for n in range(dossiers.MOST_AT_ONCE)]
    with pytest.raises(UsageError, match="being made"):
        service.order_dossier(inv, PLAIN, who="ann")
    for lock in locks:
        fcntl.flock(lock, fcntl.LOCK_UN)
        os.close(lock)
    service.order_dossier(inv, PLAIN, who="ann")

    states = {one["state"] for one in service.list_dossiers(inv, who="ann")["dossiers"]}
    assert states == {BROKEN}
