"""GnuPG in a throw-away home: the independent oracle for keys and signatures.

Tests that need it skip where it is absent, and say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


class Home:
    """One GnuPG home with keys made or imported for a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = dict(os.environ, GNUPGHOME=str(folder), LC_ALL="C")

    def gpg(
        self, *words: str, given: bytes = b"", passphrase: str = "", strict: bool = True
    ) -> bytes:
        """Run gpg and return its output; a failure is the test's failure if `strict`."""
        fixed = ["gpg", "--batch", "--quiet", "--yes", "--pinentry-mode", "loopback"]
        return subprocess.run(
            [*fixed, "--passphrase", passphrase, *words],
            env=self.environment,
            input=given,
            capture_output=True,
            check=strict,
        ).stdout

    def make(self, name: str, algorithm: str, usage: str = "sign", passphrase: str = "") -> None:
        """Make a primary key for `name`."""
        words = ("--quick-generate-key", name, algorithm, usage, "2030-01-01")
        self.gpg(*words, passphrase=passphrase)

    def edit(self, user: str, *answers: str) -> None:
        """Answer gpg's questions about editing a key, one line each."""
        words = ["gpg", "--pinentry-mode", "loopback", "--passphrase", "", "--no-tty"]
        subprocess.run(
            [*words, "--command-fd", "0", "--edit-key", user],
            env=self.environment,
            input="\n".join([*answers, "save", ""]).encode(),
            capture_output=True,
            check=True,
        )

    def listed(self, *words: str) -> list[list[str]]:
        """Return the rows of a listing in gpg's colon format."""
        # Of a file with some damaged keys gpg lists the others and ends with an error.
        text = self.gpg("--with-colons", *words, strict=False).decode("utf-8", "replace")
        return [line.split(":") for line in text.splitlines()]

    def fingerprints(self, *words: str) -> list[str]:
        """Return the fingerprints of all keys and subkeys, as gpg lists them."""
        shown = self.listed("--with-subkey-fingerprint", *(words or ("--list-keys",)))
        return [row[9] for row in shown if row[0] == "fpr"]


@contextmanager
def gnupg_home() -> Iterator[Home]:
    """Give a fresh home, and stop its agent afterwards; skip where gpg is not installed."""
    if shutil.which("gpg") is None:
        pytest.skip("gpg is not installed")
    # A short path: the agent's socket must fit into 108 octets.
    with TemporaryDirectory(prefix="zg") as folder:
        home = Home(Path(folder))
        home.folder.chmod(0o700)
        # The default locks hash 65 MB for each key, which only slows tests down.
        for name in ("gpg.conf", "gpg-agent.conf"):
            (home.folder / name).write_text("s2k-count 65536\n")
        try:
            yield home
        finally:
            subprocess.run(["gpgconf", "--kill", "all"], env=home.environment, check=False)
