"""Some messages of an investigation, written by themselves: several processes share the work.

A portion has the tables of its messages and a pack of its own. `Draft.add_portion` joins portions,
in the order of the messages' identities; the folder is the same however they were cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zegel.investigation.leaves import leaf_of_rows
from zegel.investigation.pack import Packed, PackWriter
from zegel.investigation.schemas import TABLES
from zegel.tables import PartWriter, StorageGuard

AT = {
    "messages": None,
    "places": "raw_at",
    "ciphertexts": "plaintext_at",
    "attachments": "at",
}
"""The tables of messages, and the column of each that says where bytes lie in the pack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """A finished portion."""

    folder: Path
    identities: Sequence[bytes] = field(repr=False)
    """Of its messages, in order."""
    leaves: Sequence[bytes] = field(repr=False)
    packed: Sequence[Packed] = field(repr=False)


class PortionWriter:
    """Writes the rows and bytes of some messages into a new folder, in a `with` block."""

    def __init__(self, folder: Path, *, secret: bytes) -> None:
        self._folder = folder
        self._secret = secret
        self._identities: list[bytes] = []
        self._leaves: list[bytes] = []
        with StorageGuard(folder):
            folder.mkdir(mode=0o700)
            self.pack = PackWriter(folder)
            self._tables = PartWriter(folder / "tables", {name: TABLES[name] for name in AT})

    def __repr__(self) -> str:
        return f"PortionWriter({str(self._folder)!r})"

    def __enter__(self) -> PortionWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.pack.let_go()

    def add_message(
        self,
        message: Mapping[str, Any],
        places: Sequence[Mapping[str, Any]],
        ciphertexts: Sequence[Mapping[str, Any]],
        attachments: Sequence[Mapping[str, Any]],
    ) -> None:
        """Add one message with all its rows."""
        identity = message["message"]
        self._identities.append(identity)
        leaf = leaf_of_rows(self._secret, message, places, ciphertexts, attachments)
        self._leaves.append(leaf)
        self._tables.add("messages", message)
        self._tables.add_all("places", places)
        self._tables.add_all("ciphertexts", ciphertexts)
        self._tables.add_all("attachments", attachments)

    def finish(self) -> Portion:
        """Close the files and return what was written."""
        with StorageGuard(self._folder):
            self._tables.finish()
            self.pack.close()
        return Portion(
            folder=self._folder,
            identities=self._identities,
            leaves=self._leaves,
            packed=self.pack.packed,
        )
