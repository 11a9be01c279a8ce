"""Passwords as Argon2id digests (RFC 9106), and keys that prove themselves by signing a challenge.

Nothing here keeps, shows or logs a password, and no check answers with a boolean.
"""

from __future__ import annotations

import secrets
import unicodedata
from base64 import b64encode

from cryptography.exceptions import InvalidKey, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
    load_ssh_private_key,
    load_ssh_public_key,
)

from zegel.canonical import canonical_json
from zegel.errors import UsageError

LEAST_CHARACTERS, MOST_CHARACTERS = 12, 1024
ITERATIONS, LANES, MEMORY_KIB = 3, 4, 64 * 1024
"""RFC 9106 section 4, the second recommended option: 64 MiB, three passes, four lanes."""
SALT_SIZE, DIGEST_SIZE = 16, 32
LARGEST_KEY_FILE = 64 * 1024


class WrongProofError(Exception):
    """A password or signature is not that of the name."""


def digest_password(password: str) -> str:
    """Return the digest of a new password in the PHC string format; `UsageError` where too short.

    There are no other rules: length is what makes a guess dear (NIST SP 800-63B section 5.1.1).
    """
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise UsageError(
            f"a password has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters",
            next_step="A few words that nobody would guess together are easy to remember.",
        )
    kdf = Argon2id(
        salt=secrets.token_bytes(SALT_SIZE),
        length=DIGEST_SIZE,
        iterations=ITERATIONS,
        lanes=LANES,
        memory_cost=MEMORY_KIB,
    )
    return kdf.derive_phc_encoded(_octets(password))


def check_password(password: str, digest: str) -> None:
    """Raise `WrongProofError` unless `digest` is of `password`; without a digest, as slowly."""
    try:
        Argon2id.verify_phc_encoded(_octets(password[:MOST_CHARACTERS]), digest or _nobodys())
    except InvalidKey:
        raise WrongProofError from None
    if not digest:
        raise WrongProofError


def _nobodys() -> str:
    """Return a digest that no password has, so that a name nobody has takes as long to refuse.

    It is drawn, not computed: computing one would take a second digest's time, which tells.
    """
    salt, digest = (
        b64encode(secrets.token_bytes(size)).decode().rstrip("=")
        for size in (SALT_SIZE, DIGEST_SIZE)
    )
    return f"$argon2id$v=19$m={MEMORY_KIB},t={ITERATIONS},p={LANES}${salt}${digest}"


def _octets(password: str) -> bytes:
    # The same characters, whichever way a keyboard composes them (RFC 8265 section 4.2.1).
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def challenge_text(*, origin: str, name: str, nonce: bytes) -> bytes:
    """Return what a key signs to log its owner in: nothing else is ever signed by such words."""
    said = {"log": origin, "name": name, "nonce": nonce.hex()}
    return b"zegel login 1\n" + canonical_json(said) + b"\n"


def check_signature(key: bytes, challenge: bytes, signature: bytes) -> None:
    """Raise `WrongProofError` unless the Ed25519 key (32 octets, RFC 8032) signed the challenge."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, challenge)
    except (InvalidSignature, ValueError):
        raise WrongProofError from None


def read_public_key(text: bytes) -> bytes:
    """Return the Ed25519 key in a file: PEM, or one line as OpenSSH writes it."""
    load = load_ssh_public_key if text.lstrip().startswith(b"ssh-") else load_pem_public_key
    try:
        key = load(text.strip()) if len(text) <= LARGEST_KEY_FILE else None
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(
            "this is not an Ed25519 public key",
            next_step="`ssh-keygen -t ed25519` makes one; name the file that ends in .pub.",
        )
    return key.public_bytes_raw()


def is_locked(text: bytes) -> bool:
    """Say whether the private key in a file asks for a passphrase."""
    try:
        _private_key(text, None)
    except TypeError:
        return True
    return False


def sign_challenge(text: bytes, passphrase: str | None, challenge: bytes) -> bytes:
    """Return the signature of the Ed25519 private key in a file: PKCS #8 in PEM, or OpenSSH's."""
    try:
        return _private_key(text, passphrase).sign(challenge)
    except TypeError:
        raise UsageError("the key needs its passphrase, or has none") from None


def _private_key(text: bytes, passphrase: str | None) -> Ed25519PrivateKey:
    """Return the key; `TypeError` where a passphrase is wanting, or given for none."""
    load = load_ssh_private_key if b"OPENSSH PRIVATE KEY" in text[:200] else load_pem_private_key
    try:
        secret = passphrase.encode() if passphrase else None
        key = load(text, secret) if len(text) <= LARGEST_KEY_FILE else None
    except (ValueError, UnsupportedAlgorithm):
        key = None  # the parser's words could quote the file: they are not passed on
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(
            "this is not an Ed25519 private key, or its passphrase is another",
            next_step="A locked key of OpenSSH is read once `ssh-keygen -p -m PKCS8` rewrote it.",
        )
    return key
