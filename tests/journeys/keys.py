"""Keys and messages that GnuPG makes for a journey; test keys only."""

from __future__ import annotations

from tests.gnupg import gnupg_home

USER = "anna@test.example"


def locked_key_and_message() -> tuple[bytes, bytes]:
    """Return a secret key locked with a passphrase, and a message to it; both armoured."""
    with gnupg_home() as home:
        home.make(USER, "rsa2048", "encrypt,sign,cert", passphrase="right")
        secret = home.gpg("--armor", "--export-secret-keys", USER, passphrase="right")
        words = ("--armor", "--trust-model", "always", "--encrypt", "--recipient", USER)
        return secret, home.gpg(*words, given=b"hello")
