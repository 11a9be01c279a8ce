from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from zegel.tables import batch_digest

SCHEMA = pa.schema(
    [
        ("id", pa.binary(4)),
        ("text", pa.string()),
        ("raw", pa.binary()),
        ("flag", pa.bool_()),
        ("number", pa.int64()),
        ("names", pa.list_(pa.string())),
        ("pairs", pa.list_(pa.struct([("x", pa.int32()), ("y", pa.binary())]))),
    ]
)

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.none() | st.binary(min_size=4, max_size=4),
            "text": st.none() | st.text(max_size=5),
            "raw": st.none() | st.binary(max_size=5),
            "flag": st.none() | st.booleans(),
            "number": st.none() | st.integers(-(2**63), 2**63 - 1),
            "names": st.none() | st.lists(st.none() | st.text(max_size=3), max_size=3),
            "pairs": st.none()
            | st.lists(
                st.fixed_dictionaries(
                    {
                        "x": st.none() | st.integers(0, 9),
                        "y": st.none() | st.binary(max_size=3),
                    }
                ),
                max_size=2,
            ),
        }
    ),
    max_size=6,
)


def batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


@given(ROWS, ROWS)
def test_digests_are_equal_exactly_when_rows_are(
    one: list[dict[str, Any]], other: list[dict[str, Any]]
) -> None:
    equal = batch_digest(batch(one)) == batch_digest(batch(other))

    assert equal == (one == other)


@given(ROWS, st.integers(0, 5))
def test_a_slice_has_the_digest_of_the_same_rows_built_alone(
    rows: list[dict[str, Any]], start: int
) -> None:
    whole = batch_digest(batch(rows[start:]))

    assert whole == batch_digest(batch(rows).slice(start))


def test_a_column_by_another_name_has_another_digest() -> None:
    one = pa.RecordBatch.from_pydict({"a": [1]})
    other = pa.RecordBatch.from_pydict({"b": [1]})

    assert batch_digest(one) != batch_digest(other)


def test_a_null_and_a_zero_differ() -> None:
    assert batch_digest(batch([{"number": None}])) != batch_digest(batch([{"number": 0}]))
