"""Print how much of each storyline a search or a grant returned, and how much else.

    python tests/truth/recall.py NET/truth DIGESTS [--json]

DIGESTS is a file of SHA-256 of plaintexts in hexadecimal, one a line (`-`: standard input): the
digests a case and an investigation give for readable messages. Imports neither `zegel` nor
`shieldnet`. Never prints content.

Recall is counted over the messages of a storyline that can be read at all; precision over the
messages returned. A digest that several messages share (`ok`, written twice) returns them all.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

DIGEST = re.compile(r"[0-9a-f]{64}")
LEGIBLE = ("readable", "not encrypted")


@dataclass(slots=True, kw_only=True)
class Score:
    """What was returned, held against one storyline."""

    storyline: str
    written: int = 0
    readable: int = 0
    found: int = 0
    """Of the readable ones."""
    decoys: int = 0
    """Innocent messages in its words that were returned."""
    returned: int = 0
    """Messages of the truth that were returned, whatever they are."""

    @property
    def recall(self) -> float | None:
        """Return found of readable, None where nothing is readable."""
        return self.found / self.readable if self.readable else None

    @property
    def precision(self) -> float | None:
        """Return found of returned, None where nothing was returned."""
        return self.found / self.returned if self.returned else None


def read_digests(text: str) -> set[str]:
    """Return the digests of a list; stop at a line that is none."""
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        word = line.strip().lower()
        if word and not DIGEST.fullmatch(word):
            raise SystemExit(f"line {number} is no SHA-256 in hexadecimal")
        found.add(word)
    return found - {""}


def score(truth: Path, digests: set[str]) -> tuple[list[Score], int]:
    """Return one score a storyline, and how many digests stand in no truth."""
    scores: dict[str, Score] = defaultdict(lambda: Score(storyline=""))
    returned, known = 0, set()
    with (truth / "messages.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            message = json.loads(line)
            hit = message["sha256"] in digests
            returned += hit
            if hit:
                known.add(message["sha256"])
            if message["decoy"]:
                scores[message["decoy"]].decoys += hit
            if message["storyline"]:
                one = scores[message["storyline"]]
                legible = any(place["state"] in LEGIBLE for place in message["places"])
                one.written += 1
                one.readable += legible
                one.found += hit and legible
    for name, one in scores.items():
        one.storyline, one.returned = name, returned
    return [scores[name] for name in sorted(scores)], len(digests - known)


def show(scores: list[Score], unknown: int) -> None:
    """Print a table."""
    heads = ("written", "readable", "found", "recall", "precision", "decoys")
    print(f"{'storyline':<14}" + "".join(f"{head:>11}" for head in heads))
    for one in scores:
        numbers = f"{one.written:>11,}{one.readable:>11,}{one.found:>11,}"
        shares = f"{share(one.recall):>11}{share(one.precision):>11}"
        print(f"{one.storyline:<14}{numbers}{shares}{one.decoys:>11,}")
    print(f"\n{scores[0].returned if scores else 0:,} messages of the truth were returned")
    if unknown:
        print(f"{unknown:,} digests stand in no ground truth")


def share(value: float | None) -> str:
    """Return a share with two decimals, a dash where there is none."""
    return "-" if value is None else f"{value:.2f}"


def main(words: list[str]) -> int:
    """Run the comparison; return the exit status."""
    as_json = "--json" in words
    names = [word for word in words if word != "--json"]
    if len(names) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    text = sys.stdin.read() if names[1] == "-" else Path(names[1]).read_text("ascii")
    scores, unknown = score(Path(names[0]), read_digests(text))
    if as_json:
        rows = [asdict(one) | {"recall": one.recall, "precision": one.precision} for one in scores]
        print(json.dumps({"storylines": rows, "unknown": unknown}))
    else:
        show(scores, unknown)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
