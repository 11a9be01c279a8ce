"""Encrypts to one person's OpenPGP certificate, which a file gives.

Only for what this program writes itself: pysequoia, which does it, is never shown evidence here.
It refuses certificates that are expired, revoked or of weak algorithms by its own policy.
"""

from __future__ import annotations

from pathlib import Path

import pysequoia

from zegel.errors import UsageError


class Recipient:
    """Somebody who can open what is sealed."""

    def __init__(self, certificate: bytes, where: Path | str = "") -> None:
        try:
            self._cert = pysequoia.Cert.from_bytes(certificate)
        except Exception as error:
            raise UsageError("this is no OpenPGP certificate", where=str(where)) from error
        self.fingerprint = str(self._cert.fingerprint).upper()
        try:
            self.seal(b"")
        except Exception as error:
            raise UsageError(
                "nothing can be encrypted to this certificate: expired, revoked, or without a key"
                " for that",
                where=str(where),
            ) from error

    @property
    def certificate(self) -> bytes:
        """The certificate alone, in binary: what else the file held is left out."""
        return bytes(self._cert)

    def __repr__(self) -> str:
        return f"Recipient({self.fingerprint})"

    def seal(self, content: bytes) -> bytes:
        """Return `content` encrypted, as binary OpenPGP."""
        return bytes(pysequoia.encrypt(recipients=[self._cert], bytes=content, armor=False))
