"""Whether an order may be granted in a case now: signed by somebody enrolled, in time, within the
conditions of every exhibit."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from zegel.authorisation import Order, SignedOrder, check_conditions, check_signature
from zegel.casefile import Case
from zegel.custody.log import Log
from zegel.errors import ConditionError
from zegel.service.cases import shelf
from zegel.service.magistrates import magistrates


def permitted(case: Case, order: Order, signature: bytes | None) -> SignedOrder | None:
    """Return who signed the order, None for an unsigned one in training; else raise the refusal."""
    # A clock set back behind the case's log makes no order valid again.
    now = max(time.time_ns(), Log.open(case.folder / "custody", None).head().time_ns)
    signed = None
    if signature is not None:
        signed = check_signature(order, signature, magistrates(case), now // 10**9)
    elif not case.training:
        raise ConditionError(
            "the order is not signed, and this is no training case",
            next_step="The magistrate signs it (`gpg --detach-sign ORDER`); lay ORDER.sig beside"
            " it, or name it with --signature.",
        )
    if now >= order.expires_ns:
        raise ConditionError(
            "the order has expired", next_step="Ask the magistrate for a new order."
        )
    if now < order.issued_ns:
        raise ConditionError(
            "the order is issued in the future",
            next_step="Grant it from that day on, and compare this machine's clock.",
        )
    conditions = {record.identity: record.conditions for record in shelf(case).all()}
    check_conditions(order, conditions)
    return signed


def described(signed: SignedOrder | None) -> dict[str, Any] | None:
    """Return what the header says of the order's signature."""
    if signed is None:
        return None
    return {
        "magistrate": signed.magistrate.name,
        "fingerprint": signed.magistrate.fingerprint,
        "key": signed.key,
        "created": signed.created,
        "hash": signed.hash_algorithm,
        "sha256": hashlib.sha256(signed.signature).hexdigest(),
        "certificate_sha256": hashlib.sha256(signed.magistrate.certificate).hexdigest(),
    }
