# Copyright The Zegel authors. SPDX-License-Identifier: Apache-2.0
"""Check what a custody log proves: python3 check.py FILE [--head FILE] [--key HEX] [--shown FILE]

FILE is one of three: the proof of an entry (`zegel custody prove`), the proof that one head of a
log continues another (`zegel custody consistency`), or a head that a witness countersigned.

  --head FILE   a head of that log that you got another way, bare or countersigned
  --key HEX     the key that must have signed: the log's (whose owner could still have rewritten
                it: only a head excludes that); of a countersignature, the witness's
  --shown FILE  results, one name a line: whether they are what the entry says was shown

  exit 0  holds, against the head or key that you gave
  exit 9  consistent in itself only: whoever holds the log's key may have made it all up
  exit 6  false: something does not hold, and is named
  exit 2  wrong words, a file that cannot be read, or no `openssl` to check a signature with

Needs Python 3.10 or later and `openssl` 3.0 or later. Format: docs/reference/custody-log.md.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HOLDS, CONSISTENT, FALSE, UNANSWERED = 0, 9, 6, 2
LARGEST, MOST_HOLDERS = 1 << 22, 100
MALFORMED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
ENTRY = {"fields", "hidden", "index", "proof"}
SIGNED = {"format", "public_key", "signature", "time"}
KINDS = {
    "zegel-log-proof-1": ENTRY | {"format", "head"},
    "zegel-log-consistency-1": {"format", "holders", "new", "old", "proof"},
    "zegel-log-countersignature-1": SIGNED | {"head", "witness"},
}
HEAD = SIGNED | {"origin", "root", "size"}


class WrongError(Exception):
    """What does not hold."""


class UnansweredError(Exception):
    """Why there is no answer."""


def require(holds: Any, what: str) -> None:
    if not holds:
        raise WrongError(what)


def canonical(value: Any) -> bytes:
    """RFC 8785, for what a log holds: texts, whole numbers, true, false, null, ASCII names."""
    return ENCODER.encode(value).encode()


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def octets(text: str, count: int = 32) -> bytes:
    """Return what a text of hexadecimal digits stands for; there is one way to write it."""
    require(re.fullmatch(f"[0-9a-f]{{{2 * count}}}", text), "not a number of the right length")
    return bytes.fromhex(text)


def signature(fields: dict[str, Any], whose: str) -> None:
    """Check an Ed25519 signature over all the other fields (RFC 8032) by openssl."""
    text = canonical({name: value for name, value in fields.items() if name != "signature"})
    key = bytes.fromhex("302a300506032b6570032100") + octets(fields["public_key"])
    given = {"key": key, "text": text, "signature": octets(fields["signature"], 64)}
    with tempfile.TemporaryDirectory() as folder:
        for name, content in given.items():
            Path(folder, name).write_bytes(content)
        words = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in text -sigfile"
        command = [*words.split(), "signature"]
        try:
            ran = subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
        except FileNotFoundError:
            raise UnansweredError("no openssl here: the signature is not checked") from None
    require(b"Verification Failure" not in ran.stdout + ran.stderr, f"the {whose} is wrong")
    if ran.returncode:
        raise UnansweredError("this openssl cannot check the signature")


def head_of(head: dict[str, Any]) -> dict[str, Any]:
    """Return a head whose signature holds."""
    require(set(head) == HEAD and head["format"] == "zegel-log-head-1", "this is no head")
    require(type(head["size"]) is int and octets(head["root"]), "this is no head")
    signature(head, f"signature of the head of {head['size']} entries")
    return head


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right)


def leaf_of(fields: dict[str, Any], hidden: list[str]) -> bytes:
    """Return the leaf of an entry, some fields shown with their salts, the rest as commitments."""
    known = [sha256(octets(salt) + canonical([n, v])) for n, (salt, v) in fields.items()]
    require(hidden == sorted(hidden), "the commitments are not sorted")
    return sha256(b"\0zegel-log-entry-1\n" + b"".join(sorted([*known, *map(octets, hidden)])))


def included(one: dict[str, Any], head: dict[str, Any]) -> dict[str, Any]:
    """Return the fields shown of an entry that the head commits to (RFC 9162, 2.1.3.2)."""
    index, last = one["index"], head["size"] - 1
    fields = {name: value for name, (_, value) in one["fields"].items()}
    same = type(index) is int and 0 <= index <= last and fields["index"] == index
    require(same, "the entry is not that of its place")
    place, result = index, leaf_of(one["fields"], one["hidden"])
    for step in map(octets, one["proof"]):
        require(last, "the path from the entry to the head is too long")
        if place & 1 or place == last:
            result = node(step, result)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            result = node(result, step)
        place, last = place >> 1, last >> 1
    wrong = last or result.hex() != head["root"]
    require(not wrong, f"the head does not commit to entry {index} as shown")
    return fields


def continues(old: dict[str, Any], new: dict[str, Any], proof: list[bytes]) -> bool:
    """Say whether the tree of `old` is how that of `new` begins (RFC 9162 section 2.1.4.2)."""
    if not 0 < old["size"] < new["size"]:
        return bool(old["size"] == new["size"] and old["root"] == new["root"] and not proof)
    if old["size"] & (old["size"] - 1) == 0:
        proof = [octets(old["root"]), *proof]
    place, last = old["size"] - 1, new["size"] - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = proof[0]
    for step in proof[1:]:
        if not last:
            return False
        if place & 1 or place == last:
            before, after = node(step, before), node(step, after)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            after = node(after, step)
        place, last = place >> 1, last >> 1
    return not last and (before.hex(), after.hex()) == (old["root"], new["root"])


def handed_on(proof: dict[str, Any]) -> None:
    """Follow the log's keys from the earlier head to the later."""
    old, new = proof["old"], proof["new"]
    key = old["public_key"]
    require(len(proof["holders"]) <= MOST_HOLDERS, "it changed hands too often to be followed")
    for one in proof["holders"]:
        require(set(one) == ENTRY, "an entry is not as the format says")
        fields = included(one, new)
        before = head_of(fields["facts/before"])
        here = (before["origin"], before["size"], before["public_key"])
        same = here == (old["origin"], one["index"], key) and fields["act"] == "new holder"
        require(same, f"entry {one['index']} does not say who follows key {key[:16]}")
        key = fields["facts/public_key"]
    require(key == new["public_key"], "another key signs the later head, and no entry names it")


def described(head: dict[str, Any]) -> str:
    return (
        f"Log {head['origin']!a}, head of {head['size']} entries, root {head['root']},\n"
        f"signed by key {head['public_key']} at {moment(head['time'])}."
    )


def moment(nanoseconds: str) -> str:
    require(re.fullmatch("[0-9]{1,19}", nanoseconds), "not a time")
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(nanoseconds) // 10**9))


def entry(proof: dict[str, Any], shown: list[str] | None) -> str:
    head, said = head_of(proof["head"]), []
    for name, value in sorted(included(proof, head).items()):
        value = f"{value} ({moment(value)})" if name == "time" else value
        said.append(f"  {name}: {canonical(value).decode('ascii', 'backslashreplace')}\n")
    if shown is not None:
        salt, digest = proof["fields"].get("facts/shown", ("", ""))
        require(salt, "the entry does not show its field facts/shown")
        own = hmac.digest(octets(salt), canonical(shown), "sha256").hex()
        require(own == digest, "these results are not what the entry says was shown")
        said.append(f"  these {len(shown)} results, in this order, are what was shown\n")
    closed = len(proof["hidden"])
    return (
        f"Entry {proof['index']}:\n{''.join(said)}  fields not shown: {closed}\n{described(head)}"
    )


def growth(proof: dict[str, Any]) -> str:
    old, new = head_of(proof["old"]), head_of(proof["new"])
    require(old["origin"] == new["origin"], "the two heads are of two logs")
    path = list(map(octets, proof["proof"]))
    require(continues(old, new, path), "the later head does not continue the earlier one")
    handed_on(proof)
    return (
        f"The first {old['size']} entries are neither changed nor removed.\n{described(old)}"
        f"\n{described(new)}\nIt changed hands between them: {len(proof['holders'])} times."
    )


def witnessed(one: dict[str, Any]) -> str:
    head = head_of(one["head"])
    signature(one, "countersignature")
    by = f"Countersigned by {one['witness']!a}, key {one['public_key']}, at {moment(one['time'])}."
    return f"{described(head)}\n{by}"


def parsed(text: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(text)
    require(canonical(value) + b"\n" == text, "it is not canonical JSON")
    return value


def held(text: bytes) -> dict[str, Any]:
    """Return the head in a file that somebody kept: bare or countersigned."""
    value = parsed(text)
    return head_of(value) if "head" not in value else (witnessed(value), value["head"])[1]


def anchored(proof: dict[str, Any], head: dict[str, Any] | None, key: str | None) -> bool:
    """Say whether the proof hangs on what was given; raise where they contradict each other."""
    heads = [proof[name] for name in ("head", "old", "new") if name in proof]
    if key is not None:
        signer = proof.get("public_key", heads[-1]["public_key"])
        require(signer == key, f"it is signed by key {signer}, not by the one given")
    if head is None:
        return key is not None
    for one in heads:
        require(one["origin"] == head["origin"], "the head given is of another log")
        if one["size"] == head["size"]:
            same = (one["root"], one["public_key"]) == (head["root"], head["public_key"])
            require(same, f"its head of {one['size']} entries is not the one given")
            return True
    return False


def answer(
    text: bytes, given: bytes | None, key: str | None, shown: list[str] | None
) -> tuple[int, str]:
    """Return the exit code and what to say."""
    try:
        proof, head = parsed(text), held(given) if given is not None else None
        require(set(proof) == KINDS.get(proof["format"]), "no proof that this program knows")
        require(shown is None or "fields" in proof, "only an entry says what was shown")
        if "fields" in proof:
            account = entry(proof, shown)
        else:
            account = growth(proof) if "old" in proof else witnessed(proof)
        if anchored(proof, head, key):
            limit = "" if head or "witness" in proof else ". Its owner may have rewritten the log"
            return HOLDS, f"HOLDS, against what you gave{limit}.\n{account}"
        why = "the head given is of another size" if head else "no head and no key was given"
        return CONSISTENT, f"CONSISTENT IN ITSELF ONLY: {why}.\n{account}"
    except WrongError as wrong:
        return FALSE, f"FALSE: {wrong}."
    except MALFORMED as error:
        return FALSE, f"FALSE: not as the format says ({type(error).__name__})."


def main(words: list[str]) -> int:
    options = dict(zip(words[1::2], words[2::2], strict=False))
    key = options.get("--key", "").lower() or None
    known = len(words) % 2 and {*options} <= {"--head", "--key", "--shown"}
    if not known or not re.fullmatch("[0-9a-f]{64}", key or 64 * "0"):
        print(__doc__)
        return UNANSWERED
    try:
        head, shown = options.get("--head"), options.get("--shown")
        names = None if shown is None else read(shown, 1 << 30).decode().splitlines()
        held = None if head is None else read(head)
        code, said = answer(read(words[0]), held, key, names and list(filter(None, names)))
    except (OSError, UnicodeDecodeError, subprocess.SubprocessError, UnansweredError) as error:
        code, said = UNANSWERED, f"NO ANSWER: {error}."
    print(said)
    return code


def read(path: str, most: int = LARGEST) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(most)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
