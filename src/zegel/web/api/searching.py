"""Calls that search inside an investigation, and that keep what was asked under opaque ids."""

from __future__ import annotations

from typing import Any

from zegel import service
from zegel.web.api.call import Query, inside_get, inside_post
from zegel.web.api.shapes import (
    COUNT,
    FREE,
    OF_A_MESSAGE,
    TEXT,
    TRUTH,
    asked,
    lacking,
    many,
    maybe,
    number,
    one_of,
    text,
    thing,
)
from zegel.web.searching import LONGEST_QUERY, ORDERS, page_of

STATE = text(32, "^[0-9a-f]{32}$")
_MOST_TERMS = 1000
_SNIPPET = thing(text=TEXT, marks=many(many(COUNT)), cut=many(TRUTH))
_HIT = thing(
    **OF_A_MESSAGE,
    language=maybe(TEXT),
    clauses=many(TEXT),
    tags=many(TEXT),
    relevance=maybe(TEXT),
    disagreement=TRUTH,
    snippet=_SNIPPET,
)
_FACET = thing(
    name=TEXT,
    values=many(
        thing(
            value=TEXT,
            count=COUNT,
            narrow={**maybe(TEXT), "description": "the words that ask for it besides"},
        )
    ),
    more={**COUNT, "description": "values that are not named"},
)
_STATE = thing(id=STATE, kind=TEXT, facts=FREE, name=TEXT, who=TEXT, at=maybe(TEXT))
_TERM = thing(line=COUNT, query=TEXT, hits=maybe(COUNT), fault=maybe(thing(what=TEXT, at=COUNT)))


def search(query: Query) -> Any:
    """Search."""
    given = query.given
    page = page_of(given["order"], given["offset"], given["limit"])
    return service.search(query.of, given["query"], page, facets=given["facets"], who=query.person)


def count_terms(query: Query) -> Any:
    """Count the hits of each query of a list."""
    terms = service.as_terms(query.given["terms"])
    return service.count_terms(query.of, terms, who=query.person)


def keep(query: Query) -> Any:
    """Keep a search under an id."""
    facts = {"query": query.given["query"], "order": query.given["order"]}
    return {"id": service.keep_state(query.of, "search", facts, who=query.person)}


def named(query: Query) -> Any:
    """List what was given a name."""
    return {"states": [_shown(one) for one in service.named_states(query.of, who=query.person)]}


def opened(query: Query) -> Any:
    """Open what is kept under an id."""
    return _shown(service.open_state(query.of, query.given["state"], who=query.person))


def name(query: Query) -> Any:
    """Call what is kept by a name."""
    service.name_state(query.of, query.given["state"], query.given["name"], who=query.person)
    return {}


def _shown(state: Any) -> dict[str, Any]:
    return {
        "id": state.id,
        "kind": state.kind,
        "facts": dict(state.facts),
        "name": state.name,
        "who": state.who,
        "at": state.at,
    }


_WORDS = text(2 * LONGEST_QUERY)
_ORDER = {**one_of(*ORDERS), "default": ORDERS[0]}

CALLS = (
    inside_post(
        "/search",
        "search",
        "Return a page of the hits of a query, with marks, and the exact count of all.",
        search,
        lacking(
            thing(
                training=TRUTH,
                query=TEXT,
                count=COUNT,
                newest=COUNT,
                offset=COUNT,
                limit=COUNT,
                hits=many(_HIT),
                facets=many(_FACET),
            ),
            "facets",
        ),
        body=asked(
            ("query",),
            {
                "query": _WORDS,
                "offset": number(0, 10**9, 0),
                "limit": number(1, 1000, 50),
                "order": _ORDER,
                "facets": {**TRUTH, "default": False, "description": "count them too"},
            },
        ),
    ),
    inside_post(
        "/terms",
        "countTerms",
        "Count the hits of each query of a list, or say why it cannot be read.",
        count_terms,
        thing(training=TRUTH, terms=many(_TERM), faults=COUNT),
        body=asked(("terms",), {"terms": many(_WORDS, _MOST_TERMS)}),
    ),
    inside_post(
        "/states",
        "keepSearch",
        "Keep a search under an opaque id, which a colleague with the same rights can open.",
        keep,
        thing(id=STATE),
        body=asked(("query",), {"query": _WORDS, "order": _ORDER}),
    ),
    inside_get(
        "/states",
        "listNamedStates",
        "List what was asked here and given a name.",
        named,
        thing(states=many(_STATE)),
    ),
    inside_get(
        "/states/{state}",
        "openState",
        "Return what is kept under an id.",
        opened,
        _STATE,
        parts={"state": STATE},
    ),
    inside_post(
        "/states/{state}/name",
        "nameState",
        "Call what is kept under an id by a name; an empty one takes it away.",
        name,
        thing(),
        parts={"state": STATE},
        body=asked(("name",), {"name": text(100)}),
    ),
)
