"""Canonical JSON: judged by the examples of RFC 8785 and by Python's own parser."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from zegel.canonical import JSON, canonical_json, percent_decoded, percent_encoded

EXACT = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def test_the_sorting_example_of_rfc_8785_section_3_2_3_comes_out_in_its_order() -> None:
    value = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }

    order = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical_json(value))) == order


def test_the_literal_example_of_rfc_8785_section_3_2_2_comes_out_byte_for_byte() -> None:
    value: JSON = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }

    expected = (
        b'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        b'"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert expected == canonical_json(value)


@given(EXACT)
def test_what_json_can_hold_is_read_back_as_it_was(value: object) -> None:
    assert value == json.loads(canonical_json(value))  # type: ignore[arg-type]


def test_integers_beyond_two_to_the_53rd_are_strings_on_both_sides() -> None:
    value = [2**53 - 1, 2**53, -(2**53), 1_460_000_000_123_456_789]

    expected = b'[9007199254740991,"9007199254740992","-9007199254740992","1460000000123456789"]'
    assert expected == canonical_json(value)


def test_bytes_are_percent_encoded_and_any_mapping_will_do() -> None:
    value = MappingProxyType({"path": b"mail/a\xff%", "rest": (1, True)})

    expected = b'{"path":"mail/a%FF%25","rest":[1,true]}'
    assert expected == canonical_json(value)


@given(st.binary())
def test_percent_encoding_can_be_undone(path: bytes) -> None:
    assert path == percent_decoded(percent_encoded(path))


def deep(levels: int) -> object:
    value: object = 0
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {"\ud800": 1}, deep(100)])
def test_a_value_without_an_exact_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        canonical_json(value)  # type: ignore[arg-type]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)  # fmt: skip
def test_the_short_way_gives_the_bytes_of_the_library(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


@given(EXACT)
def test_the_short_way_gives_the_bytes_of_the_long_one(value: JSON) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


@given(st.binary())
def test_bytes_are_escaped_as_urllib_does(content: bytes) -> None:
    assert percent_encoded(content) == quote_from_bytes(content, safe="/!@:+,= ")
