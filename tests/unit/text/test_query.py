"""What is read, what is refused, and that a query can be written down again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.text import parse
from zegel.text.nodes import And, Node, Not, Or, Phrase, Word, render
from zegel.text.query import DEEPEST, QueryError


@pytest.mark.parametrize("query", ["“witte boot”", "„witte boot“", "«witte boot»", "»witte boot«"])
def test_quotation_marks_of_telephones_are_quotation_marks(query: str) -> None:
    assert parse(query) == Phrase(("witte", "boot"))


@pytest.mark.parametrize(
    ("query", "place", "why"),
    [
        ("boot -schip", 6, "write NOT"),
        ("!boot", 1, "write NOT"),
        ("boot|schip", 1, "write OR"),
        ("what?", 1, "stands for nothing"),
        ("boot^2", 1, "means nothing"),
        ("boot or schip", 6, "write OR in capitals"),
        ("boot Of schip", 6, "write OR in capitals"),
        ("boot en schip", 6, "write AND in capitals"),
        ("niet boot", 1, "write NOT in capitals"),
        ("boot ~1", 6, "behind one single word"),
        ("word/NL", 1, "language small"),
        ("“witte", 1, "not closed"),
        ("https://example.com/nl", 1, "one single word"),
    ],
)
def test_what_another_program_reads_otherwise_is_refused(query: str, place: int, why: str) -> None:
    with pytest.raises(QueryError, match=why) as caught:
        parse(query)

    assert caught.value.position + 1 == place


def test_the_place_is_pointed_at() -> None:
    with pytest.raises(QueryError) as caught:
        parse("boot haven -schip")

    lines = str(caught.value).splitlines()
    assert lines[1][lines[2].index("^")] == "-"


@pytest.mark.parametrize("query", ["of", '"boot of schip"', '"or" boot'])
def test_a_small_operator_is_a_word_where_it_can_be_nothing_else(query: str) -> None:
    assert parse(query)


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ("a (b OR c)", "a AND (b OR c)"),
        ("a AND b OR c", "a AND b OR c"),
        ("((a))", "a"),
        ("a NOT (b c)", "a AND NOT (b AND c)"),
        ('"or" don\'t', '"or" AND "don\'t"'),
        ("€1.500,- 06-12345678", '"€1.500,-" AND "06-12345678"'),
        ("Boot* ligger~1 gelopen/nl", "boot* AND ligger~1 AND gelopen/nl"),
        ("from:jan 👍🏽", 'from:"jan" AND "👍🏽"'),
    ],
)
def test_a_query_is_written_down_as_it_was_understood(query: str, written: str) -> None:
    assert render(parse(query, fields={"from"})) == written


PLAIN = st.sampled_from(
    [
        "boot",
        "Café",
        "AB-12-CD",
        "€1.500",
        "1500",
        "06-12345678",
        "👍🏽",
        "don't",
        "1/500",
        "1⃣",
        "½",
    ]
)
LEAVES = st.one_of(
    PLAIN,
    st.text(min_size=1, max_size=4).filter(lambda text: '"' not in text).map('"{}"'.format),
    st.sampled_from(["boot*", "caf\u00e9*", "boot~1", "gelopen/nl", "from:a", 'to:"a b"', '"a b"']),
)
QUERIES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" ", " AND ", " OR ", " NOT "]), inner).map("".join),
        inner.map("({})".format),
        inner.map("a NOT ({})".format),
    ),
    max_leaves=8,
)


def read(query: str) -> Node | None:
    try:
        return parse(query, fields={"from", "to"})
    except QueryError:
        return None


@given(QUERIES)
def test_a_query_written_down_again_is_read_as_the_same(query: str) -> None:
    node = read(query)

    assert node is None or read(render(node)) == node


def place_of_refusal(text: str) -> int:
    try:
        parse(text)
    except QueryError as error:
        return error.position
    return 0


@given(st.text(max_size=30) | st.text(alphabet='ab "()*~1/nlNOTRAD:-€0', max_size=30))
def test_any_text_is_a_query_or_is_refused_at_a_place_inside(text: str) -> None:
    assert 0 <= place_of_refusal(text) <= len(text)


def test_as_many_brackets_as_are_said_and_no_more() -> None:
    deep = "(" * DEEPEST + "a" + ")" * DEEPEST

    assert parse(deep) == Word("a")
    assert read(f"({deep})") is None


def test_brackets_inside_are_kept_apart() -> None:
    node = And((Word("a"), And((Word("b"), Or((Word("c"), Not(Word("d"))))))))

    assert render(node) == "a AND (b AND (c OR NOT d))"
