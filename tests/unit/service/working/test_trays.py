"""Trays: collected, ordered, noted, shared; of one's own, shown to nobody else; taken over."""

from __future__ import annotations

from pathlib import Path

import pyrage
import pysequoia
import pytest

from tests.journeys.cases import done
from zegel import service
from zegel.casefile import Case
from zegel.custody.log import Log, account
from zegel.errors import SessionError, UsageError
from zegel.investigation import Investigation
from zegel.investigation.archive import Locking, Unlocking
from zegel.people.roster import Enrolled
from zegel.service import Chosen
from zegel.service.place import place_of
from zegel.service.tray import key_of

KEY = pyrage.x25519.Identity.generate()


def numbers(inv: Investigation, who: str, tray: str = "") -> list[int]:
    return [one["number"] for one in service.show_tray(inv, tray=tray, who=who)["items"]]


def put(inv: Investigation, who: str, *wanted: int, tray: str = "") -> dict[str, object]:
    return service.collect(inv, Chosen(ids=[str(one) for one in wanted]), tray=tray, who=who)


def test_what_is_collected_lies_in_the_order_in_which_it_came_once(inv: Investigation) -> None:
    put(inv, "ann", 5)
    again = put(inv, "ann", 2, 5)
    hits = service.collect(inv, Chosen(query="boot"), who="ann")

    assert (again["new"], hits["new"], hits["messages"]) == (1, 3, 5)
    assert numbers(inv, "ann") == [5, 2, 1, 3, 6]
    assert numbers(inv, "bob") == []


def test_it_is_moved_noted_taken_out_and_emptied(inv: Investigation) -> None:
    put(inv, "ann", 1, 2, 3, 4)
    service.move_in_tray(inv, "4", by=-1, who="ann")
    service.move_in_tray(inv, "1", by=1, who="ann")
    service.move_in_tray(inv, "3", by=9, who="ann")
    moved = numbers(inv, "ann")
    service.note_in_tray(inv, "2", " the quay ", who="ann")
    noted = {one["number"]: one["note"] for one in service.show_tray(inv, who="ann")["items"]}
    service.take_out(inv, ["2", "4"], who="ann")
    left = numbers(inv, "ann")
    service.take_out(inv, None, who="ann")

    assert moved == [2, 1, 4, 3]
    assert noted == {2: "the quay", 1: "", 4: "", 3: ""}
    assert (left, numbers(inv, "ann")) == ([1, 3], [])
    with pytest.raises(UsageError):
        service.note_in_tray(inv, "2", "x", who="ann")


def test_a_shared_tray_is_found_by_its_key_and_changed_by_all(inv: Investigation) -> None:
    put(inv, "ann", 1, 2)
    service.note_in_tray(inv, "2", "look", who="ann")
    shared = service.share_tray(inv, " For  court ", who="ann")
    put(inv, "bob", 7, tray="For court")
    service.take_out(inv, ["1"], tray=shared["key"], who="bob")
    (listed,) = service.list_trays(inv, who="eve")["shared"]
    found = service.show_tray(inv, tray=listed["key"], who="eve")

    assert (listed["tray"], listed["messages"]) == ("For court", 2)
    assert [(one["number"], one["note"], one["put_in_by"]) for one in found["items"]] == [
        (2, "look", "ann"),
        (7, "", "bob"),
    ]
    with pytest.raises(UsageError):
        service.show_tray(inv, tray=key_of("another"), who="eve")


def test_the_log_names_what_was_collected_and_holds_no_note(inv: Investigation) -> None:
    put(inv, "ann", 1, 2)
    service.note_in_tray(inv, "2", "zqsecret", tray="", who="ann")
    filled, noted = Log.open(inv.folder / "custody", None).acts(["tray changed"])

    assert len(filled.facts["messages"]) == 2  # type: ignore[arg-type]
    assert "zqsecret" not in str(noted.facts)


def test_pages_of_a_tray(inv: Investigation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.tray, "MOST_ON_A_PAGE", 3)
    service.collect(inv, Chosen(query=""), who="ann")
    second = service.show_tray(inv, page=3, who="ann")

    assert (second["pages"], second["first"], second["messages"]) == (3, 7, 7)
    assert [one["number"] for one in second["items"]] == [7]


NARROW = '[except]\nterms = ["haven"]'


def test_a_new_version_takes_trays_over_with_messages_it_holds_only(
    inv: Investigation, case: Path
) -> None:
    put(inv, "ann", 1, 2, 3)
    service.note_in_tray(inv, "2", "zqquay", who="ann")
    service.move_in_tray(inv, "1", by=1, who="ann")  # before message 3
    service.move_in_tray(inv, "3", by=-2, who="ann")  # before message 2, which will not be there
    service.share_tray(inv, "court", who="ann")
    hidden = service.list_casework(inv, "2")["id"]
    order = case.parent / "later.toml"
    text = (inv.folder / "order.toml").read_text("utf-8")
    order.write_text(text.replace("RC-1", "RC-2") + "\n" + NARROW, "utf-8")
    made = done("grant", order, "--case", case, "--json").json
    later = Investigation.open(Path(made["folder"]))
    content = b"".join(path.read_bytes() for path in later.folder.rglob("*") if path.is_file())

    assert made["casework"]["kept_messages"] == 1
    assert sorted(numbers(later, "ann")) == [1, 2]  # messages 1 and 3, numbered anew
    assert numbers(later, "bob") == []
    assert [one["tray"] for one in service.list_trays(later, who="bob")["shared"]] == ["court"]
    assert b"zqquay" not in content
    assert hidden.encode() not in content
    assert bytes.fromhex(hidden) not in content


def test_a_tray_closes_and_comes_back_with_the_investigation(
    inv: Investigation, case: Path
) -> None:
    put(inv, "ann", 1, 2)
    service.next_unread(inv, who="ann")
    service.close_investigation(inv, Locking(recipients=(str(KEY.to_public()),)))
    closed = {path.name for path in inv.folder.iterdir()}
    beside = [path.name for path in (case / "private" / "investigations").iterdir()]
    service.reopen_investigation(inv, Unlocking(identities=str(KEY).encode()))

    assert "casework.sqlite" not in closed
    assert not any(".reads" in name for name in beside)
    assert numbers(inv, "ann") == [1, 2]


def with_defence(inv: Investigation) -> None:
    place = place_of(inv)
    key = bytes(pysequoia.Tsk.generate("defence").extract_certificate()).hex()
    with place.changing():
        dora = Enrolled(name="dora", roles=("defence",), account=account(), certificate=key)
        place.change_roster(place.roster.put(dora), "person enrolled", {}, "test")


def test_what_the_defence_collects_lies_in_no_file_that_others_read(
    inv: Investigation, case: Path
) -> None:
    with_defence(inv)
    session = service.login(inv, "dora", purpose="defence of C.")
    dora = service.person_of(inv, session.token)
    service.collect(inv, Chosen(ids=["1", "3"]), who=dora)
    service.note_in_tray(inv, "3", "zqalibi", who=dora)
    names = [service.list_casework(inv, one)["id"] for one in ("1", "3")]
    found = [one["number"] for one in service.show_tray(inv, who=dora)["items"]]
    everything = b"".join(
        path.read_bytes()
        for folder in (inv.folder / "custody", case / "private")
        for path in folder.rglob("*")
        if path.is_file()
    )
    with pytest.raises(UsageError):
        service.collect(inv, Chosen(ids=["1"]), tray="shared", who=dora)
    with pytest.raises(SessionError):
        service.show_tray(inv, who="dora")
    service.logout(inv, session.token)

    assert found == [1, 3]
    assert not (inv.folder / "casework.sqlite").exists()
    assert b"zqalibi" not in everything
    logged = [e.facts for e in Log.open(inv.folder / "custody", None).acts(["tray changed"])]
    assert logged
    assert all("messages" not in facts for facts in logged)
    assert not any(name in str(logged) for name in names)
    assert not list((case / "private").rglob("own-*"))


def test_the_case_takes_trays_into_its_copy_and_shows_none(inv: Investigation, case: Path) -> None:
    put(inv, "ann", 1)

    assert service.all_casework(inv)["messages"] == []
    assert service.status(Case.open(case))


def test_a_destruction_takes_along_what_was_collected_and_what_lay_beside(
    inv: Investigation, case: Path
) -> None:
    with_defence(inv)
    session = service.login(inv, "dora", purpose="defence of C.")
    service.collect(inv, Chosen(ids=["1"]), who=service.person_of(inv, session.token))
    put(inv, "ann", 1)
    service.next_unread(inv, who="ann")
    service.destroy(Case.open(case), inv.folder.name, "a test")
    left = {path.name for path in inv.folder.rglob("*")}
    beside = {path.name for path in (case / "private").rglob("*")}

    assert "casework.sqlite" not in left
    assert not any("-tray" in name or ".reads" in name for name in beside)
    assert list((case / "casework").rglob("casework.sqlite")) == []
