"""Orders as documented: each example is read, fits the schema, and every key stands in the page."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from zegel.authorisation import Magistrate, check_signature, read_order
from zegel.authorisation.signed import ENROLLED
from zegel.openpgp.signers import certificate_in

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLES = sorted((DOCS / "examples" / "orders").glob("*.toml"))
SCHEMA: dict[str, Any] = json.loads((DOCS / "reference" / "order.schema.json").read_bytes())


def faults(value: Any, schema: dict[str, Any], where: str = "order") -> list[str]:
    """Check the few words of JSON Schema that the schema uses."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, datetime):
        good = schema.get("format") == "date-time" and value.tzinfo is not None
        return [] if good else [f"{where}: no date is wanted here"]
    if isinstance(value, list):
        items = schema.get("items", {})
        return [f for n, item in enumerate(value) for f in faults(item, items, f"{where}[{n}]")]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found = [f"{where}.{name}: unknown" for name in value if name not in known]
        found += [f"{where}.{n}: missing" for n in schema.get("required", ()) if n not in value]
        either = schema.get("anyOf")
        if either and not any(set(one["required"]) <= value.keys() for one in either):
            found.append(f"{where}: says neither whose messages nor which terms")
        deeper = [
            f for n in value if n in known for f in faults(value[n], known[n], f"{where}.{n}")
        ]
        return found + deeper
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: not one of {schema['enum']}"]
    fits = "pattern" not in schema or re.search(schema["pattern"], value)
    return [] if fits else [f"{where}: {value!r} has not the form"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_each_example_is_read_and_fits_the_schema(path: Path) -> None:
    text = path.read_bytes()

    assert faults(tomllib.loads(text.decode()), SCHEMA) == []
    assert read_order(text).text == text


def test_the_signed_example_is_relied_on_by_the_certificate_beside_it() -> None:
    folder = DOCS / "examples" / "signed"
    order = read_order((folder / "order.toml").read_bytes())
    certificate = (folder / "magistrate.pgp").read_bytes()
    key = certificate_in(certificate).keys[0]
    judge = Magistrate(
        name=order.magistrate,
        fingerprint=key.fingerprint.hex().upper(),
        standing=ENROLLED,
        certificate=certificate,
    )
    signature = (folder / "order.toml.sig").read_bytes()

    assert check_signature(order, signature, [judge], key.created + 86_400).magistrate is judge
    assert order.text == (DOCS / "examples" / "orders" / "accounts-and-period.toml").read_bytes()


def test_there_is_an_example_for_each_use() -> None:
    assert {path.stem for path in EXAMPLES} >= {
        "accounts-and-period", "device-at-a-time", "terms-and-thread", "terms-and-hours",
        "exclusions", "language", "company", "privilege-review",
    }  # fmt: skip


def test_every_key_an_order_knows_stands_in_schema_and_page() -> None:
    source = (DOCS.parent / "src" / "zegel" / "authorisation" / "order.py").read_text("utf-8")
    asked = set(
        re.findall(r'\.(?:texts?|instant|tables?|one_of)\(\s*"(\w+)"', source)
        + re.findall(r'_terms\(\w+, "(\w+)"\)', source)
    )
    page = (DOCS / "reference" / "orders.md").read_text("utf-8")
    schema = json.dumps(SCHEMA)

    assert len(asked) > 15
    assert [name for name in sorted(asked) if not re.search(rf"[`\[.]{name}[`\]]", page)] == []
    assert [name for name in sorted(asked) if f'"{name}":' not in schema] == []


def test_the_checker_of_this_test_finds_faults() -> None:
    wrong = {"number": "1", "clause": [{"name": "x", "context": "24", "languages": ["nl"]}], "x": 1}

    assert len(faults(wrong, SCHEMA)) > 5
