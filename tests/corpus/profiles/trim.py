"""Reduce Google's discovery document to names, types and enumerations.

    python tests/corpus/profiles/trim.py androidmanagement.v1.json > android_names.json

The document lies in the package google-api-python-client 2.202.0 (Apache-2.0), as
googleapiclient/discovery_cache/documents/androidmanagement.v1.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def trimmed(schema: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {
        key: schema[key] for key in ("type", "enum", "$ref", "deprecated") if key in schema
    }
    if "items" in schema:
        kept["items"] = trimmed(schema["items"])
    return kept


def reached(schemas: dict[str, Any], name: str, found: dict[str, Any]) -> None:
    if name in found:
        return
    properties = schemas[name].get("properties", {})
    found[name] = {key: trimmed(value) for key, value in properties.items()}
    for value in found[name].values():
        inner = value.get("$ref") or value.get("items", {}).get("$ref")
        if inner:
            reached(schemas, inner, found)


if __name__ == "__main__":
    document = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    schemas: dict[str, Any] = {}
    reached(document["schemas"], "Policy", schemas)
    out = {"revision": document["revision"], "version": document["version"], "schemas": schemas}
    print(json.dumps(out, indent=0, sort_keys=True))
