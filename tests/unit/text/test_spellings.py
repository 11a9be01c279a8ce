"""Every spelling of a plate, an amount or a telephone number finds every other."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.text import matches, parse, tokens
from zegel.text.match import Document
from zegel.text.tokens import terms

LETTERS = st.text(alphabet="BDFGHJKLNPRSTVXZ", min_size=3, max_size=3)
DIGITS = st.text(alphabet="0123456789", min_size=3, max_size=3)
SIDECODES = (
    "LLDDDD", "DDDDLL", "DDLLDD", "LLDDLL", "LLLLDD", "DDLLLL", "DDLLLD", "DLLLDD", "LLDDDL",
    "LDDDLL", "LLLDDL", "LDDLLL", "DLLDDD", "DDDLLD",
)  # fmt: skip
GROUPS = {
    "LLDDDD": "LL DD DD", "DDDDLL": "DD DD LL", "DDLLDD": "DD LL DD", "LLDDLL": "LL DD LL",
    "LLLLDD": "LL LL DD", "DDLLLL": "DD LL LL", "DDLLLD": "DD LLL D", "DLLLDD": "D LLL DD",
    "LLDDDL": "LL DDD L", "LDDDLL": "L DDD LL", "LLLDDL": "LLL DD L", "LDDLLL": "L DD LLL",
    "DLLDDD": "D LL DDD", "DDDLLD": "DDD LL D",
}  # fmt: skip
"""Forms of Dutch plates since 1951 (sidecodes 1 to 14)."""
TAKE_TURNS = [code for code in SIDECODES if not any(a * 4 in code for a in "LD")]


def plate(form: str, letters: str, digits: str) -> str:
    kept = {"L": iter(letters * 2), "D": iter(digits * 2)}
    return "".join(next(kept[sign]) if sign in kept else sign for sign in form)


def all_find_all(spellings: list[str]) -> list[tuple[str, str]]:
    """Return the pairs that do not find each other: the first and each, each and the next."""
    pairs = [(spellings[0], one) for one in spellings] + list(pairwise([*spellings, spellings[0]]))
    return [
        (one, other)
        for pair in pairs
        for one, other in (pair, pair[::-1])
        if not matches(parse(f'"{one}"'), Document((f"hij zei {other}, toch",)))
    ]


@given(st.sampled_from(SIDECODES), LETTERS, DIGITS)
def test_a_plate_is_found_with_hyphens_and_without(code: str, letters: str, digits: str) -> None:
    grouped = plate(GROUPS[code], letters, digits)
    bare = grouped.replace(" ", "")
    spellings = [grouped.replace(" ", "-"), grouped.replace(" ", "-").lower(), bare, bare.lower()]
    if code in TAKE_TURNS:
        spellings += [grouped, grouped.lower()]

    assert all_find_all(spellings) == []


@given(
    st.integers(1, 9_999_999),
    st.sampled_from([("€ {}", "{} euro", "EUR {}", "{}€"), ("$ {}", "{} dollar", "USD {}", "{}$")]),
)
def test_an_amount_is_found_however_it_is_grouped(value: int, forms: tuple[str, ...]) -> None:
    grouped = f"{value:,}"
    numbers = [
        str(value),
        grouped,
        grouped.replace(",", "."),
        grouped.replace(",", " "),
        f"{value},-",
    ]
    numbers += [grouped.replace(",", "'"), grouped.replace(",", "\u202f"), f"{grouped}.00"]
    numbers += [f"{value // 1000},{value % 1000 // 100}k"] if value % 100 == 0 else []

    assert all_find_all([form.format(number) for form in forms for number in numbers]) == []


@given(st.integers(0, 99_999_999), st.sampled_from(["31", "32", "44", "49"]))
def test_a_telephone_number_is_found_with_country_and_without(rest: int, country: str) -> None:
    number = f"6{rest:08}"
    a, b, c = number[:1], number[1:5], number[5:]
    spellings = [
        f"+{country} {number}", f"+{country}{number}", f"00{country}{number}", f"0{number}",
        f"0{a} {b} {c}", f"0{a}-{b}{c}", f"(0{a}) {b}{c}", f"+{country} (0){a} {b} {c}",
        f"+{country}-{a}-{b}-{c}", f"0{a}.{b}.{c}", f"0{a}/{b}{c}",
    ]  # fmt: skip

    assert all_find_all(spellings) == []


@given(st.integers(0, 99_999_999))
def test_two_countries_are_never_the_same(rest: int) -> None:
    assert not matches(parse(f'"+31 6{rest:08}"'), Document((f"+32 6{rest:08}",)))


@pytest.mark.parametrize(
    "sign", ["euro'", "euro's", "EUROS", "euro\u017f", "dollar\u017f", "u\u017fd"]
)
def test_a_currency_is_read_whatever_follows_it_and_whichever_s_it_is_written_with(
    sign: str,
) -> None:
    asked = "5 usd" if sign[0] in "du" else "€ 5"

    assert matches(parse(f'"{asked}"'), Document((f"geef 5 {sign} terug",)))


@given(st.lists(st.sampled_from(["a$b", "É", "x" * 201, "$", "_", "1.5", "🤷‍♂️", "\x1c", "中文"])))
def test_terms_alone_are_those_of_the_tokens(pieces: list[str]) -> None:
    for text in ("".join(pieces), " ".join(pieces)):
        assert terms(text) == [token.term for token in tokens(text)]
