"""The key directory: a Web Key Directory as plain files that any web server can hand out.

Layout and hash are those of draft-koch-openpgp-webkey-service, section 3.1, advanced method:
`wkd/.well-known/openpgpkey/<domain>/hu/<hash of the local part>`. A revoked certificate stays
published, revocation and all, until the device is wiped or gets a new key: that is how others learn
of it. Whoever looks a certificate up here to encrypt gets none that is revoked or has expired.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

from shieldnet import certificates, files
from shieldnet.certificates import Certificate
from shieldnet.errors import ShieldnetError
from shieldnet.network import LiveSite, Network

LETTERS = "ybndrfg8ejkmcpqxot1uwisza345h769"


class NoKeyError(ShieldnetError):
    """Nobody published a certificate for the address."""

    exit_code = 2


class RevokedError(ShieldnetError):
    """The address's certificate is revoked or has expired; nothing may be encrypted to it."""

    exit_code = 2


def zbase32(octets: bytes) -> str:
    """Return `octets`, a multiple of five, in z-base-32 (RFC 6189 section 5.1.6)."""
    number, length = int.from_bytes(octets), len(octets) * 8 // 5
    return "".join(LETTERS[number >> 5 * place & 31] for place in range(length - 1, -1, -1))


def path(site: LiveSite, address: str) -> Path:
    """Return where the certificate of an address is published."""
    local = address.partition("@")[0].lower()
    name = zbase32(hashlib.sha1(local.encode()).digest())
    return site.wkd / ".well-known/openpgpkey" / site.domain / "hu" / name


def publish(site: LiveSite, address: str, certificate: Certificate) -> None:
    """Publish a certificate, in place of an earlier one."""
    where = path(site, address)
    if not where.parent.exists():
        files.make(where.parent, 0o755)
        files.put(where.parent.parent / "policy", b"", 0o644)
    files.put(where, certificate.binary, 0o644)


def withdraw(site: LiveSite, address: str) -> None:
    """Take a certificate out of the directory."""
    path(site, address).unlink(missing_ok=True)


def published(site: LiveSite, address: str) -> Certificate | None:
    """Return the certificate as it is published, revoked or not."""
    where = path(site, address)
    return certificates.read(where.read_bytes()) if where.is_file() else None


def certificate(network: Network, address: str) -> bytes:
    """Return the certificate to encrypt to; refuse an address without one that may be used."""
    found = published(network.site_of(address), address)
    if found is None:
        raise NoKeyError(
            f"No certificate is published for {address}. Check the address, or have the phone "
            "enrolled"
        )
    if not found.usable(dt.datetime.now(dt.UTC)):
        state = "revoked" if found.revoked else "expired"
        raise RevokedError(
            f"The certificate of {address} is {state}: nothing was encrypted to it. "
            "Ask the holder for a new key"
        )
    return found.binary
