"""Calls of a case: metadata of the whole, for whoever may see it; never content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zegel import service
from zegel.service.ledgercuts import DIMENSIONS, PLACES
from zegel.web.api.both import HEAD, LOGOUT, PEOPLE, WHOAMI, head, log_out, people, whoami
from zegel.web.api.call import Call, Query
from zegel.web.api.shapes import (
    AMOUNT,
    COUNT,
    DIGEST,
    INSTANT,
    TEXT,
    TRUTH,
    WHOLE,
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
from zegel.web.examiner import KEYS, MOST_GIVEN

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
_PHASE = thing(
    phase=TEXT,
    unit=TEXT,
    done=COUNT,
    total=maybe(COUNT),
    rate=maybe(AMOUNT),
    seconds_left=maybe(AMOUNT),
    problems=COUNT,
    elapsed=AMOUNT,
)
_RUN = thing(
    run=one_of("process", "index", "intake", "recheck"),
    state=one_of("running", "done", "stopped", "failed", "killed", "unknown"),
    who=TEXT,
    began=INSTANT,
    told=INSTANT,
    seconds_ago=AMOUNT,
    before=many(_PHASE),
    phase=maybe(_PHASE),
    problems=COUNT,
    error=maybe(thing(what=TEXT, where=TEXT, next=TEXT)),
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


def progress(query: Query) -> Any:
    """Say how the newest run goes."""
    return {"run": service.progress_of(query.of, who=query.person)}


def start(query: Query) -> Any:
    """Have the case processed."""
    given = query.given
    run = service.start_processing(
        query.of,
        passphrases=given["passphrases"],
        index=given["index"],
        workers=given.get("workers"),
        who=query.person,
    )
    return {"run": run or None}


def stop(query: Query) -> Any:
    """Stop the run under way."""
    service.stop_processing(query.of, who=query.person)
    return {}


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


def _get(
    path: str,
    name: str,
    says: str,
    ask: Callable[[Query], Any],
    answer: Shape,
    **more: Any,
) -> Call:
    return Call(
        method="GET", at="case", path=path, name=name, says=says, ask=ask, answer=answer, **more
    )


CALLS = (
    _get(
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
    _get("/whoami", "whoActsInCase", "Say who acts here and what they may do.", whoami, WHOAMI),
    Call(
        method="POST",
        at="case",
        path="/logout",
        name="logOutOfCase",
        says="End the session.",
        ask=log_out,
        answer=LOGOUT,
    ),
    _get(
        "/exhibits",
        "listExhibits",
        "List the exhibits, and count what was found in each.",
        exhibits,
        thing(training=TRUTH, exhibits=many(thing(**_EXHIBIT, found=maybe(_FOUND)))),
    ),
    _get(
        "/progress",
        "watchProgress",
        "Say how the newest run on the case goes, or how it ended. Leaves no entry in the log.",
        progress,
        thing(run=maybe(_RUN)),
    ),
    Call(
        method="POST",
        at="case",
        path="/process",
        name="startProcessing",
        says="Have the case processed by a process of its own, which goes on by itself.",
        ask=start,
        body=asked(
            (),
            {
                "passphrases": {**many(text(1024), 10_000), "default": []},
                "index": {**TRUTH, "default": False, "description": "build the index after it"},
                "workers": number(1, 1024),
            },
        ),
        answer=thing(run=maybe(_RUN)),
        most=MOST_GIVEN,
    ),
    Call(
        method="POST",
        at="case",
        path="/stop",
        name="stopProcessing",
        says="Stop the run under way; what is finished stays.",
        ask=stop,
        answer=thing(),
    ),
    _get(
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
    _get(
        "/keys",
        "listKeys",
        "Return a page of the keys, those with a secret first.",
        keys,
        thing(training=TRUTH, only=TEXT, counts=by_name(COUNT), **PAGED, keys=many(_KEY)),
        query={"only": {**one_of(*KEYS), "default": "all"}, **PAGE},
    ),
    _get(
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
    _get(
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
    _get(
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
    _get(
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
    _get(
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
    _get(
        "/head",
        "readHeadOfCase",
        "Give out the signed head of the log, to be kept elsewhere.",
        head,
        HEAD,
    ),
    _get("/people", "listPeopleOfCase", "List who is enrolled in the case.", people, PEOPLE),
    _get(
        "/investigations",
        "listInvestigations",
        "List every version that was granted and what has become of it.",
        investigations,
        thing(investigations=many(_INVESTIGATION)),
    ),
)
