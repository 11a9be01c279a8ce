# Copyright The Zegel authors. SPDX-License-Identifier: Apache-2.0
"""Verify a dossier of evidence: python3 verify.py FILE.zip [--root HEX]

Needs Python 3.10 or later; `openssl`, where it is installed, checks signatures. Nothing is
extracted and nothing that lies in the file is run. Three answers, and a fourth that is none:

  exit 0  verified against the anchor given: all evidence shown was sealed under that root
  exit 9  consistent in itself only: without --root, whoever made the file may have made it all up
  exit 6  false: something does not hold, and the first wrong place is named
  exit 2  wrong words, or a file that cannot be read

The root (64 digits) must come from elsewhere: the magistrate, or `zegel investigation --check`.
Format: docs/reference/dossier.md. Trust a copy of this program that you got another way.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes

VERIFIED, CONSISTENT, FALSE, UNANSWERED = 0, 9, 6, 2
LARGEST, LARGEST_JSON, MOST_HOLDERS, CHUNK = 1 << 28, 1 << 26, 100, 1 << 20
NAME = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]*/)*[A-Za-z0-9_][A-Za-z0-9._-]*\Z")
EVIDENCE = ("stored/", "ciphertext/", "opened/", "attached/", "sealed/")
SIGNED = {"order.toml": "order", "order.sig": "sha256", "magistrate.pgp": "certificate_sha256"}
ANCHORED = ("header.json", *SIGNED, "certificates.jsonl", "keys.jsonl", "manifest.json")
MALFORMED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class WrongPlaceError(Exception):
    """The first wrong place, and what is wrong there."""


def require(holds: Any, where: str, what: str) -> None:
    if not holds:
        raise WrongPlaceError(f"{where}: {what}")


def headers(name: bytes, crc: int, size: int, at: int) -> tuple[bytes, bytes]:
    """Return the two headers of a member of a ZIP: stored, of no date, without extra fields."""
    common, length = (10, 0, 0, 0, 0x21, crc, size, size), len(name)
    local = struct.pack("<4s5H3I2H", b"PK\3\4", *common, length, 0)
    rest = (length, 0, 0, 0, 0, 0o100644 << 16, at)
    return local + name, struct.pack("<4s6H3I5H2I", b"PK\1\2", 0x0314, *common, *rest) + name


def end_of_archive(count: int, size: int, at: int) -> bytes:
    """Return what ends the archive; beyond 65,534 members a ZIP64 record says how many."""
    few, large = min(count, 0xFFFF), b""
    if few == 0xFFFF:
        large = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 0x032D, 45, 0, 0, count, count, size, at)
        large += struct.pack("<4sIQI", b"PK\6\7", 0, at + size, 1)
    return large + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, few, few, size, at, 0)


class Archive:
    """The members of a dossier; every byte outside of them is as it must be."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.where, self.length = file, "the archive", file.seek(0, 2)
        self.members: dict[str, tuple[int, int, str]] = {}  # offset, size, SHA-256
        directory, last, at = bytearray(), b"", file.seek(0)
        while self.take(4, "the archive") == b"PK\3\4":
            file.seek(at)
            fixed = self.take(30, "a member's header")
            crc, size, _, length = struct.unpack("<3IH", fixed[14:28])
            name = self.take(length, "a member's name")
            shown = name[:200].decode("ascii", "replace")
            require(NAME.match(shown) and len(name) <= 200, f"member at {at}", "not a plain name")
            require(name > last, shown, "members are not sorted, or one stands twice")
            local, central = headers(name, crc, size, at)
            require(fixed + name == local, shown, "its header is not plain")
            digest, check, left, begin = hashlib.sha256(), 0, size, file.tell()
            require(size <= self.length < 1 << 32, shown, "it claims more bytes than there can be")
            while left:
                piece = self.take(min(CHUNK, left), shown)
                digest.update(piece)
                check, left = binascii.crc32(piece, check), left - len(piece)
            require(check == crc, shown, "its bytes are not those of its checksum")
            self.members[shown] = (begin, size, digest.hexdigest())
            directory += central
            last, at = name, file.tell()
        file.seek(at)
        directory += end_of_archive(len(self.members), len(directory), at)
        whole = file.read(len(directory) + 1) == directory
        require(whole, "the central directory", "it is not that of the members, and no more")

    def take(self, count: int, what: str) -> bytes:
        found = self.file.read(count)
        require(len(found) == count, what, "the file ends inside it")
        return found

    def read(self, name: str, most: int = LARGEST) -> bytes:
        require(name in self.members, name, "it is missing")
        self.where, (at, size, _) = name, self.members[name]
        require(size <= most, name, "it is larger than any of its kind")
        self.file.seek(at)
        return self.file.read(size)

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the lines of a member as parsed JSON."""
        require(name in self.members, name, "it is missing")
        at, size, _ = self.members[name]
        left, number = size, 0
        while left:
            self.file.seek(at + size - left)
            line = self.file.readline(min(LARGEST_JSON, left))
            left, number = left - len(line), number + 1
            self.where = f"{name} line {number}"
            yield parsed(line, self.where)


def canonical(value: Any) -> bytes:
    """RFC 8785, for what a dossier holds: texts, whole numbers, true, false, null, ASCII names."""
    return ENCODER.encode(value).encode()


def parsed(line: bytes, where: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(line)
    require(canonical(value) + b"\n" == line, where, "it is not canonical JSON")
    return value


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def commitment(name: str, value: Any, salt: str) -> bytes:
    return sha256(bytes.fromhex(salt) + canonical([name, value]))


def leaf_of(prefix: bytes, shown: dict[str, Any], hidden: Iterable[str]) -> bytes:
    """Return the leaf of fields, some shown with their salts, the rest as commitments."""
    known = [commitment(name, value, salt) for name, (salt, value) in shown.items()]
    return sha256(b"\0" + prefix + b"".join(sorted([*known, *map(bytes.fromhex, hidden)])))


def climb(result: bytes, index: int, size: int, proof: Iterable[str]) -> str | None:
    """Return the root that a proof leads to (RFC 9162 section 2.1.3.2), None where it cannot."""
    last = size - 1
    for step in map(bytes.fromhex, proof):
        if not 0 <= index <= last or not last:
            return None
        if index & 1 or index == last:
            result = sha256(b"\1" + step + result)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            result = sha256(b"\1" + result + step)
        index, last = index >> 1, last >> 1
    return None if last or index else result.hex()


def root_of(level: list[bytes]) -> str:
    """Return the root of the tree over these leaves; where a level is odd, its last node rises."""
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [sha256(b"\1" + a + b) for a, b in pairs] + level[len(level) & ~1 :]
    return level[0].hex()


def last_body(packets: bytes) -> bytes:
    """Return the body of the last packet; a dossier writes each with a length of four octets."""
    at, body = 0, b""
    while at < len(packets):
        end = at + 6 + int.from_bytes(packets[at + 2 : at + 6], "big")
        body, at = packets[at + 6 : end], end
    return body


def holds(text: bytes, body: bytes) -> bool:
    """Say whether `body` lies in `text`, bare or in armour."""
    for block in text.replace(b"\r\n", b"\n").split(b"-----BEGIN PGP MESSAGE-----")[1:]:
        lines = block.partition(b"\n-----END")[0].partition(b"\n\n")[2].split(b"\n")
        with contextlib.suppress(binascii.Error):  # no base64: nothing lies in it
            if body in base64.b64decode(b"".join(line for line in lines if line[:1] != b"=")):
                return True
    return body in text


class Dossier:
    """One dossier on its way through verification; raises at the first wrong place."""

    def __init__(self, archive: Archive, root: str | None, openssl: str | None) -> None:
        self.archive, self.openssl = archive, openssl
        self.counts, self.states = Counter[str](), Counter[str]()
        self.used, self.sessions, self.taken, self.number = set[str](), dict[str, str](), {0}, 0
        self.manifest = parsed(archive.read("manifest.json", LARGEST_JSON), "manifest.json")
        known = (self.manifest["format"], self.manifest["version"]) == ("zegel dossier", 1)
        require(known, "manifest.json", "this program reads zegel dossier version 1")
        self.inv, listed = self.manifest["investigation"], self.manifest["members"]
        shown = {name: [size, digest] for name, (_, size, digest) in archive.members.items()}
        for name in sorted({*shown, *listed} - {"manifest.json"}):
            require(shown.get(name) == listed.get(name), name, "not the member the manifest lists")
        require(root in (None, self.inv["root"]), "manifest.json", "its root is not the anchor")
        content = archive.read("header.json", LARGEST_JSON)
        top = sha256(b"\0zegel-investigation-1\n" + content[:-1])
        root = climb(top, 0, self.inv["messages"] + 1, self.inv["proof"])
        require(root == self.inv["root"], "header.json", "it is not sealed under the root")
        self.head = json.loads(content)
        by = self.head.get("signature") or {}
        said = {"order": self.head["order"]["sha256"], **by}
        for name, part in SIGNED.items():
            same = archive.members.get(name, (0, 0, None))[2] == said.get(part)
            require(same and content[-1:] == b"\n", name, "it is not what was granted by")
        self.signer = re.sub("[^0-9A-F]", "", by.get("fingerprint", "")) or "nobody"
        self.exhibits = {one["exhibit"]: one for one in self.head["exhibits"]}
        for one in archive.lines("certificates.jsonl"):
            self.certificate(archive.where, one)
        left = {name for name in archive.members if name.startswith(EVIDENCE)} - self.used
        require(not left, min(left, default=""), "no certificate speaks of it")
        for one in archive.lines("keys.jsonl"):
            bound = commitment(one["key"]["fingerprint"], one["key"], one["salt"])
            leaf = sha256(b"\0zegel-key-1\n" + bound)
            root = climb(leaf, one["index"], self.manifest["keys"], one["proof"])
            is_sealed = root == self.head["tables"]["keys"]
            require(is_sealed, archive.where, "it is no key that the header seals")
        self.custody()
        said, shown_here = self.manifest["selection"], self.counts["messages"]
        sums = said["found"] == said["selected"] + said["left out"] <= said["investigation"]
        same = (said["selected"], said["investigation"]) == (shown_here, self.inv["messages"])
        same = same and sums and self.manifest["states"] == self.states
        require(same, "manifest.json", "its counts are not those of the certificates")

    def certificate(self, where: str, one: dict[str, Any]) -> None:
        fields, hidden, members = one["fields"], one["hidden"], one["members"]
        message, withheld = bytes.fromhex(one["message"]), one.get("withheld", [])
        own = one["index"] not in self.taken and self.number < one["number"] == fields["number"][1]
        require(own and len(message) == 32, where, "its leaf or number is another's")
        self.taken.add(one["index"])
        leaf, self.number = leaf_of(b"zegel-message-1\n" + message, fields, hidden), one["number"]
        root = climb(leaf, one["index"], self.inv["messages"] + 1, one["proof"])
        require(root == self.inv["root"], where, "it is not what was sealed under the root")
        require(bool(hidden) == bool(withheld), where, "what is hidden and what is withheld differ")
        kinds = {name.partition("/")[0] for name in (*fields, *members)}
        closed = withheld and kinds & {"session-key", "ciphertext", "plaintext", "stored"}
        require(not closed, where, "partly withheld, it must carry no ciphertext and no key")
        left = dict(members)
        self.refer(where, one["sealed"] if withheld else None)
        for name, (_, value) in fields.items():
            kind, _, identity = name.partition("/")
            if kind == "place":
                self.place(f"{where}: {name}", value)
                self.refer(where, left.pop(f"stored/{identity}", None), value["raw_sha256"])
            elif kind == "attachment":
                self.refer(where, left.pop(name, None), value["sha256"])
            elif kind == "ciphertext":
                plaintext = left.pop(f"plaintext/{identity}", None)
                self.refer(where, plaintext, value["plaintext_sha256"])
                self.ciphertext(f"{where}: {name}", left.pop(name, None), identity, members)
            elif kind == "session-key" and value is not None:
                other = self.sessions.setdefault(value, identity)
                require(other == identity, where, f"a session key of it opens {other} too")
                self.counts["keys"] += 1
        require(not left, where, f"no field speaks of {min(left, default='')}")
        self.states[fields["state"][1] if "state" in fields else "withheld"] += 1
        self.counts["messages"] += 1
        self.counts["withheld"] += bool(withheld)

    def refer(self, where: str, member: str | None, digest: str | None = None) -> None:
        if member is not None:
            same = digest in (None, self.archive.members.get(member, ("", "", ""))[2])
            require(same and member.startswith(EVIDENCE), member, f"it is not what {where} says")
            self.used.add(member)

    def place(self, where: str, place: dict[str, Any]) -> None:
        exhibit, text = self.exhibits[place["exhibit"]], place["sealed_entry"]
        leaf = sha256(b"\0" + text.encode())
        root = climb(leaf, place["entry"], exhibit["entries"], place["proof"])
        require(root == exhibit["seal"], where, "its file is not sealed in the exhibit")
        entry = json.loads(text)
        same = unquote_to_bytes(entry["path"]) == unquote_to_bytes(place["path"])
        inside = place["offset"] + place["length"] <= int(entry["size"])
        require(same and inside, where, "the sealed file is another, or shorter")
        self.counts["places"] += 1

    def ciphertext(self, where: str, member: str | None, identity: str, all_of: Any) -> None:
        self.refer(where, member)
        if member is not None:
            body = last_body(self.archive.read(member))
            self.counts["ciphertexts"] += 1
            require(sha256(body).hex() == identity, member, "it is not the ciphertext named")
            around = (all_of[n] for n in all_of if n.startswith(("stored/", "plaintext/")))
            self.counts["found"] += any(holds(self.archive.read(name), body) for name in around)

    def custody(self) -> None:
        """Follow the log's entries up to its head: who held it, and what each of them signed."""
        log, first, holder = self.archive.lines("custody.jsonl"), None, None
        head, voucher = (top := next(log, {}))["head"], top["voucher"]
        leaves: list[bytes] = []
        for entry in log:
            where, fields = self.archive.where, entry["fields"]
            require(fields["index"][1] == len(leaves), where, "it is not the next entry")
            if fields["act"][1] == "new holder":
                before = fields["facts/before"][1]
                same = (before["size"], before["root"]) == (len(leaves), root_of(leaves))
                same = same and holder in (None, before["public_key"])
                self.counts["holders"] += 1  # each costs a walk over all entries before
                same = same and self.counts["holders"] < MOST_HOLDERS
                require(same, where, "the new holder does not continue the log")
                self.signed(before, where)
                first, holder = first or before["public_key"], fields["facts/public_key"][1]
            own = bool(leaves) or fields["facts/root"][1] == self.inv["root"]
            require(own, where, "it seals another investigation")
            leaves.append(leaf_of(b"zegel-log-entry-1\n", fields, entry["hidden"]))
        same = (head["size"], head["root"]) == (len(leaves), root_of(leaves))
        same = same and holder in (None, head["public_key"])
        require(same, "custody.jsonl", "the entries are not those of its head")
        self.counts["entries"] = len(leaves)
        self.signed(head, "custody.jsonl line 1")
        if voucher is not None:  # by it the case's log stands for the key this log began under
            entry, by = voucher["fields"], voucher["head"]
            leaf = leaf_of(b"zegel-log-entry-1\n", entry, voucher["hidden"])
            same = climb(leaf, entry["index"][1], by["size"], voucher["proof"]) == by["root"]
            same = same and entry["facts/log"][1] == head["origin"]
            same = same and entry["facts/public_key"][1] == (first or head["public_key"])
            require(same, "custody.jsonl line 1", "the voucher is not for this log's key")
            self.signed(by, "custody.jsonl line 1: voucher")

    def signed(self, head: dict[str, Any], where: str) -> None:
        """Check the signature of a log's head (Ed25519) by openssl, where there is one."""
        text = canonical({name: value for name, value in head.items() if name != "signature"})
        key, signature = bytes.fromhex(head["public_key"]), bytes.fromhex(head["signature"])
        require((len(key), len(signature)) == (32, 64), where, "this is no signature")
        if not self.openssl:
            self.counts["unchecked"] += 1
            return
        der = bytes.fromhex("302a300506032b6570032100") + key
        given = {"key": der, "text": text, "signature": signature}
        with tempfile.TemporaryDirectory() as folder:
            for name, content in given.items():
                Path(folder, name).write_bytes(content)
            words = "pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in text -sigfile"
            command = [self.openssl, *words.split(), "signature"]
            ran = subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
        require(b"Verification Failure" not in ran.stdout + ran.stderr, where, "a wrong signature")
        self.counts["unchecked" if ran.returncode else "signatures"] += 1


def verify(path: str, root: str | None, openssl: str | None) -> tuple[int, str, Dossier | None]:
    """Return the answer, the first wrong place, and what was verified."""
    with Path(path).open("rb") as file:
        archive: Any = None
        try:
            archive = Archive(file)
            return (VERIFIED if root else CONSISTENT), "", Dossier(archive, root, openssl)
        except WrongPlaceError as wrong:
            return FALSE, str(wrong), None
        except MALFORMED as e:
            where = getattr(archive, "where", "the archive")
            return FALSE, f"{where}: not as the format says ({type(e).__name__})", None


def account(dossier: Dossier) -> str:
    """Say what was found, and what was not checked."""
    counts, head, members = dossier.counts, dossier.head, dossier.archive.members
    free = sorted(n for n in members if n not in ANCHORED and not n.startswith(EVIDENCE))
    return f"""Root: {dossier.inv["root"]}
Investigation {head["order"]["investigation"]!a}, order {head["order"]["number"]!a}.
{counts["messages"]} of {dossier.inv["messages"]} messages as sealed; {counts["withheld"]} withheld.
{counts["places"]} places where they are stored, proved to the seals of the exhibits.
{counts["found"]} of {counts["ciphertexts"]} ciphertexts found again in the bytes as stored.
{counts["keys"]} session keys, none of two ciphertexts. Not checked: whether they open.
{counts["entries"]} log entries; {counts["signatures"]} signatures; unchecked {counts["unchecked"]}.
Order signed by {dossier.signer} (gpg --verify order.sig order.toml); training: {head["training"]}.
To read; whole, but not under the anchor: {", ".join(free)}."""


def main(words: list[str]) -> int:
    root = words[2].lower() if len(words) == 3 and words[1] == "--root" else ""
    if len(words) != 1 and not re.fullmatch("[0-9a-f]{64}", root):
        print(__doc__)
        return UNANSWERED
    try:
        answer, wrong, dossier = verify(words[0], root or None, shutil.which("openssl"))
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{words[0]}: cannot be read or checked ({type(error).__name__}).")
        return UNANSWERED
    said = "VERIFIED against the anchor given." if root else "CONSISTENT IN ITSELF ONLY: no anchor."
    print(f"{said}\n{account(dossier)}" if dossier else f"FALSE. {wrong}.")
    return answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
