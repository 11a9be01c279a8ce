"""What a row of an investigation's tables looks like as JSON, told from the tables themselves."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from zegel.investigation.schemas import TABLES

Shape = dict[str, Any]
"""A schema in the words of JSON Schema 2020-12."""


def row_shape(table: str, *without: str) -> Shape:
    """Return the shape of a row as `as_json` shows it: bytes in hexadecimal, any column null."""
    fields = {field.name: field.type for field in TABLES[table] if field.name not in without}
    return {
        "type": "object",
        "properties": {name: _nullable(_shape(name, kind)) for name, kind in fields.items()},
        "required": list(fields),
    }


def _nullable(shape: Shape) -> Shape:
    return {**shape, "type": [shape["type"], "null"]}


def _shape(name: str, kind: pa.DataType) -> Shape:
    if pa.types.is_list(kind):
        return {"type": "array", "items": _shape(name, kind.value_type)}
    if pa.types.is_struct(kind):
        properties = {field.name: _nullable(_shape(field.name, field.type)) for field in kind}
        return {"type": "object", "properties": properties, "required": list(properties)}
    if pa.types.is_boolean(kind):
        return {"type": "boolean"}
    # Nanoseconds are more than a JSON number holds exactly: they travel as text (RFC 8785).
    if pa.types.is_integer(kind) and not name.endswith("_ns"):
        return {"type": "integer"}
    return {"type": "string"}
