"""Use cases: whose certificates an order may be signed with; enrolled by two people, both logged.

CASE/magistrates/<sha256>.pgp holds a certificate as it was given. Who is enrolled is what the
case's log says and nothing else: a file that nobody proposed is not looked at, and one that was
changed since is named.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zegel.authorisation import Magistrate
from zegel.authorisation.signed import ENROLLED, PROPOSED, WITHDRAWN
from zegel.casefile import Case
from zegel.custody.entries import Entry
from zegel.errors import ConditionError, UsageError, VerificationError, ZegelError
from zegel.openpgp.keys import Certificate
from zegel.openpgp.signers import NotReliableError, certificate_in, signers
from zegel.service.door import Visit, Who, enter_case
from zegel.tables import make_folder, replace_file

PROPOSE, CONFIRM, WITHDRAW = "magistrate proposed", "magistrate confirmed", "magistrate withdrawn"
LIST, REFUSED = "magistrates read", "magistrate refused"


def propose_magistrate(
    case: Case, certificate: bytes, name: str | None = None, *, who: Who = None
) -> dict[str, Any]:
    """Propose a certificate under the name that orders give the magistrate.

    Nothing is signed by it until another person confirms its fingerprint. The name is that of the
    certificate's first user id where none is given.
    """
    with _changing(case, PROPOSE, who) as visit:
        found = _fit_to_sign(certificate)
        called = " ".join((name or _name_in(found)).split())
        if not called:
            raise UsageError("the certificate names nobody", next_step="Say --name NAME.")
        digest = hashlib.sha256(certificate).hexdigest()
        replace_file(_folder(case) / f"{digest}.pgp", certificate)
        facts = {"certificate": digest, "fingerprint": _fingerprint(found), "name": called}
        visit.write(facts)
    return {**facts, "standing": PROPOSED, "user_ids": list(found.keys[0].user_ids)}


def confirm_magistrate(case: Case, fingerprint: str, *, who: Who = None) -> dict[str, Any]:
    """Enrol what somebody else proposed; `fingerprint` is given whole, from the magistrate's hand.

    An earlier certificate of the same key is replaced.
    """
    with _changing(case, CONFIRM, who) as visit:
        proposal = _proposal(case, _whole(fingerprint))
        if proposal.who == visit.person.name:
            raise ConditionError(
                f"{proposal.who} proposed this certificate, and nobody enrols one alone",
                next_step="Somebody else confirms it.",
            )
        _fit_to_sign(_read(case, proposal))
        facts = {name: proposal.facts[name] for name in ("certificate", "fingerprint", "name")}
        visit.write({**facts, "proposed_by": proposal.who})
    return {**facts, "standing": ENROLLED, "proposed_by": proposal.who}


def withdraw_magistrate(case: Case, fingerprint: str, *, who: Who = None) -> dict[str, Any]:
    """End an enrolment, or a proposal: any one person may, at once. What was granted stays."""
    with _changing(case, WITHDRAW, who) as visit:
        wanted = _whole(fingerprint)
        known = [one for one in _standings(case) if one["fingerprint"] == wanted]
        if all(one["standing"] == WITHDRAWN for one in known):
            raise _no_such(wanted)
        facts = {"fingerprint": wanted, "name": known[-1]["name"]}
        visit.write(facts)
    return {**facts, "standing": WITHDRAWN}


@contextmanager
def _changing(case: Case, act: str, who: Who) -> Iterator[Visit]:
    """Let somebody change who is enrolled; what is refused is written with its reason."""
    with enter_case(case, act, who) as visit, case.lock():
        try:
            yield visit
        except ZegelError as error:
            visit.explain(REFUSED, {"act": act, "why": error.what})
            raise


def list_magistrates(case: Case, *, who: Who = None) -> list[dict[str, Any]]:
    """Return every certificate ever proposed and how it stands, oldest first."""
    with enter_case(case, LIST, who) as visit:
        visit.write()
        return [{**one, **_described(case, one["certificate"])} for one in _standings(case)]


def _described(case: Case, digest: str) -> dict[str, Any]:
    found = certificate_in(_certificate(case, digest))
    return {"user_ids": list(found.keys[0].user_ids), "keys": list(_keys(found))}


def magistrates(case: Case) -> list[Magistrate]:
    """Return the certificates that an order's signature is held against, with their standing."""
    return [
        Magistrate(
            name=one["name"],
            fingerprint=one["fingerprint"],
            standing=one["standing"],
            certificate=_certificate(case, one["certificate"]),
        )
        for one in _standings(case)
    ]


def _standings(case: Case) -> list[dict[str, Any]]:
    """Follow the log: what became of each proposal."""
    rows: list[dict[str, Any]] = []
    for entry in _entries(case):
        same = [one for one in rows if one["fingerprint"] == entry.facts["fingerprint"]]
        if entry.act == PROPOSE:
            rows = [one for one in rows if one not in same or one["standing"] != PROPOSED]
            named = {name: entry.facts[name] for name in ("fingerprint", "name", "certificate")}
            rows.append({**named, "standing": PROPOSED, "proposed_by": entry.who})
            rows[-1].update(at=_when(entry), confirmed_by=None)
        elif entry.act == WITHDRAW:
            for one in same:
                one.update(standing=WITHDRAWN, at=_when(entry))
        else:
            rows = [one for one in rows if one not in same or one is same[-1]]
            same[-1].update(standing=ENROLLED, confirmed_by=entry.who, at=_when(entry))
    return rows


def _entries(case: Case) -> Iterator[Entry]:
    return case.log().acts((PROPOSE, CONFIRM, WITHDRAW))


def _proposal(case: Case, fingerprint: str) -> Entry:
    """Return the entry of the proposal that waits for this fingerprint."""
    waiting: Entry | None = None
    for entry in _entries(case):
        if entry.facts["fingerprint"] == fingerprint:
            waiting = entry if entry.act == PROPOSE else None
    if waiting is None:
        raise _no_such(fingerprint)
    return waiting


def _no_such(fingerprint: str) -> UsageError:
    return UsageError(
        f"no certificate {fingerprint} waits or is enrolled here",
        next_step="`zegel magistrate list` shows which are; compare the fingerprint digit by"
        " digit with the one the magistrate gave.",
    )


def _read(case: Case, proposal: Entry) -> bytes:
    return _certificate(case, str(proposal.facts["certificate"]))


def _certificate(case: Case, digest: str) -> bytes:
    file = _folder(case) / f"{digest}.pgp"
    content = file.read_bytes() if file.is_file() else b""
    if hashlib.sha256(content).hexdigest() != digest:
        raise VerificationError("this is not the certificate that was proposed", where=str(file))
    return content


def _fit_to_sign(content: bytes) -> Certificate:
    """Return the certificate; raise unless a key of it may sign an order today."""
    try:
        found = certificate_in(content)
    except NotReliableError as why:
        raise UsageError(
            f"this is no certificate to enrol: it {why.detail}",
            next_step="`gpg --export FINGERPRINT` writes one certificate.",
        ) from None
    keys = signers(found, int(time.time()))
    if all(one.obstacle is not None for one in keys):
        reasons: Iterable[str] = dict.fromkeys(str(one.obstacle) for one in keys)
        raise ConditionError(
            f"no key of this certificate may sign an order today: {'; '.join(reasons)}",
            next_step="Ask the magistrate for a certificate that is valid."
            " One that is revoked is taken out by `zegel magistrate withdraw`.",
        )
    return found


def _keys(found: Certificate) -> Iterator[dict[str, Any]]:
    for one in signers(found, int(time.time())):
        yield {
            "fingerprint": one.key.fingerprint.hex().upper(),
            "signs": one.obstacle is None,
            "why_not": None if one.obstacle is None else str(one.obstacle),
        }


def _name_in(found: Certificate) -> str:
    """Return the name in the first user id, without comment and address (RFC 9580 5.11)."""
    first = next(iter(found.keys[0].user_ids), "")
    return re.sub(r"\s*(\([^)]*\))?\s*<[^>]*>\s*\Z", "", first)


def _fingerprint(found: Certificate) -> str:
    return found.keys[0].fingerprint.hex().upper()


def _whole(fingerprint: str) -> str:
    digits = re.sub(r"[\s:]", "", fingerprint).upper()
    if not re.fullmatch(r"[0-9A-F]{40}|[0-9A-F]{64}", digits):
        raise UsageError(
            "this is no whole fingerprint",
            next_step="Give all of its 40 or 64 digits, as the magistrate wrote them.",
        )
    return digits


def _folder(case: Case) -> Path:
    return make_folder(case.folder / "magistrates")


def _when(entry: Entry) -> str:
    return datetime.fromtimestamp(entry.time_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
