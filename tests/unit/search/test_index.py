"""The index agrees with the matcher, over text it was not made for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.real_data import archive
from zegel.processing.mime import read_mail
from zegel.processing.textbody import text_of
from zegel.search import Page, TextIndex, build_index
from zegel.search.compile import MANY, Marked, MarkedAny
from zegel.search.index import Row
from zegel.text import matches, parse, tokens
from zegel.text.match import Document
from zegel.text.nodes import And, Field, Fuzzy, Named, Node, Not, Or, Phrase, Prefix, Stem, Word

WORDS = [
    "boot",
    "boto",
    "bootje",
    "café",
    "cafe",
    "schip",
    "€",
    "1.500",
    "1500",
    "AB-12-CD",
    "👍🏽",
    "İ",
]


def built(folder: Path, rows: Sequence[tuple[str, ...]]) -> TextIndex:
    build_index(folder, (Row(n, texts, n) for n, texts in enumerate(rows)))
    return TextIndex(folder)


def by_matcher(node: Node, rows: Sequence[tuple[str, ...]]) -> list[int]:
    return [n for n, texts in enumerate(rows) if matches(node, Document(texts))]


TEXT = st.lists(st.sampled_from(WORDS) | st.text(max_size=5), max_size=8).map(" ".join)
ROWS = st.lists(st.tuples(TEXT) | st.tuples(TEXT, TEXT), min_size=1, max_size=8)
TERM = st.sampled_from(["boot", "boto", "cafe", "schip", "👍", "€", "1500"])
LEAF: st.SearchStrategy[Node] = st.one_of(
    TERM.map(Word),
    st.lists(TERM, min_size=2, max_size=3).map(lambda words: Phrase(tuple(words))),
    st.sampled_from(["bo", "caf", "sch"]).map(Prefix),
    st.sampled_from(["boot", "schi", "cafee"]).map(Fuzzy),
    st.sampled_from(["boot", "schip"]).map(lambda word: Stem(word, "nl")),
    st.just(Named(("n:1500",), ("1500",))),
    st.just(Named(("p:ab12cd",), ("ab", "12", "cd"))),
)
NODE = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=6,
)


@settings(max_examples=30)
@given(ROWS, st.lists(NODE, min_size=1, max_size=10))
def test_the_index_finds_what_the_matcher_matches(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], nodes: list[Node]
) -> None:
    index = built(tmp_path_factory.mktemp("index") / "ix", rows)

    assert [index.all_rows(node) for node in nodes] == [by_matcher(node, rows) for node in nodes]


QUERIES = [
    "the", '"of the"', "notmuch", "mail*", "patch~1", "index NOT mail", "(tag OR folder) search",
    "searching/en", '"in the"', "2009", "a*b", "10", "don't", "free", "$", '"click here"', "money*",
]  # fmt: skip


@pytest.mark.parametrize("corpus", ["search_notmuch", "spamassassin_corpus"])
def test_the_index_finds_what_the_matcher_matches_in_real_mail(corpus: str, tmp_path: Path) -> None:
    files = [path for path in sorted(archive(corpus).rglob("*")) if path.is_file()]
    mails = [read_mail(path.read_bytes()) for path in files[:: len(files) // 120]]
    rows = [(" ".join(mail.headers.get("subject", [])), text_of(mail)[0]) for mail in mails]
    index = built(tmp_path / "ix", rows)
    readable = [parse(query) for query in QUERIES if query != "a*b"]

    assert [index.all_rows(node) for node in readable] == [by_matcher(n, rows) for n in readable]


def test_pages_are_in_order_of_time_and_counts_are_exact(tmp_path: Path) -> None:
    index = built(tmp_path / "ix", [("boot",)] * 30)
    newest = index.page(parse("boot"), Page(limit=3))
    oldest = index.page(parse("boot"), Page(offset=3, limit=2, newest_first=False))

    assert (newest.count, newest.rows) == (30, (29, 28, 27))
    assert (oldest.count, oldest.rows) == (30, (3, 4))


def test_a_field_is_asked_of_the_rows_that_hold_it(tmp_path: Path) -> None:
    index = built(tmp_path / "ix", [("boot",), ("boot",), ("schip",)])
    node = parse("boot from:a", fields={"from"})

    assert index.all_rows(node, lambda field: [1, 2] if field == Field("from", "a") else []) == [1]


def test_a_stem_finds_words_that_begin_otherwise(tmp_path: Path) -> None:
    index = built(tmp_path / "ix", [("hij is gelopen",), ("wij lopen",), ("geld",)])

    assert index.all_rows(parse("lopen/nl")) == [0, 1]


@pytest.mark.parametrize("text", ["a" * 70_000, "1.111" * 20_000, "👍\u200d" * 40_000 + "👍"])
def test_words_and_numbers_without_end_are_compared_as_far_as_they_count(
    text: str, tmp_path: Path
) -> None:
    rows = [(text,), (text[:150],)]
    node = Or(tuple(Word(token.term) for token in tokens(text)[:3]))

    assert built(tmp_path / "ix", rows).all_rows(node) == by_matcher(node, rows)


def test_an_index_of_nothing_answers_with_nothing(tmp_path: Path) -> None:
    assert built(tmp_path / "ix", []).all_rows(parse("boot")) == []


@pytest.mark.parametrize("many", [3, MANY + 50])
def test_a_set_of_accounts_finds_what_each_of_them_finds(many: int, tmp_path: Path) -> None:
    marks = [(f"with:a{n % 200}", f"with:b{n % 7}") for n in range(600)]
    build_index(tmp_path / "index", (Row(n, ("boot",), n, marks[n]) for n in range(600)))
    asked = {f"a{n}" for n in range(0, 2 * many, 2)} | {"nobody"}
    node = And((Word("boot"), Or((Word("schip"), *(Field("with", name) for name in asked)))))
    found = TextIndex(tmp_path / "index").all_rows(node, lambda f: Marked(f"with:{f.value}"))

    assert found == [n for n in range(600) if marks[n][0].partition(":")[2] in asked]
    together = MarkedAny([f"with:{name}" for name in asked])
    assert TextIndex(tmp_path / "index").all_rows(Field("with", "x"), lambda _: together) == found
