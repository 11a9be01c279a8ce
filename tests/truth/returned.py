"""Print the digests of what an investigation holds, one a line, for recall.py.

    python tests/truth/returned.py INV [SEARCH.json]

Of all messages, or of the hits in the output of `zegel search --json`. Reads the folder's tables
and imports nothing of `zegel`. Never prints content.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq


def rows(folder: Path, table: str, columns: list[str]) -> list[dict[str, Any]]:
    """Return some columns of one of the investigation's tables."""
    found = pq.read_table(folder / "tables" / f"{table}.parquet", columns=columns)
    return list(found.to_pylist())


def digests(folder: Path, only: set[str] | None) -> set[str]:
    """Return the digest of each block that can be read."""
    return {
        block["plaintext_sha256"].hex()
        for block in rows(folder, "ciphertexts", ["message", "plaintext_sha256"])
        if block["plaintext_sha256"] and (only is None or block["message"].hex() in only)
    }


def main(words: list[str]) -> int:
    """Print the digests; return the exit status."""
    if not 1 <= len(words) <= 2:
        print(__doc__, file=sys.stderr)
        return 2
    only = None
    if len(words) == 2:
        only = {hit["id"] for hit in json.loads(Path(words[1]).read_text("utf-8"))["hits"]}
    print("\n".join(sorted(digests(Path(words[0]), only))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
