"""Print how often each step errs on a generated network, with an interval for every rate.

    python tests/truth/rates.py NET CASE [--json]

NET is what `shieldnet generate` wrote, CASE a training case with its copies, processed and indexed.
Imports neither `zegel` nor `shieldnet`; for grant and search it writes an order of its own and runs
the `zegel` command. Never prints content. Ends with 1 where a message that should be readable is
not, or is not what was written: everything else is a rate, not a fault.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as a program it finds its neighbour
from tests.truth.compare import PLAINTEXTS

Message = dict[str, Any]
Place = tuple[str, int]

LEGIBLE = ("readable", "not encrypted")
ACCOUNTS, WORDS = 20, 15
BOUNDARY = dt.timedelta(hours=1)
"""Messages written this near to an end of the period are not judged: the sites' clocks differ."""
FIRST, LAST = dt.datetime(2015, 12, 1, tzinfo=dt.UTC), dt.datetime(2016, 2, 1, tzinfo=dt.UTC)
ORDER = """\
number = "RATES-1"
magistrate = "Investigating judge 3"
investigation = "Rates"
offences = ["measurement"]
persons = ["nobody"]
issued = 2016-05-02T09:30:00Z
expires = 2099-12-31T00:00:00Z
purpose = "How often a grant and a search err"
[[clause]]
name = "accounts and period"
accounts = {accounts}
from = {first}
until = {last}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of things that came out right."""

    step: str
    what: str
    right: int
    of: int

    def interval(self) -> tuple[float, float]:
        """Return Wilson's interval for 95 % (Journal of the American Statistical Ass. 22, 1927)."""
        if not self.of:
            return 0.0, 1.0
        z, n = 1.959963984540054, self.of
        share = self.right / n
        middle = share + z * z / (2 * n)
        spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        whole = 1 + z * z / n
        return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)


def read_truth(truth: Path) -> list[Message]:
    """Return all messages that the network wrote."""
    with (truth / "messages.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def read_rows(case: Path) -> dict[Place, dict[str, Any]]:
    """Return the state, plaintext digest, signature and message of every stored place."""
    states, messages = (
        str(sorted((case / "tables" / "settled").glob(f"[!.]*/{name}.parquet"))[-1])
        for name in ("states", "messages")
    )
    places = PLAINTEXTS.format(tables=case / "tables", states=states)
    rows = duckdb.execute(
        'SELECT path, "offset", s.state, plaintext_sha256, signature, message '
        f"FROM ({places}) s LEFT JOIN read_parquet(?) m ON m.number = s.message_number",
        [messages],
    ).fetchall()
    return {
        _place(bytes(path).decode("utf-8", "replace"), offset): {
            "state": state,
            "digest": "" if digest is None else bytes(digest).hex(),
            "signature": signature,
            "message": message,
        }
        for path, offset, state, digest, signature, message in rows
    }


def _place(path: str, offset: int) -> Place:
    for site in ("ams/", "yyz/"):
        path = path.removeprefix(site)
    return path, offset


def places(message: Message) -> Iterator[tuple[Place, str]]:
    """Yield each place a message was stored at, and the state it is due."""
    for place in message["places"]:
        yield _place(place["path"], place["offset"]), place["state"]


def of_parsing(messages: Iterable[Message], rows: dict[Place, dict[str, Any]]) -> Iterator[Rate]:
    """Yield whether what was stored is found, and what is found was stored."""
    due = {place for message in messages for place, _ in places(message)}
    yield Rate(step="parsing", what="stored messages that are found",
               right=len(due & rows.keys()), of=len(due))  # fmt: skip
    real = {place for place, row in rows.items() if row["state"] != "not a message"}
    yield Rate(step="parsing", what="found messages that were stored",
               right=len(real & due), of=len(real))  # fmt: skip


def of_decryption(messages: Iterable[Message], rows: dict[Place, dict[str, Any]]) -> Iterator[Rate]:
    """Yield whether what should be readable is, as it was written, and nothing else is."""
    equal = readable = right_state = due = shown = 0
    for message in messages:
        for place, state in places(message):
            row = rows.get(place)
            if row is None:
                continue
            due += state == "readable"
            said = row["state"] in ("readable", "partly readable")
            shown += said
            same = said and row["digest"] == message["sha256"]
            equal += same and state == "readable"
            readable += same
            right_state += row["state"] == state
    yield Rate(step="decryption", what="places due readable that are, and equal",
               right=equal, of=due)  # fmt: skip
    yield Rate(step="decryption", what="readable places that are what was written",
               right=readable, of=shown)  # fmt: skip
    found = sum(place in rows for message in messages for place, _ in places(message))
    yield Rate(step="decryption", what="places in the state they are due",
               right=right_state, of=found)  # fmt: skip


def of_signatures(messages: Iterable[Message], rows: dict[Place, dict[str, Any]]) -> Iterator[Rate]:
    """Yield whether signatures are judged as they were made."""
    right = of = 0
    for message in messages:
        for place, state in places(message):
            row = rows.get(place)
            if state == "readable" and row is not None:
                of += 1
                right += row["signature"] == message["signature"]
    yield Rate(step="decryption", what="signatures judged as they were made", right=right, of=of)


def of_deduplication(
    messages: Iterable[Message], rows: dict[Place, dict[str, Any]]
) -> Iterator[Rate]:
    """Yield whether copies of a message are one message, and one message is nothing else."""
    whole = several = 0
    writers: dict[bytes, set[str]] = defaultdict(set)
    for message in messages:
        found = {
            rows[place]["message"]
            for place, state in places(message)
            if state in LEGIBLE and place in rows
        }
        for one in found:
            writers[one].add(message["id"])
        several += len([1 for _, state in places(message) if state in LEGIBLE]) > 1
        copies = len([1 for _, state in places(message) if state in LEGIBLE])
        whole += copies > 1 and len(found) == 1
    yield Rate(step="deduplication", what="messages whose legible copies are one",
               right=whole, of=several)  # fmt: skip
    yield Rate(step="deduplication", what="messages that hold nobody else's copies",
               right=sum(len(ids) == 1 for ids in writers.values()), of=len(writers))  # fmt: skip


def of_grant_and_search(net: Path, case: Path, messages: list[Message]) -> Iterator[Rate]:
    """Yield whether an order admits what it says, and a search finds what is written."""
    accounts = sorted(_of_one_holder(net))[:ACCOUNTS]
    order = ORDER.format(
        accounts=json.dumps(accounts), first=FIRST.isoformat(), last=LAST.isoformat()
    )
    with tempfile.TemporaryDirectory() as folder:
        place, inv = Path(folder) / "order.toml", Path(folder) / "inv"
        place.write_text(order, "utf-8")
        _zegel("grant", str(place), "--case", str(case), "--out", str(inv), "--json")
        admitted = set(_message_ids(inv))
        judged = [m for m in messages if not _near(_when(m))]
        due = {
            m["message_id"]
            for m in judged
            if FIRST <= _when(m) < LAST and not {m["from"], *m["to"]}.isdisjoint(accounts)
        }
        got = admitted & {m["message_id"] for m in judged}
        yield Rate(step="grant", what="messages of the order that are admitted",
                   right=len(got & due), of=len(due))  # fmt: skip
        yield Rate(step="grant", what="admitted messages that are the order's",
                   right=len(got & due), of=len(got))  # fmt: skip
        yield from _of_search(inv, [m for m in messages if m["message_id"] in admitted])


def _of_one_holder(net: Path) -> Iterator[str]:
    with (net / "truth" / "devices.jsonl").open(encoding="utf-8") as lines:
        devices = [json.loads(line) for line in lines]
    times = Counter(device["address"] for device in devices)
    for device in devices:
        if len(device["holders"]) == 1 and times[device["address"]] == 1:
            yield device["address"]


def _when(message: Message) -> dt.datetime:
    return dt.datetime.fromisoformat(message["when"][:19] + "+00:00")


def _near(when: dt.datetime) -> bool:
    return min(abs(when - FIRST), abs(when - LAST)) < BOUNDARY


def _message_ids(inv: Path) -> list[str]:
    table = str(inv / "tables" / "messages.parquet")
    return [f"<{name}>" for (name,) in duckdb.execute(
        "SELECT message_id FROM read_parquet(?)", [table]).fetchall()]  # fmt: skip


def _of_search(inv: Path, messages: list[Message]) -> Iterator[Rate]:
    """Ask for words that were written, and hold the hits against who wrote them."""
    legible = [m for m in messages if any(state in LEGIBLE for _, state in places(m))]
    written: dict[str, set[str]] = defaultdict(set)
    for message in legible:
        text = f"{message['subject'] or ''} {message['text']}"
        for word in set(re.findall(r"[a-z]{4,}", text.lower())):
            if re.search(rf"(?<!\w){word}(?!\w)", text.lower()):
                written[word].add(message["message_id"])
    words = random.Random(1).sample(sorted(written), min(WORDS, len(written)))
    due = got = both = 0
    for word in words:
        found = _found(inv, word)
        due, got = due + len(written[word]), got + len(found)
        both += len(written[word] & found)
    yield Rate(step="search", what=f"messages with one of {len(words)} words that are found",
               right=both, of=due)  # fmt: skip
    yield Rate(step="search", what="found messages that hold the word", right=both, of=got)


def _found(inv: Path, word: str) -> set[str]:
    hits = json.loads(_zegel("search", "-i", str(inv), word, "--size", "1000", "--json"))
    numbers = [hit["number"] for hit in hits["hits"]]
    rows = duckdb.execute(
        "SELECT message_id FROM read_parquet(?) WHERE list_contains(?, number)",
        [str(inv / "tables" / "messages.parquet"), numbers],
    ).fetchall()
    return {f"<{name}>" for (name,) in rows}


def _zegel(*words: str) -> str:
    done = subprocess.run(["zegel", *words], check=True, capture_output=True, text=True)
    return done.stdout


STEPS: tuple[Callable[..., Iterator[Rate]], ...] = (
    of_parsing,
    of_decryption,
    of_signatures,
    of_deduplication,
)


def rates(net: Path, case: Path) -> list[Rate]:
    """Return all rates."""
    messages, rows = read_truth(net / "truth"), read_rows(case)
    found = [rate for step in STEPS for rate in step(messages, rows)]
    return [*found, *of_grant_and_search(net, case, messages)]


def show(found: Iterable[Rate]) -> None:
    """Print a table."""
    print(f"{'step':<15}{'what':<52}{'right':>9}{'of':>9}{'share':>9}   95 % interval")
    for rate in found:
        low, high = rate.interval()
        share = f"{rate.right / rate.of:>9.2%}" if rate.of else f"{'-':>9}"
        print(
            f"{rate.step:<15}{rate.what:<52}{rate.right:>9,}{rate.of:>9,}{share}"
            f"   {low:.2%} to {high:.2%}"
        )


def main(words: list[str]) -> int:
    """Measure; return the exit status."""
    as_json = "--json" in words
    names = [word for word in words if word != "--json"]
    if len(names) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    found = rates(Path(names[0]), Path(names[1]))
    if as_json:
        print(json.dumps([{"step": r.step, "what": r.what, "right": r.right, "of": r.of,
                           "low": r.interval()[0], "high": r.interval()[1]}
                          for r in found]))  # fmt: skip
    else:
        show(found)
    return int(any(r.right != r.of for r in found if r.step == "decryption" and "due" in r.what
                   and "equal" in r.what))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
