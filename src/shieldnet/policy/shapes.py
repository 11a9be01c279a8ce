"""The three shapes of mail that pass, and how each is written anew."""

from __future__ import annotations

import re
import secrets

from shieldnet import walk
from shieldnet.policy.parts import Entity, children
from shieldnet.policy.refusal import RefusedError, cleartext

STEPS = ("vc-request", "vg-request")
"""The only SecureJoin steps that travel unencrypted: they ask for a key and say nothing."""
_IDENTITY = (b"", b"7bit", b"8bit", b"binary")


def encrypted(whole: Entity) -> list[bytes]:
    """Return the lines of an encrypted message's body, its content type first."""
    if whole.parameter("protocol").lower() != b"application/pgp-encrypted":
        raise cleartext("the message is not encrypted with OpenPGP")
    parts = children(whole)
    types = [part.type for part in parts]
    if types != ["application/pgp-encrypted", "application/octet-stream"]:
        raise cleartext("it has other parts than RFC 3156 allows")
    if parts[0].body.strip().lower() != b"version: 1":
        raise cleartext("its first part holds something else than a version")
    for part in parts:
        if part.one("content-transfer-encoding").lower() not in _IDENTITY:
            raise cleartext("its encrypted part is encoded again")
    try:
        octets = walk.dearmour(parts[1].body, "MESSAGE")
        walk.encrypted_message(octets)
    except walk.NotOpenPGPError as error:
        raise cleartext(f"its encrypted part has {error}") from None
    edge = _boundary()
    return [
        b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";',
        b' boundary="' + edge + b'"',
        b"",
        b"--" + edge,
        b"Content-Type: application/pgp-encrypted",
        b"",
        b"Version: 1",
        b"",
        b"--" + edge,
        b'Content-Type: application/octet-stream; name="encrypted.asc"',
        b'Content-Disposition: inline; filename="encrypted.asc"',
        b"",
        walk.armour(octets, "MESSAGE"),
        b"--" + edge + b"--",
        b"",
    ]


def handshake(whole: Entity) -> list[bytes]:
    """Return the lines of a SecureJoin request's body: fixed words, nothing else."""
    step = whole.one("secure-join").decode("ascii", "replace").lower()
    if step not in STEPS:
        raise cleartext("this step of SecureJoin travels encrypted only")
    text = whole
    if whole.type == "multipart/mixed":
        parts = children(whole)
        if len(parts) != 1:
            raise cleartext("a SecureJoin request has one part")
        text = parts[0]
    if text.type != "text/plain" or text.body.strip().lower() != f"secure-join: {step}".encode():
        raise cleartext("a SecureJoin request holds its own words only")
    edge = _boundary()
    return [
        b'Content-Type: multipart/mixed; boundary="' + edge + b'"',
        b"",
        b"--" + edge,
        b"Content-Type: text/plain; charset=utf-8",
        b"",
        b"Secure-Join: " + step.encode(),
        b"",
        b"--" + edge + b"--",
        b"",
    ]


def introduction(whole: Entity) -> list[bytes]:
    """Return the lines of an Autocrypt introduction's body: none but its type."""
    if whole.type != "text/plain" or whole.body.strip():
        raise cleartext("the message is not encrypted")
    return [b"Content-Type: text/plain; charset=us-ascii", b"", b""]


def shape(whole: Entity) -> tuple[str, list[bytes]]:
    """Return which shape a message has, and its body written anew; refuse every other."""
    if whole.type == "multipart/encrypted":
        return "encrypted", encrypted(whole)
    if whole.one("autocrypt-setup-message"):
        raise RefusedError(
            "setup message",
            "Not sent: an Autocrypt Setup Message holds the secret key, and that never passes "
            "through a server. Move it by cable or QR code (Add Second Device)",
        )
    if whole.one("secure-join"):
        return "securejoin", handshake(whole)
    if whole.one("autocrypt"):
        return "autocrypt", introduction(whole)
    if re.search(rb"^-----BEGIN PGP MESSAGE-----", whole.body[:65_536], re.MULTILINE):
        raise cleartext("OpenPGP inside a text does not cover the whole message")
    if whole.type in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        raise cleartext("S/MIME is not OpenPGP")
    raise cleartext("the message is not encrypted")


def _boundary() -> bytes:
    return secrets.token_hex(12).encode()
