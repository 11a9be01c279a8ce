"""Pages that search one investigation: the box, hits with facets, saved searches, lists of terms.

What is asked is posted and becomes a state; the address holds its id alone, so that the back button
and a link to a colleague work and no server or browser keeps a query in its lists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from babel import Locale
from starlette.responses import Response

from zegel import service
from zegel.text.query import QueryError
from zegel.web.asked import Asked
from zegel.web.routes import Route

SIZE = 20
"""Hits of one page."""
ORDERS = ("newest", "oldest", "best")
LONGEST_QUERY = 4000
LARGEST_LIST = 500 * 1024
"""Bytes of a list of terms, as it is handed in."""
ID = re.compile("[0-9a-f]{32}")


def front(asked: Asked) -> Response:
    """Show the box, what was saved, and where a list of terms is handed in."""
    return asked.page("search.html", **_front(asked))


def _front(asked: Asked, query: str = "", order: str = ORDERS[0]) -> dict[str, Any]:
    saved = service.named_states(asked.of, who=asked.person)
    return {
        "query": query,
        "order": order,
        "fault": None,
        "saved": [one for one in saved if one.kind == "search"],
        "lists": [one for one in saved if one.kind == "terms"],
    }


def ask(asked: Asked) -> Response:
    """Keep what is asked, and go to its hits."""
    query = asked.form.text("q", most=2 * LONGEST_QUERY, default="").strip()
    narrow = asked.form.text("narrow", most=LONGEST_QUERY, default="").strip()
    order = asked.form.text("order", most=20, default=ORDERS[0])
    facts = {
        "query": service.narrowed(query, narrow) if narrow else query,
        "order": order if order in ORDERS else ORDERS[0],
    }
    state = service.keep_state(asked.of, "search", facts, who=asked.person)
    return asked.see(asked.to("results", state=state))


def page_of(order: str, offset: int, limit: int) -> service.Page:
    """Return which hits a page shows, in an order that a reader chose."""
    return service.Page(
        offset=offset, limit=limit, by_date=order != "best", newest_first=order == "newest"
    )


def results(asked: Asked) -> Response:
    """Show one page of hits; what cannot be read goes back into the box, with the reason."""
    state = service.open_state(asked.of, asked.part("state"), who=asked.person)
    if state.kind == "terms":
        return asked.see(asked.to("terms", state=state.id))
    query, order = str(state.facts.get("query", "")), str(state.facts.get("order", ORDERS[0]))
    number = asked.number("page", 1)
    wanted = page_of(order, (number - 1) * SIZE, SIZE)
    try:
        found = service.search(asked.of, query, wanted, facets=True, who=asked.person)
    except QueryError as error:
        front = {**_front(asked, query, order), "fault": error}
        return asked.page("search.html", 400, **front)
    pages = max(1, -(-found["count"] // SIZE))
    return asked.page(
        "results.html",
        state=state,
        query=query,
        order=order,
        fault=None,
        found=found,
        number=number,
        pages=pages,
        near=_near(number, pages),
        language=lambda code: language_name(asked, code),
    )


def _near(number: int, pages: int) -> list[int]:
    """Return the pages that are linked: the first, the last, and those around this one."""
    near = {1, pages, *range(number - 2, number + 3)}
    return sorted(one for one in near if 1 <= one <= pages)


def language_name(asked: Asked, code: str) -> str:
    """Return the name of a language as the reader calls it."""
    if code == "und":
        return asked.say("not determined")
    return _language_name(asked.reader.language, code)


@lru_cache(maxsize=1000)
def _language_name(reader: str, code: str) -> str:
    return str(Locale(reader).languages.get(code, code))


def hit_at(asked: Asked) -> Response:
    """Go to one hit of a search by its place, counted from 0."""
    state = service.open_state(asked.of, asked.part("state"), who=asked.person)
    query, order = str(state.facts.get("query", "")), str(state.facts.get("order", ORDERS[0]))
    at = asked.number("at", 0, least=0)
    found = service.search(asked.of, query, page_of(order, at, 1), who=asked.person)
    if not found["hits"]:
        return asked.see(asked.to("results", state=state.id))
    number = found["hits"][0]["number"]
    return asked.see(asked.to("message", number=number, state=state.id, at=at))


def save(asked: Asked) -> Response:
    """Give a search a name, or take one's own name away."""
    state, name = asked.part("state"), asked.form.text("name", most=500, default="")
    service.name_state(asked.of, state, name, who=asked.person)
    said = asked.say("The search is saved.") if name.strip() else asked.say("The name is gone.")
    return asked.see(asked.to("results", state=state), said)


def hand_in(asked: Asked) -> Response:
    """Keep a list of terms, from a file or typed, and go to its counts."""
    text = (
        asked.form.files.get("list")
        or asked.form.text("text", most=LARGEST_LIST, default="").encode()
    )
    terms = service.read_terms(text)
    facts: dict[str, Any] = {"terms": [[term.line, term.query] for term in terms]}
    state = service.keep_state(asked.of, "terms", facts, who=asked.person)
    return asked.see(asked.to("terms", state=state))


def terms(asked: Asked) -> Response:
    """Show how many messages each query of a list finds."""
    state = service.open_state(asked.of, asked.part("state"), who=asked.person)
    counted = service.count_terms(asked.of, _terms_in(state.facts), who=asked.person)
    return asked.page("terms.html", state=state, counted=counted)


def _terms_in(facts: Mapping[str, Any]) -> list[service.Term]:
    kept = facts.get("terms")
    return [service.Term(int(line), str(query)) for line, query in kept or ()]


ROUTES = (
    Route("GET", "/search", front, "search"),
    Route("POST", "/search", ask, "ask"),
    Route("GET", "/s/{state}", results, "results"),
    Route("GET", "/s/{state}/hit", hit_at, "hit"),
    Route("POST", "/s/{state}/name", save, "save search"),
    Route("POST", "/terms", hand_in, "hand in terms", most=LARGEST_LIST + 64 * 1024),
    Route("GET", "/terms/{state}", terms, "terms"),
)
