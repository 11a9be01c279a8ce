"""What a term matches: the table a magistrate reads, and what must always hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.text import MATCHING, matches, parse, spans, tokens
from zegel.text.folding import fold
from zegel.text.match import Document, is_near
from zegel.text.nodes import And, Field, Not, Or, Phrase, Prefix, Word
from zegel.text.query import QueryError
from zegel.text.tokens import name_terms, names, terms

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "terms.md"
EXAMPLES = re.findall(r"^\| `(.+)` \| `(.+)` \| (yes|no) \|$", PAGE.read_text("utf-8"), re.M)


def found(query: str, *texts: str) -> bool:
    return matches(parse(query), Document(texts))


@pytest.mark.parametrize(("query", "text", "answer"), EXAMPLES)
def test_each_line_of_the_table_holds(query: str, text: str, answer: str) -> None:
    assert found(query, text) == (answer == "yes")


def test_the_table_is_there_and_names_the_version() -> None:
    assert len(EXAMPLES) > 30
    assert f"these rules: {MATCHING}." in PAGE.read_text("utf-8")


def test_a_phrase_does_not_run_from_one_text_into_the_next() -> None:
    assert not found('"witte boot"', "een witte", "boot")


@pytest.mark.parametrize(
    ("query", "place", "why"),
    [
        ('"abc', 1, "not closed"),
        ("NOT x", 1, "what is not wanted"),
        ("a OR NOT b", 1, "what is not wanted"),
        ("a (b", 3, "not closed"),
        ("a)", 2, "never opened"),
        ("os**", 1, "one single word"),
        ("x~2", 1, "as ~1"),
        ("*x", 1, "end of a word"),
        ("from:me", 1, "no such field"),
        ("", 1, "missing"),
        ("a AND", 6, "missing"),
        ("a AND OR b", 7, "missing"),
        ("~1", 1, "one single word"),
        ('"a"b', 4, "directly"),
        ("a*", 1, "too short"),
        ("word/xx", 1, "no stems"),
        ("...", 1, "no word"),
        ("(" * 30 + "a" + ")" * 30, 21, "deep"),
        ("a " * 201, 401, "more than 200 terms"),
        ("a" * 5000, 4001, "longer"),
    ],
)
def test_a_query_that_cannot_be_read_says_where_and_why(query: str, place: int, why: str) -> None:
    with pytest.raises(QueryError, match=why) as caught:
        parse(query)

    assert caught.value.position + 1 == place


def test_fields_are_known_only_where_they_are_given() -> None:
    assert parse('x from:"a b"', fields={"from"}) == And((Word("x"), Field("from", "a b")))


def test_and_binds_closer_than_or() -> None:
    assert parse("a b OR c NOT d") == Or(
        (And((Word("a"), Word("b"))), And((Word("c"), Not(Word("d")))))
    )


def test_a_word_with_something_inside_is_a_phrase() -> None:
    assert parse("don't") == Phrase(("don", "t"))


def test_marks_show_what_was_asked_for_and_nothing_excluded() -> None:
    text = "De witte boot, niet de rode boot"

    assert [text[a:b] for a, b in spans(parse('"witte boot" OR boot NOT rode'), text)] == [
        "witte boot",
        "boot",
    ]


@given(st.text())
def test_folding_twice_changes_nothing(word: str) -> None:
    assert fold(fold(word)) == fold(word)


@given(st.text())
def test_tokens_stand_in_order_inside_the_text_and_hold_no_blank(text: str) -> None:
    found_tokens = tokens(text)
    edges = [edge for token in found_tokens for edge in (token.start, token.end)]

    assert edges == sorted(edges)
    assert all(0 <= edge <= len(text) for edge in edges)
    assert [token.position for token in found_tokens] == list(range(len(found_tokens)))
    assert not any(re.search(r"\s", token.term) for token in found_tokens)
    assert terms(text) == [token.term for token in found_tokens]


TEXTS = st.text(alphabet="0123456789+-. ,kK€$euroABcd()/'", max_size=40)


@given(TEXTS)
def test_names_of_the_index_are_those_of_the_matcher(text: str) -> None:
    by_matcher = {name for named in names(text, tokens(text)) for name in named.names}

    assert by_matcher == set(name_terms(text))


@given(st.lists(st.sampled_from(["boot", "schip", "haven", "geld"]), min_size=1, max_size=6))
def test_a_phrase_matches_no_more_than_all_its_words_together(words: list[str]) -> None:
    text = " ".join(words)
    phrase = parse('"boot schip"')

    assert not matches(phrase, Document((text,))) or found("boot schip", text)


WORDS = st.text(alphabet="abcé", min_size=3, max_size=6)


@given(WORDS, WORDS)
def test_prefix_and_fuzzy_find_what_the_word_itself_finds(word: str, text: str) -> None:
    if found(word, text):
        assert matches(Prefix(fold(word)), Document((text,)))
        assert found(f"{word}~1", text)


@given(WORDS, WORDS)
def test_one_step_is_one_step_both_ways(one: str, other: str) -> None:
    assert is_near(one, other) == is_near(other, one) == (damerau(one, other) <= 1)


def damerau(one: str, other: str) -> int:
    """Optimal string alignment distance, by the book."""
    rows = [[i + j if not i * j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            rows[i][j] = min(
                rows[i - 1][j] + 1,
                rows[i][j - 1] + 1,
                rows[i - 1][j - 1] + (one[i - 1] != other[j - 1]),
            )
            if i > 1 and j > 1 and one[i - 2 : i] == other[j - 2 : j][::-1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


@given(st.lists(st.booleans(), min_size=2, max_size=2))
def test_de_morgan_holds(there: list[bool]) -> None:
    text = " ".join(word for word, is_there in zip("ab", there, strict=True) if is_there) + " c"
    document = Document((text,))
    neither = And((Not(Word("a")), Not(Word("b"))))

    assert matches(Not(Or((Word("a"), Word("b")))), document) == matches(neither, document)


@pytest.mark.parametrize(
    "spellings",
    [
        ["AB-12-CD", "ab 12 cd", "AB12CD", "Ab-12-cD"],
        ["1-ABC-23", "1abc23", "1 ABC 23"],
        ["€ 1.500", "1500 euro", "EUR 1500", "€1,5k", "1 500 euro", "€ 1.500,-", "1'500 €"],
        ["1500", "1.500", "1,500", "1.5k", "1500,-", "1 500", "1.500,00"],
        ["+31 6 12345678", "0031612345678", "06-12345678", "06 1234 5678", "(06) 12345678"],
        ["+44 7700 900555", "0044 7700 900555", "07700 900555", "+44 (0)7700 900555"],
    ],
)
def test_every_spelling_finds_every_other(spellings: list[str]) -> None:
    missed = [
        (one, other)
        for one in spellings
        for other in spellings
        if not found(f'"{one}"', f"hij zei {other} toch")
    ]

    assert missed == []
