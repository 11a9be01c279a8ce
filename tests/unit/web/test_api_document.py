"""The document of the API: whole, true to what is served, and what is asked is judged by it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from starlette.routing import Route

from tests.unit.web.program import Shape
from zegel.errors import UsageError
from zegel.service import Desks
from zegel.web.api import CALLS, application, openapi
from zegel.web.api.shapes import asked, by_name, many, maybe, number, one_of, require, text, thing

DOCUMENT = openapi()


def test_each_route_is_in_the_document_and_the_document_has_no_other() -> None:
    routes = {
        (method, route.path)
        for route in application(Desks.__new__(Desks)).routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = {
        (method.upper(), path)
        for path, operations in DOCUMENT["paths"].items()
        for method in operations
    }

    assert routes - described == {("GET", "/openapi.json")}
    assert described <= routes
    assert len(described) == len(CALLS)


def test_the_document_is_whole_in_itself() -> None:
    operations = [one for path in DOCUMENT["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]

    assert DOCUMENT["openapi"].startswith("3.1.")
    assert len(set(names)) == len(names)
    for path, methods in DOCUMENT["paths"].items():
        for one in methods.values():
            parts = {p["name"] for p in one["parameters"] if p["in"] == "path"}
            assert parts == set(re.findall(r"\{(\w+)\}", path)), path
            for schema in shapes_of(one):
                Draft202012Validator.check_schema(schema)
    for kind in ("schemas", "responses"):
        referred = set(re.findall(rf'"#/components/{kind}/(\w+)"', json.dumps(DOCUMENT)))
        assert referred == set(DOCUMENT["components"][kind])


def shapes_of(operation: Mapping[str, Any]) -> Iterator[Shape]:
    for parameter in operation["parameters"]:
        yield parameter["schema"]
    contents = [operation.get("requestBody", {}), *operation["responses"].values()]
    for content in contents:
        for media in content.get("content", {}).values():
            yield media["schema"]


def test_no_address_takes_what_could_be_content() -> None:
    """Free text stands in bodies: what an address takes is a number, a word, or a digest."""
    free = [
        (call.name, name)
        for call in CALLS
        for name, shape in {**call.parts, **call.query}.items()
        if not (
            shape.get("type") in ("integer", "boolean") or shape.get("enum") or shape.get("pattern")
        )
    ]

    # The service refuses what is no value of a dimension, or no kind of problem.
    assert {name for name, _ in free} <= {"cutLedger", "listProblems"}


SHAPE = asked(
    ("a",),
    {
        "a": text(3, "^[a-z]+$", least=1),
        "b": number(1, 5),
        "c": many(one_of("x", "y"), 2),
        "d": maybe(thing(e={"type": "boolean"}, f={"type": "number"})),
        "g": by_name({"type": "integer"}),
    },
)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 9)
    | st.sampled_from(["", "ab", "abcd", "A", "x"])
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x != int(x)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e", "f", "h"]), inner, max_size=5)
    ),
    max_leaves=8,
)


LIKELY = st.fixed_dictionaries(
    {"a": st.sampled_from(["ab", "abcd", "A1"]) | VALUES},
    optional={
        "b": st.integers(0, 6) | VALUES,
        "c": st.lists(st.sampled_from(["x", "y", "z"]), max_size=3) | VALUES,
        "d": st.none() | st.fixed_dictionaries({"e": st.booleans(), "f": st.just(1.5)}) | VALUES,
    },
)


@given(value=VALUES | LIKELY)
@settings(max_examples=150, deadline=None)
def test_what_is_asked_is_judged_as_another_implementation_does(value: Any) -> None:
    try:
        require(value, SHAPE)
        fits = True
    except UsageError:
        fits = False

    assert fits is Draft202012Validator(SHAPE).is_valid(value)
