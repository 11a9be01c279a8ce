"""Verifies a dossier as `verify.py` does, and does what takes ciphers: opens the messages again.

Each block is opened from its session key by our own openers and by a second implementation that
shares nothing with them, all or a sample that nobody chooses. What is to read is rendered again and
compared, where the versions are the same. A dossier is hostile until all of this is done.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version
from io import BufferedReader
from pathlib import Path
from typing import Any

from zegel import mailstores
from zegel.dossier import opinions, verify
from zegel.dossier.material import Message
from zegel.dossier.opinions import Question, ask_all, drawn
from zegel.dossier.readback import material_of
from zegel.dossier.reading.pdf import MADE_WITH
from zegel.dossier.words import rendered_from
from zegel.errors import UsageError, ZegelError
from zegel.openpgp.bodies import open_message
from zegel.openpgp.model import Opened, SessionKey
from zegel.openpgp.packets import write_message
from zegel.openpgp.signers import (
    NotReliableError,
    Signer,
    certificate_in,
    rely_on,
    signatures_in,
    signers,
)
from zegel.processing.reopening import ciphertexts

NOT_RENDERED = frozenset((*verify.ANCHORED, "custody.jsonl"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The answer, and what it rests on."""

    answer: int
    """One of the exit codes of `verify.py`."""
    wrong: str = ""
    """The first wrong place."""
    root: str = ""
    account: str = ""
    opened: int = 0
    """Blocks that our own openers opened again to the same bytes."""
    found: int = 0
    """Of these, the ones whose packets were found again in a message as stored."""
    opinions: Mapping[str, int] = field(default_factory=dict)
    """What the second implementation said, by word."""
    not_opened: int = 0
    """Blocks that were not tried, since only a sample was asked for."""
    rendered: int = 0
    """Members to read that were rendered again to the same bytes."""
    not_rendered: tuple[str, ...] = ()
    """Members to read that were not compared: another version made them."""


def check(path: Path, root: str | None, *, mode: str, sample: int) -> Checked:
    """Verify the dossier in `path`; `mode` is `all`, `sample` or `none` of the messages opened."""
    if mode not in ("all", "sample", "none"):
        raise UsageError(f"no such choice of messages: {mode!r}", next_step="all, sample, none")
    try:
        answer, wrong, dossier = verify.verify(str(path), root, shutil.which("openssl"))
    except OSError as error:
        what = (error.strerror or "the system refused").lower()
        raise UsageError(f"cannot be read: {what}", where=str(path)) from error
    if dossier is None:
        return Checked(answer=answer, wrong=wrong)
    try:
        with path.open("rb") as file:
            return _Again(file, dossier.manifest, verify.account(dossier)).run(answer, mode, sample)
    except (ZegelError, OSError):
        raise
    except Exception as error:  # noqa: BLE001  # whatever a hostile file provokes
        wrong = f"what it says cannot be opened or rendered ({type(error).__name__})"
        return Checked(answer=verify.FALSE, wrong=wrong)


class Members:
    """A verified dossier as a source of material."""

    def __init__(self, file: BufferedReader) -> None:
        self.archive = verify.Archive(file)

    def read(self, name: str) -> bytes:
        """Return a member's bytes."""
        return self.archive.read(name)

    def describe(self, name: str) -> tuple[int, str]:
        """Return a member's size and SHA-256."""
        _, size, digest = self.archive.members[name]
        return size, digest

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield a member's lines."""
        at, size, _ = self.archive.members[name]
        end = at + size
        while at < end:
            self.archive.file.seek(at)
            line = self.archive.file.readline(end - at)
            at += len(line)
            yield line


class _Again:
    """Opens and renders again what a dossier shows."""

    def __init__(self, file: BufferedReader, manifest: Mapping[str, Any], account: str) -> None:
        self.members = Members(file)
        self.manifest = manifest
        self.account = account
        self.wrong = ""
        self.found = 0
        self.other: set[bytes] = set()

    def run(self, answer: int, mode: str, sample: int) -> Checked:
        root = self.manifest["investigation"]["root"]
        wanted, total = self._wanted(mode, sample)
        said = Counter(self._open(wanted))
        self._order_is_signed()
        compared, other = self._render() if not self.wrong else ([], [])
        return Checked(
            answer=verify.FALSE if self.wrong else answer,
            wrong=self.wrong,
            root=root,
            account=self.account,
            opened=len(wanted),
            found=self.found,
            opinions=dict(said),
            not_opened=total - len(wanted),
            rendered=len(compared),
            not_rendered=tuple(other),
        )

    def _order_is_signed(self) -> None:
        """Check the order's signature by the certificate that lies here, as of when it was made."""
        by = json.loads(self.members.read("header.json")).get("signature")
        if by is None:
            return
        try:
            certificate = certificate_in(self.members.read("magistrate.pgp"))
            primary = certificate.keys[0].fingerprint.hex().upper()
            holds = primary == by["fingerprint"] and self._signs(
                by, signers(certificate, by["created"])
            )
        except NotReliableError:
            holds = False
        if not holds:
            self._is_wrong("order.sig: it is no signature of the certificate named over order.toml")

    def _signs(self, by: Mapping[str, Any], keys: Sequence[Signer]) -> bool:
        for body in signatures_in(self.members.read("order.sig")):
            with suppress(NotReliableError):
                found = rely_on(self.members.read("order.toml"), body, keys, by["created"])
                if (found.key.fingerprint.hex().upper(), found.created) == (
                    by["key"],
                    by["created"],
                ):
                    return True
        return False

    def _wanted(self, mode: str, sample: int) -> tuple[frozenset[str], int]:
        """Return the blocks to open again, and how many could be."""
        root = bytes.fromhex(self.manifest["investigation"]["root"])
        lots = sorted(
            (drawn(bytes.fromhex(block.content_id), root), block.content_id)
            for message in material_of(self.members, self.manifest).messages()
            for block in message.blocks
            if block.session_key is not None and block.ciphertext is not None
        )
        count = {"none": 0, "sample": sample, "all": len(lots)}[mode]
        return frozenset(identity for _, identity in lots[:count]), len(lots)

    def _open(self, wanted: frozenset[str]) -> Iterator[str]:
        for identity, said in ask_all(self._questions(wanted)):
            word = said.partition(":")[0]
            if word == "differs":
                self._is_wrong(f"ciphertext {identity.hex()}: {said}")
            yield word

    def _questions(self, wanted: frozenset[str]) -> Iterator[Question]:
        """Open each block by ourselves first; yield what to ask of the other."""
        asked: set[str] = set()
        for message in material_of(self.members, self.manifest).messages():
            for block in message.blocks:
                if block.content_id not in wanted or block.content_id in asked:
                    continue
                asked.add(block.content_id)
                assert block.ciphertext is not None
                assert block.session_key is not None
                question = Question(
                    content_id=bytes.fromhex(block.content_id),
                    packets=block.ciphertext.read(),
                    algorithm=block.session_algorithm or 0,
                    session_key=bytes.fromhex(block.session_key),
                    literal_format=block.literal_format or "",
                    opener=block.opener or "",
                    plaintext=block.plaintext.read() if block.plaintext else b"",
                )
                self._ours(question, block.plaintext_sha256, message.number)
                self._lies_in(message, question)
                if block.plaintext is not None:
                    yield question

    def _ours(self, question: Question, expected: str | None, number: int) -> None:
        message = opinions.message_of(question)
        session = SessionKey(algorithm=question.algorithm, key=question.session_key)
        opened = None if message is None else open_message(message, session)
        content = sha256(opened.content).hexdigest() if isinstance(opened, Opened) else None
        is_nested = isinstance(opened, Opened) and opened.nested is not None
        if content != expected and not is_nested:
            self._is_wrong(
                f"message {number}, ciphertext {question.content_id.hex()}: its session key does"
                " not open it to what the certificate says"
            )

    def _lies_in(self, message: Message, question: Question) -> None:
        """Find the block's packets in the message as stored: keys' packets and body alike."""
        for place in message.places:
            if place.raw is None:
                continue
            is_mail = mailstores.by_name(place.format).mail
            for found in ciphertexts(place.raw.read(), mail=is_mail, sha256=b"", sessions={}):
                if found.ciphertext_id == question.content_id:
                    if write_message(found) == question.packets:
                        self.found += 1
                        return
                    self.other.add(question.content_id)
        if question.content_id in self.other:
            self._is_wrong(f"{question.content_id.hex()}: its packets are not those stored")

    def _render(self) -> tuple[list[str], list[str]]:
        """Render again what is to read; return what was compared and what was not."""
        free = {n for n in self.members.archive.members if not n.startswith(verify.EVIDENCE)}
        free -= NOT_RENDERED
        tools = self.manifest["tools"]
        if any(tools.get(name) != version(name) for name in ("zegel", *MADE_WITH)):
            return [], sorted(free)
        made = set()
        for rendered in rendered_from(self.members, self.manifest):
            digest, size = sha256(), 0
            for piece in rendered.pieces():
                digest.update(piece)
                size += len(piece)
            if self.manifest["members"].get(rendered.name) != [size, digest.hexdigest()]:
                self._is_wrong(f"{rendered.name}: it is not what follows from the evidence")
            made.add(rendered.name)
        for name in sorted(free - made):
            self._is_wrong(f"{name}: nothing in the evidence gives it")
        return sorted(made), []

    def _is_wrong(self, what: str) -> None:
        self.wrong = self.wrong or what
