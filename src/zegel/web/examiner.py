"""The examiner's pages: a case, how its processing goes, its keys, problems, log and people.

Metadata of the whole, never content. What somebody has no right to is not offered to them; asked
for all the same, it is refused by the service, and that is in the log.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import HTMLResponse, Response

from zegel import service
from zegel.errors import UsageError
from zegel.web.asked import Asked
from zegel.web.inside import log_out
from zegel.web.routes import Route

MOST_GIVEN = 4 * 1024 * 1024
"""Bytes of a form that starts processing: passphrases are pasted into it, a line each."""
KEYS = ("all", "secret", "open", "locked", "unusable", "public", "used")
PHASES = ("scan", "keys", "unlock keys", "plan", "open", "settle")
"""What processing goes through, so that a reader sees what is still to come."""


def page(asked: Asked, template: str, **context: Any) -> HTMLResponse:
    """Return a page of the case, with what this reader may do there."""
    may = service.whoami(asked.of, who=asked.person)["may"]
    return asked.page(template, may=frozenset(may), **context)


def part_of(asked: Asked) -> service.Part:
    """Return which page of a list is wanted."""
    return service.Part(page=asked.number("page", 1))


def case(asked: Asked) -> Response:
    """Show what the case holds, and how the newest run on it goes."""
    may = frozenset(service.whoami(asked.of, who=asked.person)["may"])
    about = service.status(asked.of, who=asked.person)
    if "ledger read" in may:
        exhibits = service.list_exhibits(asked.of, who=asked.person)["exhibits"]
    else:
        exhibits = [{**one, "found": None} for one in about["exhibits"]]
    run = None
    if "progress watched" in may:
        run = service.progress_of(asked.of, who=asked.person)
    return asked.page(
        "case_home.html", may=may, about=about, exhibits=exhibits, run=run, phases=PHASES
    )


def progress(asked: Asked) -> Response:
    """Return the part of the page that says how the newest run goes, for the script that asks."""
    run = service.progress_of(asked.of, who=asked.person)
    may = frozenset(service.whoami(asked.of, who=asked.person)["may"])
    return asked.page("run.html", run=run, may=may, phases=PHASES)


def start(asked: Asked) -> Response:
    """Have the case processed by a process of its own, with the passphrases of the form."""
    given = asked.form.text("passphrases", most=MOST_GIVEN, default="")
    file = asked.form.files.get("file", b"").decode("utf-8", "surrogateescape")
    service.start_processing(
        asked.of,
        passphrases=[line for line in (given + "\n" + file).splitlines() if line],
        index=asked.form.ticked("index"),
        who=asked.person,
    )
    return asked.see(asked.to("case"), asked.say("Processing has begun."))


def stop(asked: Asked) -> Response:
    """Stop the run under way."""
    service.stop_processing(asked.of, who=asked.person)
    return asked.see(asked.to("case"), asked.say("The run was asked to stop. What is done stays."))


def keys(asked: Asked) -> Response:
    """Show a page of the keys."""
    only = asked.choice("only", KEYS)
    found = service.page_of_keys(asked.of, only=only, part=part_of(asked), who=asked.person)
    return page(asked, "keys.html", found=found)


def key(asked: Asked) -> Response:
    """Show one key, where it lies and what it opened."""
    number = asked.part("number")
    if not number.isdecimal() or len(number) > 9:
        raise UsageError("there is no such key")
    found = service.read_key(asked.of, int(number), part=part_of(asked), who=asked.person)
    return page(asked, "key.html", found=found, key=found["key"])


def wanted(asked: Asked) -> Response:
    """Show which keys and passphrases closed messages ask for."""
    found = service.page_of_wanted(asked.of, part=part_of(asked), who=asked.person)
    return page(asked, "wanted.html", found=found)


def problems(asked: Asked) -> Response:
    """Show how many problems there are of each kind, and a page of those that are chosen."""
    query = asked.request.query_params
    kind, exhibit, unread = query.get("kind"), query.get("exhibit"), "unread" in query
    counted = service.count_problems(asked.of, who=asked.person)
    if kind is not None and kind not in {one["kind"] for one in counted["kinds"]}:
        raise UsageError("no problem here is of this kind")
    found = service.page_of_problems(
        asked.of,
        kind=kind,
        exhibit=exhibit,
        unread=unread,
        part=part_of(asked),
        who=asked.person,
    )
    chosen = {"kind": kind, "exhibit": exhibit, "unread": 1 if unread else None}
    return page(asked, "problems.html", counted=counted, found=found, chosen=chosen)


def log(asked: Asked) -> Response:
    """Show where the log stands, and a page of its acts."""
    found = service.page_of_log(asked.of, part=part_of(asked), who=asked.person)
    return page(asked, "log.html", found=found)


def people(asked: Asked) -> Response:
    """Show who is enrolled in the case."""
    return page(asked, "case_people.html", found=service.list_people(asked.of, who=asked.person))


def investigations(asked: Asked) -> Response:
    """Show what was granted, and what has become of it."""
    found = service.list_investigations(asked.of, who=asked.person)
    return page(asked, "investigations.html", found=found)


ROUTES = (
    Route("GET", "", case, "case"),
    Route("GET", "/progress", progress, "progress"),
    Route("POST", "/process", start, "start processing", most=MOST_GIVEN),
    Route("POST", "/stop", stop, "stop processing"),
    Route("GET", "/keys", keys, "keys"),
    Route("GET", "/keys/{number}", key, "key"),
    Route("GET", "/wanted", wanted, "wanted"),
    Route("GET", "/problems", problems, "problems"),
    Route("GET", "/log", log, "log of case"),
    Route("GET", "/people", people, "people of case"),
    Route("GET", "/investigations", investigations, "investigations"),
    Route("POST", "/logout", log_out, "log out of case"),
)
