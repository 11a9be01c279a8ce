"""Read a device's certificate: which key it is, for whom, and whether it may still be used.

A certificate is a transferable public key (RFC 9580 section 10.1). Bytes come from phones, so they
are walked first; pysequoia panics on some damaged input, which is an error like any other here.
pysequoia still encrypts to a revoked certificate: whoever encrypts must ask `usable` first.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pysequoia

from shieldnet import walk
from shieldnet.errors import ShieldnetError

T = TypeVar("T")
LARGEST = 65_536
_ADDRESS = re.compile(r"<([^<>]+)>\s*\Z|\A([^<>\s]+@[^<>\s]+)\Z")
_ALLOWED = {walk.PUBLIC_KEY, walk.PUBLIC_SUBKEY, walk.USER_ID, walk.SIGNATURE}


class CertificateError(ShieldnetError):
    """Bytes that are not one certificate fit for a device."""

    exit_code = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate and what it says of itself."""

    binary: bytes
    fingerprint: str
    """Lower-case hex."""
    addresses: tuple[str, ...]
    """In lower case, of every user id that is not revoked."""
    revoked: bool
    expires: dt.datetime | None

    def usable(self, moment: dt.datetime) -> bool:
        """Say whether one may encrypt to it at an instant: neither revoked nor expired."""
        return not self.revoked and (self.expires is None or moment < self.expires)


def read(content: bytes) -> Certificate:
    """Return the one certificate in `content`, binary or armoured; refuse secret keys."""
    binary = _binary(content)
    _check_packets(binary)
    cert = _asked(lambda: pysequoia.Cert.from_bytes(binary), "it does not parse")
    users = _asked(lambda: [str(user) for user in cert.user_ids], "its user ids do not parse")
    return Certificate(
        binary=binary,
        fingerprint=cert.fingerprint.lower(),
        addresses=tuple(address for user in users if (address := _address(user))),
        revoked=cert.is_revoked,
        expires=cert.expiration,
    )


def merged(certificate: Certificate, later: bytes) -> Certificate:
    """Return the certificate with what a later copy of it, or a revocation, adds."""
    addition = _binary(later)
    try:
        kinds = [packet.tag for packet in walk.packets(addition)]
    except walk.NotOpenPGPError as error:
        raise CertificateError(f"This is no OpenPGP revocation: {error}") from None
    if kinds and all(kind == walk.SIGNATURE for kind in kinds):
        return read(certificate.binary + addition)
    other = read(addition)
    if other.fingerprint != certificate.fingerprint:
        raise CertificateError(
            f"This is certificate {other.fingerprint}, not a later state of "
            f"{certificate.fingerprint}. Publish a new key with `shieldnet key publish`"
        )
    one, two = certificate.binary, other.binary
    together = _asked(
        lambda: pysequoia.Cert.from_bytes(one).merge(pysequoia.Cert.from_bytes(two)),
        "it does not fit the one known",
    )
    return read(bytes(together))


def check_for(certificate: Certificate, address: str, moment: dt.datetime) -> None:
    """Refuse a certificate that a device with this address cannot be issued with."""
    if certificate.addresses != (address,):
        named = ", ".join(certificate.addresses) or "nobody"
        raise CertificateError(
            f"The certificate is for {named}, the device's address is {address}. "
            "Make a key whose only user id has that address"
        )
    if not certificate.usable(moment):
        state = "revoked" if certificate.revoked else "expired"
        raise CertificateError(f"The certificate is {state}. Make a new key on the phone")
    _asked(
        lambda: pysequoia.encrypt(b"", recipients=[pysequoia.Cert.from_bytes(certificate.binary)]),
        "nothing can be encrypted to it",
    )


def armoured(certificate: Certificate) -> str:
    """Return the certificate in armour."""
    return str(pysequoia.armor(certificate.binary, pysequoia.ArmorKind.PublicKey))


def _binary(content: bytes) -> bytes:
    if len(content) > LARGEST:
        raise CertificateError(f"A certificate has at most {LARGEST} octets here")
    if not content.lstrip().startswith(b"-----BEGIN"):
        return content
    if b"PRIVATE KEY" in content[:200]:
        raise CertificateError(_SECRET)
    try:
        return walk.dearmour(content, "PUBLIC KEY BLOCK")
    except walk.NotOpenPGPError as error:
        raise CertificateError(f"This is no armoured certificate: {error}") from None


_SECRET = (
    "This holds a secret key, which must never leave the phone. "
    "Export the certificate (the public key) alone"
)


def _check_packets(binary: bytes) -> None:
    try:
        kinds = [packet.tag for packet in walk.packets(binary)]
    except walk.NotOpenPGPError as error:
        raise CertificateError(f"This is no OpenPGP certificate: {error}") from None
    if walk.SECRET_KEY in kinds or walk.SECRET_SUBKEY in kinds:
        raise CertificateError(_SECRET)
    if kinds[:1] != [walk.PUBLIC_KEY] or kinds.count(walk.PUBLIC_KEY) != 1:
        raise CertificateError("This is not exactly one certificate. Export the phone's own key")
    if not set(kinds) <= _ALLOWED:
        raise CertificateError(
            "The certificate holds more than keys, addresses and signatures (a photograph?). "
            "Export it without"
        )


def _address(user_id: str) -> str | None:
    found = _ADDRESS.search(user_id)
    return (found[1] or found[2]).lower() if found else None


def _asked(question: Callable[[], T], what: str) -> T:
    """Ask pysequoia; its panics come as an exception that is no `Exception`."""
    try:
        return question()
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise CertificateError(f"The certificate cannot be used: {what}") from None
