"""Lets GnuPG open a message from its session key, in an empty home, as fallback or second opinion.

The session key goes through a pipe (`--override-session-key-fd`), never on a command line, into
no file and no message. GnuPG's `DECRYPTION_OKAY` alone proves nothing (it comes with empty output
for wrong keys): its `PLAINTEXT` status must come too. See GnuPG's doc/DETAILS for the statuses.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

from zegel.openpgp.content import MAX_CONTENT, Inside, read_content
from zegel.openpgp.framing import frame
from zegel.openpgp.model import (
    BodyKind,
    EncryptedMessage,
    Failure,
    Opened,
    OpenFailure,
    SessionKey,
)
from zegel.records import Integrity, Problem

TIMEOUT = 60.0
"""Seconds one message may take."""

_ABSENT = Failure(failure=OpenFailure.UNSUPPORTED, code="gnupg-absent")
_REFUSED = Failure(failure=OpenFailure.UNSUPPORTED, code="gnupg-refused")
_TIMEOUT = Failure(failure=OpenFailure.UNSUPPORTED, code="gnupg-timeout")
_WRONG = Failure(failure=OpenFailure.WRONG_KEY, code="gnupg-wrong-key")
_BAD_MDC = Failure(failure=OpenFailure.DAMAGED, code="mdc-mismatch")
_TAGS = {BodyKind.SED: 9, BodyKind.SEIPD1: 18, BodyKind.SEIPD2: 18, BodyKind.AEAD20: 20}
_INTEGRITY = {
    BodyKind.SED: Integrity.UNAUTHENTICATED,
    BodyKind.SEIPD1: Integrity.MDC,
    BodyKind.AEAD20: Integrity.AEAD,
}


@lru_cache(maxsize=1)
def available() -> bool:
    """Say whether GnuPG is installed."""
    return shutil.which("gpg") is not None


def open_with_gnupg(
    message: EncryptedMessage, session: SessionKey, home: Path | None = None
) -> Opened | Failure:
    """Open `message` with GnuPG: its own decryption and its own reading of what is inside."""
    ran = _run(message, session, "--decrypt", home)
    if isinstance(ran, Failure):
        return ran
    output, status = ran
    plaintext = status.get("PLAINTEXT")
    if plaintext is None:
        return _REFUSED
    words = plaintext.split(" ")
    return Opened(
        content=output,
        integrity=_INTEGRITY[message.kind],
        cipher=session.algorithm or _cipher_of(message),
        opener="gnupg",
        literal_format=_octet(words[0]),
        literal_date=int(words[1]) if len(words) > 1 and words[1].isdigit() else 0,
        problems=_unseen(status),
    )


def unwrap_with_gnupg(
    message: EncryptedMessage, session: SessionKey, home: Path | None = None
) -> Opened | Failure:
    """Let GnuPG undo the encryption only, and read the packets inside ourselves."""
    ran = _run(message, session, "--unwrap", home)
    if isinstance(ran, Failure):
        return ran
    inside = read_content(ran[0], strict=message.kind is BodyKind.SED)
    if not isinstance(inside, Inside):
        return inside
    return Opened(
        content=inside.content,
        integrity=_INTEGRITY[message.kind],
        cipher=session.algorithm or _cipher_of(message),
        opener="gnupg",
        literal_format=inside.literal_format,
        filename=inside.filename,
        literal_date=inside.literal_date,
        compression=inside.compression,
        signature_packets=tuple(inside.signature_packets),
        nested=inside.nested,
        problems=tuple(inside.problems),
    )


def _cipher_of(message: EncryptedMessage) -> int:
    return message.body[1] if message.kind is BodyKind.AEAD20 else 0


def _octet(word: str) -> str:
    return chr(int(word, 16)) if len(word) == 2 and word.isalnum() else ""


def _unseen(status: dict[str, str]) -> tuple[Problem, ...]:
    signed = any(name.endswith("SIG") for name in status)
    return (Problem(kind="signature not extracted"),) if signed else ()


def packets_for_gnupg(message: EncryptedMessage) -> bytes:
    """Return the message's packets with definite lengths, as GnuPG wants them."""
    esks = b"".join(frame(esk.tag, esk.body) for esk in message.esks if esk.version < 6)
    return esks + frame(_TAGS[message.kind], message.body)


def _run(
    message: EncryptedMessage, session: SessionKey, what: str, home: Path | None
) -> tuple[bytes, dict[str, str]] | Failure:
    """Run GnuPG once; return its output and statuses if decryption itself succeeded."""
    if not available():
        return _ABSENT
    if message.kind is BodyKind.SEIPD2 or len(message.body) > MAX_CONTENT:
        return _REFUSED  # GnuPG reads no version 2 and no version 6 packets
    with tempfile.TemporaryDirectory(prefix="zegel-", dir=home) as empty:
        try:
            done = _start(message, session, what, empty)
        except subprocess.TimeoutExpired:
            return _TIMEOUT
    status = _statuses(done.stderr)
    if "DECRYPTION_OKAY" in status and "DECRYPTION_FAILED" not in status:
        return done.stdout, status
    if "BADMDC" in status:
        return _BAD_MDC
    return _WRONG if "DECRYPTION_FAILED" in status else _REFUSED


def _start(
    message: EncryptedMessage, session: SessionKey, what: str, home: str
) -> subprocess.CompletedProcess[bytes]:
    """Start GnuPG with the session key in a pipe."""
    algorithm = session.algorithm or _cipher_of(message)
    reading, writing = os.pipe()
    try:
        # A pipe holds 64 KiB: the one short line never blocks.
        os.write(writing, f"{algorithm}:{session.key.hex().upper()}\n".encode())
        os.close(writing)
        command = [
            *("gpg", "--homedir", home, "--batch", "--no-tty", "--no-options", "--no-autostart"),
            *("--no-keyring", "--status-fd", "2", "--logger-file", os.devnull),
            *("--max-output", str(MAX_CONTENT), "--override-session-key-fd", str(reading)),
        ]
        if message.kind is BodyKind.SED:
            command.append("--ignore-mdc-error")
        return subprocess.run(
            [*command, "--output", "-", what],
            input=packets_for_gnupg(message),
            capture_output=True,
            pass_fds=(reading,),
            timeout=TIMEOUT,
            check=False,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "GNUPGHOME": home},
        )
    finally:
        os.close(reading)


def _statuses(lines: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines.decode("ascii", "replace").splitlines():
        if line.startswith("[GNUPG:] "):
            name, _, rest = line[9:].partition(" ")
            found.setdefault(name, rest)
    return found
