"""Decides whether a magistrate signed an order: a detached OpenPGP signature over its bytes.

Rules, each with a test that fails without it:

1. The signature is over the order's bytes as received, by a key of an enrolled certificate.
2. Both people's enrolment stands: proposed by one, confirmed by another, not withdrawn since.
3. The key may sign today: neither revoked nor expired, bound to its certificate, strong enough.
4. The signature is of today's strength, of a time that can be, and not past its own end.
5. The certificate was enrolled under the name that the order gives its magistrate.

One signature for which all of this holds is enough; where none does, the refusal is of the one
that came furthest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from zegel.authorisation.order import Order
from zegel.errors import ConditionError, VerificationError, ZegelError
from zegel.openpgp.names import hash_name
from zegel.openpgp.signers import (
    Doubt,
    NotReliableError,
    Reliable,
    certificate_in,
    issuers,
    rely_on,
    signatures_in,
    signers,
)

ENROLLED, PROPOSED, WITHDRAWN = "enrolled", "proposed", "withdrawn"

_ASK = "Ask the magistrate to sign the order as it is, and grant it with the new signature."
_KEY = "Ask the magistrate to sign with a key that is valid, and enrol that one if it is new."
_NEXT = {
    Doubt.UNREADABLE: "`gpg --detach-sign ORDER` makes one that fits: ORDER.sig.",
    Doubt.UNSUPPORTED: _ASK,
    Doubt.WEAK: "Ask the magistrate to sign it again with SHA-256 or better and a key of today.",
    Doubt.BAD: "Compare the order with the magistrate's own copy: one of them was changed.",
    Doubt.CANNOT_SIGN: _KEY,
    Doubt.REVOKED: f"`zegel magistrate withdraw` takes the certificate out. {_KEY}",
    Doubt.EXPIRED: "Ask the magistrate to extend the key and enrol the certificate anew, or to"
    " sign with a valid one.",
    Doubt.DATED: "Compare the clock of this machine with the magistrate's.",
}
_SAID = {
    Doubt.UNSUPPORTED: "the order's signature is of a kind that cannot be checked ({detail})",
    Doubt.WEAK: "the order's signature is too weak to rely on ({detail})",
    Doubt.BAD: "the order's signature is not over these bytes: the order or the signature was"
    " changed, or belongs to another",
    Doubt.CANNOT_SIGN: "the key that signed the order may not sign ({detail})",
    Doubt.REVOKED: "the key that signed the order is revoked",
    Doubt.EXPIRED: "the key that signed the order has expired",
    Doubt.DATED: "the order's signature {detail}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Magistrate:
    """A certificate as two people enrolled it, or as one of them proposed it."""

    name: str
    """As orders name the magistrate."""
    fingerprint: str
    """Of the primary key: capital hexadecimal digits."""
    standing: str
    """`enrolled`, `proposed` or `withdrawn`."""
    certificate: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOrder:
    """Who signed an order, by what; goes into the header of what it authorises."""

    magistrate: Magistrate
    key: str
    """Fingerprint of the key that signed: the primary's, or a subkey's."""
    created: int
    """When, as the signature says: seconds since 1970."""
    hash_algorithm: str
    signatures: int
    """How many signatures the file holds."""
    signature: bytes = field(repr=False)
    """The file as received."""


class _Refused(Exception):  # noqa: N818  (a step on the way to the refusal that is raised)
    def __init__(self, rank: int, error: ZegelError) -> None:
        self.rank = rank
        self.error = error


def check_signature(
    order: Order, signature: bytes, magistrates: Sequence[Magistrate], now: int
) -> SignedOrder:
    """Return who signed `order`; raise the refusal where no magistrate enrolled here did.

    `now` is in seconds since 1970.
    """
    try:
        bodies = signatures_in(signature)
    except NotReliableError as why:
        raise ConditionError(
            f"the order's signature cannot be read: it {why.detail}",
            next_step=_NEXT[Doubt.UNREADABLE],
        ) from None
    refusals = []
    for body in bodies:
        try:
            magistrate, found = _judged(order, body, magistrates, now)
        except _Refused as refused:
            refusals.append(refused)
            continue
        return SignedOrder(
            magistrate=magistrate,
            key=found.key.fingerprint.hex().upper(),
            created=found.created,
            hash_algorithm=hash_name(found.hash_algorithm),
            signatures=len(bodies),
            signature=signature,
        )
    raise max(refusals, key=lambda one: one.rank).error


def _judged(
    order: Order, body: bytes, magistrates: Sequence[Magistrate], now: int
) -> tuple[Magistrate, Reliable]:
    """Return who made one signature, of all who are or were enrolled; raise `_Refused`."""
    refusals = [_Refused(0, _unknown(body))]
    # Who stands enrolled comes first: a key may have been proposed again, or under another name.
    for magistrate in sorted(magistrates, key=lambda one: one.standing != ENROLLED):
        keys = signers(certificate_in(magistrate.certificate), now)
        try:
            found = rely_on(order.text, body, keys, now)
        except NotReliableError as why:
            if why.doubt is not Doubt.UNKNOWN:
                refusals.append(_Refused(1 + list(Doubt).index(why.doubt), _doubted(why)))
            continue
        refusal = _standing(magistrate) or _named(order, magistrate)
        if refusal is None:
            return magistrate, found
        refusals.append(refusal)
    raise max(refusals, key=lambda one: one.rank)


def _unknown(body: bytes) -> ZegelError:
    name = next((name.hex().upper() for name in issuers(body)), "that it does not name")
    return ConditionError(
        f"the order is signed by the key {name}, which no magistrate enrolled in this case has",
        next_step="`zegel magistrate list` shows who is; two people enrol one with"
        " `zegel magistrate propose` and `confirm`.",
    )


def _doubted(why: NotReliableError) -> ZegelError:
    kind = VerificationError if why.doubt is Doubt.BAD else ConditionError
    return kind(
        _SAID[why.doubt].format(detail=why.detail or "no reason given"),
        next_step=_NEXT[why.doubt],
    )


def _standing(magistrate: Magistrate) -> _Refused | None:
    key = f"the key of {magistrate.name} ({magistrate.fingerprint})"
    if magistrate.standing == WITHDRAWN:
        error = ConditionError(
            f"the order is signed by {key}, whose enrolment was withdrawn", next_step=_KEY
        )
        return _Refused(20, error)
    if magistrate.standing == PROPOSED:
        error = ConditionError(
            f"the order is signed by {key}, which was proposed and not confirmed",
            next_step="A second person compares the fingerprint and confirms it:"
            f" `zegel magistrate confirm {magistrate.fingerprint}`.",
        )
        return _Refused(21, error)
    return None


def _named(order: Order, magistrate: Magistrate) -> _Refused | None:
    if folded(order.magistrate) == folded(magistrate.name):
        return None
    error = ConditionError(
        f"the order names {order.magistrate!r} as its magistrate,"
        f" and {magistrate.name!r} signed it",
        next_step="The magistrate who is named must sign, or the order must name who signed.",
    )
    return _Refused(22, error)


def folded(name: str) -> str:
    """Return a name as names are compared: without regard to capitals and blanks."""
    return " ".join(name.casefold().split())
