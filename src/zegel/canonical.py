"""Equal values give equal bytes: canonical JSON as every digest and signature here sees it.

RFC 8785 with three rules of our own, for what JSON cannot hold: integers beyond 2**53 - 1 (times
in nanoseconds among them) are written as strings, bytes are percent-encoded (RFC 3986 section 2.1),
and mappings may be any `Mapping`. It must never change a value silently in another way: what has
no exact form (NaN, lone surrogates, other types) raises `ValueError`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes

import rfc8785

JSON: TypeAlias = "bool | int | float | str | bytes | Sequence[JSON] | Mapping[str, JSON] | None"
"""What can be written: JSON's own values, and bytes."""

LARGEST_INTEGER = 2**53 - 1
"""The largest integer every JSON reader keeps exactly (RFC 8785 section 3.2.2.3)."""

LARGEST_DEPTH = 64
"""Nesting beyond this is refused: nobody writes it, and hostile input must not exhaust a stack."""


def canonical_json(value: JSON) -> bytes:
    """Return the one byte string for `value`; `ValueError` where it has none."""
    try:
        # The same bytes, ten times as fast: text, whole numbers and ASCII names need no more.
        return _ENCODER.encode(_common(value, LARGEST_DEPTH)).encode("utf-8")
    except _Uncommon:
        return rfc8785.dumps(_plain(value, LARGEST_DEPTH))


def text_as_json(text: str) -> str:
    """Return what canonical JSON writes for `text`, to be joined and encoded by the caller."""
    return encode_basestring(text)


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class _Uncommon(Exception):  # noqa: N818  (never leaves this module)
    """A number with a fraction, a name beyond ASCII or a type of its own lies in a value.

    RFC 8785 sections 3.2.2.3 and 3.2.3 (names are sorted by UTF-16 units) matter for those only.
    """


def _common(value: Any, depth: int) -> Any:
    """Return `value` as `_plain` does, or raise `_Uncommon`."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if depth == 0:
        raise _too_deep()
    if kind is int:
        return value if -LARGEST_INTEGER <= value <= LARGEST_INTEGER else str(value)
    if kind is dict:
        if not all(map(_is_plain_name, value)):
            raise _Uncommon
        return {name: _common(inner, depth - 1) for name, inner in value.items()}
    if kind is list or kind is tuple:
        return [inner if type(inner) is str else _common(inner, depth - 1) for inner in value]
    if kind is bytes:
        return percent_encoded(value)
    raise _Uncommon


def _is_plain_name(name: Any) -> bool:
    return type(name) is str and name.isascii()


def _too_deep() -> ValueError:
    return ValueError(f"nested more than {LARGEST_DEPTH} deep")


def percent_encoded(path: bytes) -> str:
    """Return bytes as text that can be turned back, legible where they are ASCII."""
    # As `urllib.parse.quote_from_bytes` with these left as they are, which looks at every byte.
    return _ESCAPED.sub(_escape, path).decode("ascii")


_ESCAPED = re.compile(rb"[^A-Za-z0-9_.~/!@:+,= -]")
_ESCAPES = [b"%%%02X" % octet for octet in range(256)]


def _escape(found: re.Match[bytes]) -> bytes:
    return _ESCAPES[found[0][0]]


def percent_decoded(text: str) -> bytes:
    """Return the bytes `percent_encoded` was given."""
    return unquote_to_bytes(text)


def _plain(
    value: JSON, depth: int
) -> Any:  # as rfc8785 wants it: str, int, float, bool, None, list, dict
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if depth == 0:
        raise _too_deep()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST_INTEGER:
        return str(value)
    if isinstance(value, bytes):
        return percent_encoded(value)
    if isinstance(value, Mapping):
        return {key: _plain(inner, depth - 1) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner, depth - 1) for inner in value]
    return value
