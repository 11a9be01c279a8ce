"""Measure index and search on made-up texts, beside SQLite's FTS5 and notmuch, if it is there.

Run by `make bench-search`; TEXTS=20000 makes it small. What is timed is what the product does:
terms, names and positions by `zegel.text`, marks by `zegel.service`, one index of `zegel.search`.
Questions are timed by wall clock, warm, one after another; what a whole `zegel search` takes is in
`grants`. Fails where the indexes disagree about a plain word.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench import notmuch
from bench.process import machine
from bench.texts import LENGTH, texts, vocabulary
from zegel.search import Page, TextIndex, build_index
from zegel.search.compile import Answer, Between, Marked
from zegel.search.index import Row
from zegel.service.fields import mark, marks_of
from zegel.text import parse
from zegel.text.language import identify
from zegel.text.nodes import Field

TEXTS = int(os.environ.get("TEXTS", "300000"))
BESIDE = min(TEXTS, 60_000)
"""Texts for notmuch, which takes minutes for all."""
ROUNDS = 100
ACCOUNTS = 1000
BEGAN = 1_450_000_000
CLOCK = BEGAN * 10**9


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

    many = " OR ".join(f"with:a{number}@bench.example" for number in range(50))

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


def row(number: int, line: str) -> Row:
    """Return what the index of an investigation holds of a message, marks and all."""
    sender, to = (f"a{n % ACCOUNTS}@bench.example" for n in (number, number * 7 + 1))
    marks = marks_of(
        {
            "sender": [sender],
            "recipients": [to],
            "accounts": [sender, to],
            "holders": [{"device": f"D{number % ACCOUNTS}", "holder": f"H{number % ACCOUNTS}"}],
            "admitted": [{"clause": "all"}],
            "language": "nl",
            "state": "readable",
            "signature": "good",
            "text": line,
            "subject": "",
        }
    )
    return Row(number, (line,), CLOCK + number * 10**9, marks)


def index_costs(folder: Path, lines: list[str]) -> TextIndex:
    """Build both kinds of index, print what they cost, return that of an investigation."""
    bare = (Row(n, (line,), CLOCK + n * 10**9) for n, line in enumerate(lines))
    case = per_text(lambda: build_index(folder / "case", bare))
    whole = (row(n, line) for n, line in enumerate(lines))
    investigation = per_text(lambda: build_index(folder / "index", whole))
    index = TextIndex(folder / "index")
    stems = per_text(lambda: index.stemmed("lop", "nl"))
    sample = lines[:: max(1, TEXTS // 2000)]
    identify(sample[0])
    language = per_text(lambda: [identify(line) for line in sample]) * TEXTS / len(sample)
    print(f"{TEXTS:,} texts of {LENGTH} characters, µs of processor time a text:")
    print(f"  index of a case (terms, names, positions)      {case:8.1f}  (at most 45 wanted)")
    print(f"  index of an investigation (and marks)          {investigation:8.1f}")
    print(f"  stems of all its words, when first asked for   {stems:8.1f}")
    print(f"  language, of an investigation's messages only  {language:8.1f}")
    return index


def beside_fts5(folder: Path, lines: list[str], index: TextIndex, common: str, rare: str) -> None:
    """Print what SQLite's FTS5 takes, and fail where it counts something else."""
    kept: list[sqlite3.Connection] = []
    print(f"  SQLite FTS5 {per_text(lambda: kept.append(fts5(folder, lines))):8.1f}")
    query = "SELECT count(*) FROM texts WHERE texts MATCH ?"
    counts = {word: kept[0].execute(query, (word,)).fetchone()[0] for word in (common, rare)}
    found = {word: len(index.all_rows(parse(word))) for word in counts}
    if counts != found:
        sys.exit(f"the indexes disagree: {found} here, {counts} in FTS5")
    show("FTS5: a term", partial(newest, kept[0], common))
    show("FTS5: two terms", partial(newest, kept[0], f"{common} {rare}"))


def beside_notmuch(folder: Path, lines: list[str], common: str, rare: str) -> None:
    """Print what notmuch takes, and fail where it counts something else."""
    if not notmuch.is_there():
        print("notmuch is not installed (Debian: apt-get install notmuch): not measured beside")
        return
    other = notmuch.Notmuch(folder / "notmuch", lines[:BESIDE], BEGAN)
    print(f"  notmuch, {BESIDE:,} texts, a mail each {other.index() / BESIDE * 1e6:8.1f}")
    counts = {word: other.count(word) for word in (common, rare)}
    found = {word: sum(word in line.split() for line in lines[:BESIDE]) for word in counts}
    if counts != found:
        sys.exit(f"{found} of the texts hold these words, notmuch finds {counts}")
    show("notmuch: starting the command, no hit", partial(other.newest, "nosuchword"))
    show("notmuch: a term", partial(other.newest, common))
    show("notmuch: two terms", partial(other.newest, f"{common} {rare}"))


def show(name: str, ask: Callable[[], object]) -> None:
    """Print how long a question takes."""
    half, most = percentiles(ask)
    print(f"  {name:45}{half:8.2f}{most:8.2f}")


def main() -> None:
    """Measure and print."""
    print(machine())
    lines = list(texts(TEXTS))
    words = vocabulary()
    common, rare = words[20], words[2000]
    with tempfile.TemporaryDirectory(prefix="zegel-bench-") as place:
        folder = Path(place)
        index = index_costs(folder, lines)
        print("\nquestions, ms of wall time: median, 95th percentile (5 wanted)")
        for name, ask in questions(index, common, rare).items():
            show(name, ask)
        print("\nbeside it on the same texts: µs of processor time a text; ms for a question")
        beside_fts5(folder, lines, index, common, rare)
        beside_notmuch(folder, lines, common, rare)


if __name__ == "__main__":
    main()
