"""Whoever may search opens by its id what was asked; what the defence asks, they alone."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pyrage
import pytest

from tests.unit.service.estate import copied
from zegel import service
from zegel.custody.log import Log
from zegel.errors import RefusedError, SessionError, UsageError
from zegel.investigation import Investigation, states
from zegel.investigation.archive import Locking, Unlocking
from zegel.people import Person
from zegel.people.sessions import Session
from zegel.service.place import place_of

FACTS = {"query": "zqharbour", "order": "newest"}


@pytest.fixture
def mine(quay: Path, tmp_path: Path) -> Investigation:
    return copied(quay, tmp_path)


def logged_in(inv: Investigation, name: str) -> tuple[Person, str]:
    session = Session(name=name, how="training", purpose="a test", began_ns=time.time_ns())
    token = place_of(inv).sessions.begin(session)
    return service.person_of(inv, token), token


def acts(inv: Investigation) -> list[str]:
    return [entry.act for entry in Log.open(inv.folder / "custody", None).entries()]


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_colleague_opens_what_another_asked_by_its_id_alone(mine: Investigation) -> None:
    ann, bob = Person(name="ann", how="training"), Person(name="bob", how="training")
    kept = service.keep_state(mine, "search", FACTS, who=ann)
    opened = service.open_state(mine, kept, who=bob)

    assert (opened.kind, opened.facts, opened.name) == ("search", FACTS, "")
    assert (len(kept), "zqharbour" in kept) == (32, False)


def test_the_same_question_has_one_id_and_another_has_another(mine: Investigation) -> None:
    ids = [service.keep_state(mine, "search", {"query": q}) for q in ("one", "one", "two")]

    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("id_", ["0" * 32, "", "../people", "A" * 32, "%"])
def test_an_id_that_was_never_given_opens_nothing(mine: Investigation, id_: str) -> None:
    with pytest.raises(UsageError, match="no such search"):
        service.open_state(mine, id_)


def test_a_state_moves_with_the_folder_and_is_no_part_of_the_seal(
    mine: Investigation, tmp_path: Path
) -> None:
    kept = service.keep_state(mine, "search", FACTS)
    moved = Investigation.open(Path(shutil.copytree(mine.folder, tmp_path / "moved")))

    assert service.open_state(moved, kept).facts == FACTS
    assert service.check_investigation(moved)["whole"]


def test_to_keep_and_to_open_are_no_entries_and_a_refusal_is(
    mine: Investigation, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = service.keep_state(mine, "search", FACTS)
    before = acts(mine)
    service.open_state(mine, kept)
    service.named_states(mine)

    assert acts(mine) == before
    monkeypatch.setattr(type(mine), "training", False)
    for ask in (
        lambda who: service.open_state(mine, kept, who=who),
        lambda who: service.keep_state(mine, "search", {"query": "x"}, who=who),
        lambda who: service.named_states(mine, who=who),
    ):
        with pytest.raises(RefusedError):
            ask(Person(name="stranger", how="key", purpose="x"))
    assert acts(mine)[len(before) :] == ["refused"] * 3


def test_a_name_lists_a_search_and_is_in_the_log_with_what_it_asks(mine: Investigation) -> None:
    ann, bob = Person(name="ann", how="training"), Person(name="bob", how="training")
    kept = service.keep_state(mine, "search", FACTS, who=ann)
    service.name_state(mine, kept, "  the   harbour ", who=ann)
    service.name_state(mine, kept, "quay", who=bob)
    *_, entry = Log.open(mine.folder / "custody", None).entries()

    named = [(one.name, one.who, one.id) for one in service.named_states(mine, who=bob)]
    assert named == [("quay", "bob", kept), ("the harbour", "ann", kept)]
    assert (entry.act, entry.facts["name"], entry.facts["asks"]) == ("search named", "quay", FACTS)


def test_everybody_takes_away_their_own_name_only(mine: Investigation) -> None:
    kept = service.keep_state(mine, "search", FACTS)
    service.name_state(mine, kept, "mine", who="ann")
    service.name_state(mine, kept, "", who="bob")
    assert [one.name for one in service.named_states(mine)] == ["mine"]
    service.name_state(mine, kept, "", who="ann")

    assert service.named_states(mine) == []
    assert service.open_state(mine, kept).name == ""


@pytest.mark.parametrize("name", ["x" * 101, "a\x07b", "a\u202eb"])
def test_a_name_that_cannot_be_shown_is_refused(mine: Investigation, name: str) -> None:
    kept = service.keep_state(mine, "search", FACTS)
    with pytest.raises(UsageError, match="a name has at most"):
        service.name_state(mine, kept, name)


def test_a_question_too_large_is_refused(mine: Investigation) -> None:
    with pytest.raises(UsageError, match="at most"):
        service.keep_state(mine, "search", {"query": "x" * states.LARGEST})


def test_a_state_is_closed_and_opened_with_the_folder(mine: Investigation) -> None:
    kept = service.keep_state(mine, "search", FACTS)
    identity = pyrage.x25519.Identity.generate()
    service.close_investigation(mine, Locking(recipients=(str(identity.to_public()),)))
    left = everything(mine.folder)
    with pytest.raises(RefusedError, match="closed"):
        service.open_state(mine, kept)
    service.reopen_investigation(mine, Unlocking(identities=str(identity).encode()))

    assert b"zqharbour" not in left
    assert service.open_state(mine, kept).facts == FACTS


def test_what_the_defence_asks_lies_nowhere_in_the_clear(mine: Investigation) -> None:
    dora, _ = logged_in(mine, "dora")
    kept = service.keep_state(mine, "search", {"query": "zqalibi"}, who=dora)
    service.name_state(mine, kept, "zqname", who=dora)
    beside = place_of(mine).sessions.folder

    assert service.open_state(mine, kept, who=dora).facts == {"query": "zqalibi"}
    assert [one.name for one in service.named_states(mine, who=dora)] == ["zqname"]
    for folder in (mine.folder, beside):
        assert b"zqalibi" not in everything(folder)
        assert b"zqname" not in everything(folder)


def test_nobody_else_opens_what_the_defence_asked_nor_the_defence_in_another_session(
    mine: Investigation,
) -> None:
    dora, _ = logged_in(mine, "dora")
    again, _ = logged_in(mine, "dora")
    ann, _ = logged_in(mine, "ann")
    kept = service.keep_state(mine, "search", FACTS, who=dora)

    for other in (again, ann):
        with pytest.raises(UsageError, match="no such search"):
            service.open_state(mine, kept, who=other)
    assert service.named_states(mine, who=again) == []


def test_what_the_defence_asked_goes_with_the_session(mine: Investigation) -> None:
    dora, token = logged_in(mine, "dora")
    kept = service.keep_state(mine, "search", FACTS, who=dora)
    beside = place_of(mine).sessions.folder
    assert list(beside.glob("own-*"))
    service.logout(mine, token)

    assert list(beside.glob("own-*")) == []
    with pytest.raises(SessionError):
        service.open_state(mine, kept, who=dora)


def test_the_defence_without_a_session_keeps_nothing(mine: Investigation) -> None:
    with pytest.raises(SessionError):
        service.keep_state(mine, "search", FACTS, who="dora")
    assert not (mine.folder / states.NAME).exists()


def test_the_defence_opens_what_colleagues_kept(mine: Investigation) -> None:
    kept = service.keep_state(mine, "search", FACTS, who="ann")
    dora, _ = logged_in(mine, "dora")

    assert service.open_state(mine, kept, who=dora).facts == FACTS
