"""Logs, proofs and a quick judge, for the tests of what is proved to people without the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from zegel.custody import check
from zegel.custody.log import Log

ORIGIN = "zegel investigation 26-Example"
SECRET = "het geheime woord"


def log_of(folder: Path, count: int = 7) -> Log:
    """Make a log of `count` searches by two people."""
    log = Log.create(folder / "custody", folder / "key", origin=ORIGIN)
    add(log, count)
    return log


def add(log: Log, count: int, first: int = 0) -> None:
    for number in range(first, first + count):
        who = ("jansen", "de vries")[number % 2]
        names = [f"{number:064x}"] * number
        log.append("search", {"query": f"{SECRET} {number}"}, who=who, shown=names)


def flipped(text: bytes, every: int = 1) -> Iterator[tuple[int, int, bytes]]:
    """Yield `text` with one bit turned over: each in turn, or each `every`th."""
    for place in range(len(text)):
        for bit in range(8):
            if (8 * place + bit) % every:
                continue
            changed = bytearray(text)
            changed[place] ^= 1 << bit
            yield place, bit, bytes(changed)


def answer(text: bytes, **given: Any) -> int:
    """Return the stand-alone program's answer, its signatures checked by openssl."""
    code, _ = check.answer(text, given.get("head"), given.get("key"), given.get("shown"))
    return code


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check signatures without a process for each: the program's other code stays its own."""

    def signature(fields: dict[str, Any], whose: str) -> None:
        text = check.canonical({n: v for n, v in fields.items() if n != "signature"})
        try:
            Ed25519PublicKey.from_public_bytes(check.octets(fields["public_key"])).verify(
                check.octets(fields["signature"], 64), text
            )
        except InvalidSignature:
            raise check.WrongError(whose) from None

    monkeypatch.setattr(check, "signature", signature)


def changed(text: bytes, *path: str | int, to: Any) -> bytes:
    """Return a proof with one value in it changed, written as canonical JSON again."""
    fields = json.loads(text)
    inner = fields
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    return bytes(check.canonical(fields) + b"\n")
