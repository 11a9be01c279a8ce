"""Lets pysequoia open a message with a whole secret key, in a process of its own.

For algorithms nothing else here opens (ML-KEM, draft-ietf-openpgp-pqc). pysequoia panics on
damaged input, so it never runs in this process; key, passphrase and message go to the worker's
standard input, never to its command line or environment.
"""

from __future__ import annotations

import struct
import subprocess
import sys

from zegel.openpgp.framing import frame
from zegel.openpgp.model import BodyKind, EncryptedMessage, Failure, Opened, OpenFailure
from zegel.records import Integrity, Problem

TIMEOUT = 60.0
"""Seconds one message may take."""
OPENED = b"zegel-opened\n"
"""What a worker writes before the content: an early death is never taken for an empty text."""

_REFUSED = Failure(failure=OpenFailure.UNSUPPORTED, code="pysequoia-refused")
_TIMED_OUT = Failure(failure=OpenFailure.UNSUPPORTED, code="pysequoia-timeout")
_INTEGRITY = {BodyKind.SEIPD1: Integrity.MDC, BodyKind.SEIPD2: Integrity.AEAD}


def open_with_pysequoia(
    message: EncryptedMessage, transferable_secret_key: bytes, passphrase: bytes | None
) -> Opened | Failure:
    """Open `message` with the key of `transferable_secret_key` (RFC 9580 section 10.2)."""
    if message.kind not in _INTEGRITY:
        return _REFUSED
    esks = b"".join(frame(esk.tag, esk.body) for esk in message.esks)
    parts = (transferable_secret_key, passphrase or b"", esks + frame(18, message.body))
    job = b"".join(struct.pack(">Q", len(part)) + part for part in parts)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "zegel.openpgp.pqc_worker"],
            input=job,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _TIMED_OUT
    if done.returncode != 0 or not done.stdout.startswith(OPENED):
        return _REFUSED
    return Opened(
        content=done.stdout[len(OPENED) :],
        integrity=_INTEGRITY[message.kind],
        cipher=message.body[1] if message.kind is BodyKind.SEIPD2 else 0,
        opener="pysequoia",
        problems=(Problem(kind="signatures not looked for", note="pysequoia gives none out"),),
    )
