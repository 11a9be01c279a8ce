"""Finds what presents itself as a passphrase in small text files.

Either a word for it stands before the value (`passphrase: x`, `wachtwoord = "x"`), or the file's
name says that it holds passphrases, one short line each. Digests of passwords are not passphrases.
Counts and lengths are bounded, since every find is tried on locked keys. It must never put a
passphrase anywhere but in its own field. No specification: people write as they like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zegel.records import File, FoundPassphrase, Holding, Problem
from zegel.registries.tables import LONGEST_PASSPHRASE, MOST_PASSPHRASES, found_passphrase

LARGEST_NOTE = 256 * 1024
_LONGEST_LINE = 200
"""Longer lines in a file of passphrases are something else."""
_WORDS = (
    rb"pass[ _-]?phrase|password|passwd|passcode|pass|pw|pin(?:[ _-]?code)?|wachtwoord(?:zin)?|"
    rb"wachtzin|passwort|kennwort|mot de passe|phrase secr(?:\xc3\xa8|\xe8|e)te|"
    rb"contrase(?:\xc3\xb1|\xf1|n)a"
)
_LABELLED = re.compile(
    rb"(?<![A-Za-z0-9])(?:" + _WORDS + rb")(?![A-Za-z0-9_])"
    rb"[^\r\n:=]{0,80}?(?:[:=]+[ \t]*|[ \t]+(?:is|was|luidt|lautet|est)[ \t]+|\t+)"
    rb"(?P<value>[^\r\n]+)",
    re.I,
)
_NAMED = re.compile(
    rb"(?:pass(?:words?|wd|phrases?|wort|codes?)?|wachtwoord(?:en)?|kennw(?:o|oe)rter?)"
    rb"(?:[ ._-][^/]*)?\Z",
    re.I,
)
_QUOTES = {b'"': b'"', b"'": b"'", b"`": b"`", b"<": b">"}
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


class Passphrases:
    """Notes, settings and lists in which passphrases stand as text."""

    name = "passphrases"
    specification = "docs/reference/registries.md"

    def detect(self, file: File) -> int:
        """Recognise small text with a labelled value, or with a name that promises passphrases."""
        if len(file.data) > LARGEST_NOTE or _CONTROL.search(file.head):
            return 0
        if _LABELLED.search(file.head):
            return 2
        return 1 if _is_list(file) else 0

    def holdings(self, file: File) -> Iterator[Holding | FoundPassphrase | Problem]:
        """Yield each value once, in the order in which they stand."""
        if len(file.data) > LARGEST_NOTE:
            return
        seen: set[bytes] = set()
        for found in _listed(file) if _is_list(file) else _labelled(file):
            if len(seen) == MOST_PASSPHRASES:
                yield Problem(kind="too many passphrases", offset=found.offset)
                return
            if found.passphrase not in seen:
                seen.add(found.passphrase)
                yield found


def _is_list(file: File) -> bool:
    if not _NAMED.match(file.path.rpartition(b"/")[2]) or _LABELLED.search(file.head):
        return False
    # Account files such as /etc/passwd have fields, and are full of accounts without a passphrase.
    lines = file.head.splitlines()
    return all(len(line) <= _LONGEST_LINE and line.count(b":") < 3 for line in lines)


def _listed(file: File) -> Iterator[FoundPassphrase]:
    offset = 0
    for number, line in enumerate(file.data[:].splitlines(keepends=True), start=1):
        value = line.rstrip(b"\r\n")
        found = found_passphrase(value, offset, f"line {number}")
        if found is not None and len(value) <= _LONGEST_LINE:
            yield found
        offset += len(line)


def _labelled(file: File) -> Iterator[FoundPassphrase]:
    content, number, counted = file.data[:], 1, 0
    for match in _LABELLED.finditer(content):
        number += content.count(b"\n", counted, match.start("value"))
        counted = match.start("value")
        for value in _readings(match["value"]):
            found = found_passphrase(value, match.start("value"), f"line {number}")
            if found is not None:
                yield found


def _readings(written: bytes) -> Iterator[bytes]:
    """Yield what the writer may have meant: as quoted, else the line, and without its full stop."""
    value = written[:LONGEST_PASSPHRASE].strip()
    closing = _QUOTES.get(value[:1])
    end = value.find(closing, 1) if closing is not None else -1
    if end > 0:
        yield value[1:end]
        return
    yield value
    if value[-1:] in (b".", b",", b";") and len(value) > 1:
        yield value[:-1].rstrip()


FORMAT = Passphrases()
