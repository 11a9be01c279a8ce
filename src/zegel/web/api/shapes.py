"""Shapes of JSON, in the words of JSON Schema 2020-12 that are used here, and whether a value fits.

Answers may gain keys: a reader passes over those it does not know. What is asked may not: a key
that nobody knows is refused, for it may be one that was meant to narrow something.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from zegel.errors import UsageError

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
WHOLE: Shape = {"type": "integer"}
COUNT: Shape = {"type": "integer", "minimum": 0}
AMOUNT: Shape = {"type": "number"}
TRUTH: Shape = {"type": "boolean"}
INSTANT: Shape = {"type": "string", "description": "ISO 8601 with its offset"}
DIGEST: Shape = {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256"}
FREE: Shape = {"type": "object", "description": "as its reference page says"}


def thing(**properties: Shape) -> Shape:
    """Return an object that has these keys."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def lacking(shape: Shape, *names: str) -> Shape:
    """Return an object that has some of its keys not always."""
    return {**shape, "required": [name for name in shape["required"] if name not in names]}


def asked(need: Sequence[str], properties: Mapping[str, Shape]) -> Shape:
    """Return the shape of what is asked: keys that nobody knows are refused."""
    shape = thing(**properties)
    return {**shape, "required": list(need), "additionalProperties": False}


def many(shape: Shape, most: int | None = None) -> Shape:
    """Return a list of a shape."""
    return {"type": "array", "items": shape, **({} if most is None else {"maxItems": most})}


def by_name(shape: Shape) -> Shape:
    """Return an object whose keys are names and whose values are of a shape."""
    return {"type": "object", "additionalProperties": shape}


def maybe(shape: Shape) -> Shape:
    """Return a shape that may be null."""
    if isinstance(shape.get("type"), str) and "enum" not in shape:
        return {**shape, "type": [shape["type"], "null"]}
    return {"anyOf": [shape, {"type": "null"}]}


def text(most: int, pattern: str = "", least: int = 0) -> Shape:
    """Return a text of bounded length."""
    shape: Shape = {"type": "string", "maxLength": most}
    if least:
        shape["minLength"] = least
    return {**shape, "pattern": pattern} if pattern else shape


def number(least: int, most: int, default: int | None = None) -> Shape:
    """Return a whole number within bounds."""
    shape: Shape = {"type": "integer", "minimum": least, "maximum": most}
    return shape if default is None else {**shape, "default": default}


def one_of(*words: str) -> Shape:
    """Return one of some words."""
    return {"type": "string", "enum": list(words)}


_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def require(value: Any, shape: Shape, where: str = "the body") -> None:
    """Raise `UsageError` where a value that was asked with does not fit; its words are not said."""
    kinds = shape.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        raise UsageError(f"{where} is not of type {' or '.join(kinds)}")
    if "enum" in shape and value not in shape["enum"]:
        raise UsageError(f"{where} is one of {', '.join(map(str, shape['enum']))}")
    if isinstance(value, str):
        _text(value, shape, where)
    elif isinstance(value, list):
        _list(value, shape, where)
    elif isinstance(value, dict):
        _object(value, shape, where)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _number(value, shape, where)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _KINDS[kind])


def _number(value: float, shape: Shape, where: str) -> None:
    if not shape.get("minimum", value) <= value <= shape.get("maximum", value):
        least, most = shape.get("minimum", "any"), shape.get("maximum", "any")
        raise UsageError(f"{where} is a number from {least} to {most}")


def _text(value: str, shape: Shape, where: str) -> None:
    if len(value) > shape.get("maxLength", len(value)):
        raise UsageError(f"{where} has more than {shape['maxLength']} characters")
    if len(value) < shape.get("minLength", 0):
        raise UsageError(f"{where} has fewer than {shape['minLength']} characters")
    if "pattern" in shape and not re.search(shape["pattern"], value):
        raise UsageError(f"{where} is not of the form {shape['pattern']}")


def _list(value: list[Any], shape: Shape, where: str) -> None:
    if len(value) > shape.get("maxItems", len(value)):
        raise UsageError(f"{where} has more than {shape['maxItems']} members")
    for place, member in enumerate(value):
        require(member, shape.get("items", {}), f"{where}[{place}]")


def _object(value: dict[str, Any], shape: Shape, where: str) -> None:
    known = shape.get("properties", {})
    missing = [name for name in shape.get("required", ()) if name not in value]
    if missing:
        raise UsageError(f"{where} lacks {', '.join(missing)}")
    if shape.get("additionalProperties") is False and not value.keys() <= known.keys():
        raise UsageError(f"{where} has keys besides {', '.join(known) or 'none'}")
    for name, member in value.items():
        if name in known:
            require(member, known[name], f"{where}: {name}")


OF_A_MESSAGE: Mapping[str, Shape] = {
    "number": COUNT,
    "id": TEXT,
    "date": maybe(TEXT),
    "clock": TEXT,
    "from": many(TEXT),
    "to": many(TEXT),
    "subject": maybe(TEXT),
    "state": TEXT,
}
"""What every list of messages says of each."""
