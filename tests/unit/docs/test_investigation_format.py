"""An investigation verifies by what its page says alone: nothing of zegel is computed with here."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import pyarrow.parquet as pq

from tests.unit.investigation.test_folder import make
from zegel.investigation.folder import digests_of_tables
from zegel.investigation.schemas import TABLES
from zegel.tables import PartWriter

NAMES = {"path", "store", "literal_filename"}
IN_FOLDER = {"message", "at", "raw_at", "plaintext_at"}


def plain(name: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return quote_from_bytes(value, safe="/!@:+,= ") if name in NAMES else value.hex()
    if isinstance(value, list):
        return [plain(name, item) for item in value]
    if isinstance(value, dict):
        return {key: plain(key, item) for key, item in value.items()}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return str(value)
    return value


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def columns(row: dict[str, Any], *without: str) -> dict[str, Any]:
    left = IN_FOLDER | set(without)
    return {name: plain(name, value) for name, value in row.items() if name not in left}


def root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:split]) + root(leaves[split:])).digest()


def leaf(kind: bytes, content: bytes) -> bytes:
    return hashlib.sha256(b"\0" + kind + b"\n" + content).digest()


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    return list(pq.read_table(folder / "tables" / f"{table}.parquet").to_pylist())


def test_the_root_follows_from_the_tables_by_the_page(tmp_path: Path) -> None:
    folder = make(tmp_path / "inv", 5).folder
    written = json.loads((folder / "investigation.json").read_bytes())
    secret = (folder / "secret").read_bytes()
    tables = {name: rows(folder, name) for name in ("places", "ciphertexts", "attachments")}
    leaves = [leaf(b"zegel-investigation-1", canonical(written["header"]))]
    for message in rows(folder, "messages"):
        identity = message["message"]
        mine = {
            name: [r for r in found if r["message"] == identity] for name, found in tables.items()
        }
        fields = columns(message)
        for place in mine["places"]:
            fields[f"place/{place['stored_id'].hex()}"] = columns(place)
        for block in mine["ciphertexts"]:
            name = block["content_id"].hex()
            fields[f"session-key/{name}"] = plain("", block["session_key"])
            fields[f"ciphertext/{name}"] = columns(block, "session_key")
        for number, item in enumerate(mine["attachments"]):
            fields[f"attachment/{number}"] = columns(item)
        commitments = sorted(
            hashlib.sha256(
                hmac.digest(secret, identity + name.encode(), "sha256") + canonical([name, value])
            ).digest()
            for name, value in fields.items()
        )
        leaves.append(leaf(b"zegel-message-1", identity + b"".join(commitments)))

    assert root(leaves).hex() == written["root"]


def test_the_root_over_keys_follows_from_their_table_by_the_page(tmp_path: Path) -> None:
    secret = b"s" * 32
    writer = PartWriter(tmp_path / "tables", TABLES)
    places = [{"exhibit": "E1", "path": b"keys/a b\xff", "offset": 0}]
    for number in range(3):
        writer.add(
            "keys", {"fingerprint": bytes([number]) * 20, "user_ids": ["é"], "found": places}
        )
    writer.finish()
    leaves = []
    for row in rows(tmp_path, "keys"):
        fingerprint = row["fingerprint"]
        identity = hashlib.sha256(b"zegel-key-1\n" + fingerprint).digest()
        salt = hmac.digest(secret, identity + b"key", "sha256")
        shown = canonical([fingerprint.hex(), plain("", row)])
        leaves.append(leaf(b"zegel-key-1", hashlib.sha256(salt + shown).digest()))

    assert digests_of_tables(secret, tmp_path / "tables")["keys"] == root(leaves).hex()
