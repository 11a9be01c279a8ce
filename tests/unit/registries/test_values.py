"""Dates and prices: judged by hand-written pairs and by datetime and Decimal themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.registries.values import Cell, cents, currency, instant

NOON = 1446552000 * 10**9  # date -u -d '2015-11-03 12:00' +%s
MIDNIGHT = 1446508800 * 10**9


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2015-11-03T12:00:00Z", NOON),
        ("2015-11-03 12:00", NOON),
        ("2015-11-03T14:00:00+02:00", NOON),
        ("2015-11-03T12:00:00.000001", NOON + 1000),
        ("2015-11-03", MIDNIGHT),
        ("20151103", MIDNIGHT),
        ("2015/11/3", MIDNIGHT),
        ("03-11-2015", MIDNIGHT),
        ("3.11.2015", MIDNIGHT),
        ("03/11/15 12:00", NOON),
        ("11/23/2015", MIDNIGHT + 20 * 86400 * 10**9),
        (1446552000, NOON),
        (1446552000.0, NOON),
        ("1446552000", NOON),
        (1446552000_000, NOON),
        (1446552000_000_000, NOON),
        (NOON, NOON),
        ("9999-12-31", None),
        ("31-02-2015", None),
        ("tomorrow", None),
        ("", None),
        (17, None),
        (None, None),
        (b"2015-11-03", None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_a_date_is_the_instant_it_names(cell: Cell, expected: int | None) -> None:
    assert expected == instant(cell)


@given(st.datetimes(datetime(1973, 4, 1), datetime(2261, 1, 1)))
def test_what_python_writes_as_iso_8601_is_read(when: datetime) -> None:
    whole = when.replace(microsecond=0, tzinfo=UTC)

    assert int(whole.timestamp()) * 10**9 == instant(whole.isoformat())


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1.500,00", 150000),
        ("1,500.00", 150000),
        ("€ 1500", 150000),
        ("1500 EUR", 150000),
        ("1.500", 150000),
        ("1,5", 150),
        ("1500,-", 150000),
        ("1 500,00", 150000),
        ("1'500.00", 150000),
        ("1.234.567,89", 123456789),
        ("-20.00", -2000),
        (1500, 150000),
        (1499.99, 149999),
        ("free", None),
        ("", None),
        (None, None),
        (b"15", None),
        (float("nan"), None),
        (float("inf"), None),
        (2**63 - 1, None),
    ],
)
def test_a_price_is_its_hundredths(cell: Cell, expected: int | None) -> None:
    assert expected == cents(cell)


@given(st.integers(-(10**12), 10**12))
def test_dutch_and_english_writing_of_an_amount_agree(amount: int) -> None:
    english = f"{Decimal(amount) / 100:,.2f}"
    dutch = english.translate(str.maketrans(",.", ".,"))

    assert amount == cents(english) == cents(dutch)


def test_cents_are_taken_as_they_stand() -> None:
    assert cents("150000", in_cents=True) == cents(150000, in_cents=True) == 150000


def test_seconds_beyond_the_year_2262_are_no_instant() -> None:
    assert (instant(9_223_372_036), instant(9_223_372_037)) == (9_223_372_036 * 10**9, None)


@given(st.text() | st.integers() | st.floats() | st.binary() | st.none())
def test_no_cell_makes_a_reader_raise(cell: Cell) -> None:
    for result in (instant(cell), cents(cell), cents(cell, in_cents=True)):
        assert result is None or -(2**63) <= result < 2**63


@pytest.mark.parametrize(
    ("cell", "expected"), [("€ 5", "EUR"), ("5 chf", "CHF"), ("$ 5", "$"), ("5", ""), (5, "")]
)
def test_a_currency_is_named_by_code_where_its_sign_tells(cell: Cell, expected: str) -> None:
    assert expected == currency(cell)
