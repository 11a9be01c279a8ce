"""Keys of fictitious magistrates and the signatures they make, by three independent programs.

Every key is made for a test and for nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import SystemRandom
from typing import Literal

import pysequoia
from openpgp.composed import DetachedSignature, KeyType, SecretKeyParamsBuilder

from tests.gnupg import Home
from zegel.authorisation import Magistrate
from zegel.authorisation.signed import ENROLLED
from zegel.openpgp.signers import certificate_in

NAME = "A. de Vries"
USER = f"{NAME} <vries@court.example>"


@dataclass(frozen=True, kw_only=True)
class Pen:
    """A magistrate's certificate and how they sign."""

    certificate: bytes
    sign: Callable[[bytes], bytes] = field(repr=False)

    def enrolled(self, name: str = NAME, standing: str = ENROLLED) -> Magistrate:
        primary = certificate_in(self.certificate).keys[0].fingerprint.hex().upper()
        return Magistrate(
            name=name, fingerprint=primary, standing=standing, certificate=self.certificate
        )


def by_gnupg(home: Home, user: str, *words: str) -> Pen:
    """Return the pen of a key that `home` holds; `words` are further words for gpg."""
    return Pen(
        certificate=home.gpg("--export", user),
        sign=lambda text: home.gpg("-u", user, *words, "--detach-sign", given=text),
    )


def sequoia_key(profile: str = "RFC9580", suite: str = "Cv25519") -> pysequoia.Tsk:
    """Return a key of pysequoia: a primary that certifies, a subkey that signs."""
    return pysequoia.Tsk.generate(
        user_id=USER,
        profile=getattr(pysequoia.Profile, profile),
        cipher_suite=getattr(pysequoia.CipherSuite, suite),
    )


def by_sequoia(key: pysequoia.Tsk, *, armor: bool = False) -> Pen:
    def sign(text: bytes) -> bytes:
        mode = pysequoia.SignatureMode.DETACHED
        return bytes(pysequoia.sign(key.signer(), text, mode=mode, armor=armor))

    return Pen(certificate=bytes(key.extract_certificate()), sign=sign)


def by_rpgp(
    version: Literal[4, 6],
    kind: KeyType,
    *,
    signs: bool = True,
    digest: Literal["sha1", "sha256", "sha512"] = "sha512",
    text: bool = False,
) -> Pen:
    """Return a key of rpgp that signs with its primary, whether its flags allow that or not."""
    made = (
        SecretKeyParamsBuilder()
        .version(version)
        .key_type(kind)
        .can_sign(signs)
        .can_certify(True)
        .primary_user_id(USER)
        .build()
        .generate()
    )
    make = DetachedSignature.sign_text_data if text else DetachedSignature.sign_binary_data
    return Pen(
        certificate=made.to_public_key().to_bytes(),
        sign=lambda order: make(SystemRandom(), made, None, digest, order).to_bytes(),
    )
