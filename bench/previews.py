"""Measure `zegel preview` at the size of a whole case: 20,000 messages out of 3.6 million.

Run by `make bench-grant`; PREVIEWED=300000 makes it smaller, a folder named by KEPT keeps the case.
To open 3.6 million messages first takes an hour, and a preview reads the index alone: so a case of
one mail is made by the commands, and its index is then filled with made-up documents, of 40,000
accounts, by the same code that `zegel index` uses. What a preview takes is the command's own, its
start included. Fails where a count is not the one that was written.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.grants import zegel
from bench.process import machine
from zegel.casefile import Case
from zegel.custody.watch import listed_in, listing, unlisted
from zegel.processing.narrow import write_narrow
from zegel.processing.sql import connect, quoted
from zegel.search import build_index
from zegel.search.index import Row
from zegel.tables import read_rows

MESSAGES = int(os.environ.get("PREVIEWED", "3600000"))
EVERY = MESSAGES // 20_000
SUSPECTS, ACCOUNTS = 40, 40_000
TARGET = 2.0
"""Seconds of wall time for a preview."""
ROUNDS = 3
_MAIL = b"From: a@x.example\nTo: b@x.example\nDate: Tue, 19 Apr 2016 09:00:00 +0200\n\nx\n"
_DOCUMENTS = f"""
SELECT i::INTEGER AS number, unhex(sha256(i::VARCHAR)) AS message, 'readable' AS state,
  [1451606400000000000 + i * 8000000000] AS instants, ['E1'] AS exhibits,
  ['p' || s || '@x.example', 'p' || r || '@x.example'] AS accounts, accounts AS envelope,
  ['p' || s || '@x.example'] AS sender, ['p' || r || '@x.example'] AS recipients,
  ['<' || i || '@x.example>'] AS message_ids,
  ['<' || (i - hash(i) % 2000) || '@x.example>'] AS "references", NULL::VARCHAR AS chat_group,
  CASE WHEN i % {EVERY} = 1 THEN 'boot ' ELSE '' END || 'woord' || hash(i) % 5000 AS text,
  NULL::VARCHAR AS subject, 1451606400000000000 + i * 8000000000 AS clock_ns
FROM (SELECT i, CASE WHEN i % {EVERY} = 0 THEN hash(i) % {SUSPECTS}
                     ELSE {SUSPECTS} + hash(i) % {ACCOUNTS - SUSPECTS} END AS s,
             CASE WHEN i % {EVERY} = 0 THEN (hash(i) // 64) % {SUSPECTS}
                  ELSE {SUSPECTS} + (hash(i) // 65536) % {ACCOUNTS - SUSPECTS} END AS r
      FROM range({MESSAGES}) AS t(i))
"""
_HEAD = """\
number = "B-2"
magistrate = "Judge"
investigation = "Bench"
offences = ["theft"]
issued = 2016-05-01T00:00:00Z
expires = 2099-01-01T00:00:00Z
purpose = "measuring"
[[clause]]
name = "all"
from = 2015-01-01T00:00:00Z
until = 2019-01-01T00:00:00Z
"""


def make_case(folder: Path) -> Path:
    """Make a case of one mail, and fill its index."""
    case = folder / "preview-case"
    if case.exists():
        return case
    box = folder / "one" / "mail" / "a@x.example" / "Maildir" / "cur"
    box.mkdir(parents=True)
    (box / "1461049200.M1P1.mx:2,S").write_bytes(_MAIL)
    zegel("init", case, "--training")
    zegel("intake", folder / "one", "--case", case)
    zegel("process", "--case", case, "--index")
    (index,) = (case / "index").iterdir()
    documents = index / "documents.parquet"
    with connect(case / "spill") as connection:
        out = f"{quoted(documents)} (FORMAT parquet, COMPRESSION zstd)"
        connection.execute(f"COPY ({_DOCUMENTS}) TO {out}")
    began = time.process_time()
    write_narrow(documents, index, case / "spill")
    spent = (time.process_time() - began) / MESSAGES * 1e6
    print(f"narrow table: {spent:.0f} µs of processor time a message")
    (index / "text").rename(folder / "small-text")
    build_index(index / "text", _texts(documents))
    _list_anew(case, index)
    return case


def _list_anew(case: Path, index: Path) -> None:
    """Let the log stand for the index that was put in place of the one it lists."""
    opened = Case.open(case)
    log, before = opened.log(), [name for name in listed_in(case) if name.startswith("index/")]
    files = [path for path in sorted(index.rglob("*")) if path.is_file()]
    log.append("files no longer listed", unlisted(before))
    log.append("files listed", listing(case, files))


def _texts(documents: Path) -> Iterator[Row]:
    for row in read_rows([documents], ["number", "text", "clock_ns"]):
        yield Row(row["number"], (row["text"],), row["clock_ns"])


def orders() -> dict[str, tuple[str, int]]:
    """Return orders by what they ask for, with how many messages they admit."""
    named = json.dumps([f"p{number}@x.example" for number in range(SUSPECTS)])
    suspects = -(-MESSAGES // EVERY)
    hits = -(-(MESSAGES - 1) // EVERY)
    return {
        "40 accounts": (f"accounts = {named}\n", suspects),
        "a word, of anybody": ('terms = ["boot"]\n', hits),
        "a word, 24 hours around": ('terms = ["boot"]\ncontext = "24 hours"\n', hits),
    }


def main() -> None:
    """Measure, print and check."""
    with tempfile.TemporaryDirectory(prefix="zegel-bench-") as made:
        folder = Path(os.environ.get("KEPT") or made)
        folder.mkdir(parents=True, exist_ok=True)
        case = make_case(folder)
        print(f"\n{machine()}\npreview of about 20,000 messages of {MESSAGES:,}, start included:")
        for name, (clause, count) in orders().items():
            (folder / "preview.toml").write_text(_HEAD + clause, "utf-8")
            words = ("preview", folder / "preview.toml", "--case", case, "--json")
            took = [zegel(*words) for _ in range(ROUNDS)]
            told = json.loads(took[-1]["said"])["together"]["messages"]["count"]
            if told is not None and abs(told - count) > 0.05 * count:
                sys.exit(f"{name}: {told} messages were counted, not {count}")
            wall = sorted(one["wall"] for one in took)
            spent = sorted(one["processor"] for one in took)
            print(f"  {name:26}{wall[1]:6.1f} s of wall time{spent[1]:6.1f} s of processor time")
        print(f"  at most {TARGET:.0f} s of wall time wanted, 2 processors")


if __name__ == "__main__":
    main()
