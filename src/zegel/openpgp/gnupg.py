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
    Esk,
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
_SESSION_KEY_FD = "--override-session-key-fd"
_PASSPHRASE_FD = "--passphrase-fd"
_COMMAND = (
    *("gpg", "--batch", "--no-tty", "--no-options", "--no-autostart", "--no-keyring"),
    *("--status-fd", "2", "--logger-file", os.devnull, "--max-output", str(MAX_CONTENT)),
)
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


def session_key_from_passphrase(
    esk: Esk, passphrase: bytes, home: Path | None = None
) -> SessionKey | Failure:
    """Let GnuPG undo a version-5 passphrase packet whose cipher only it has.

    GnuPG reports a session key for a wrong passphrase too: only the body can tell.
    """
    if esk.version != 5:
        return _REFUSED
    if not passphrase or b"\n" in passphrase or b"\0" in passphrase:
        return _WRONG  # GnuPG takes no such passphrase; another may fit
    # GnuPG names the session key as soon as it meets a body; what is in it does not matter.
    body = frame(20, b"\x01" + esk.body[1:3] + b"\x10" + bytes(64))
    done = _gpg(
        ["--pinentry-mode", "loopback", "--show-session-key"],
        _PASSPHRASE_FD,
        passphrase,
        frame(3, esk.body) + body,
        "--decrypt",
        home,
    )
    if isinstance(done, Failure):
        return done
    stated = _statuses(done.stderr).get("SESSION_KEY", "")
    numbers, _, digits = stated.partition(":")
    try:
        return SessionKey(algorithm=int(numbers.partition(".")[0]), key=bytes.fromhex(digits))
    except ValueError:
        return _REFUSED


def _run(
    message: EncryptedMessage, session: SessionKey, what: str, home: Path | None
) -> tuple[bytes, dict[str, str]] | Failure:
    """Run GnuPG once; return its output and statuses if decryption itself succeeded."""
    if message.kind is BodyKind.SEIPD2 or len(message.body) > MAX_CONTENT:
        return _REFUSED  # GnuPG reads no version 2 and no version 6 packets
    options = ["--ignore-mdc-error"] if message.kind is BodyKind.SED else []
    algorithm = session.algorithm or _cipher_of(message)
    secret = f"{algorithm}:{session.key.hex().upper()}".encode()
    packets = packets_for_gnupg(message)
    done = _gpg(options, _SESSION_KEY_FD, secret, packets, what, home)
    if isinstance(done, Failure):
        return done
    status = _statuses(done.stderr)
    # GOODMDC stands for a fitting AEAD tag as well; without it nothing was checked.
    vouched = message.kind is BodyKind.SED or "GOODMDC" in status
    if vouched and "DECRYPTION_OKAY" in status and "DECRYPTION_FAILED" not in status:
        return done.stdout, status
    if "BADMDC" in status:
        return _BAD_MDC
    return _WRONG if status.keys() & {"DECRYPTION_FAILED", "DECRYPTION_OKAY"} else _REFUSED


def _gpg(
    options: list[str], fd_option: str, secret: bytes, packets: bytes, what: str, home: Path | None
) -> subprocess.CompletedProcess[bytes] | Failure:
    """Start GnuPG in an empty home, with the secret in a pipe."""
    if not available():
        return _ABSENT
    with tempfile.TemporaryDirectory(prefix="zegel-", dir=home) as empty:
        reading, writing = os.pipe()
        try:
            # A pipe holds 64 KiB: the one short line never blocks.
            os.write(writing, secret[:4096] + b"\n")
            os.close(writing)
            return subprocess.run(
                [*_COMMAND, "--homedir", empty, *options, fd_option, str(reading), "-o", "-", what],
                input=packets,
                capture_output=True,
                pass_fds=(reading,),
                timeout=TIMEOUT,
                check=False,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": empty},
            )
        except subprocess.TimeoutExpired:
            return _TIMEOUT
        finally:
            os.close(reading)


def _statuses(lines: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines.decode("ascii", "replace").splitlines():
        if line.startswith("[GNUPG:] "):
            name, _, rest = line[9:].partition(" ")
            found.setdefault(name, rest)
    return found
