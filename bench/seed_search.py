"""Ask an investigation, and the index it was granted from; a part of `seed`, prints JSON.

Each question to the investigation is what `zegel search` does, log entry and marked snippets
included, without starting a process. Counts are held against a reading of its own texts. The index
of the case is asked as a grant asks it, for exact counts, with the investigation's words: a hundred
different questions of each kind, with the common words as likely as the rare.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bench.search import ROUNDS, percentiles
from zegel.investigation import Investigation
from zegel.search import TextIndex
from zegel.service.searching import search
from zegel.text import parse
from zegel.text.tokens import terms


def words(inv: Investigation) -> Counter[str]:
    """Count in how many messages each word stands, by the reference tokeniser."""
    found: Counter[str] = Counter()
    for row in inv.rows("messages"):
        texts = " ".join(filter(None, (row["subject"], row["text"])))
        found.update({word for word in terms(texts) if word.isascii() and word.isalpha()})
    return found


def in_the_case(
    index: TextIndex, counted: Counter[str], texts: list[str]
) -> dict[str, list[float]]:
    """Return of each kind of question median and 95th percentile in ms, and the median of hits."""
    chance, ranked = random.Random(4), [word for word, _ in counted.most_common()]
    longer = [word for word in ranked if len(word) > 4]

    def word(of: list[str] = ranked) -> str:
        return of[int(len(of) ** chance.random()) - 1]

    def phrase() -> str:
        while True:
            found = [one for one in chance.choice(texts).split() if one in counted]
            if len(found) > 1:
                at = chance.randrange(len(found) - 1)
                return f'"{found[at]} {found[at + 1]}"'

    kinds: dict[str, Callable[[], str]] = {
        "a term": lambda: f'"{word()}"',
        "two terms": lambda: f'"{word()}" "{word()}"',
        "a phrase": phrase,
        "a prefix": lambda: f"{word(longer)[:4]}*",
        "one step away": lambda: f"{word(longer)}~1",
    }
    return {name: timed(index, draw) for name, draw in kinds.items()}


def timed(index: TextIndex, draw: Callable[[], str]) -> list[float]:
    """Return median and 95th percentile in ms of different questions, and the median of hits."""
    asked = iter([parse(draw()) for _ in range(ROUNDS + 1)])
    hits: list[int] = []
    times = percentiles(lambda: hits.append(index.count(next(asked))))
    return [*times, statistics.median(hits)]


def run(folder: Path, case_index: Path) -> dict[str, object]:
    """Return medians and 95th percentiles in ms, and how many hits the words have."""
    inv = Investigation.open(folder)
    counted = words(inv)
    written = [row["text"] for row in inv.rows("messages") if row["text"]]
    common = counted.most_common(30)[-1][0]
    rare = next(word for word, count in counted.most_common() if count <= 5 and len(word) > 4)
    index = TextIndex(folder / "index")
    for word in (common, rare):
        if len(index.all_rows(parse(word))) != counted[word]:
            sys.exit(f"the index finds {word!r} in another number of messages than the tokeniser")
    asked: dict[str, Callable[[], object]] = {
        "a term": lambda: search(inv, common),
        "two terms": lambda: search(inv, f"{common} {rare}"),
        "a prefix": lambda: search(inv, f"{rare[:4]}*"),
        "one step away": lambda: search(inv, f"{rare}~1"),
    }
    return {
        "hits": {common: counted[common], rare: counted[rare]},
        "ms": {name: percentiles(ask) for name, ask in asked.items()},
        "case": in_the_case(TextIndex(case_index), counted, written),
    }


if __name__ == "__main__":
    print(json.dumps(run(*map(Path, sys.argv[1:]))))
