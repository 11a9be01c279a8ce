"""Calls about casework: tags, notes, relevance, of one message or many; undo; who read what."""

from __future__ import annotations

from typing import Any

from zegel import service
from zegel.errors import UsageError
from zegel.web.api.call import Query, inside_get, inside_post
from zegel.web.api.reading import CASEWORK, MESSAGE, WANTED
from zegel.web.api.shapes import (
    COUNT,
    TEXT,
    TRUTH,
    Shape,
    asked,
    by_name,
    many,
    maybe,
    number,
    one_of,
    text,
    thing,
)
from zegel.web.searching import LONGEST_QUERY

MOST_NAMED = 20_000
SEEN: Shape = {
    **number(0, 2**53),
    "description": "`newest` of what was shown: what others said since is not overwritten",
}
CHOSEN: dict[str, Shape] = {
    "messages": {**many(MESSAGE, MOST_NAMED), "description": "by number or identity"},
    "query": {**text(2 * LONGEST_QUERY), "description": "or the whole result of a search"},
}
_SAID = CASEWORK["said"]
_OF_MESSAGE = {"training": TRUTH, "message": COUNT, "id": TEXT, **CASEWORK}
_SINCE = many(thing(message=COUNT, id=TEXT, said=_SAID))
_PERSON = {
    "who": TEXT,
    "key": TEXT,
    "first": maybe(TEXT),
    "last": maybe(TEXT),
    "messages": COUNT,
    "times": COUNT,
    "hit_lists": COUNT,
    "overviews": COUNT,
    "dossiers": COUNT,
    "sealed": COUNT,
}


def chosen(query: Query) -> service.Chosen:
    """Return which messages are meant; raise where it is not said, for then it would be all."""
    if not {"messages", "query"} & query.given.keys():
        raise UsageError("neither messages nor a query are named")
    return service.Chosen(ids=query.given.get("messages"), query=query.given.get("query"))


def of_message(query: Query) -> Any:
    """Read what was said of a message."""
    return service.list_casework(query.of, query.given["message"], who=query.person)


def add(query: Query) -> Any:
    """Say something of a message."""
    given = query.given
    return service.add_casework(
        query.of,
        given["message"],
        given["kind"],
        given["value"],
        seen=given.get("seen"),
        who=query.person,
    )


def all_of_it(query: Query) -> Any:
    """Read all casework."""
    return service.all_casework(query.of, who=query.person)


def say_of_many(query: Query) -> Any:
    """Say one thing of many messages."""
    given = query.given
    return service.say_of_many(
        query.of,
        chosen(query),
        given["kind"],
        given["value"],
        seen=given.get("seen"),
        who=query.person,
    )


def undo(query: Query) -> Any:
    """Undo an act."""
    return service.undo_act(query.of, query.given["act"], who=query.person)


def acts(query: Query) -> Any:
    """List the newest acts on many messages."""
    return service.list_acts(query.of, who=query.person)


def disagreements(query: Query) -> Any:
    """List what people judge differently."""
    return service.list_disagreements(query.of, who=query.person)


def next_unread(query: Query) -> Any:
    """Return what to read next."""
    given = query.given
    return service.next_unread(
        query.of,
        query=given["query"],
        order=given["order"],
        after=given.get("after"),
        by=given["by"],
        who=query.person,
    )


def readers(query: Query) -> Any:
    """Return how much each person saw."""
    return service.readers(query.of, who=query.person)


def read_by(query: Query) -> Any:
    """Return what a person read."""
    return service.read_by(query.of, query.given["person"], who=query.person)


def readers_of(query: Query) -> Any:
    """Return who read a message."""
    return service.readers_of(query.of, query.given["message"], who=query.person)


_ACT = {"act": maybe(COUNT), "kind": TEXT, "value": TEXT, "messages": COUNT}
_MANY = {"left": COUNT, "since": _SINCE, "newest": COUNT}

CALLS = (
    inside_get(
        "/messages/{message}/casework",
        "readCaseworkOfMessage",
        "Return what was said of a message.",
        of_message,
        thing(**_OF_MESSAGE),
        parts=WANTED,
    ),
    inside_post(
        "/messages/{message}/casework",
        "addCasework",
        "Add a tag, a note or a relevance to a message, or take a tag off.",
        add,
        thing(**_OF_MESSAGE, since=_SAID),
        parts=WANTED,
        body=asked(
            ("kind", "value"),
            {
                "kind": one_of("tag", "untag", "note", "relevance"),
                "value": text(100_000, least=1),
                "seen": SEEN,
            },
        ),
    ),
    inside_get(
        "/casework",
        "readCasework",
        "Return what holds of every message that casework speaks of.",
        all_of_it,
        thing(
            training=TRUTH,
            tags=by_name(COUNT),
            newest=COUNT,
            messages=many(
                thing(
                    message=COUNT,
                    id=TEXT,
                    tags=many(TEXT),
                    relevance=maybe(TEXT),
                    judged=by_name(TEXT),
                    disagreement=TRUTH,
                    notes=COUNT,
                )
            ),
        ),
    ),
    inside_post(
        "/casework",
        "addCaseworkToMany",
        "Put a tag on many messages or take it off, or judge their relevance, in one act.",
        say_of_many,
        thing(training=TRUTH, **_ACT, already=COUNT, **_MANY),
        body=asked(
            ("kind", "value"),
            {
                **CHOSEN,
                "kind": one_of("tag", "untag", "relevance"),
                "value": text(1000, least=1),
                "seen": SEEN,
            },
        ),
    ),
    inside_post(
        "/casework/undo",
        "undoAct",
        "Undo an act on many messages; what others said since stands.",
        undo,
        thing(training=TRUTH, **_ACT, undoes=COUNT, **_MANY),
        body=asked(("act",), {"act": number(0, 2**53)}),
    ),
    inside_get(
        "/casework/acts",
        "listActs",
        "List the newest acts on many messages, and whether they were undone.",
        acts,
        thing(
            training=TRUTH,
            acts=many(
                thing(
                    **_ACT,
                    who=TEXT,
                    at=maybe(TEXT),
                    undoes=maybe(COUNT),
                    undone_by=maybe(COUNT),
                    may_undo=TRUTH,
                )
            ),
        ),
    ),
    inside_get(
        "/casework/disagreements",
        "listDisagreements",
        "List the messages that people judge differently, and who judges how.",
        disagreements,
        thing(
            training=TRUTH,
            messages=many(thing(message=COUNT, id=TEXT, judged=by_name(TEXT))),
            newest=COUNT,
        ),
    ),
    inside_post(
        "/unread",
        "findNextUnread",
        "Return the next message of a search that you, or nobody of the team, has read.",
        next_unread,
        thing(training=TRUTH, message=maybe(COUNT), at=maybe(COUNT), by=TEXT, unread=COUNT),
        body=asked(
            (),
            {
                "query": {**text(2 * LONGEST_QUERY), "default": ""},
                "order": {**one_of("oldest", "newest", "best"), "default": "oldest"},
                "by": {**one_of("me", "team"), "default": "me"},
                "after": {**number(0, 10**9), "description": "a message's number"},
            },
        ),
    ),
    inside_get(
        "/readers",
        "listReaders",
        "Return how much each person saw; of the defence, how often they acted.",
        readers,
        thing(training=TRUTH, messages=COUNT, read=COUNT, people=many(thing(**_PERSON))),
    ),
    inside_get(
        "/readers/{person}",
        "listReadBy",
        "Return the messages that a person read, the last read first.",
        read_by,
        thing(training=TRUTH, **_PERSON, numbers=many(COUNT)),
        parts={"person": {**text(16, "^[0-9a-f]{16}$"), "description": "`key` of a reader"}},
    ),
    inside_get(
        "/messages/{message}/readers",
        "listReadersOfMessage",
        "Return who read a message, when and how often, and in which searches it was shown.",
        readers_of,
        thing(
            training=TRUTH,
            message=COUNT,
            id=TEXT,
            readers=many(thing(who=TEXT, first=maybe(TEXT), last=maybe(TEXT), times=COUNT)),
            shown_in=many(thing(entry=COUNT, who=TEXT, at=maybe(TEXT))),
            searches=thing(told=COUNT, untold=COUNT, left=COUNT),
            sealed=many(thing(who=TEXT, acts=COUNT)),
        ),
        parts=WANTED,
    ),
)
