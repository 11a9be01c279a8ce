"""Many messages at once: one entry names them, what others said meanwhile stands and is shown."""

from __future__ import annotations

import pytest

from tests.people import enrolled, person
from zegel import service
from zegel.custody.entries import Entry
from zegel.custody.log import Log
from zegel.errors import RefusedError, UsageError
from zegel.investigation import Investigation
from zegel.service import Chosen, bulk

ALL = Chosen(query="")


def entries(inv: Investigation, *acts: str) -> list[Entry]:
    return list(Log.open(inv.folder / "custody", None).acts(acts))


def tagged(inv: Investigation, tag: str) -> list[int]:
    found = service.all_casework(inv)["messages"]
    return [one["message"] for one in found if tag in one["tags"]]


def test_one_entry_names_every_message_and_not_what_was_said(inv: Investigation) -> None:
    done = service.say_of_many(inv, Chosen(ids=["1", "3", "3"]), "tag", "Quay", who="ann")
    (entry,) = entries(inv, "tag added")
    names = {service.list_casework(inv, number)["id"] for number in ("1", "3")}

    assert (done["messages"], done["already"], done["left"]) == (2, 0, 0)
    assert set(entry.facts["messages"]) == names  # type: ignore[arg-type]
    assert (entry.who, entry.facts["act"]) == ("ann", done["act"])
    assert "quay" not in str(entry.facts).lower()
    assert tagged(inv, "quay") == [1, 3]


def test_where_an_entry_would_grow_too_large_several_name_them(
    inv: Investigation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST_NAMED", 3)
    service.say_of_many(inv, ALL, "relevance", "relevant", who="ann")
    said = entries(inv, "relevance judged")
    named = [name for entry in said for name in entry.facts["messages"]]  # type: ignore[union-attr]

    assert [entry.facts["part"] for entry in said] == [1, 2, 3]
    assert {entry.facts["parts"] for entry in said} == {3}
    assert len(named) == len(set(named)) == 7


def test_all_hits_of_a_search_are_meant_by_its_query(inv: Investigation) -> None:
    done = service.say_of_many(inv, Chosen(query="boot"), "tag", "ship", who="ann")
    (entry,) = entries(inv, "tag added")

    assert (done["messages"], tagged(inv, "ship")) == (3, [1, 3, 6])
    assert entry.facts["query"] == "boot"


def test_an_act_is_undone_and_the_undoing_names_it(inv: Investigation) -> None:
    service.add_casework(inv, "1", "tag", "ship", who="bob")
    done = service.say_of_many(inv, Chosen(query="boot"), "tag", "ship", who="ann")
    undone = service.undo_act(inv, done["act"], who="bob")
    (entry,) = entries(inv, "casework undone")
    acts = service.list_acts(inv)["acts"]

    assert (done["already"], undone["messages"], tagged(inv, "ship")) == (1, 2, [1])
    assert (entry.facts["undoes"], entry.facts["act"]) == (done["act"], undone["act"])
    assert [one["undone_by"] for one in acts] == [None, undone["act"]]
    assert [one["may_undo"] for one in acts] == [True, False]


def test_what_others_said_since_stands_when_an_act_is_undone_and_is_returned(
    inv: Investigation,
) -> None:
    done = service.say_of_many(inv, Chosen(query="boot"), "tag", "ship", who="ann")
    service.add_casework(inv, "3", "untag", "ship", who="bob")
    service.add_casework(inv, "3", "tag", "ship", who="bob")
    undone = service.undo_act(inv, done["act"], who="ann")

    assert (undone["messages"], undone["left"], tagged(inv, "ship")) == (2, 1, [3])
    assert [line["who"] for line in undone["since"][0]["said"]] == ["bob", "bob"]


def test_a_judgement_is_taken_back_by_whoever_judged_only(inv: Investigation) -> None:
    service.add_casework(inv, "1", "relevance", "not relevant", who="ann")
    done = service.say_of_many(inv, Chosen(query="boot"), "relevance", "relevant", who="ann")
    service.add_casework(inv, "3", "relevance", "undecided", who="bob")
    with pytest.raises(RefusedError):
        service.undo_act(inv, done["act"], who="bob")
    service.undo_act(inv, done["act"], who="ann")
    judged = {one["message"]: one["judged"] for one in service.all_casework(inv)["messages"]}

    assert judged == {1: {"ann": "not relevant"}, 3: {"bob": "undecided"}, 6: {}}


def test_what_was_said_otherwise_since_the_person_looked_is_left_and_shown(
    inv: Investigation,
) -> None:
    seen = service.all_casework(inv)["newest"]
    service.add_casework(inv, "3", "relevance", "not relevant", who="bob")
    done = service.say_of_many(
        inv, Chosen(query="boot"), "relevance", "relevant", seen=seen, who="ann"
    )
    (met,) = done["since"]
    again = service.say_of_many(
        inv, Chosen(ids=["3"]), "relevance", "relevant", seen=done["newest"], who="ann"
    )
    (differ,) = service.list_disagreements(inv)["messages"]

    assert (done["messages"], done["left"], met["message"]) == (2, 1, 3)
    assert (again["messages"], again["left"]) == (1, 0)
    assert differ["judged"] == {"bob": "not relevant", "ann": "relevant"}
    assert service.search(inv, "has:disagreement")["hits"][0]["number"] == 3


def test_an_edit_that_meets_another_says_nothing_shows_both_and_can_be_said_then(
    inv: Investigation,
) -> None:
    seen = service.show_message(inv, "2", who="ann")["casework"]["newest"]
    service.add_casework(inv, "2", "relevance", "relevant", seen=seen, who="bob")
    same = service.add_casework(inv, "2", "relevance", "relevant", seen=seen, who="eve")
    met = service.add_casework(inv, "2", "relevance", "not relevant", seen=seen, who="ann")
    said = service.add_casework(
        inv, "2", "relevance", "not relevant", seen=met["newest"], who="ann"
    )

    assert [line["who"] for line in met["since"]] == ["bob", "eve"]
    assert (met["judged"], same["since"]) == ({"bob": "relevant", "eve": "relevant"}, [])
    assert said["judged"] == {"bob": "relevant", "eve": "relevant", "ann": "not relevant"}
    assert (said["disagreement"], len(said["said"])) == (True, 3)
    assert [entry.who for entry in entries(inv, "edit met another")] == ["ann"]


def test_what_is_meant_is_bounded_and_here(
    inv: Investigation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.choosing, "MOST", 2)
    for wanted in (Chosen(query="boot"), Chosen(ids=[]), Chosen(ids=["9"]), Chosen(query="geen")):
        with pytest.raises(UsageError):
            service.say_of_many(inv, wanted, "tag", "x", who="ann")
    with pytest.raises(UsageError):
        service.say_of_many(inv, Chosen(ids=["1"]), "note", "x", who="ann")

    assert service.all_casework(inv)["messages"] == []


def test_the_defence_neither_says_nor_undoes(
    inv: Investigation, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled(inv, ann="investigator", dora="defence")
    monkeypatch.setattr(type(inv), "training", False)
    done = service.say_of_many(inv, Chosen(ids=["1"]), "tag", "x", who=person("ann"))
    with pytest.raises(RefusedError):
        service.say_of_many(inv, Chosen(ids=["2"]), "tag", "x", who=person("dora"))
    with pytest.raises(RefusedError):
        service.undo_act(inv, done["act"], who=person("dora"))
