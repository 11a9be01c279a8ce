"""An authority of RFC 3161 stamps a head with its time: a witness that need know nobody.

What is stamped is the head as `export_head` writes it, so that `openssl ts -verify` checks the same
file. A stamp kept beside the log (`zegel-log-timestamp-1`) holds the head and the authority's
answer as it came. Nothing is sent from here: a person carries question and answer. Without the
authority's root certificate, known from elsewhere, it must never be called checked.
"""

from __future__ import annotations

import base64
import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

import rfc3161_client
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.utils import CryptographyDeprecationWarning
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerifierBuilder
from rfc3161_client.verify import SHA256_OID

from zegel.canonical import canonical_json
from zegel.custody.heads import LARGEST_HEAD, SignedHead, export_head, head_from
from zegel.errors import UsageError, VerificationError

FORMAT = "zegel-log-timestamp-1"
LARGEST_ANSWER = 256 * 1024
LARGEST = LARGEST_HEAD + 2 * LARGEST_ANSWER
MOST_ROOTS = 1000
_FAULTS = (
    rfc3161_client.VerificationError,
    ArithmeticError,
    AssertionError,
    TypeError,
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
    CryptographyDeprecationWarning,
)
"""What the libraries raise at an answer that is not as RFC 3161 has it."""


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    """Turn any fault of an answer into one error, that says `what`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", CryptographyDeprecationWarning)
            yield
    except _FAULTS as error:
        raise VerificationError(
            f"{what} ({error})",
            next_step="`openssl ts -reply -in ANSWER -text` says what the authority answered.",
        ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """A head with an authority's time stamp; made by `stamped`, which looked at both."""

    head: SignedHead
    answer: bytes = field(repr=False)
    """The response as the authority gave it (DER)."""
    at: datetime
    """By the authority's clock, as the answer says."""
    authority: str
    """Subject of the certificate that signed, as the answer says; empty where it brings none."""

    def text(self) -> bytes:
        """Return the stamp as a line of JSON."""
        answer = base64.b64encode(self.answer).decode()
        return (
            canonical_json({"answer": answer, "format": FORMAT, "head": self.head.fields()}) + b"\n"
        )

    def check(self, roots: Sequence[x509.Certificate]) -> None:
        """Raise unless the stamp is signed by an authority that one of `roots` stands for."""
        builder = VerifierBuilder()
        for root in dict.fromkeys(roots):
            builder = builder.add_root_certificate(root)
        with _refusing(f"the time stamp on the head of {self.head.size} does not hold"):
            response = rfc3161_client.decode_timestamp_response(self.answer)
            if not builder.build().verify_message(response, export_head(self.head)):
                raise ValueError("refused")


def request(head: SignedHead) -> bytes:
    """Return the question to an authority (DER): SHA-256 of the head's file, and a nonce."""
    builder = TimestampRequestBuilder().data(export_head(head)).hash_algorithm(HashAlgorithm.SHA256)
    return builder.build().as_bytes()


def stamped(head: SignedHead, answer: bytes) -> Stamped:
    """Return `head` with the authority's answer, which must be about this head.

    Whether the authority is one to believe is `Stamped.check`'s question.
    """
    head.check()
    if len(answer) > LARGEST_ANSWER:
        raise VerificationError("this is too long for an answer of a time-stamp authority")
    with _refusing("this is no answer of a time-stamp authority that grants a stamp"):
        response = rfc3161_client.decode_timestamp_response(answer)
        said = response.tst_info
        imprint = said.message_imprint
        about = imprint.hash_algorithm.dotted_string, imprint.message
        name, when = _signer(response), said.gen_time
    if about != (SHA256_OID, sha256(export_head(head)).digest()):
        raise VerificationError(f"the time stamp is not on this head of {head.size} entries")
    return Stamped(head=head, answer=answer, at=when, authority=name)


def _signer(response: rfc3161_client.TimeStampResponse) -> str:
    names = {(one.issuer, one.serial_number) for one in response.signed_data.signer_infos}
    for der in response.signed_data.certificates:
        certificate = x509.load_der_x509_certificate(der)
        if (certificate.issuer, certificate.serial_number) in names:
            return certificate.subject.rfc4514_string()
    return ""


def read_roots(pem: bytes) -> tuple[x509.Certificate, ...]:
    """Return the authority's root certificates in `pem`."""
    try:
        roots = tuple(x509.load_pem_x509_certificates(pem))
    except ValueError:
        roots = ()
    if not 0 < len(roots) <= MOST_ROOTS:
        raise UsageError("there are no certificates (PEM) of a time-stamp authority here")
    return roots


def read_stamped(text: bytes) -> Stamped:
    """Return the stamp that `Stamped.text` wrote; it is about its head, and not yet believed."""
    wrong = VerificationError("this is not a time stamp on a head of a custody log")
    if len(text) > LARGEST:
        raise wrong
    try:
        head, answer = _parse(json.loads(text))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise wrong from None
    one = stamped(head, answer)
    if one.text() != text:
        raise wrong
    return one


def _parse(fields: object) -> tuple[SignedHead, bytes]:
    match fields:
        case {"answer": str(answer), "format": str(format_), "head": head} if format_ == FORMAT:
            return head_from(head), base64.b64decode(answer, validate=True)
    raise ValueError("not a time stamp")
