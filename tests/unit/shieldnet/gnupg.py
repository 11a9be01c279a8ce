"""Opens a message with GnuPG, which shares no code with the library that writes."""

from __future__ import annotations

import subprocess

from tests.gnupg import Home


def decrypted(home: Home, message: bytes, passphrase: str = "") -> tuple[bytes | None, bytes]:
    """Return the plaintext, or None, and gpg's status lines."""
    done = subprocess.run(
        [
            *("gpg", "--batch", "--no-tty", "--status-fd", "2", "--pinentry-mode", "loopback"),
            *("--passphrase", passphrase, "--decrypt"),
        ],
        env=home.environment,
        input=message,
        capture_output=True,
        check=False,
    )
    # At a bad signature gpg stops before it says DECRYPTION_OKAY.
    ended = b"[GNUPG:] DECRYPTION_OKAY" in done.stderr or b"[GNUPG:] BADSIG" in done.stderr
    opened = ended and b"[GNUPG:] PLAINTEXT " in done.stderr
    return (done.stdout if opened else None), done.stderr
