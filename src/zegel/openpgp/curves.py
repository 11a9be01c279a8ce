"""Name the elliptic curves of OpenPGP by their object identifiers.

It never does arithmetic on a curve; it only says which one an identifier means, and gives the
library's object for those that `cryptography` has.

Specification: RFC 9580 section 9.2 (curves); RFC 5639 (identifiers of the brainpool curves).
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec

CURVE25519 = bytes.fromhex("2b060104019755010501")
ED25519 = bytes.fromhex("2b06010401da470f01")
X448 = bytes.fromhex("2b656f")
ED448 = bytes.fromhex("2b6571")

_NAMES: dict[bytes, tuple[str, int]] = {
    bytes.fromhex("2a8648ce3d030107"): ("NIST P-256", 256),
    bytes.fromhex("2b81040022"): ("NIST P-384", 384),
    bytes.fromhex("2b81040023"): ("NIST P-521", 521),
    bytes.fromhex("2b240303020801" + "0107"): ("brainpoolP256r1", 256),
    bytes.fromhex("2b240303020801" + "010b"): ("brainpoolP384r1", 384),
    bytes.fromhex("2b240303020801" + "010d"): ("brainpoolP512r1", 512),
    bytes.fromhex("2b8104000a"): ("secp256k1", 256),
    CURVE25519: ("Curve25519", 255),
    ED25519: ("Ed25519", 255),
    # RFC 8410's identifiers, which some versions of GnuPG and v5 keys use.
    bytes.fromhex("2b656e"): ("Curve25519", 255),
    bytes.fromhex("2b6570"): ("Ed25519", 255),
    X448: ("X448", 448),
    ED448: ("Ed448", 448),
}

_CLASSES: dict[str, type[ec.EllipticCurve]] = {
    "NIST P-256": ec.SECP256R1,
    "NIST P-384": ec.SECP384R1,
    "NIST P-521": ec.SECP521R1,
    "brainpoolP256r1": ec.BrainpoolP256R1,
    "brainpoolP384r1": ec.BrainpoolP384R1,
    "brainpoolP512r1": ec.BrainpoolP512R1,
    "secp256k1": ec.SECP256K1,
}


def curve_name(oid: bytes) -> str:
    """Return the curve's name, or its identifier in hexadecimal."""
    return _NAMES[oid][0] if oid in _NAMES else f"oid {oid.hex()}"


def curve_bits(oid: bytes) -> int:
    """Return the curve's size in bits, 0 where unknown."""
    return _NAMES[oid][1] if oid in _NAMES else 0


def weierstrass(oid: bytes) -> ec.EllipticCurve | None:
    """Return the library's curve for ECDSA and ECDH, None where it has none."""
    known = _CLASSES.get(curve_name(oid))
    return known() if known else None
