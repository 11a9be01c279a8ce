"""Keep the certificates of an address: published in the key directory, all of them in `keys/`.

Order matters: files are written before the registry commits, so that a command killed between the
two leaves a certificate nobody asks for, never a device whose certificate is missing.
"""

from __future__ import annotations

import datetime as dt

from shieldnet import certificates, files, wkd
from shieldnet.certificates import Certificate, CertificateError
from shieldnet.devices.books import device_row, find, happened, now, writing
from shieldnet.devices.errors import StateError
from shieldnet.network import LiveSite, Network

_END = "-----END PGP PUBLIC KEY BLOCK-----"


def keep(
    site: LiveSite, address: str, certificate: Certificate, revocation: bytes | None = None
) -> None:
    """Publish a certificate and append it to the address's; deposit its revocation."""
    if revocation is not None:
        if not certificates.merged(certificate, revocation).revoked:
            raise CertificateError(
                "The revocation deposited does not revoke this certificate. Make it anew, or "
                "enrol without"
            )
        deposits = files.make(site.keys / "revocations", 0o700)
        files.put(deposits / f"{address}.rev", revocation, 0o600)
    wkd.publish(site, address, certificate)
    _append(site, address, certificate)


def _append(site: LiveSite, address: str, certificate: Certificate) -> None:
    """Keep every certificate of an address, oldest first; a later state replaces the earlier."""
    where = files.make(site.keys) / f"{address}.asc"
    text = where.read_text("ascii") if where.exists() else ""
    blocks = [block.strip() + "\n" + _END for block in text.split(_END) if block.strip()]
    others = [
        block
        for block in blocks
        if certificates.read(block.encode()).fingerprint != certificate.fingerprint
    ]
    place = len(others) if len(others) == len(blocks) else len(blocks) - 1
    others.insert(place, certificates.armoured(certificate).strip())
    files.put(where, ("\n".join(others) + "\n").encode("ascii"), 0o644)


def revoke(network: Network, name: str, revocation: bytes | None = None) -> str:
    """Publish the revocation of a device's certificate, deposited or given; return whose."""
    site, address = find(network, name)
    with writing(site) as connection:
        device = device_row(connection, address)
        certificate = wkd.published(site, address)
        deposit = site.keys / "revocations" / f"{address}.rev"
        if certificate is None:
            raise StateError(f"{address} has no certificate to revoke. Nothing was changed")
        if revocation is None:
            if not deposit.exists():
                raise StateError(
                    f"No revocation was deposited for {address}, and only its phone can make one. "
                    "Give it with --revocation, or block the device"
                )
            revocation = deposit.read_bytes()
        later = certificates.merged(certificate, revocation)
        if not later.revoked:
            raise CertificateError(
                f"This does not revoke {certificate.fingerprint}, the certificate of {address}"
            )
        wkd.publish(site, address, later)
        _append(site, address, later)
        if not certificate.revoked:
            serial = str(device["serial"])
            fingerprint = certificate.fingerprint
            happened(connection, serial, "key revoked", now(), fingerprint=fingerprint)
    return address


def roll(network: Network, name: str, content: bytes, revocation: bytes | None = None) -> str:
    """Publish a device's new certificate, or a later state of the one it has; return whose."""
    site, address = find(network, name)
    with writing(site) as connection:
        device = device_row(connection, address)
        if device["status"] != "active":
            raise StateError(f"{address} is {device['status']}. Only an active device has a key")
        certificate = certificates.read(content)
        known = wkd.published(site, address)
        same = known is not None and known.fingerprint == certificate.fingerprint
        if known is not None and same:
            certificate = certificates.merged(known, certificate.binary)
        else:
            certificates.check_for(certificate, address, dt.datetime.now(dt.UTC))
        keep(site, address, certificate, revocation)
        if not same:
            fields = {"fingerprint": certificate.fingerprint}
            fields["previous"] = str(device["fingerprint"] or "")
            happened(connection, str(device["serial"]), "key rolled", now(), **fields)
            connection.execute(
                "UPDATE device SET fingerprint = ? WHERE address = ?",
                (certificate.fingerprint, address),
            )
        elif certificate.revoked and known is not None and not known.revoked:
            serial = str(device["serial"])
            happened(connection, serial, "key revoked", now(), fingerprint=certificate.fingerprint)
    return address
