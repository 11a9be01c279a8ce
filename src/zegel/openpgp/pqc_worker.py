"""Opens exactly one message with pysequoia and dies, by panic if need be, without harm.

Reads three length-prefixed fields from standard input (secret key, passphrase, message) and
writes the content after a marker. Never writes anything else: errors end in the exit status.
"""

from __future__ import annotations

import struct
import sys
from typing import BinaryIO

import pysequoia

from zegel.openpgp.pqc import OPENED


def _field(source: BinaryIO) -> bytes:
    (length,) = struct.unpack(">Q", source.read(8))
    return source.read(length)


def main() -> int:
    """Open the message on standard input; 0 if it opened."""
    key, passphrase, message = (_field(sys.stdin.buffer) for _ in range(3))
    secret = pysequoia.Tsk.from_bytes(key)
    try:
        password = passphrase.decode() if passphrase else None
    except UnicodeDecodeError:
        return 1
    opened = pysequoia.decrypt(message, decryptor=secret.decryptor(password))
    if opened.bytes is None:
        return 1
    sys.stdout.buffer.write(OPENED + opened.bytes)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
