"""Calls about the run that processes a case: how far it is, have one begin, stop it."""

from __future__ import annotations

from typing import Any

from zegel import service
from zegel.web.api.call import Query, case_get, case_post
from zegel.web.api.shapes import (
    AMOUNT,
    COUNT,
    INSTANT,
    TEXT,
    TRUTH,
    asked,
    many,
    maybe,
    number,
    one_of,
    text,
    thing,
)
from zegel.web.examiner import MOST_GIVEN

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


CALLS = (
    case_get(
        "/progress",
        "watchProgress",
        "Say how the newest run on the case goes, or how it ended. Leaves no entry in the log.",
        progress,
        thing(run=maybe(_RUN)),
    ),
    case_post(
        "/process",
        "startProcessing",
        "Have the case processed by a process of its own, which goes on by itself.",
        start,
        thing(run=maybe(_RUN)),
        body=asked(
            (),
            {
                "passphrases": {**many(text(1024), 10_000), "default": []},
                "index": {**TRUTH, "default": False, "description": "build the index after it"},
                "workers": number(1, 1024),
            },
        ),
        most=MOST_GIVEN,
    ),
    case_post(
        "/stop",
        "stopProcessing",
        "Stop the run under way; what is finished stays.",
        stop,
        thing(),
    ),
)
