"""Another verifier, from docs/reference/dossier.md alone: nothing of zegel is used here."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.journeys.dossier.exports import Export

pytestmark = pytest.mark.xdist_group("dossier")


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(*content: bytes) -> bytes:
    return hashlib.sha256(b"".join(content)).digest()


def root_by(leaf: bytes, index: int, size: int, proof: Sequence[str]) -> str:
    """Follow a proof from the top down, by the recursive definition of RFC 6962 section 2.1.1."""
    nodes = [bytes.fromhex(node) for node in proof]

    def subtree(index: int, size: int) -> bytes:
        if size == 1:
            return leaf
        split = 1 << (size - 1).bit_length() - 1
        other = nodes.pop()
        if index < split:
            return digest(b"\1", subtree(index, split), other)
        return digest(b"\1", other, subtree(index - split, size - split))

    found = subtree(index, size)
    assert nodes == []
    return found.hex()


def leaf_of(prefix: bytes, fields: dict[str, Any], hidden: list[str]) -> bytes:
    commitments = [
        digest(bytes.fromhex(salt), canonical([name, value]))
        for name, (salt, value) in fields.items()
    ]
    commitments += [bytes.fromhex(one) for one in hidden]
    return digest(b"\0", prefix, *sorted(commitments))


def lines(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(name).splitlines()]


def check(place: Path, root: str) -> int:
    """Verify the evidence in a dossier against the root; return how many places were proved."""
    with zipfile.ZipFile(place) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        inv = manifest["investigation"]
        assert inv["root"] == root
        for name, (size, sha256) in manifest["members"].items():
            content = archive.read(name)
            assert (len(content), hashlib.sha256(content).hexdigest()) == (size, sha256)
        header = archive.read("header.json")[:-1]
        top = digest(b"\0zegel-investigation-1\n", header)
        assert root_by(top, 0, inv["messages"] + 1, inv["proof"]) == root
        head = json.loads(header)
        assert head["order"]["sha256"] == hashlib.sha256(archive.read("order.toml")).hexdigest()
        places = sum(
            certificate(archive, one, inv, head) for one in lines(archive, "certificates.jsonl")
        )
        for key in lines(archive, "keys.jsonl"):
            row = key["key"]
            bound = digest(bytes.fromhex(key["salt"]), canonical([row["fingerprint"], row]))
            leaf = digest(b"\0zegel-key-1\n", bound)
            found = root_by(leaf, key["index"], manifest["keys"], key["proof"])
            assert found == head["tables"]["keys"]
        custody(lines(archive, "custody.jsonl"), root)
    return places


def certificate(
    archive: zipfile.ZipFile, one: dict[str, Any], inv: dict[str, Any], head: dict[str, Any]
) -> int:
    prefix = b"zegel-message-1\n" + bytes.fromhex(one["message"])
    leaf = leaf_of(prefix, one["fields"], one["hidden"])
    assert root_by(leaf, one["index"], inv["messages"] + 1, one["proof"]) == inv["root"]
    exhibits = {exhibit["exhibit"]: exhibit for exhibit in head["exhibits"]}
    places = 0
    for name, (_, value) in one["fields"].items():
        kind, _, identity = name.partition("/")
        if kind == "place":
            exhibit, entry = exhibits[value["exhibit"]], value["sealed_entry"]
            leaf = digest(b"\0", entry.encode())
            seal = root_by(leaf, value["entry"], exhibit["entries"], value["proof"])
            assert seal == exhibit["seal"]
            path = unquote_to_bytes(json.loads(entry)["path"])
            assert path == unquote_to_bytes(value["path"])
            stored = archive.read(one["members"][f"stored/{identity}"])
            assert hashlib.sha256(stored).hexdigest() == value["raw_sha256"]
            places += 1
        elif kind == "ciphertext" and name in one["members"]:
            packets = archive.read(one["members"][name])
            assert hashlib.sha256(last_body(packets)).hexdigest() == identity
    return places


def last_body(packets: bytes) -> bytes:
    at, body = 0, b""
    while at < len(packets):
        assert packets[at] & 0xC0 == 0xC0
        assert packets[at + 1] == 0xFF
        size = int.from_bytes(packets[at + 2 : at + 6], "big")
        body, at = packets[at + 6 : at + 6 + size], at + 6 + size
    return body


def custody(log: list[dict[str, Any]], root: str) -> None:
    head = log[0]["head"]
    leaves = [leaf_of(b"zegel-log-entry-1\n", one["fields"], one["hidden"]) for one in log[1:]]
    assert (len(leaves), tree(leaves).hex()) == (head["size"], head["root"])
    assert log[1]["fields"]["facts/root"][1] == root
    signed = {name: value for name, value in head.items() if name != "signature"}
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head["public_key"]))
    key.verify(bytes.fromhex(head["signature"]), canonical(signed))


def tree(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return digest(b"\1", tree(leaves[:split]), tree(leaves[split:]))


def test_a_verifier_written_from_the_page_alone_verifies_a_dossier(
    export: Export, whole: Path
) -> None:
    assert check(whole, export.root) > 50
