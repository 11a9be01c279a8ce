"""Turns a session-key packet and a key or passphrase into candidate session keys.

RFC 9580 sections 5.1 and 5.3, RFC 4880 sections 5.1, 5.3 and 5.7, LibrePGP for packet version 5.
A candidate counts only if its algorithm octet, length and checksum fit (a wrong RSA key gives
random octets instead of an error); whether it is right, only the body can tell. Never raises on
what a packet holds, and puts no key, passphrase or session key into any message.
"""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zegel.openpgp import gnupg, names, s2k
from zegel.openpgp.agreement import UnsupportedAgreement, ecdh_decrypt, native_decrypt
from zegel.openpgp.ciphers import (
    KEY_SIZES,
    NONCE_SIZES,
    TAG_SIZE,
    aead_open,
    block_cipher,
    cfb_decrypt,
)
from zegel.openpgp.model import BodyKind, Esk, Failure, OpenFailure, SessionKey, UnlockedKey
from zegel.openpgp.publickeys import UnreadableKeyError
from zegel.openpgp.transport import KeyUnusable, elgamal_decrypt, read_mpi, rsa_decrypt

_RSA = (1, 2)
_ELGAMAL = (16, 20)
_ECDH = 18
_AES = (7, 8, 9)
_NATIVE = (25, 26)
_WRONG = Failure(failure=OpenFailure.WRONG_KEY, code="session-key-does-not-fit")
_WRONG_PASSPHRASE = Failure(failure=OpenFailure.WRONG_KEY, code="passphrase-does-not-fit")
_DAMAGED = Failure(failure=OpenFailure.DAMAGED, code="session-key-packet-damaged")


def _unsupported(code: str) -> Failure:
    return Failure(failure=OpenFailure.UNSUPPORTED, code=code)


def session_keys(
    esk: Esk, key: UnlockedKey, body_kind: BodyKind
) -> tuple[SessionKey, ...] | Failure:
    """Return the session key that `key` finds in the public-key packet `esk`."""
    if esk.tag != 1 or esk.version not in (2, 3, 6):
        return _unsupported(f"session-key-packet-version-{esk.version}")
    if esk.version == 6 and body_kind is not BodyKind.SEIPD2:
        # Nothing would name the cipher; section 10.3.2.1 forbids the pair.
        return _unsupported("session-key-packet-6-with-old-body")
    kind = 1 if esk.algorithm in _RSA else 16 if esk.algorithm in _ELGAMAL else esk.algorithm
    have = key.public.algorithm
    if kind != (1 if have in (1, 2, 3) else 16 if have in _ELGAMAL else have):
        return _WRONG
    try:
        return _by_algorithm(esk, key, kind)
    except UnsupportedAgreement as error:
        return _unsupported(str(error))
    except (KeyUnusable, UnreadableKeyError):
        return _unsupported("key-numbers-unusable")


def _by_algorithm(esk: Esk, key: UnlockedKey, kind: int) -> tuple[SessionKey, ...] | Failure:
    body = esk.body
    at = 3 + body[1] if esk.version == 6 else 10
    if kind == 1:
        payload = rsa_decrypt(key, read_mpi(body, at)[0])
    elif kind == 16:
        first, pos = read_mpi(body, at)
        payload = elgamal_decrypt(key, first, read_mpi(body, pos)[0])
    elif kind == _ECDH:
        payload = ecdh_decrypt(key, body, at)
    elif kind in _NATIVE:
        found, cipher = native_decrypt(key, kind, body, at)
        return _plain(found, cipher, esk.version)
    else:
        name = names.public_key_name(esk.algorithm)
        return _unsupported(names.reason("algorithm", esk.algorithm, name))
    return _WRONG if payload is None else _checked(payload, esk.version)


def _checked(payload: bytes, version: int) -> tuple[SessionKey, ...] | Failure:
    """Split `algorithm | key | checksum` (v6: without algorithm), section 5.1.3."""
    algorithm = 0
    if version != 6:
        algorithm, payload = (payload[0], payload[1:]) if payload else (0, b"")
    key, checksum = payload[:-2], payload[-2:]
    if len(checksum) < 2 or sum(key) & 0xFFFF != int.from_bytes(checksum, "big"):
        return _WRONG
    return _plain(key, algorithm, version)


def _plain(key: bytes, algorithm: int, version: int) -> tuple[SessionKey, ...] | Failure:
    if version == 6:
        fits = len(key) in (16, 24, 32)
        return (SessionKey(algorithm=0, key=key),) if fits else _WRONG
    if not key:
        return _WRONG
    if KEY_SIZES.get(algorithm) == len(key):
        return (SessionKey(algorithm=algorithm, key=key),)
    return _WRONG


def session_keys_from_passphrase(
    esk: Esk, passphrase: bytes, body_kind: BodyKind
) -> tuple[SessionKey, ...] | Failure:
    """Return the session key `passphrase` gives with the packet `esk`.

    A v4 packet without an encrypted key fits every passphrase: the body must decide.
    """
    if esk.tag != 3 or esk.version not in (4, 5, 6):
        return _unsupported(f"session-key-packet-version-{esk.version}")
    if esk.version == 6 and body_kind is not BodyKind.SEIPD2:
        return _unsupported("session-key-packet-6-with-old-body")
    if esk.algorithm not in KEY_SIZES:
        name = names.cipher_name(esk.algorithm)
        return _unsupported(names.reason("cipher", esk.algorithm, name))
    try:
        return _version4(esk, passphrase) if esk.version == 4 else _aead(esk, passphrase)
    except s2k.UnsupportedS2K:
        return _unsupported("s2k-unsupported")
    except (IndexError, ValueError):
        return _DAMAGED


def _version4(esk: Esk, passphrase: bytes) -> tuple[SessionKey, ...] | Failure:
    """RFC 9580 section 5.3.1: the derived key is the session key, or encrypts it."""
    body, algorithm = esk.body, esk.algorithm
    length = s2k.specifier_length(body[2:])
    derived = s2k.derive(body[2 : 2 + length], passphrase, KEY_SIZES[algorithm])
    sealed = body[2 + length :]
    if not sealed:
        return (SessionKey(algorithm=algorithm, key=derived, guessed=True),)
    cipher = block_cipher(algorithm, derived)
    if cipher is None:
        return _unsupported(names.reason("cipher", algorithm, names.cipher_name(algorithm)))
    plain = cfb_decrypt(cipher, sealed)
    if KEY_SIZES.get(plain[0]) != len(plain) - 1:
        return _WRONG_PASSPHRASE
    return (SessionKey(algorithm=plain[0], key=plain[1:], guessed=True),)


def _aead(esk: Esk, passphrase: bytes) -> tuple[SessionKey, ...] | Failure:
    """RFC 9580 section 5.3.2 (v6, whose key is drawn out by HKDF) and LibrePGP's v5."""
    body, six = esk.body, esk.version == 6
    mode = body[3] if six else body[2]
    at = 5 if six else 3
    if mode not in NONCE_SIZES:
        return _unsupported(names.reason("aead", mode, names.aead_name(mode)))
    if esk.algorithm not in _AES:
        return _by_gnupg(esk, passphrase)
    length = s2k.specifier_length(body[at:])
    derived = s2k.derive(body[at : at + length], passphrase, KEY_SIZES[esk.algorithm])
    nonce = body[at + length : at + length + NONCE_SIZES[mode]]
    sealed = body[at + length + NONCE_SIZES[mode] :]
    if len(sealed) <= TAG_SIZE:
        return _DAMAGED
    associated = bytes((0xC3, esk.version, esk.algorithm, mode))
    if six:
        derived = HKDF(
            algorithm=hashes.SHA256(), length=len(derived), salt=None, info=associated
        ).derive(derived)
    found = aead_open(esk.algorithm, mode, derived, nonce, sealed, associated)
    if found is None or len(found) not in (16, 24, 32):
        return _WRONG_PASSPHRASE
    # A v5 packet stands before packet 20, which names its own cipher, as a v6 one's body does.
    return (SessionKey(algorithm=0 if six else esk.algorithm, key=found),)


def _by_gnupg(esk: Esk, passphrase: bytes) -> tuple[SessionKey, ...] | Failure:
    """Ask GnuPG for what `cryptography` has no AEAD for: Camellia and Twofish, v5 only."""
    found = gnupg.session_key_from_passphrase(esk, passphrase)
    if isinstance(found, Failure) and found.failure is OpenFailure.WRONG_KEY:
        return _WRONG_PASSPHRASE
    if isinstance(found, Failure):
        return _unsupported(f"skesk-aead-{esk.algorithm}-{esk.body[2]}")
    return (found,)


def session_keys_bare(passphrase: bytes, kind: BodyKind) -> tuple[SessionKey, ...] | Failure:
    """Return the key of a body without session-key packets: IDEA under MD5 of the passphrase.

    RFC 9580 section 5.7 and RFC 1991; only old PGP wrote such messages, always without MDC.
    """
    if kind is not BodyKind.SED:
        return _unsupported("no-session-key-packet")
    return (SessionKey(algorithm=1, key=hashlib.md5(passphrase).digest()),)
