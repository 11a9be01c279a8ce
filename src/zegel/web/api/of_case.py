"""Calls of a case: metadata of the whole, for whoever may see it; never content."""

from __future__ import annotations

from typing import Any

from zegel import service
from zegel.service.ledgercuts import DIMENSIONS, PLACES
from zegel.web.api import processing
from zegel.web.api.both import HEAD, LOGOUT, PEOPLE, WHOAMI, head, log_out, people, whoami
from zegel.web.api.call import Query, case_get, case_post
from zegel.web.api.shapes import (
    COUNT,
    DIGEST,
    INSTANT,
    TEXT,
    TRUTH,
    WHOLE,
    by_name,
    lacking,
    many,
    maybe,
    number,
    one_of,
    text,
    thing,
)
from zegel.web.examiner import KEYS

PAGED = {"count": COUNT, "page": WHOLE, "pages": WHOLE, "size": WHOLE}
PAGE = {"page": number(1, 10**9, 1), "size": number(1, 1000, 100)}
EXHIBIT = text(20, "^E[0-9]+$")

_PLACE = {"exhibit": TEXT, "path": TEXT, "offset": COUNT}
_KEY = thing(
    number=COUNT,
    fingerprint=TEXT,
    key_id=TEXT,
    primary=TEXT,
    user_ids=many(TEXT),
    algorithm=TEXT,
    bits=maybe(COUNT),
    curve=maybe(TEXT),
    created=maybe(INSTANT),
    expires=maybe(INSTANT),
    revoked=TRUTH,
    secret=one_of("no", "open", "unlocked", "locked", "unusable"),
    refusal=maybe(TEXT),
    protection=maybe(TEXT),
    passphrase={**maybe(TEXT), "description": "where the one that unlocked it came from"},
    opened={**COUNT, "description": "distinct blocks"},
    found_at={**COUNT, "description": "places in all"},
    places=many(thing(**_PLACE, sha256=DIGEST, format=TEXT, secret=TRUTH)),
)
_INVESTIGATION = thing(
    name=TEXT,
    investigation=TEXT,
    order=TEXT,
    root=TEXT,
    messages=maybe(COUNT),
    granted=TEXT,
    expires=maybe(TEXT),
    here=TRUTH,
    outstanding=COUNT,
    state=TEXT,
    said=TEXT,
)
_EXHIBIT = {
    "identity": TEXT,
    "location": TEXT,
    "format": TEXT,
    "seal": DIGEST,
    "entries": COUNT,
    "files": COUNT,
    "bytes": COUNT,
    "problems": COUNT,
    "taken_in": INSTANT,
    "acquisition": by_name({}),
    "conditions": by_name({}),
}
_FOUND = thing(
    files=many(thing(role=TEXT, format=TEXT, files=COUNT, found=COUNT)),
    messages=COUNT,
    keys=COUNT,
    holdings=COUNT,
    passphrases=COUNT,
    problems=COUNT,
)
_PROBLEM = thing(kind=TEXT, **_PLACE, note=maybe(TEXT), unread=TRUTH)
_STATES = by_name(COUNT)
_TOTAL = thing(states=_STATES, stored=COUNT, unread=maybe(COUNT), found=COUNT)


def _part(query: Query) -> service.Part:
    return service.Part(page=query.given["page"], size=query.given["size"])


def status(query: Query) -> Any:
    """Say what the case is."""
    return service.status(query.of, who=query.person)


def exhibits(query: Query) -> Any:
    """List the exhibits."""
    return service.list_exhibits(query.of, who=query.person)


def ledger(query: Query) -> Any:
    """Return a cut of the ledger."""
    fixed = {name: query.given[name] for name in DIMENSIONS if query.given[name] is not None}
    cut = service.Cut(by=query.given["by"], fixed=fixed)
    return service.cut_ledger(query.of, cut, part=_part(query), who=query.person)


def keys(query: Query) -> Any:
    """Return a page of the keys."""
    only = query.given["only"]
    return service.page_of_keys(query.of, only=only, part=_part(query), who=query.person)


def key(query: Query) -> Any:
    """Return one key."""
    number = query.given["number"]
    return service.read_key(query.of, number, part=_part(query), who=query.person)


def wanted(query: Query) -> Any:
    """Return what closed messages ask for."""
    return service.page_of_wanted(query.of, part=_part(query), who=query.person)


def kinds(query: Query) -> Any:
    """Count the problems."""
    return service.count_problems(query.of, who=query.person)


def problems(query: Query) -> Any:
    """Return a page of the problems."""
    given = query.given
    return service.page_of_problems(
        query.of,
        kind=given["kind"],
        exhibit=given["exhibit"],
        unread=bool(given["unread"]),
        part=_part(query),
        who=query.person,
    )


def log(query: Query) -> Any:
    """Return a page of the log."""
    return service.page_of_log(query.of, part=_part(query), who=query.person)


def investigations(query: Query) -> Any:
    """List the investigations."""
    return {"investigations": service.list_investigations(query.of, who=query.person)}


CALLS = (
    case_get(
        "",
        "readCase",
        "Say what the case is and which exhibits and investigations it holds.",
        status,
        thing(
            case=TEXT,
            training=TRUTH,
            exhibits=many(thing(**_EXHIBIT)),
            processed=TRUTH,
            privilege=TEXT,
            investigations=many(_INVESTIGATION),
        ),
    ),
    case_get("/whoami", "whoActsInCase", "Say who acts here and what they may do.", whoami, WHOAMI),
    case_post("/logout", "logOutOfCase", "End the session.", log_out, LOGOUT),
    case_get(
        "/exhibits",
        "listExhibits",
        "List the exhibits, and count what was found in each.",
        exhibits,
        thing(training=TRUTH, exhibits=many(thing(**_EXHIBIT, found=maybe(_FOUND)))),
    ),
    *processing.CALLS,
    case_get(
        "/ledger",
        "cutLedger",
        "Return a cut of the ledger: what is fixed, and a page of what the rest is divided into.",
        ledger,
        lacking(
            thing(
                training=TRUTH,
                by=TEXT,
                fixed=by_name(thing(value=TEXT, name=TEXT)),
                divisible=many(TEXT),
                total=_TOTAL,
                **PAGED,
                rows=many(
                    thing(value=TEXT, name=TEXT, states=_STATES, stored=COUNT, unread=maybe(COUNT))
                ),
                places=many(
                    thing(
                        **_PLACE,
                        length=COUNT,
                        sha256=DIGEST,
                        format=TEXT,
                        state=TEXT,
                        reason=TEXT,
                        detail=TEXT,
                        day=TEXT,
                    )
                ),
            ),
            "rows",
            "places",
        ),
        query={
            "by": {**one_of(*DIMENSIONS, PLACES), "default": "exhibit"},
            **{
                name: {**text(100), "description": "`value` of a row; fixes this dimension"}
                for name in DIMENSIONS
            },
            **PAGE,
        },
    ),
    case_get(
        "/keys",
        "listKeys",
        "Return a page of the keys, those with a secret first.",
        keys,
        thing(training=TRUTH, only=TEXT, counts=by_name(COUNT), **PAGED, keys=many(_KEY)),
        query={"only": {**one_of(*KEYS), "default": "all"}, **PAGE},
    ),
    case_get(
        "/keys/wanted",
        "listWantedKeys",
        "Return a page of the keys and passphrases that closed messages ask for, most asked for"
        " first.",
        wanted,
        thing(
            training=TRUTH,
            **PAGED,
            wanted=many(
                thing(
                    key_id=maybe(TEXT),
                    user_ids=many(TEXT),
                    state=TEXT,
                    reason=TEXT,
                    detail=maybe(TEXT),
                    blocks=COUNT,
                )
            ),
        ),
        query=PAGE,
    ),
    case_get(
        "/keys/{number}",
        "readKey",
        "Return one key: a page of the places where it lies, and in how many messages of which "
        "accounts it opened something.",
        key,
        thing(
            training=TRUTH,
            **PAGED,
            key=_KEY,
            messages=thing(
                count=COUNT,
                accounts=COUNT,
                by=many(thing(exhibit=TEXT, account=TEXT, messages=COUNT)),
            ),
        ),
        parts={"number": number(0, 10**9)},
        query=PAGE,
    ),
    case_get(
        "/problems",
        "listProblems",
        "Return a page of the problems, in order of the exhibits.",
        problems,
        thing(
            training=TRUTH,
            **PAGED,
            problems=many(_PROBLEM),
        ),
        query={"kind": text(100), "exhibit": EXHIBIT, "unread": TRUTH, **PAGE},
    ),
    case_get(
        "/problems/kinds",
        "countProblems",
        "Count the problems by kind and exhibit.",
        kinds,
        thing(
            training=TRUTH,
            problems=COUNT,
            unread=COUNT,
            kinds=many(thing(kind=TEXT, problems=COUNT, unread=COUNT, exhibits=_STATES)),
        ),
    ),
    case_get(
        "/log",
        "readLogOfCase",
        "Return the signed head of the log and a page of its acts, newest first.",
        log,
        thing(
            training=TRUTH,
            head=thing(origin=TEXT, size=COUNT, root=DIGEST, at=INSTANT, key=TEXT),
            **PAGED,
            entries=many(thing(index=COUNT, at=INSTANT, who=TEXT, act=TEXT, facts=by_name(TEXT))),
        ),
        query=PAGE,
    ),
    case_get(
        "/head",
        "readHeadOfCase",
        "Give out the signed head of the log, to be kept elsewhere.",
        head,
        HEAD,
    ),
    case_get("/people", "listPeopleOfCase", "List who is enrolled in the case.", people, PEOPLE),
    case_get(
        "/investigations",
        "listInvestigations",
        "List every version that was granted and what has become of it.",
        investigations,
        thing(investigations=many(_INVESTIGATION)),
    ),
)
