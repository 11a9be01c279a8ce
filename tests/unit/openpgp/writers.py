"""Makes keys and messages with other implementations, for tests to open.

GnuPG and rpgp write; the standard library makes armour. Secrets are read from the exported packets
here, without the code under test. Keys are made anew for each run and serve tests only.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

from zegel.openpgp.model import UnlockedKey
from zegel.openpgp.publickeys import algorithm_of, public_length, read_public_key

PASSPHRASE = b"geheim"
TEXT = b"Vanavond om acht uur bij de sluis; neem de papieren mee.\n" * 40
KINDS = {
    "rsa": "Key-Type: RSA\nKey-Length: 2048\nSubkey-Type: RSA\nSubkey-Length: 2048\n",
    "elg": "Key-Type: DSA\nKey-Length: 1024\nSubkey-Type: ELG-E\nSubkey-Length: 1024\n",
} | {
    curve: f"Key-Type: EDDSA\nKey-Curve: ed25519\nSubkey-Type: ECDH\nSubkey-Curve: {curve}\n"
    for curve in ("cv25519", "nistp256", "nistp384", "nistp521", "brainpoolP256r1", "secp256k1")
}
_NATIVE = {25: 32, 26: 56, 27: 32, 28: 57}
_SECRETS = {1: 4, 16: 1, 17: 1, 18: 1, 19: 1, 22: 1}


@lru_cache(maxsize=1)
def gnupg_home() -> Path:
    """Return a GnuPG home with one unprotected key of every kind, or skip."""
    if shutil.which("gpg") is None:
        pytest.skip("GnuPG is not installed: it writes the messages of this test")
    home = Path(tempfile.mkdtemp(prefix="zegel-test-"))
    home.chmod(0o700)
    for kind, recipe in KINDS.items():
        batch = f"%no-protection\n{recipe}Name-Email: {kind}@test.example\n%commit\n"
        _gpg(home, "--gen-key", standard_input=batch.encode())
    return home


def _gpg(home: Path, *words: str, standard_input: bytes = b"") -> bytes:
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--trust-model", "always"]
    done = subprocess.run(
        [*command, *words], input=standard_input, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def gnupg_encrypts(*words: str, text: bytes = TEXT) -> bytes:
    """Return what GnuPG makes of `text` with these options."""
    return _gpg(gnupg_home(), *words, standard_input=text)


def gnupg_encrypts_to_passphrase(*words: str, text: bytes = TEXT) -> bytes:
    """Return a message to `PASSPHRASE`."""
    loopback = ("--pinentry-mode", "loopback", "--passphrase", PASSPHRASE.decode())
    return gnupg_encrypts(*loopback, "--s2k-count", "65536", *words, "-c", text=text)


@lru_cache(maxsize=16)
def gnupg_key(kind: str) -> UnlockedKey:
    """Return the decryption subkey of `kind`."""
    return unlocked_keys(gnupg_exports(kind))[1]


def gnupg_exports(kind: str) -> bytes:
    """Return the transferable secret key of `kind`."""
    return _gpg(gnupg_home(), "--export-secret-keys", f"{kind}@test.example")


def unlocked_keys(packets: bytes) -> list[UnlockedKey]:
    """Return the keys of an unprotected transferable secret key, primary first."""
    return [_unlocked(body) for tag, body in split(packets) if tag in (5, 7)]


def _unlocked(body: bytes) -> UnlockedKey:
    public = body[: public_length(body)]
    rest = body[len(public) + 1 :]
    assert body[len(public)] == 0, "the key is protected"
    algorithm = algorithm_of(public)
    numbers: list[bytes] = []
    if algorithm in _NATIVE:
        numbers = [rest[: _NATIVE[algorithm]]]
    for _ in range(_SECRETS.get(algorithm, 0)):
        size = (int.from_bytes(rest[:2], "big") + 7) // 8
        numbers.append(rest[2 : 2 + size])
        rest = rest[2 + size :]
    return UnlockedKey(public=read_public_key(public), numbers=tuple(numbers))


def split(packets: bytes) -> list[tuple[int, bytes]]:
    """Split packets of definite length, as key exports have."""
    found = []
    while packets:
        first = packets[0]
        if first & 0x40:
            tag, octet = first & 0x3F, packets[1]
            if octet < 192:
                at, size = 2, octet
            elif octet < 224:
                at, size = 3, ((octet - 192) << 8) + packets[2] + 192
            else:
                at, size = 6, int.from_bytes(packets[2:6], "big")
        else:
            tag, width = first >> 2 & 15, 1 << (first & 3)
            at, size = 1 + width, int.from_bytes(packets[1 : 1 + width], "big")
        found.append((tag, packets[at : at + size]))
        packets = packets[at + size :]
    return found


def crc24(content: bytes) -> int:
    """The C program of RFC 4880 section 6.1, bit by bit."""
    register = 0xB704CE
    for octet in content:
        register ^= octet << 16
        for _ in range(8):
            register <<= 1
            if register & 0x1000000:
                register ^= 0x1864CFB
    return register


@dataclass(frozen=True, kw_only=True)
class Armour:
    """How a block is written."""

    kind: str = "MESSAGE"
    line_end: str = "\n"
    prefix: str = ""
    headers: tuple[str, ...] = ()
    checksum: int | None = None
    width: int = 64
    blank: bool = True

    def write(self, content: bytes) -> bytes:
        """Return `content` in armour."""
        text = base64.b64encode(content).decode()
        crc = crc24(content) if self.checksum is None else self.checksum
        lines = [
            f"-----BEGIN PGP {self.kind}-----",
            *self.headers,
            *([""] if self.blank else []),
            *(text[at : at + self.width] for at in range(0, len(text), self.width)),
            "=" + base64.b64encode(crc.to_bytes(3, "big")).decode(),
            f"-----END PGP {self.kind}-----",
        ]
        return self.line_end.join(self.prefix + line for line in lines).encode()
