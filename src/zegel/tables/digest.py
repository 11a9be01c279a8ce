"""A digest of rows, not of files: the same rows give the same digest in any Parquet encoding.

Determinism in Zegel means same input, same rows; Parquet writers may change. Each column is
hashed as validity bytes, then values (fixed width) or lengths and values (variable width),
recursively for lists and structs, with nulls zeroed. Column names and types are hashed first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_VERSION = b"zegel rows 1\n"


def _type_name(kind: pa.DataType) -> str:
    # Parquet renames the item field of a list; the name carries no meaning.
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"list<{_type_name(kind.value_type)}>"
    if pa.types.is_struct(kind):
        inner = ",".join(f"{field.name}:{_type_name(field.type)}" for field in kind)
        return f"struct<{inner}>"
    return str(kind)


def _is_variable(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_large_binary(kind)
    )


def _feed_variable(array: pa.Array, digest: Any) -> None:
    # Null slots may cover bytes nobody meant; drop them, their lengths are zeroed already.
    lengths = pc.fill_null(pc.binary_length(array), 0).cast(pa.int64())
    _feed_fixed(lengths, digest)
    present = array.drop_null()
    wide = present.cast(pa.large_binary())
    offsets = memoryview(wide.buffers()[1]).cast("q")
    first, last = offsets[wide.offset], offsets[wide.offset + len(wide)]
    if last > first:
        digest.update(memoryview(wide.buffers()[2])[first:last])


def _feed_fixed(array: pa.Array, digest: Any) -> None:
    if len(array) == 0:
        return
    kind = array.type
    if pa.types.is_boolean(kind):
        array = array.cast(pa.int8())
        kind = array.type
    width = kind.bit_width // 8
    start = array.offset * width
    digest.update(memoryview(array.buffers()[1])[start : start + len(array) * width])


def _zeroed(array: pa.Array) -> pa.Array:
    if array.null_count == 0:
        return array
    if pa.types.is_fixed_size_binary(array.type):
        return pc.fill_null(array, pa.scalar(bytes(array.type.byte_width), type=array.type))
    return pc.fill_null(array, pa.scalar(0).cast(array.type))


def _feed(array: pa.Array, digest: Any) -> None:
    _feed_fixed(array.is_valid(), digest)
    kind = array.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        _feed_fixed(pc.fill_null(pc.list_value_length(array), 0).cast(pa.int64()), digest)
        _feed(pc.list_flatten(array), digest)
    elif pa.types.is_struct(kind):
        for child in array.flatten():
            _feed(child, digest)
    elif _is_variable(kind):
        _feed_variable(array, digest)
    else:
        _feed_fixed(_zeroed(array), digest)


def batch_digest(batch: pa.RecordBatch) -> bytes:
    """Return the SHA-256 of one batch's rows (order counts)."""
    digest = hashlib.sha256(_VERSION)
    for field, column in zip(batch.schema, batch.columns, strict=True):
        digest.update(f"{field.name}:{_type_name(field.type)}:{len(column)}\n".encode())
        _feed(column, digest)
    return digest.digest()


def table_digest(digests: Iterable[bytes]) -> bytes:
    """Combine the digests of batches, in order, into the digest of their table."""
    return hashlib.sha256(_VERSION + b"".join(digests)).digest()
