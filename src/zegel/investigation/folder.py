"""Opens an investigation's folder, on any machine, with or without the case that made it.

Never shows anything that is not in the folder; `check` says whether all of it is as it was sealed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

from zegel.canonical import canonical_json
from zegel.custody.merkle import root
from zegel.errors import CaseError, UsageError, VerificationError
from zegel.investigation.leaves import fields_of, header_leaf, key_leaves, message_leaf
from zegel.investigation.pack import read_packed
from zegel.tables import read_rows
from zegel.tables.groups import Groups

FORMAT_VERSION = 1
DESCRIPTION = "investigation.json"
ORDER = "order.toml"
SIGNATURE, CERTIFICATE = "order.sig", "magistrate.pgp"
"""The order's signature and the certificate it holds by, as received; absent where unsigned."""
VOUCHER = "voucher.json"
SECRET = "secret"
LEAVES = "leaves"
"""The leaf hashes of the messages, one after another in order: made of the rows, not sealed."""

_OF_A_MESSAGE = ("places", "ciphertexts", "attachments")


@dataclass(frozen=True, slots=True, kw_only=True)
class Investigation:
    """An opened investigation."""

    folder: Path
    header: Mapping[str, Any]
    """What all messages share: order, exhibits, state of the case, versions, counts."""
    messages: int
    root: bytes

    @classmethod
    def open(cls, folder: Path) -> Investigation:
        """Open the investigation in `folder`; raise where its order is not the one granted."""
        try:
            written = json.loads((folder / DESCRIPTION).read_bytes())
            version = written["version"]
            opened = cls(
                folder=folder.resolve(),
                header=dict(written["header"]),
                messages=int(written["messages"]),
                root=bytes.fromhex(written["root"]),
            )
        except FileNotFoundError:
            _say_it_is_not_there(folder)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise VerificationError(
                f"is not as it was written ({type(error).__name__})",
                where=str(folder / DESCRIPTION),
                next_step="Restore it from a copy; nothing was changed.",
            ) from error
        except OSError as error:
            raise CaseError(
                f"{DESCRIPTION} cannot be read ({type(error).__name__})",
                where=str(folder),
                next_step="Restore the folder from a copy; nothing was changed.",
            ) from error
        if version != FORMAT_VERSION:
            raise CaseError(
                f"the investigation has format version {version}, this program reads "
                f"{FORMAT_VERSION}",
                where=str(folder),
                next_step="Use the version of zegel that made it.",
            )
        opened.check_order()
        return opened

    @property
    def training(self) -> bool:
        """True where the order was accepted unsigned, for training only."""
        return bool(self.header["training"])

    @property
    def identity(self) -> str:
        """What the investigation is called in logs: the first half of its root."""
        return self.root.hex()[:32]

    @property
    def order(self) -> bytes:
        """The order, as received."""
        return (self.folder / ORDER).read_bytes()

    def table(self, name: str) -> Path:
        """Return the Parquet file of a table."""
        return self.folder / "tables" / f"{name}.parquet"

    def rows(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a table in order."""
        return read_rows([self.table(name)])

    def bytes_at(self, at: int, length: int, digest: bytes) -> bytes:
        """Return packed bytes, checked against their digest."""
        return read_packed(self.folder, at, length, digest)

    def check(self) -> None:
        """Raise `VerificationError` unless every row and every byte is as it was sealed."""
        secret = (self.folder / SECRET).read_bytes()
        leaves = [header_leaf(self.header)]
        for message, *others in self.by_message():
            leaves.append(message_leaf(secret, message["message"], fields_of(message, *others)))
            self._check_bytes(*others)
        if len(leaves) != self.messages + 1 or root(leaves) != self.root:
            raise VerificationError(
                "the tables are not those that were sealed", where=str(self.folder)
            )
        digests = digests_of_tables(secret, self.folder / "tables")
        for name, digest in digests.items():
            if self.header["tables"][name] != digest:
                raise VerificationError(f"the table {name} is not the one sealed")

    def check_order(self) -> None:
        """Raise unless order, signature and certificate are those that the header names."""
        by = self.header.get("signature") or {}
        granted = {
            ORDER: (self.header.get("order") or {}).get("sha256"),
            SIGNATURE: by.get("sha256"),
            CERTIFICATE: by.get("certificate_sha256"),
        }
        for name, digest in granted.items():
            file = self.folder / name
            if (_sha256(file.read_bytes()) if file.is_file() else None) != digest:
                raise VerificationError(
                    "this is not what the investigation was granted by", where=str(file)
                )

    def by_message(self) -> Iterator[tuple[dict[str, Any], list[Any], list[Any], list[Any]]]:
        """Yield each message with its places, blocks and attachments: all lie in one order."""
        streams = [Groups(self.rows(name), "message") for name in _OF_A_MESSAGE]
        for message in self.rows("messages"):
            places, blocks, attachments = (stream.of(message["message"]) for stream in streams)
            yield message, places, blocks, attachments
        if any(stream.left() for stream in streams):
            raise VerificationError("rows of no message lie here", where=str(self.folder))

    def _check_bytes(
        self, places: Sequence[Any], blocks: Sequence[Any], attachments: Sequence[Any]
    ) -> None:
        for place in places:
            if place["raw_at"] is not None:
                self.bytes_at(place["raw_at"], place["raw_length"], place["raw_sha256"])
        for block in blocks:
            if block["plaintext_at"] is not None:
                length, digest = block["plaintext_length"], block["plaintext_sha256"]
                self.bytes_at(block["plaintext_at"], length, digest)
        for item in attachments:
            if item["at"] is not None:
                self.bytes_at(item["at"], item["size"], item["sha256"])


def _say_it_is_not_there(folder: Path) -> NoReturn:
    if (folder / "custody" / "head.json").is_file():
        raise VerificationError(
            "is not here, though the log of an investigation is",
            where=str(folder / DESCRIPTION),
            next_step="Restore it from a copy; nothing was changed.",
        ) from None
    raise UsageError(
        "there is no investigation here",
        where=str(folder),
        next_step="`zegel grant ORDER` makes one; name it with -i.",
    ) from None


def digests_of_tables(secret: bytes, tables: Path) -> dict[str, str]:
    """Return what the header says of the tables that belong to no single message.

    Of keys the root of a tree, so that one can be shown without the others.
    """
    return {
        "keys": root(list(key_leaves(secret, read_rows([tables / "keys.parquet"])))).hex(),
        "holdings": digest_of_rows(read_rows([tables / "holdings.parquet"])),
    }


def digest_of_rows(rows: Iterator[Mapping[str, Any]]) -> str:
    """Return a digest over rows in order, for tables that are sealed as a whole."""
    digest = sha256()
    for row in rows:
        digest.update(canonical_json(row) + b"\n")
    return digest.hexdigest()


def _sha256(content: bytes) -> str:
    return sha256(content).hexdigest()
