"""Measure index and search on generated texts, beside SQLite's FTS5 (and notmuch, if it is there).

Run by `make bench-search`; TEXTS=20000 makes it small. What is timed is what the product does:
terms, names and positions by `zegel.text`, one index of `zegel.search`. Queries are timed by wall
clock, warm, one after another; fails where the index and FTS5 disagree about a plain word.
"""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate
from pathlib import Path

from zegel.search import Page, TextIndex, build_index
from zegel.search.compile import Answer, Between, Marked
from zegel.search.index import Row
from zegel.service.fields import mark
from zegel.text import parse
from zegel.text.language import identify
from zegel.text.nodes import Field

TEXTS = int(os.environ.get("TEXTS", "300000"))
ROUNDS = 60
ACCOUNTS = 1000
LENGTH = 175
_SYLLABLES = [
    "ba",
    "be",
    "bo",
    "da",
    "de",
    "do",
    "ga",
    "ge",
    "go",
    "ka",
    "ke",
    "ko",
    "la",
    "le",
    "lo",
    "ma",
    "me",
    "mo",
    "na",
    "ne",
    "no",
    "ra",
    "re",
    "ro",
    "sa",
    "se",
    "so",
]
CLOCK = 1_450_000_000 * 10**9


def vocabulary(count: int) -> list[str]:
    """Return made-up words, the same every time."""
    draw = random.Random(1)
    words = {"".join(draw.choices(_SYLLABLES, k=draw.randint(1, 4))) for _ in range(3 * count)}
    return sorted(words)[:count]


def texts() -> Iterator[str]:
    """Yield chat lines of about 175 characters: common words often, numbers now and then."""
    words = vocabulary(20_000)
    draw = random.Random(2)
    draw.shuffle(words)
    weights = list(accumulate(1 / (rank + 5) for rank in range(len(words))))
    for _ in range(TEXTS):
        line = draw.choices(words, cum_weights=weights, k=LENGTH // 6)
        if draw.random() < 0.3:
            line.insert(
                draw.randrange(len(line)), draw.choice(("€ 1.500", "06-12345678", "20", "AB-12-CD"))
            )
        yield " ".join(line)


def per_text(work: Callable[[], object]) -> float:
    """Return microseconds of processor time for each text."""
    began = time.process_time()
    work()
    return (time.process_time() - began) / TEXTS * 1e6


def percentiles(ask: Callable[[], object]) -> tuple[float, float]:
    """Return median and 95th percentile of a question, in milliseconds of wall time."""
    ask()
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took), statistics.quantiles(took, n=20)[-1]


def questions(index: TextIndex, common: str, rare: str) -> dict[str, Callable[[], object]]:
    """Return each kind of question, as `zegel search` asks it: one page of 20, newest first."""
    period = Between(CLOCK + TEXTS // 4 * 10**9, CLOCK + TEXTS // 2 * 10**9)

    def answer(field: Field) -> Answer:
        return period if field.name == "after" else Marked(mark(field.name, field.value))

    def page(query: str) -> Callable[[], object]:
        node = parse(query, fields={"with", "after"})
        return lambda: index.page(node, Page(), answer)

    many = " OR ".join(f"with:a{number}" for number in range(50))

    return {
        "a term": page(common),
        "two terms": page(f"{common} {rare}"),
        "a phrase": page(f'"{common} {rare}"'),
        "a prefix": page(f"{rare[:4]}*"),
        "one step away": page(f"{rare}~1"),
        "a term in 50 accounts and a period, by date": page(f"{common} ({many}) after:x"),
    }


def fts5(folder: Path, lines: list[str]) -> sqlite3.Connection:
    """Return SQLite's index of the same texts."""
    connection = sqlite3.connect(folder / "fts5.sqlite")
    connection.execute("CREATE VIRTUAL TABLE texts USING fts5(body, content='')")
    rows = ((number, line) for number, line in enumerate(lines))
    connection.executemany("INSERT INTO texts (rowid, body) VALUES (?, ?)", rows)
    connection.commit()
    return connection


def newest(connection: sqlite3.Connection, match: str) -> object:
    """Return the newest 20 that FTS5 finds."""
    ask = "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rowid DESC LIMIT 20"
    return connection.execute(ask, (match,)).fetchall()


def main() -> None:
    """Measure and print."""
    lines = list(texts())
    words = vocabulary(20_000)
    random.Random(2).shuffle(words)
    common, rare = words[20], words[2000]
    with tempfile.TemporaryDirectory(prefix="zegel-bench-") as place:
        folder = Path(place)
        rows = (
            Row(n, (line,), CLOCK + n * 10**9, (mark("with", f"a{n % ACCOUNTS}"),))
            for n, line in enumerate(lines)
        )
        cost = per_text(lambda: build_index(folder / "index", rows))
        index = TextIndex(folder / "index")
        kept: list[sqlite3.Connection] = []
        beside = per_text(lambda: kept.append(fts5(folder, lines)))
        sample = lines[:: max(1, TEXTS // 2000)]
        began = time.process_time()
        for line in sample:
            identify(line)
        language = (time.process_time() - began) / len(sample) * 1e6
        print(f"{TEXTS:,} texts of {LENGTH} characters, µs of processor time a text:")
        print(
            f"  index {cost:.0f} (at most 45 wanted)   language {language:.0f}   FTS5 {beside:.0f}"
        )
        query = "SELECT count(*) FROM texts WHERE texts MATCH ?"
        counts = {word: kept[0].execute(query, (word,)).fetchone()[0] for word in (common, rare)}
        found = {word: len(index.all_rows(parse(word))) for word in counts}
        if counts != found:
            sys.exit(f"the indexes disagree: {found} here, {counts} in FTS5")
        print("\nquestion, ms of wall time: median, 95th percentile (5 wanted)")
        for name, ask in questions(index, common, rare).items():
            half, most = percentiles(ask)
            print(f"  {name:45}{half:8.2f}{most:8.2f}")
        for name, match in (("FTS5: a term", common), ("FTS5: two terms", f"{common} {rare}")):
            half, most = percentiles(partial(newest, kept[0], match))
            print(f"  {name:45}{half:8.2f}{most:8.2f}")


if __name__ == "__main__":
    main()
