"""The index agrees with the matcher on queries made from the texts themselves, seeded.

Where `test_index.py` takes few words many times, this takes words, pictures and numbers of many
scripts, and queries that are pieces of the texts with one letter changed.
"""

# ruff: noqa: RUF001  (letters that look like others are the point)

from __future__ import annotations

import random
from pathlib import Path

import pytest

from zegel.search import TextIndex, build_index
from zegel.search.index import Row
from zegel.text import matches, parse, tokens
from zegel.text.match import Document
from zegel.text.nodes import And, Fuzzy, Node, Not, Or, Phrase, Prefix, Stem, Word
from zegel.text.query import QueryError
from zegel.text.stems import LANGUAGES, stem
from zegel.text.tokens import names

WRITTEN = """
boot boten geboot gelopen lopen loopt Café CAFE\u0301 STRASSE straße Łódź İstanbul ısparta port
ports shipping shipped canción canciones деньги деньгами красный красная كتاب والكتاب kız kızlar
港口 在港口等 ท่าเรือ हिन्दी 한국 한국어 👍🏽 👍 🤷‍♂️ 👨‍👩‍👧 🇳🇱🇧🇪 1️⃣ ❤️ ½ ² ⒈ ﷺ AB-12-CD ab12cd 1-ABC-23 €
1.500 1500 1,5k 1500,- $20 20 06-12345678 +31 6 12345678 0031612345678 ١٥٠٠ 10:30 2016-05-12
jan@example.nl https://x.nl/a_b don't don’t #x !? -- ( ) / .* [a] {2} ^$ + | ~ & 𝐛𝐨𝐨𝐭 Å å ß ẞ ŉ ΐ
ﬁets
"""
PIECES = [*WRITTEN.split(), "a\u00adb", "\\", "\0", "\u200b", "\u3000", "\u0085", "\x1f"]


def some_text(rng: random.Random) -> str:
    made = [
        rng.choice(PIECES)
        if rng.random() < 0.93
        else chr(rng.choice((rng.randrange(0x3000), rng.randrange(0xD800))))
        for _ in range(rng.randrange(9))
    ]
    return "".join(piece + rng.choice((" ", " ", " ", "", "-", "\n")) for piece in made)


def changed(rng: random.Random, term: str) -> str:
    at = rng.randrange(len(term))
    return rng.choice(
        (
            term,
            term[:at] + term[at + 1 :],
            term[:at] + "x" + term[at:],
            term[:at] + "é" + term[at + 1 :],
            term[:at] + term[at : at + 2][::-1] + term[at + 2 :],
        )
    )


def some_leaf(rng: random.Random, text: str) -> Node:
    found = [token.term for token in tokens(text)]
    if not found:
        return Word("boot")
    at = rng.randrange(len(found))
    term = found[at]
    language = rng.choice(list(LANGUAGES))
    return rng.choice(
        (
            Word(term),
            Phrase(tuple(found[at : at + rng.randrange(2, 4)])),
            Phrase(tuple(found[at : at + 3 : 2])),  # leaves one out: must not be found there
            Prefix(term[: rng.randrange(1, len(term) + 1)]),
            Fuzzy(changed(rng, term) or term),
            Stem(stem(term, language), language),
            some_named(rng, text) or Word(term),
        )
    )


def some_named(rng: random.Random, text: str) -> Node | None:
    named = names(text, tokens(text), plain=True)
    if not named:
        return None
    one = rng.choice(named)
    try:
        return parse(f'"{text[one.start : one.end]}"')
    except QueryError:
        return None


def some_node(rng: random.Random, texts: list[tuple[str, ...]], depth: int = 0) -> Node:
    if depth == 3 or rng.random() < 0.5:
        return some_leaf(rng, rng.choice(rng.choice(texts)))
    parts = tuple(some_node(rng, texts, depth + 1) for _ in range(rng.randrange(2, 4)))
    return rng.choice((And(parts), Or(parts), Not(parts[0])))


@pytest.mark.parametrize("seed", range(3))
def test_the_index_finds_what_the_matcher_matches_in_text_of_many_scripts(
    seed: int, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    texts = [tuple(some_text(rng) for _ in range(rng.randrange(1, 3))) for _ in range(150)]
    build_index(tmp_path / "ix", (Row(n, parts, n) for n, parts in enumerate(texts)))
    index = TextIndex(tmp_path / "ix")
    nodes = [some_node(rng, texts) for _ in range(150)]
    by_matcher = {
        node: [n for n, parts in enumerate(texts) if matches(node, Document(parts))]
        for node in nodes
    }

    differing = [node for node in nodes if index.all_rows(node) != by_matcher[node]]

    assert differing == []
