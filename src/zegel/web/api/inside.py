"""Calls inside one investigation: search, read, casework, its log. Every read is logged first."""

from __future__ import annotations

from typing import Any

from zegel import service
from zegel.service.rowshapes import row_shape
from zegel.web.api.both import HEAD, LOGOUT, PEOPLE, WHOAMI, head, log_out, people, whoami
from zegel.web.api.call import Query, inside_get, inside_post
from zegel.web.api.shapes import (
    COUNT,
    FREE,
    TEXT,
    TRUTH,
    by_name,
    lacking,
    many,
    maybe,
    one_of,
    thing,
)


def about(query: Query) -> Any:
    """Say what the investigation is."""
    return service.describe(query.of, who=query.person)


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


CALLS = (
    inside_get("", "readInvestigation", "Say what the investigation is.", about, FREE),
    inside_get("/whoami", "whoActs", "Say who acts here and what they may do.", whoami, WHOAMI),
    inside_post("/logout", "logOut", "End the session.", log_out, LOGOUT),
    inside_get(
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
    inside_get(
        "/timeline",
        "countOverTime",
        "Count the messages of each day, week or month (UTC).",
        timeline,
        thing(training=TRUTH, by=TEXT, timeline=many(thing(step=TEXT, messages=COUNT))),
        query={"by": {**one_of("day", "week", "month"), "default": "day"}},
    ),
    inside_get(
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
    inside_get(
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
    inside_get(
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
    inside_post(
        "/check",
        "checkInvestigation",
        "Verify every row and byte against the seal.",
        check,
        thing(training=TRUTH, root=TEXT, messages=COUNT, whole=TRUTH),
    ),
    inside_get("/head", "readHead", "Give out the signed head of the log.", head, HEAD),
    inside_get("/people", "listPeople", "List who is enrolled here.", people, PEOPLE),
)
