"""Say whether a case agrees with what a generated network really wrote, by digest alone.

    python tests/truth/compare.py NET/truth CASE

Imports neither `zegel` nor `shieldnet`: it reads the files both leave behind (ground truth as
docs/reference/copied-site.md has it, the case's Parquet tables). Never prints content. Ends with
1 where anything that should be readable is not there, is shut, or is not what was written.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

SITES = ("ams/", "yyz/")
ABSENT = "(no row)"
SHOWN = 10


# What a place says is what its first layer does, a plain one last, by the newest round.
PLAINTEXTS = """
WITH layer AS (
  SELECT exhibit, entry, "offset", length,
         first(content_id ORDER BY kind = 'plain', content_id) AS content_id
  FROM '{tables}/scan/[!.]*/layers.parquet' GROUP BY ALL
), content AS (
  SELECT content_id, max_by(plaintext_sha256, round) AS plaintext_sha256
  FROM '{tables}/open/[!.]*/contents.parquet' GROUP BY ALL
)
SELECT exhibit, path, "offset", state, plaintext_sha256, signature, message_number
FROM '{states}' LEFT JOIN layer USING (exhibit, entry, "offset", length)
LEFT JOIN content USING (content_id)
"""


def read_case(case: Path) -> Iterator[tuple[str, str, int, str, str]]:
    """Yield exhibit, path, offset, state and plaintext digest of every stored message.

    The only place that knows how a case keeps its tables.
    """
    parts = sorted((case / "tables" / "settled").glob("[!.]*/states.parquet"))[-1:]
    if not parts:
        raise SystemExit(f"{case}: no table of states. Run `zegel process` first.")
    rows = duckdb.execute(f"{PLAINTEXTS.format(tables=case / 'tables', states=parts[0])}")
    while batch := rows.fetchmany(10_000):
        for exhibit, path, offset, state, digest, *_ in batch:
            yield (
                exhibit,
                bytes(path).decode("utf-8", "replace"),
                offset,
                state,
                digest_text(digest),
            )


def digest_text(digest: bytes | None) -> str:
    """Return a digest in hexadecimal, empty where there is none."""
    return "" if digest is None else bytes(digest).hex()


def place_key(path: str, offset: int) -> tuple[str, int]:
    """Return what names a place: every message's path holds an address, so no two sites share it.

    An exhibit may be one site's folder or the folder of both.
    """
    for site in SITES:
        path = path.removeprefix(site)
    return path, offset


@dataclass(slots=True)
class Account:
    """What agreed and what did not, in numbers."""

    messages: int = 0
    readable: int = 0
    """Messages of which at least one place should be readable."""
    found: int = 0
    """Of these, messages of which every such place is readable and equal."""
    equal: int = 0
    different: list[str] = field(default_factory=list)
    shut: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    states: Counter[tuple[str, str]] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)

    @property
    def agrees(self) -> bool:
        """Whether everything that should be readable is readable and equal."""
        return not (self.different or self.shut or self.missing)


def compare(truth: Path, case: Path) -> Account:
    """Hold every stored place of the truth against the case."""
    rows = {
        place_key(path, offset): (state, digest)
        for _, path, offset, state, digest in read_case(case)
    }
    account = Account()
    with (truth / "messages.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            _message(account, json.loads(line), rows)
    account.unknown.update(state for state, _ in rows.values())
    return account


def _message(
    account: Account, message: dict[str, object], rows: dict[tuple[str, int], tuple[str, str]]
) -> None:
    account.messages += 1
    places = message["places"]
    assert isinstance(places, list)
    before = len(account.different) + len(account.shut) + len(account.missing)
    for place in places:
        state, digest = rows.pop(place_key(place["path"], place["offset"]), (ABSENT, ""))
        account.states[place["state"], state] += 1
        if place["state"] != "readable":
            continue
        where = f"{message['id']} {place['site']} {place['path']} at {place['offset']}"
        if state == ABSENT:
            account.missing.append(where)
        elif state not in ("readable", "partly readable"):
            account.shut.append(f"{where}: {state}")
        elif digest != message["sha256"]:
            account.different.append(where)
        else:
            account.equal += 1
    if any(place["state"] == "readable" for place in places):
        account.readable += 1
        after = len(account.different) + len(account.shut) + len(account.missing)
        account.found += after == before


def show(account: Account) -> None:
    """Print the account."""
    print(f"{account.messages:>9,}  distinct messages were written")
    print(f"{account.readable:>9,}  of them can be read with the keys and passphrases at hand")
    print(f"{account.found:>9,}  of these are readable in the case and equal, in every place\n")
    print("Stored places that should be readable")
    print(f"{account.equal:>9,}  readable and equal by SHA-256")
    print(f"{len(account.different):>9,}  readable but different")
    print(f"{len(account.shut):>9,}  in the case, but not readable")
    print(f"{len(account.missing):>9,}  missing from the case")
    for kind in ("different", "shut", "missing"):
        for where in getattr(account, kind)[:SHOWN]:
            print(f"           {kind}: {where}")
    _show_states(account)
    rest = sum(account.unknown.values())
    if rest:
        print(f"\n{rest:,} stored messages of the case stand in no ground truth:")
        for state, count in sorted(account.unknown.items()):
            print(f"{count:>9,}  {state}")
    print("\nAGREES" if account.agrees else "\nDOES NOT AGREE")


def _show_states(account: Account) -> None:
    columns = sorted({actual for _, actual in account.states})
    print("\nState of each stored place: what is due (rows), what the case says (columns)")
    print(f"{'':<15}" + "".join(f"{name:>17}" for name in columns))
    for due in sorted({due for due, _ in account.states}):
        cells = (account.states[due, name] for name in columns)
        print(f"{due:<15}" + "".join(f"{count or '-':>17}" for count in cells))


def main(words: list[str]) -> int:
    """Run the comparison; return the exit status."""
    if len(words) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    account = compare(Path(words[0]), Path(words[1]))
    show(account)
    return 0 if account.agrees else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
