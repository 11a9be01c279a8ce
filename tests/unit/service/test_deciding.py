"""What deciding reads is what the documents say: no message that a clause names is passed by."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from zegel.service.deciding import Languages, identities_of, rows_of
from zegel.text.language import identify

ADDRESSES = ("a@x.example", "A@x.example", "b@x.example", "İ@x.example", "ß@x.example", "")
NAMED = ("a@x.example", "b@x.example", "i̇@x.example", "ß@x.example", "nobody@x.example")
PEOPLE = st.lists(st.sampled_from(ADDRESSES), max_size=3)
TEXTS = (
    "We spreken morgen af bij de haven van Rotterdam.",
    "See you at the quay tomorrow.",
    "",
    None,
)
SCHEMA = pa.schema(
    [
        ("number", pa.int32()),
        ("message", pa.binary(32)),
        ("state", pa.string()),
        ("instants", pa.list_(pa.int64())),
        ("accounts", pa.list_(pa.string())),
        ("envelope", pa.list_(pa.string())),
        ("sender", pa.list_(pa.string())),
        ("recipients", pa.list_(pa.string())),
        ("message_ids", pa.list_(pa.string())),
        ("references", pa.list_(pa.string())),
        ("chat_group", pa.string()),
        ("exhibits", pa.list_(pa.string())),
        ("text", pa.string()),
    ]
)
DOCUMENT = st.fixed_dictionaries(
    {
        "accounts": st.none() | PEOPLE,
        "envelope": PEOPLE,
        "sender": PEOPLE,
        "recipients": PEOPLE,
        "exhibits": st.sampled_from((["E1"], ["E2"], ["E1", "E2"])),
        "text": st.sampled_from(TEXTS),
    }
)


def written(folder: str, documents: list[dict[str, Any]]) -> Path:
    whole = [
        {
            "number": number,
            "message": bytes([number]) * 32,
            "state": "readable",
            "instants": [number],
            "message_ids": [f"<{number}>"],
            "references": [],
            "chat_group": None,
            **document,
        }
        for number, document in enumerate(documents)
    ]
    place = Path(folder) / "documents.parquet"
    pq.write_table(pa.Table.from_pylist(whole, schema=SCHEMA), place, row_group_size=3)
    return place


@given(st.lists(DOCUMENT, max_size=12), st.sets(st.sampled_from(NAMED)))
def test_rows_of_named_accounts_are_all_that_concern_them(
    documents: list[dict[str, Any]], named: set[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = written(folder, documents)
        every = list(rows_of(place, {"E1"}, None))

        assert [row.number for row in every] == [
            number for number, one in enumerate(documents) if "E1" in one["exhibits"]
        ]
        assert list(rows_of(place, {"E1"}, named)) == [
            row for row in every if not row.accounts.isdisjoint(named)
        ]


@given(st.lists(DOCUMENT, min_size=1, max_size=12), st.data())
def test_identities_and_languages_are_those_of_the_number(
    documents: list[dict[str, Any]], data: st.DataObject
) -> None:
    numbers = data.draw(st.sets(st.integers(0, len(documents) - 1)))
    with tempfile.TemporaryDirectory() as folder:
        place = written(folder, documents)
        languages = Languages(place)

        assert identities_of(place, numbers) == {n: bytes([n]) * 32 for n in numbers}
        assert [languages.of(n) for n in sorted(numbers)] == [
            identify(documents[n]["text"] or "") for n in sorted(numbers)
        ]
