"""What an independent implementation makes of a message, from its session key.

GnuPG opens bodies of SEIPD version 1, without MDC, and its own AEAD packet; rpgp those of SEIPD
version 2. Each answer is a word and a name, e.g. `agrees: gnupg`. Session keys go through a pipe.
What a second implementation says decides nothing: it is told to whoever reads.
"""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from hashlib import sha256

from zegel.openpgp import gnupg, rpgp
from zegel.openpgp.model import BodyKind, EncryptedMessage, Failure, SessionKey
from zegel.openpgp.packets import read_messages

DEFAULT_SAMPLE = 1000
_SEED = b"zegel dossier second opinion 1\n"
_TEXT_FORMATS = ("t", "u", "l", "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One opened block: its packets, its session key, and what we read in it."""

    content_id: bytes
    packets: bytes = field(repr=False)
    algorithm: int
    session_key: bytes = field(repr=False)
    literal_format: str
    opener: str
    plaintext: bytes = field(repr=False)


def drawn(content_id: bytes, root: bytes) -> bytes:
    """Return the lot of a block: the sample takes the lowest, and nobody chooses them."""
    return sha256(_SEED + root + content_id).digest()


def ask(question: Question) -> str:
    """Open one block again and compare."""
    message = message_of(question)
    if message is None:
        return "cannot: packets"
    session = SessionKey(algorithm=question.algorithm, key=question.session_key)
    name = "rpgp" if message.kind is BodyKind.SEIPD2 else "gnupg"
    if question.opener == name:
        return f"cannot: opened by {name} before"
    second = rpgp.open_with_rpgp if name == "rpgp" else gnupg.open_with_gnupg
    again = second(replace(message, problems=()), session)
    if isinstance(again, Failure):
        return f"cannot: {name}, {again.code}"
    if again.nested is not None:
        return f"cannot: {name}, nested"
    is_text = question.literal_format in _TEXT_FORMATS
    same = _lines(again.content, is_text) == _lines(question.plaintext, is_text)
    return f"{'agrees' if same else 'differs'}: {name}"


def ask_all(questions: Iterable[Question]) -> Iterator[tuple[bytes, str]]:
    """Ask about every block, in order, on all processors; memory holds a few at a time."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        pending: list[tuple[bytes, Future[str]]] = []
        for question in questions:
            pending.append((question.content_id, pool.submit(ask, question)))
            if len(pending) >= 64:
                identity, future = pending.pop(0)
                yield identity, future.result()
        for identity, future in pending:
            yield identity, future.result()


def gnupg_version() -> str:
    """Return GnuPG's name and version, empty where there is none."""
    if not gnupg.available():
        return ""
    ran = subprocess.run(["gpg", "--version"], capture_output=True, check=False, timeout=60)
    return ran.stdout.decode("utf-8", "replace").partition("\n")[0].strip()


def summary(mode: str, opened: int, opinions: Mapping[bytes, str]) -> dict[str, object]:
    """Return how many blocks a second implementation was asked about, and what it said."""
    words = Counter(said.partition(":")[0] for said in opinions.values())
    return {
        "mode": mode,
        "asked": len(opinions),
        "agrees": words["agrees"],
        "differs": words["differs"],
        "cannot": words["cannot"],
        "not asked": opened - len(opinions),
    }


def message_of(question: Question) -> EncryptedMessage | None:
    """Return the block among the packets, None where it is not among them."""
    found, _ = read_messages(question.packets)
    messages = (one for one in found if isinstance(one, EncryptedMessage))
    return next((one for one in messages if one.ciphertext_id == question.content_id), None)


def _lines(content: bytes, is_text: bool) -> bytes:
    return content.replace(b"\r\n", b"\n") if is_text else content
