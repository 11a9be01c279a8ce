"""Ask one granted investigation and print as JSON how long answers take; a part of `seed`.

Each question is what `zegel search` does, log entry and marked snippets included, without starting
a process. Counts are held against a reading of the investigation's own texts.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bench.search import percentiles
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


def run(folder: Path) -> dict[str, object]:
    """Return medians and 95th percentiles in ms, and how many hits the words have."""
    inv = Investigation.open(folder)
    counted = words(inv)
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
    }


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]))))
