"""Calls inside one investigation: search, read, casework, its log. Every read is logged first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zegel import service
from zegel.service.rowshapes import row_shape
from zegel.web.api.both import HEAD, LOGOUT, PEOPLE, WHOAMI, head, log_out, people, whoami
from zegel.web.api.call import Call, Query
from zegel.web.api.shapes import (
    COUNT,
    FREE,
    TEXT,
    TRUTH,
    Shape,
    asked,
    by_name,
    lacking,
    many,
    maybe,
    number,
    one_of,
    text,
    thing,
)

LONGEST_QUERY = 20_000
MESSAGE = text(64, "^([0-9]{1,9}|[0-9a-f]{8,64})$")
WANTED = {"message": {**MESSAGE, "description": "its number, or the beginning of its identity"}}

_SNIPPET = thing(
    text=TEXT,
    marks=many(many(COUNT)),
    cut=many(TRUTH),
)
_HIT = thing(
    number=COUNT,
    id=TEXT,
    date=maybe(TEXT),
    clock=TEXT,
    **{"from": many(TEXT)},
    to=many(TEXT),
    subject=maybe(TEXT),
    state=TEXT,
    language=maybe(TEXT),
    clauses=many(TEXT),
    tags=many(TEXT),
    relevance=maybe(TEXT),
    snippet=_SNIPPET,
)
_SAID = thing(kind=TEXT, value=TEXT, who=TEXT, at=maybe(TEXT), said_in=maybe(TEXT))
_CASEWORK = {"tags": many(TEXT), "relevance": maybe(TEXT), "said": many(_SAID)}


def about(query: Query) -> Any:
    """Say what the investigation is."""
    return service.describe(query.of, who=query.person)


def search(query: Query) -> Any:
    """Search."""
    given = query.given
    page = service.Page(offset=given["offset"], limit=given["limit"])
    return service.search(query.of, given["query"], page, who=query.person)


def message(query: Query) -> Any:
    """Read one message."""
    return service.show_message(query.of, query.given["message"], who=query.person)


def casework_of(query: Query) -> Any:
    """Read what was said of a message."""
    return service.list_casework(query.of, query.given["message"], who=query.person)


def add_casework(query: Query) -> Any:
    """Say something of a message."""
    given = query.given
    return service.add_casework(
        query.of, given["message"], given["kind"], given["value"], who=query.person
    )


def casework(query: Query) -> Any:
    """Read all casework."""
    return service.all_casework(query.of, who=query.person)


def contacts(query: Query) -> Any:
    """List who wrote to whom."""
    return service.list_contacts(query.of, who=query.person)


def timeline(query: Query) -> Any:
    """Count messages over time."""
    return service.list_timeline(query.of, query.given["by"], who=query.person)


def records(query: Query) -> Any:
    """List the business records."""
    return service.list_records(query.of, who=query.person)


def log(query: Query) -> Any:
    """Report who did what."""
    return service.custody_report(query.of, who=query.person)


def unopened(query: Query) -> Any:
    """Count what was never opened."""
    return service.unopened(query.of, by=query.given["by"], who=query.person)


def check(query: Query) -> Any:
    """Check the investigation against its seal."""
    return service.check_investigation(query.of, who=query.person)


def _get(
    path: str,
    name: str,
    says: str,
    ask: Callable[[Query], Any],
    answer: Shape,
    **more: Any,
) -> Call:
    return Call(
        method="GET",
        at="investigation",
        path=path,
        name=name,
        says=says,
        ask=ask,
        answer=answer,
        **more,
    )


def _post(
    path: str,
    name: str,
    says: str,
    ask: Callable[[Query], Any],
    answer: Shape,
    **more: Any,
) -> Call:
    return Call(
        method="POST",
        at="investigation",
        path=path,
        name=name,
        says=says,
        ask=ask,
        answer=answer,
        **more,
    )


_ROW = row_shape("messages")
_WHOLE = thing(
    training=TRUTH,
    **_ROW["properties"],
    date=maybe(TEXT),
    places=many(row_shape("places")),
    ciphertexts=many(row_shape("ciphertexts", "session_key")),
    attachments=many(row_shape("attachments")),
    keys=many(row_shape("keys")),
    casework=thing(**_CASEWORK),
    marks={
        **many(many(COUNT)),
        "description": "where terms stand in the text; none are asked here",
    },
)
_OF_MESSAGE = thing(training=TRUTH, message=COUNT, id=TEXT, **_CASEWORK)

CALLS = (
    _get("", "readInvestigation", "Say what the investigation is: order, seal, life.", about, FREE),
    _get("/whoami", "whoActs", "Say who acts here and what they may do.", whoami, WHOAMI),
    _post("/logout", "logOut", "End the session.", log_out, LOGOUT),
    _post(
        "/search",
        "search",
        "Return a page of the hits of a query, with marks, and the exact count of all.",
        search,
        thing(training=TRUTH, query=TEXT, count=COUNT, offset=COUNT, limit=COUNT, hits=many(_HIT)),
        body=asked(
            ("query",),
            {
                "query": text(LONGEST_QUERY),
                "offset": number(0, 10**9, 0),
                "limit": number(1, 1000, 50),
            },
        ),
    ),
    _get(
        "/messages/{message}",
        "readMessage",
        "Return one message whole, with every place and proof.",
        message,
        _WHOLE,
        parts=WANTED,
    ),
    _get(
        "/messages/{message}/casework",
        "readCaseworkOfMessage",
        "Return what was said of a message.",
        casework_of,
        _OF_MESSAGE,
        parts=WANTED,
    ),
    _post(
        "/messages/{message}/casework",
        "addCasework",
        "Add a tag, a note or a relevance to a message, or take a tag off.",
        add_casework,
        _OF_MESSAGE,
        parts=WANTED,
        body=asked(
            ("kind", "value"),
            {
                "kind": one_of("tag", "untag", "note", "relevance"),
                "value": text(100_000, least=1),
            },
        ),
    ),
    _get(
        "/casework",
        "readCasework",
        "Return what holds of every message that casework speaks of.",
        casework,
        thing(
            training=TRUTH,
            tags=by_name(COUNT),
            messages=many(
                thing(message=COUNT, id=TEXT, tags=many(TEXT), relevance=maybe(TEXT), notes=COUNT)
            ),
        ),
    ),
    _get(
        "/contacts",
        "listContacts",
        "List who wrote to whom, most messages first.",
        contacts,
        thing(
            training=TRUTH,
            contacts=many(
                thing(
                    sender=TEXT,
                    recipient=TEXT,
                    messages=COUNT,
                    first=maybe(TEXT),
                    last=maybe(TEXT),
                )
            ),
        ),
    ),
    _get(
        "/timeline",
        "countOverTime",
        "Count the messages of each day, week or month (UTC).",
        timeline,
        thing(training=TRUTH, by=TEXT, timeline=many(thing(step=TEXT, messages=COUNT))),
        query={"by": {**one_of("day", "week", "month"), "default": "day"}},
    ),
    _get(
        "/records",
        "listRecords",
        "List the business records: who held which device, who bought it.",
        records,
        thing(
            training=TRUTH,
            count=COUNT,
            paid_cents=by_name({"type": "integer"}),
            records=many(
                {
                    **thing(
                        **row_shape("holdings", "start_ns", "end_ns")["properties"],
                        start=maybe(TEXT),
                        end=maybe(TEXT),
                    )
                }
            ),
        ),
    ),
    _get(
        "/log",
        "reportLog",
        "Report who did what on which day and what for.",
        log,
        thing(
            training=TRUTH,
            of=TEXT,
            entries=COUNT,
            days=many(
                thing(
                    day=TEXT,
                    who=TEXT,
                    purpose=maybe(TEXT),
                    acts=by_name(COUNT),
                    messages_read=COUNT,
                    messages_read_in_conversations=COUNT,
                    searches_without_result=COUNT,
                    sealed=COUNT,
                    failed=many(thing(act=TEXT, error=TEXT, times=COUNT)),
                    refused=many(thing(act=TEXT, why=TEXT, times=COUNT)),
                    sentence=TEXT,
                )
            ),
        ),
    ),
    _get(
        "/unopened",
        "countUnopened",
        "Count what nobody ever had shown whole, by account, clause or day.",
        unopened,
        thing(
            training=TRUTH,
            messages=COUNT,
            unopened=COUNT,
            exports=COUNT,
            by=TEXT,
            rows=many(
                lacking(
                    thing(
                        account=maybe(TEXT),
                        clause=maybe(TEXT),
                        day=maybe(TEXT),
                        messages=COUNT,
                        unopened=COUNT,
                    ),
                    "account",
                    "clause",
                    "day",
                )
            ),
        ),
        query={"by": {**one_of("account", "clause", "day"), "default": "account"}},
    ),
    _post(
        "/check",
        "checkInvestigation",
        "Verify every row and byte against the seal.",
        check,
        thing(training=TRUTH, root=TEXT, messages=COUNT, whole=TRUTH),
    ),
    _get("/head", "readHead", "Give out the signed head of the log.", head, HEAD),
    _get("/people", "listPeople", "List who is enrolled in the investigation.", people, PEOPLE),
)
