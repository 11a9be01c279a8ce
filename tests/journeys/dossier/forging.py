"""Takes a dossier apart and writes it again with all digests right: what a forger would do.

Nothing here is taken from the code that verifies: it is written from docs/reference/dossier.md.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(members: Mapping[str, bytes], *, order: list[str] | None = None) -> bytes:
    """Return the strict ZIP of these members, in the order given or the right one."""
    body, directory = b"", b""
    for name in order or sorted(members):
        content = members[name]
        common = (10, 0, 0, 0, 0x21, zlib.crc32(content), len(content), len(content), len(name), 0)
        directory += _central(name, common, len(body))
        body += struct.pack("<4s5H3I2H", b"PK\3\4", *common) + name.encode() + content
    count = len(order or members)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end


def _central(name: str, common: tuple[int, ...], at: int) -> bytes:
    head = struct.pack("<4sH5H3I2H", b"PK\1\2", 0x0314, *common)
    return head + struct.pack("<3H2I", 0, 0, 0, 0o100644 << 16, at) + name.encode()


def listed(members: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the members with a manifest that lists them."""
    manifest = json.loads(members["manifest.json"])
    manifest["members"] = {
        name: [len(content), hashlib.sha256(content).hexdigest()]
        for name, content in members.items()
        if name != "manifest.json"
    }
    return {**members, "manifest.json": canonical(manifest) + b"\n"}


def leaf(prefix: bytes, content: bytes) -> bytes:
    return hashlib.sha256(b"\0" + prefix + content).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def message_leaf(certificate: Mapping[str, Any]) -> bytes:
    commitments = [
        hashlib.sha256(bytes.fromhex(salt) + canonical([name, value])).digest()
        for name, (salt, value) in certificate["fields"].items()
    ]
    commitments += map(bytes.fromhex, certificate["hidden"])
    identity = bytes.fromhex(certificate["message"])
    return leaf(b"zegel-message-1\n", identity + b"".join(sorted(commitments)))


KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def entry(index: int, act: str, **facts: Any) -> dict[str, Any]:
    """Return an entry of a log, all of it shown under a salt that hides nothing."""
    fields = {"act": act, "index": index, **{f"facts/{name}": facts[name] for name in facts}}
    return {"fields": {name: ["00" * 32, value] for name, value in fields.items()}, "hidden": []}


def entry_leaf(one: Mapping[str, Any]) -> bytes:
    salted = [
        hashlib.sha256(bytes.fromhex(salt) + canonical([name, value])).digest()
        for name, (salt, value) in one["fields"].items()
    ]
    return leaf(b"zegel-log-entry-1\n", b"".join(sorted(salted)))


def tree(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node(tree(leaves[:split]), tree(leaves[split:]))


def head(entries: list[dict[str, Any]], key: Ed25519PrivateKey = KEY) -> dict[str, Any]:
    """Return the signed head of a log of these entries."""
    fields = {
        "format": "zegel-log-head-1", "origin": "forged", "public_key": public(key), "time": "0",
        "root": tree([entry_leaf(one) for one in entries]).hex(), "size": len(entries),
    }  # fmt: skip
    return {**fields, "signature": key.sign(canonical(fields)).hex()}


class Log:
    """A log of the forger's own, sealed and signed as it should be."""

    def __init__(self, root: str) -> None:
        self.entries = [entry(0, "investigation sealed", root=root)]
        self.key = KEY
        self.voucher: dict[str, Any] | None = None

    def hand_on(self, **changes: Any) -> None:
        """Go on under another key; `changes` are made to the head before that is carried."""
        before = {**head(self.entries, self.key), **changes}
        self.key = Ed25519PrivateKey.from_private_bytes(bytes([len(self.entries)]) * 32)
        facts = {"before": before, "holder": "another", "public_key": public(self.key)}
        self.entries.append(entry(len(self.entries), "new holder", **facts))

    def vouch(self, log: str, public_key: str) -> None:
        """Let another log stand for a key."""
        vouched = entry(0, "key vouched for", log=log, name="x", public_key=public_key)
        self.voucher = {**vouched, "head": head([vouched]), "proof": []}


def lines_of(log: Log) -> bytes:
    top = {"head": head(log.entries, log.key), "voucher": log.voucher}
    return b"".join(canonical(line) + b"\n" for line in (top, *log.entries))


def forge(
    members: Mapping[str, bytes],
    certificate: dict[str, Any],
    change_log: Callable[[Log], object] = lambda _: None,
) -> dict[str, bytes]:
    """Seal one forged certificate under a root, a log and a manifest of the forger's own making."""
    forged = dict(members)
    header = leaf(b"zegel-investigation-1\n", forged["header.json"][:-1])
    own = message_leaf(certificate)
    root = node(header, own).hex()
    certificate.update(index=1, proof=[header.hex()])
    log = Log(root)
    change_log(log)
    forged["custody.jsonl"] = lines_of(log)
    forged["certificates.jsonl"] = canonical(certificate) + b"\n"
    manifest = json.loads(forged["manifest.json"])
    manifest["investigation"] = {"root": root, "messages": 1, "proof": [own.hex()]}
    manifest["selection"].update(investigation=1, found=1, selected=1)
    manifest["selection"]["left out"] = 0
    state = certificate["fields"].get("state", ("", "withheld"))[1]
    manifest["states"] = {state: 1}
    forged["manifest.json"] = canonical(manifest) + b"\n"
    return listed(forged)
