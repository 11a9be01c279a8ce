"""A time-stamp authority (RFC 3161) on this machine, made of openssl."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

CONFIGURATION = """
[tsa]
default_tsa = it
[it]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
[extensions]
extendedKeyUsage = critical,timeStamping
"""


class Authority:
    """Stamps what it is asked to stamp."""

    def __init__(self, folder: Path, name: str = "Stempelaar") -> None:
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed")
        self.folder = folder
        folder.mkdir()
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder))
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        ca = ("-keyout", "ca.key", "-out", "ca.pem", "-subj", f"/CN=Root of {name}")
        self._openssl("req", "-x509", *key, *ca, "-days", "30")
        tsa = ("-keyout", "tsa.key", "-out", "tsa.csr", "-subj", f"/CN={name}")
        self._openssl("req", "-new", *key, *tsa)
        by = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30")
        of = ("-extfile", "tsa.cnf", "-extensions", "extensions")
        self._openssl("x509", "-req", "-in", "tsa.csr", "-out", "tsa.pem", *by, *of)

    @property
    def root(self) -> bytes:
        """The certificate that people who trust it know."""
        return (self.folder / "ca.pem").read_bytes()

    def answer(self, question: bytes) -> bytes:
        """Return the answer to a question."""
        (self.folder / "question").write_bytes(question)
        asked = ("-reply", "-queryfile", "question", "-out", "answer", "-config", "tsa.cnf")
        self._openssl("ts", *asked)
        return (self.folder / "answer").read_bytes()

    def agrees(self, content: bytes, answer: bytes) -> bool:
        """Say whether openssl too finds that the answer stamps this content."""
        (self.folder / "content").write_bytes(content)
        (self.folder / "given").write_bytes(answer)
        words = ("ts", "-verify", "-data", "content", "-in", "given", "-CAfile", "ca.pem")
        ran = subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, check=False)
        return ran.returncode == 0

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, check=True)
