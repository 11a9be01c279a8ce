"""The Merkle tree of an investigation: one leaf per message, each field under a salt of its own.

A field's commitment is SHA-256 over its salt and the canonical JSON of its name and value; the
salt is HMAC-SHA256 of the investigation's secret over message id and name. So one field can be
withheld and the rest still verifies, and nobody learns a withheld value by trying likely ones.
Leaf 0 commits to what all messages share. Hashing as in RFC 6962, HKDF as in RFC 5869.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zegel.canonical import LARGEST_INTEGER, canonical_json, percent_encoded, text_as_json
from zegel.custody.merkle import leaf_hash

HEADER_PREFIX = b"zegel-investigation-1\n"
MESSAGE_PREFIX = b"zegel-message-1\n"
KEY_PREFIX = b"zegel-key-1\n"
_SECRET_INFO = b"zegel investigation secret 1\n"


def derive_secret(case_secret: bytes, order: bytes, state: bytes) -> bytes:
    """Return the investigation's secret from the digests of its order and of the case's state."""
    derivation = HKDF(
        algorithm=hashes.SHA256(), length=32, salt=None, info=_SECRET_INFO + order + state
    )
    return derivation.derive(case_secret)


def field_salt(secret: bytes, message: bytes, name: str) -> bytes:
    """Return the salt of one field of one message."""
    return hmac.digest(secret, message + name.encode(), "sha256")


def commitment(name: str, value: Any, salt: bytes) -> bytes:
    """Return what a leaf holds for one field."""
    return sha256(salt + canonical_json([name, value])).digest()


def message_leaf(secret: bytes, message: bytes, fields: Mapping[str, Any]) -> bytes:
    """Return the leaf hash of a message with these fields."""
    commitments = (
        commitment(name, value, field_salt(secret, message, name)) for name, value in fields.items()
    )
    return leaf_of(message, commitments)


def leaf_of_rows(
    secret: bytes,
    message: Mapping[str, Any],
    places: Sequence[Mapping[str, Any]],
    ciphertexts: Sequence[Mapping[str, Any]],
    attachments: Sequence[Mapping[str, Any]],
) -> bytes:
    """Return `message_leaf` of `fields_of` these rows, written without the steps between."""
    identity = message["message"]
    commitments = []
    for name, value in _written_fields(message, places, ciphertexts, attachments):
        salt = hmac.digest(secret, identity + name.encode(), "sha256")
        commitments.append(sha256(salt + f'["{name}",{value}]'.encode()).digest())
    return leaf_of(identity, commitments)


def leaf_of(message: bytes, commitments: Iterable[bytes]) -> bytes:
    """Return the leaf hash of a message whose fields have these commitments."""
    return leaf_hash(MESSAGE_PREFIX + message + b"".join(sorted(commitments)))


def header_leaf(header: Mapping[str, Any]) -> bytes:
    """Return the leaf hash of what all messages share."""
    return leaf_hash(HEADER_PREFIX + canonical_json(header))


def key_salt(secret: bytes, fingerprint: bytes) -> bytes:
    """Return the salt of one key's row; no message has an identity that gives the same."""
    return field_salt(secret, sha256(KEY_PREFIX + fingerprint).digest(), "key")


def key_leaf(name: str, row: Mapping[str, Any], salt: bytes) -> bytes:
    """Return the leaf hash of a key's row as JSON; `name` is its fingerprint in hexadecimal."""
    return leaf_hash(KEY_PREFIX + commitment(name, row, salt))


def key_leaves(secret: bytes, rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield the leaf hashes of keys' rows in order."""
    for row in rows:
        fingerprint = row["fingerprint"]
        salt = key_salt(secret, fingerprint)
        yield key_leaf(fingerprint.hex(), as_json("key", dict(row)), salt)


NOT_SEALED = frozenset({"message", "at", "raw_at", "plaintext_at"})
"""Columns that say where something lies in the folder; the message is what the leaf is of."""


_PATHS = frozenset({"path", "store", "literal_filename"})
"""Bytes that are names, written percent-encoded; all others are digests, keys, ids: hexadecimal."""


def as_json(name: str, value: Any) -> Any:
    """Return a column's value as it is sealed and shown."""
    if isinstance(value, bytes):
        return percent_encoded(value) if name in _PATHS else value.hex()
    if isinstance(value, list):
        return [as_json(name, item) for item in value]
    if isinstance(value, dict):
        return {key: as_json(key, item) for key, item in value.items()}
    return value


def fields_of(
    message: Mapping[str, Any],
    places: Sequence[Mapping[str, Any]],
    ciphertexts: Sequence[Mapping[str, Any]],
    attachments: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the sealed fields of one message from its rows.

    Each column is a field; a place, an attachment and a block are one each, a session key another,
    so that either can be shown without the other.
    """
    fields = _sealed(message)
    for place in places:
        fields[f"place/{place['stored_id'].hex()}"] = _sealed(place)
    for block in ciphertexts:
        identity = block["content_id"].hex()
        fields[f"session-key/{identity}"] = as_json("session_key", block["session_key"])
        fields[f"ciphertext/{identity}"] = _sealed(block, "session_key")
    for number, attachment in enumerate(attachments):
        fields[f"attachment/{number}"] = _sealed(attachment)
    return fields


def _sealed(row: Mapping[str, Any], *without: str) -> dict[str, Any]:
    return {
        name: as_json(name, value)
        for name, value in row.items()
        if name not in NOT_SEALED and name not in without
    }


def _written_fields(
    message: Mapping[str, Any],
    places: Sequence[Mapping[str, Any]],
    ciphertexts: Sequence[Mapping[str, Any]],
    attachments: Sequence[Mapping[str, Any]],
) -> Iterator[tuple[str, str]]:
    """Yield the fields of `fields_of`, their values as canonical JSON."""
    for name, value in message.items():
        if name not in NOT_SEALED:
            yield name, _written(name, value)
    for place in places:
        yield f"place/{place['stored_id'].hex()}", _written_row(place, NOT_SEALED)
    for block in ciphertexts:
        identity = block["content_id"].hex()
        yield f"session-key/{identity}", _written("session_key", block["session_key"])
        yield f"ciphertext/{identity}", _written_row(block, _NOT_WITH_BLOCK)
    for number, attachment in enumerate(attachments):
        yield f"attachment/{number}", _written_row(attachment, NOT_SEALED)


_NOT_WITH_BLOCK = NOT_SEALED | {"session_key"}


def _written_row(row: Mapping[str, Any], without: frozenset[str] = frozenset()) -> str:
    """Return a row as canonical JSON; names of columns are ASCII and need no escapes."""
    # Most of what a row holds is text or nothing: a call for each costs as much as writing it.
    return (
        "{"
        + ",".join(
            [
                f"{written}{text_as_json(value)}"
                if type(value := row[name]) is str
                else f"{written}null"
                if value is None
                else f"{written}{_written(name, value)}"
                for name, written in _in_order(tuple(row), without)
            ]
        )
        + "}"
    )


@lru_cache(maxsize=256)
def _in_order(names: tuple[str, ...], without: frozenset[str]) -> list[tuple[str, str]]:
    return [(name, f'"{name}":') for name in sorted(names) if name not in without]


def _written(name: str, value: Any) -> str:
    """Return canonical JSON of `as_json(name, value)`."""
    kind = type(value)
    if kind is str:
        return text_as_json(value)
    if value is None:
        return "null"
    if kind is int:
        return str(value) if -LARGEST_INTEGER <= value <= LARGEST_INTEGER else f'"{value}"'
    if kind is bool:
        return "true" if value else "false"
    if kind is bytes:
        return f'"{percent_encoded(value) if name in _PATHS else value.hex()}"'
    if kind is list:
        return "[" + ",".join([_written(name, item) for item in value]) + "]"
    if kind is dict:
        return _written_row(value)
    return canonical_json(value).decode()
