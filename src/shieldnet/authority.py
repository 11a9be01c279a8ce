"""The network's own certificate authority: sites know each other by it, phones know the sites.

Its key lies outside every site's folder, so a copy of a site cannot make itself another site.
RFC 5280; P-256, as every TLS library of the last ten years speaks it.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shieldnet.network import LiveSite, Network

YEARS, SITE_DAYS, RENEW_DAYS = 10, 397, 30
"""The authority's life, a site's, and how long before its end a site's is renewed."""


def certify(network: Network, site: LiveSite) -> None:
    """Give a site its key and certificate, where it has none that fits or it ends soon."""
    ca_key, ca = _authority(network.authority)
    ca_text = ca.public_bytes(serialization.Encoding.PEM)
    site.tls.mkdir(parents=True, exist_ok=True)
    if _fits(site, ca):
        return
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(site.host, ca.subject, key.public_key(), SITE_DAYS)
    usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        builder.add_extension(x509.SubjectAlternativeName(_names(site)), False)
        .add_extension(x509.ExtendedKeyUsage(usage), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .sign(ca_key, hashes.SHA256())
    )
    _write(site.tls / "key.pem", _private(key), 0o600)
    _write(site.tls / "cert.pem", certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    _write(site.tls / "ca.pem", ca_text, 0o644)


def _names(site: LiveSite) -> list[x509.GeneralName]:
    """Return the names others verify: sites the host, phones without DNS the address."""
    address = ipaddress.ip_address(site.address)
    return [x509.DNSName(site.host), x509.IPAddress(address)]


def ends(site: LiveSite) -> dt.datetime:
    """Return when a site's certificate ends."""
    return _read(site.tls / "cert.pem").not_valid_after_utc


def _fits(site: LiveSite, ca: x509.Certificate) -> bool:
    paths = [site.tls / name for name in ("cert.pem", "key.pem", "ca.pem")]
    if not all(path.exists() for path in paths):
        return False
    held = _read(paths[0])
    named = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    due = dt.datetime.now(dt.UTC) + dt.timedelta(days=RENEW_DAYS)
    return list(named) == _names(site) and held.not_valid_after_utc > due and _read(paths[2]) == ca


def _authority(folder: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    folder.mkdir(mode=0o700, exist_ok=True)
    if not (folder / "ca.pem").exists():
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Shieldnet authority")
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        certificate = (
            _builder("Shieldnet authority", name, key.public_key(), YEARS * 365)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
            .add_extension(usage, True)
            .sign(key, hashes.SHA256())
        )
        _write(folder / "ca-key.pem", _private(key), 0o600)
        _write(folder / "ca.pem", certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    held = serialization.load_pem_private_key((folder / "ca-key.pem").read_bytes(), None)
    if not isinstance(held, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is not the one written here")
    return held, _read(folder / "ca.pem")


def _builder(
    subject: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return x509.CertificateBuilder(
        subject_name=_name(subject),
        issuer_name=issuer,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=now - dt.timedelta(hours=1),
        not_valid_after=now + dt.timedelta(days=days),
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a file that at no time has wider rights, complete or not at all."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as target:
        target.write(content)
    beside.replace(path)
