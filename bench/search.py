"""Measure index and search on made-up texts, beside SQLite's FTS5 and notmuch, if it is there.

Run by `make bench-search`; TEXTS=20000 makes it small, TEXTS=1200000 is a third of what 40,000
phones wrote. What is timed is what the product does:
terms, names and positions by `zegel.text`, marks by `zegel.service`, one index of `zegel.search`.
Questions are timed by wall clock, warm, one after another; what a whole `zegel search` takes is in
`grants`. Fails where the indexes disagree about a plain word.
"""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import notmuch
from bench.process import machine
from bench.texts import LENGTH, texts, vocabulary
from zegel.search import Page, TextIndex, build_index
from zegel.search.compile import Answer, Between, MarkedAny
from zegel.search.index import Row
from zegel.service.fields import mark, marks_of
from zegel.text import parse
from zegel.text.language import identify
from zegel.text.nodes import And, Field, Node

TEXTS = int(os.environ.get("TEXTS", "300000"))
BESIDE = min(TEXTS, 60_000)
"""Texts for notmuch, which takes minutes for all."""
ROUNDS = 100
ACCOUNTS = max(1000, TEXTS // 30)
FIFTY, MANY = "a term in 50 accounts and a period", "a term in 10,000 accounts"
BEGAN = 1_450_000_000
CLOCK = BEGAN * 10**9


def per_text(work: Callable[[], object]) -> float:
    """Return microseconds of processor time for each text."""
    began = time.process_time()
    work()
    return (time.process_time() - began) / TEXTS * 1e6


def percentiles(ask: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """Return median and 95th percentile of what `ask` does, in milliseconds of wall time."""
    ask()
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took), statistics.quantiles(took, n=20)[-1]


@dataclass(frozen=True, slots=True)
class Question:
    """One question, the same in all indexes: what a text must hold, whose it is, and when."""

    words: str
    accounts: tuple[int, ...] = ()
    numbers: tuple[int, int] | None = None
    """First text that counts, and the first that does not any more."""

    def node(self) -> Node:
        """Return it as `zegel search` takes it apart."""
        parts: list[Node] = [parse(self.words)]
        if self.accounts:
            parts.append(Field("with", "these"))
        if self.numbers:
            parts.append(Field("after", "these"))
        return And(tuple(parts)) if len(parts) > 1 else parts[0]

    def answer(self, field: Field) -> Answer:
        """Return which rows bear a field, as `zegel.service.fields` does."""
        if field.name == "with" or self.numbers is None:
            return MarkedAny([mark("with", account(number)) for number in self.accounts])
        first, last = self.numbers
        return Between(CLOCK + first * 10**9, CLOCK + last * 10**9)


def questions(lines: Sequence[str]) -> dict[str, list[Question]]:
    """Return each kind of question, ROUNDS of it, all different: words, accounts, periods."""
    chance, words = random.Random(4), vocabulary()

    def word(most: int = 2000) -> str:  # the fifth commonest word is in every third text
        return words[int(5 * (most / 5) ** chance.random())]

    def phrase() -> str:
        found = [w for w in chance.choice(lines).split() if w.isalpha() and w.isascii()]
        at = chance.randrange(len(found) - 1)
        return f'"{found[at]} {found[at + 1]}"'

    def several(count: int) -> tuple[int, ...]:
        return tuple(chance.sample(range(ACCOUNTS), min(count, ACCOUNTS)))

    def period() -> tuple[int, int]:
        first = chance.randrange(TEXTS * 3 // 4)
        return first, first + TEXTS // 4

    kinds: dict[str, Callable[[], Question]] = {
        "a term": lambda: Question(word()),
        "two terms": lambda: Question(f"{word()} {word()}"),
        "a phrase": lambda: Question(phrase()),
        "a prefix": lambda: Question(f"{word()[:4]}*"),
        "one step away": lambda: Question(f"{word()}~1"),
        FIFTY: lambda: Question(word(), several(50), period()),
        MANY: lambda: Question(word(), several(10_000)),
    }
    return {name: [draw() for _ in range(ROUNDS)] for name, draw in kinds.items()}


def fts5(folder: Path, lines: Sequence[str]) -> sqlite3.Connection:
    """Return SQLite's index of the same texts, with a table of who wrote and got each."""
    connection = sqlite3.connect(folder / "fts5.sqlite")
    connection.execute("CREATE VIRTUAL TABLE texts USING fts5(body, content='')")
    rows = ((number, line) for number, line in enumerate(lines))
    connection.executemany("INSERT INTO texts (rowid, body) VALUES (?, ?)", rows)
    connection.execute(
        "CREATE TABLE who (text INTEGER, account INTEGER, PRIMARY KEY (text, account))"
        " WITHOUT ROWID"
    )
    both = ((number, who) for number in range(len(lines)) for who in sorted({*people(number)}))
    connection.executemany("INSERT INTO who VALUES (?, ?)", both)
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("CREATE TEMP TABLE asked (account INTEGER PRIMARY KEY)")
    connection.commit()
    return connection


def in_fts5(connection: sqlite3.Connection, question: Question) -> int:
    """Return the exact count, having fetched the newest 20: what the index here does."""
    found = "SELECT rowid AS hit FROM texts WHERE texts MATCH ?"
    values: list[str | int] = [question.words]
    if question.numbers:
        found += " AND rowid >= ? AND rowid < ?"
        values += question.numbers
    if question.accounts:
        connection.execute("DELETE FROM asked")
        names = ((number,) for number in question.accounts)
        connection.executemany("INSERT INTO asked VALUES (?)", names)
        # Words first: the other way round takes it a thousand times as long.
        found = f"""WITH all_hits AS MATERIALIZED ({found})
            SELECT DISTINCT hit FROM all_hits CROSS JOIN who ON who.text = hit
            CROSS JOIN asked ON asked.account = who.account"""
    connection.execute(f"{found} ORDER BY hit DESC LIMIT 20", values).fetchall()
    return int(connection.execute(f"SELECT count(*) FROM ({found})", values).fetchone()[0])


def people(number: int) -> tuple[int, int]:
    """Return who wrote a text and who got it."""
    return number % ACCOUNTS, (number * 7 + 1) % ACCOUNTS


def account(number: int) -> str:
    """Return an address."""
    return f"a{number}@bench.example"


def row(number: int, line: str) -> Row:
    """Return what the index of an investigation holds of a message, marks and all."""
    sender, to = map(account, people(number))
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


def asking(name: str, asked: Sequence[Question], ask: Callable[[Question], int]) -> list[int]:
    """Print how long questions take, by the clock and of the processor; return the counts."""
    took, spent, counts = [], [], []
    ask(asked[0])
    for question in asked:
        began, worked = time.perf_counter(), time.process_time()
        counts.append(ask(question))
        spent.append((time.process_time() - worked) * 1e3)
        took.append((time.perf_counter() - began) * 1e3)
    times = (f"{statistics.median(t):8.2f}{statistics.quantiles(t, n=20)[-1]:8.2f}"
             for t in (took, spent))  # fmt: skip
    print(f"  {name:36}{'  '.join(times)}{statistics.median(counts):12,.0f}", flush=True)
    return counts


def in_turn(index: TextIndex, folder: Path, lines: Sequence[str]) -> None:
    """Ask every kind of question here and in FTS5; fail where the counts differ."""
    print("\nms of different questions: median and 95th percentile by the clock, the same of the")
    print(
        "processor's time (where others are at work only that is the question's own), median hits"
    )
    kept: list[sqlite3.Connection] = []
    cost = per_text(lambda: kept.append(fts5(folder, lines)))
    for name, asked in questions(lines).items():

        def page(question: Question) -> int:
            return index.page(question.node(), Page(), question.answer).count

        counts = asking(name, asked, page)
        if name == "a phrase":  # FTS5 sees no word in an emoji, so other words stand beside it
            wanted = [sum(f" {q.words[1:-1]} " in f" {line} " for line in lines) for q in asked[:3]]
            asking("  FTS5", asked, partial(in_fts5, kept[0]))
            counts = counts[:3]
        elif name == "one step away":  # FTS5 has none
            continue
        else:
            wanted = asking("  FTS5", asked, partial(in_fts5, kept[0]))
        if counts != wanted:
            sys.exit(f"{name}: the indexes disagree about some of {asked[:3]} …")
    print(f"\nSQLite FTS5: {cost:.1f} µs of processor time a text, with its table of accounts")


def beside_notmuch(folder: Path, lines: Sequence[str]) -> None:
    """Print what notmuch takes, and fail where it counts something else."""
    if not notmuch.is_there():
        print("notmuch is not installed (Debian: apt-get install notmuch): not measured beside")
        return
    other = notmuch.Notmuch(folder / "notmuch", lines[:BESIDE], BEGAN)
    print(f"notmuch, {BESIDE:,} texts, a mail each: {other.index() / BESIDE * 1e6:.1f}; ms:")
    words = vocabulary()
    common, rare = words[20], words[2000]
    counts = {word: other.count(word) for word in (common, rare)}
    found = {word: sum(word in line.split() for line in lines[:BESIDE]) for word in counts}
    if counts != found:
        sys.exit(f"{found} of the texts hold these words, notmuch finds {counts}")
    show("notmuch: starting the command, no hit", partial(other.newest, "nosuchword"))
    for name, query in (
        ("a term", common),
        ("two terms", f"{common} {rare}"),
        ("a phrase", f'"{common} {rare}"'),
        ("a prefix", f"{rare[:4]}*"),
    ):
        show(f"notmuch: {name}; no count", partial(other.newest, query))


def show(name: str, ask: Callable[[], object]) -> None:
    """Print how long one question takes."""
    half, most = percentiles(ask, ROUNDS // 4)
    print(f"  {name:45}{half:8.2f}{most:8.2f}")


def main() -> None:
    """Measure and print."""
    print(machine())
    lines = list(texts(TEXTS))
    with tempfile.TemporaryDirectory(prefix="zegel-bench-") as place:
        folder = Path(place)
        index = index_costs(folder, lines)
        in_turn(index, folder, lines)
        beside_notmuch(folder, lines)


if __name__ == "__main__":
    main()
