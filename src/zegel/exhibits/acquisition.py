"""Reads how a copy came to be and under which conditions it may be used, from a TOML file.

Every key is optional; unknown ones are kept as they are, since an order may say more than this
program knows. A value of the wrong type is refused with its key, never guessed at. The file's
form is docs/reference/acquisition.md; TOML 1.0 (https://toml.io/en/v1.0.0).
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from zegel.errors import UsageError

LARGEST = 2**20
"""Bytes of a description; a real one has a few thousand."""

_NEXT = "docs/reference/acquisition.md describes the file."
_TABLES = ("acquisition", "conditions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """How the copy came to be."""

    label: str = ""
    exhibit_number: str = ""
    acquired_by: str = ""
    acquired_at: str = ""
    """ISO 8601, as written."""
    place: str = ""
    source: str = ""
    """What was copied: the server, its host, its disks."""
    authority: str = ""
    order_number: str = ""
    requesting_authority: str = ""
    executing_authority: str = ""
    notes: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Keys this program does not know, kept as written; dates as ISO 8601."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What the copy may be used for; no grant may exceed it. Empty means: not restricted."""

    investigations: tuple[str, ...] = ()
    offences: tuple[str, ...] = ()
    onward_use: str = ""
    home: str = ""
    """Where the data belongs: the country or authority that decides about onward use."""
    extra: Mapping[str, Any] = field(default_factory=dict)


def read_acquisition(toml_bytes: bytes) -> tuple[Acquisition, Conditions]:
    """Return what a description says; raise `UsageError` where it cannot be understood."""
    document = _parse(toml_bytes)
    unknown = {key: _plain(value) for key, value in document.items() if key not in _TABLES}
    acquisition = _table(document, "acquisition")
    conditions = _table(document, "conditions")
    known, extra = _sorted_out("acquisition", acquisition, Acquisition)
    limits, more = _sorted_out("conditions", conditions, Conditions)
    return (
        Acquisition(**known, extra={**extra, **unknown}),
        Conditions(**limits, extra=more),
    )


def unknown_keys(described: tuple[Acquisition, Conditions]) -> tuple[str, ...]:
    """Return the keys that were kept without being understood, for a warning."""
    acquisition, conditions = described
    return (
        *(f"acquisition.{key}" for key in sorted(acquisition.extra)),
        *(f"conditions.{key}" for key in sorted(conditions.extra)),
    )


def _parse(toml_bytes: bytes) -> dict[str, Any]:
    if len(toml_bytes) > LARGEST:
        raise UsageError(f"the description is larger than {LARGEST} bytes", next_step=_NEXT)
    try:
        return tomllib.loads(toml_bytes.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UsageError(
            f"the description is not UTF-8 text (byte {error.start})", next_step=_NEXT
        ) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"the description is not TOML: {error}", next_step=_NEXT) from error


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise UsageError(f"`{name}` must be a table, [{name}]", next_step=_NEXT)
    return table


def _sorted_out(
    table: str, given: dict[str, Any], shape: type[Acquisition] | type[Conditions]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values of known keys, checked, and the unknown ones as they are."""
    known = {part.name: part.type for part in fields(shape) if part.name != "extra"}
    checked = {
        key: _texts(f"{table}.{key}", value) if "tuple" in str(known[key]) else
        _text(f"{table}.{key}", value)
        for key, value in given.items()
        if key in known
    }  # fmt: skip
    return checked, {key: _plain(value) for key, value in given.items() if key not in known}


def _text(key: str, value: object) -> str:
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if not isinstance(value, str):
        raise UsageError(f"`{key}` must be text in quotes", next_step=_NEXT)
    return value


def _texts(key: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f"`{key}` must be a list of texts", next_step=_NEXT)
    return tuple(value)


def _plain(value: object) -> object:
    """Return `value` as canonical JSON can hold it: dates and odd numbers as text."""
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) or (type(value) is int and abs(value) >= 2**53):
        return str(value)  # canonical JSON has neither NaN nor larger integers
    return value
