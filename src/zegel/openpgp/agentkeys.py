"""Read GnuPG's `private-keys-v1.d` files and open what is locked in them.

It never decides by file name (the keygrip): a file belongs to the public key whose numbers it
holds. It never keeps a passphrase or a derived key.

Specification: GnuPG, agent/keyformat.txt
(https://git.gnupg.org/cgi-bin/gitweb.cgi?p=gnupg.git;f=agent/keyformat.txt).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Hashable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESOCB3
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from zegel.openpgp import s2k
from zegel.openpgp.agentnative import secret_packet
from zegel.openpgp.model import PublicKey, SecretKey
from zegel.openpgp.mpis import number
from zegel.openpgp.publickeys import (
    DSA,
    ELGAMAL_KINDS,
    RSA_KINDS,
    UnreadableKeyError,
    public_parameters,
)
from zegel.openpgp.sexpressions import SExpressionError, SList, canonical, read_expression
from zegel.records import Problem

_KINDS = (b"private-key", b"protected-private-key", b"shadowed-private-key")
_RSA = (b"rsa", b"openpgp-rsa")
_ELGAMAL = (b"elg", b"openpgp-elg")
_DSA = (b"dsa", b"openpgp-dsa")
_ECC = (b"ecc", b"ecdsa", b"ecdh", b"eddsa")
_SECRETS = {b"rsa": (b"d", b"p", b"q", b"u"), b"elg": (b"x",), b"dsa": (b"x",), b"ecc": (b"d",)}
_PUBLIC = {b"rsa": (b"n", b"e"), b"elg": (b"p", b"g", b"y"), b"dsa": (b"p", b"q", b"g", b"y")}
_AES128 = 16
_NAMED_LINE = re.compile(rb"[A-Za-z][A-Za-z0-9-]*:[ \t\r]|#")
MAX_COUNT = 1 << 28
"""Octets hashed for one passphrase; GnuPG calibrates to a tenth of a second."""


class UnsupportedProtectionError(ValueError):
    """The file locks its key in a way not known here; says which as a reason code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentKey:
    """One file of `private-keys-v1.d`: its public part, and the secret, maybe locked."""

    algorithm: bytes
    """`rsa`, `elg`, `dsa` or `ecc`."""
    parameters: tuple[bytes, ...]
    """Public numbers as written: (n, e), (p, g, y), (p, q, g, y) or (point,)."""
    protection: str
    """`none`, `stub`, or the name of the protection mode."""
    material: bytes = field(repr=False)
    """The canonical s-expression."""


def read_agent_key(material: bytes) -> AgentKey | Problem:
    """Return the key in `material`, canonical or as text, or what is wrong with it."""
    try:
        expression = read_expression(expression_text(material))
        kind = expression[0] if expression else b""
        if kind not in _KINDS:
            return Problem(kind="unreadable agent key", note="unknown kind")
        algorithm, numbers = _algorithm(expression)
        if not all(numbers):
            return Problem(kind="unreadable agent key", note="public numbers missing")
        return AgentKey(
            algorithm=algorithm,
            parameters=numbers,
            protection=_protection(expression),
            material=canonical(expression),
        )
    except SExpressionError as damage:
        return Problem(kind="unreadable agent key", note=str(damage))


def expression_text(material: bytes) -> bytes:
    """Return the s-expression of a file: all of it, or what stands behind `Key:`."""
    if material[:1] == b"(":
        return material
    # The extended format is lines of `Name: value`, continued by leading blanks.
    lines = material.split(b"\n")
    for place, line in enumerate(lines):
        if line[:4].lower() == b"key:":
            rest = [line[4:]]
            for more in lines[place + 1 :]:
                # GnuPG folds anywhere, in the middle of a word too, with one leading blank
                # that belongs to the fold; other writers forget it.
                if _NAMED_LINE.match(more):
                    break
                rest.append(more[1:] if more[:1] in (b" ", b"\t") else more)
            return b"".join([piece.rstrip(b"\r") for piece in rest]).strip()
    raise SExpressionError("no key line")


_FAMILIES = {b"rsa": RSA_KINDS, b"elg": ELGAMAL_KINDS, b"dsa": frozenset({DSA})}


def match_agent_key(agent: AgentKey, public: PublicKey) -> SecretKey | None:
    """Return the secret key of `public` if `agent` holds it, else None."""
    if not _same(agent, public):
        return None
    stub = agent.protection == "stub"
    return SecretKey(
        public=public,
        locked=agent.protection not in ("none", "stub"),
        form="gnupg-agent",
        material=b"" if stub else agent.material,
        protection=agent.protection,
    )


def _same(agent: AgentKey, public: PublicKey) -> bool:
    known = agent_numbers(agent)
    return known is not None and known == public_numbers(public)


def agent_numbers(agent: AgentKey) -> Hashable:
    """Return what an agent key and its public key have in common, for looking one up."""
    if agent.algorithm == b"ecc":
        return _bare(agent.parameters[0])
    return agent.algorithm, tuple(number(value) for value in agent.parameters)


def public_numbers(public: PublicKey) -> Hashable:
    """Return what a public key and its agent key have in common; None where it is unreadable."""
    try:
        parameters = public_parameters(public.public)
    except UnreadableKeyError:
        return None
    for family, kinds in _FAMILIES.items():
        if public.algorithm in kinds:
            return family, parameters
    points = [value for value in parameters[:2] if isinstance(value, bytes)]
    return _bare(points[-1]) if points else None


def _bare(point: bytes) -> bytes:
    """Return a point without the prefix that says how it is written."""
    return point[1:] if point[:1] in (b"\x40", b"\x04") and len(point) % 2 else point


def _algorithm(expression: SList) -> tuple[bytes, tuple[bytes, ...]]:
    """Return the algorithm's family and its public numbers."""
    inner = expression[1] if len(expression) > 1 else b""
    name = inner[0] if isinstance(inner, SList) and inner else b""
    for family, names in ((b"rsa", _RSA), (b"elg", _ELGAMAL), (b"dsa", _DSA), (b"ecc", _ECC)):
        if isinstance(inner, SList) and name in names:
            wanted = _PUBLIC.get(family, (b"q",))
            return family, tuple(inner.value(one) for one in wanted)
    raise SExpressionError("unknown algorithm")


def _protection(expression: SList) -> str:
    if expression[0] == b"shadowed-private-key":
        return "stub"
    if expression[0] == b"private-key":
        return "none"
    locked = _inner(expression).named(b"protected")
    mode = locked[1] if locked is not None and len(locked) > 1 else b""
    native = locked.named(b"openpgp-private-key") if locked is not None else None
    if native is not None and native.value(b"protection") == b"none":
        return "none"
    return mode[:64].decode("ascii", "replace") if isinstance(mode, bytes) else "unknown"


def _inner(expression: SList) -> SList:
    inner = expression[1]
    if not isinstance(inner, SList):
        raise SExpressionError("unknown algorithm")
    return inner


def secret_numbers(secret: SecretKey, passphrase: bytes) -> tuple[bytes, ...] | None:
    """Return the secret numbers in the order of OpenPGP; None for a wrong passphrase."""
    expression = read_expression(secret.material)
    family, _ = _algorithm(expression)
    inner = _inner(expression)
    opened: SList | None = inner
    if expression[0] == b"protected-private-key":
        opened = _open(inner, passphrase)
    if opened is None:
        return None
    values = [opened.value(name) for name in _SECRETS[family]]
    if not all(values):
        raise SExpressionError("secret numbers missing")
    return tuple(_unsigned(value, secret.public) for value in values)


def _unsigned(value: bytes, public: PublicKey) -> bytes:
    """Drop the zero that keeps a number positive; fixed-length keys keep their length."""
    bare = value.lstrip(b"\0")
    native = {25: 32, 26: 56, 27: 32, 28: 57}.get(public.algorithm)
    return bare.rjust(native, b"\0") if native else bare


def native_packet(secret: SecretKey) -> bytes | None:
    """Return the OpenPGP packet of a key stored with its OpenPGP lock on; None for others."""
    expression = read_expression(secret.material)
    family, _ = _algorithm(expression)
    locked = _inner(expression).named(b"protected")
    if locked is None or locked[1:2] != [b"openpgp-native"]:
        return None
    native = locked.named(b"openpgp-private-key")
    if native is None:
        raise SExpressionError("protection damaged")
    return secret_packet(secret.public, native, len(_SECRETS[family]))


def _open(inner: SList, passphrase: bytes) -> SList | None:
    locked = inner.named(b"protected")
    if locked is None or len(locked) < 3:
        raise SExpressionError("protection missing")
    mode = locked[1]
    if mode == b"openpgp-s2k3-ocb-aes":
        return _open_ocb(inner, locked, passphrase)
    if mode == b"openpgp-s2k3-sha1-aes-cbc":
        return _open_cbc(inner, locked, passphrase)
    name = mode.decode("ascii", "replace") if isinstance(mode, bytes) else ""
    raise UnsupportedProtectionError(f"agent-protection-{name[:40]}")


def _parameters(locked: SList) -> tuple[bytes, int, bytes, bytes]:
    """Return salt, count, nonce and sealed octets of a `protected` list."""
    if len(locked) < 4 or not isinstance(locked[2], SList) or len(locked[2]) < 2:
        raise SExpressionError("protection damaged")
    specifier, nonce, sealed = locked[2][0], locked[2][1], locked[3]
    if not isinstance(specifier, SList) or len(specifier) < 3:
        raise SExpressionError("protection damaged")
    name, salt, count = specifier[:3]
    if not (isinstance(salt, bytes) and isinstance(count, bytes) and name == b"sha1"):
        raise SExpressionError("protection damaged")
    if not (isinstance(nonce, bytes) and isinstance(sealed, bytes) and len(salt) == 8):
        raise SExpressionError("protection damaged")
    return salt, _count(count), nonce, sealed


def _count(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 10:
        raise SExpressionError("protection damaged")
    count = int(digits)
    # Old files hold the coded octet of OpenPGP, new ones the count itself.
    count = s2k.iterations(count) if count < 256 else count
    if count > MAX_COUNT:
        raise UnsupportedProtectionError("agent-protection-too-costly")
    return count


def _associated(inner: SList) -> bytes:
    """Return the key's list without the `protected` list in it."""
    rest = [item for item in inner if not (isinstance(item, SList) and item[:1] == [b"protected"])]
    return b"(" + b"".join([canonical(item) for item in rest]) + b")"


def _open_ocb(inner: SList, locked: SList, passphrase: bytes) -> SList | None:
    salt, count, nonce, sealed = _parameters(locked)
    key = s2k.hashed(2, salt, count, passphrase, _AES128)
    if len(sealed) < 16:
        raise SExpressionError("protection damaged")
    try:
        plain = AESOCB3(key).decrypt(nonce, sealed, _associated(inner))
    except InvalidTag:
        return None
    return _first_list(read_expression(plain))


def _open_cbc(inner: SList, locked: SList, passphrase: bytes) -> SList | None:
    salt, count, iv, sealed = _parameters(locked)
    if len(iv) != 16 or not sealed or len(sealed) % 16:
        raise SExpressionError("protection damaged")
    key = s2k.hashed(2, salt, count, passphrase, _AES128)
    plain = Cipher(AES(key), CBC(iv)).decryptor().update(sealed)
    try:
        both = read_expression(plain)
        opened = _first_list(both)
    except SExpressionError:
        return None
    check = both.named(b"hash")
    return opened if check is not None and check[-1] == _mic(inner, opened) else None


def _mic(inner: SList, opened: SList) -> bytes:
    """Return SHA-1 over the key's list with the secret numbers in place of the lock."""
    whole = b"".join(
        b"".join([canonical(part) for part in opened])
        if isinstance(item, SList) and item[:1] == [b"protected"]
        else canonical(item)
        for item in inner
    )
    return hashlib.sha1(b"(" + whole + b")", usedforsecurity=False).digest()


def _first_list(both: SList) -> SList:
    if both and isinstance(both[0], SList):
        return both[0]
    raise SExpressionError("secret numbers missing")
