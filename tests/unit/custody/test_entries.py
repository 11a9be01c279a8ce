"""Entries: one field can be shown and proved, the rest stays closed."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.canonical import canonical_json
from zegel.custody.entries import Entry, entry_from_line
from zegel.errors import VerificationError

ENTRY = Entry(
    index=4,
    time_ns=1_460_000_000_123_456_789,
    who="examiner",
    act="order applied",
    facts={"investigation": "26-Example-A", "admitted": 12},
    salt=bytes(range(32)),
)

FACTS = st.dictionaries(
    st.text(), st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text()
)


@given(FACTS, st.text(), st.binary(min_size=32, max_size=32))
def test_a_line_gives_its_entry_again(facts: dict[str, int], who: str, salt: bytes) -> None:
    entry = replace(ENTRY, facts=facts, who=who, salt=salt)

    assert entry == entry_from_line(entry.line(), 4)


@given(st.sets(st.sampled_from(sorted(ENTRY.fields()))))
def test_any_choice_of_shown_fields_leads_to_the_same_leaf(names: set[str]) -> None:
    shown = ENTRY.show(names)

    assert names == set(shown.fields)
    assert ENTRY.leaf() == shown.leaf()


@given(FACTS, st.sampled_from(["act", "who", "time", "index", "salt"]))
def test_a_changed_field_changes_the_leaf(facts: dict[str, int], name: str) -> None:
    changes = {
        "act": {"act": "x"},
        "who": {"who": "x"},
        "time": {"time_ns": 1},
        "index": {"index": 1},
        "salt": {"salt": bytes(32)},
    }
    entry = replace(ENTRY, facts=facts)

    assert entry.leaf() != replace(entry, **changes[name]).leaf()  # type: ignore[arg-type]


def test_what_is_hidden_cannot_be_found_by_trying_values() -> None:
    """The shown salts open nothing else: no hidden commitment follows from them and a guess."""
    from hashlib import sha256

    shown = ENTRY.show({"act", "facts/admitted"})
    salts = [salt for _, salt in shown.fields.values()]
    guesses = [canonical_json([name, value]) for name, value in ENTRY.fields().items()]
    tried = {sha256(salt + guess).digest() for salt, guess in itertools.product(salts, guesses)}

    assert not tried & set(shown.hidden)
    assert len(shown.hidden) == len(ENTRY.fields()) - 2


def test_a_shown_field_altered_leads_to_another_leaf() -> None:
    shown = ENTRY.show({"who"})
    value, salt = shown.fields["who"]

    assert ENTRY.leaf() != replace(shown, fields={"who": (f"{value!r}", salt)}).leaf()


@pytest.mark.parametrize(
    "change",
    [
        (b'"version":1', b'"version":2'),
        (b'"index":4', b'"index":4.0'),
        (b'"index":4', b'"index": 4'),
        (b'"index":4', b'"index":5'),
        (b"0a0b", b"0A0b"),
        (b'"time":"1', b'"time":"+1'),
        (b'"who":"examiner"', b'"who":"a","who":"examiner"'),
        (b'"who":"examiner"', b'"who":7'),
        (b'"who":"examiner"', b'"also":1,"who":"examiner"'),
        (b"}\n", b"}"),
        (b"{", b"[" * 5000),
    ],
)
def test_a_line_written_differently_is_not_the_entry(change: tuple[bytes, bytes]) -> None:
    line = ENTRY.line()
    assert change[0] in line
    with pytest.raises(VerificationError, match="entry 4 "):
        entry_from_line(line.replace(*change), 4)


def test_the_salt_is_not_in_the_repr() -> None:
    assert "salt" not in repr(ENTRY)
