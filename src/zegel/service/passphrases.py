"""The case's passphrases, in the order they became known; the order never changes.

What was tried is remembered as a count into this list. Lies in the case's private folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote_from_bytes

from zegel.processing.unlock import Passphrase
from zegel.tables import read_rows, replace_file


class PassphraseList:
    """An append-only list of distinct passphrases with their sources."""

    def __init__(self, path: Path) -> None:
        self._path = path
        stored = json.loads(path.read_bytes()) if path.is_file() else []
        self._items = [
            Passphrase(value=bytes.fromhex(item["hex"]), source=item["source"]) for item in stored
        ]
        # Keys locked with an empty passphrase are common in exports.
        self._add([(b"", "empty passphrase")])

    def all(self) -> Sequence[Passphrase]:
        """Return every passphrase, oldest first."""
        return tuple(self._items)

    def add_given(self, values: Iterable[bytes]) -> None:
        """Append those the examiner gave."""
        self._add((value, "given by the examiner") for value in values)

    def add_found(self, files: Iterable[Path]) -> None:
        """Append those found in the exhibits, naming where."""
        rows = list(read_rows(files))
        self._add(
            (
                row["passphrase"],
                f"found in {row['exhibit']}:{quote_from_bytes(row['path'])}, {row['source']}",
            )
            for row in rows
        )

    def _add(self, found: Iterable[tuple[bytes, str]]) -> None:
        known = {item.value for item in self._items}
        before = len(self._items)
        for value, source in found:
            if value not in known:
                known.add(value)
                self._items.append(Passphrase(value=value, source=source))
        if len(self._items) > before:
            content = [{"hex": item.value.hex(), "source": item.source} for item in self._items]
            replace_file(self._path, json.dumps(content).encode())
