"""Use case: apply an order to the case, and put what it admits into an investigation's folder.

Refusals are written to the case's log like acts. Nothing of what was not admitted goes into the
folder; how many messages were left out, and why, is told to whoever grants and to the case's log.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zegel import __version__
from zegel.analysis.threads import threads
from zegel.authorisation import (
    Admitted,
    Order,
    SignedOrder,
    read_order,
)
from zegel.authorisation.accounts import Holdings
from zegel.authorisation.admit import Row
from zegel.casefile import Case
from zegel.custody.log import Log
from zegel.custody.vouchers import export_voucher
from zegel.engines import LocalEngine
from zegel.errors import ZegelError
from zegel.investigation import Draft, Portion
from zegel.investigation.casework import add_lines
from zegel.investigation.folder import VOUCHER, digests_of_tables
from zegel.investigation.leaves import derive_secret
from zegel.investigation.schemas import HOLDINGS
from zegel.investigation.tray import add_tray_lines
from zegel.people.roster import Roster
from zegel.search import IndexWriter
from zegel.service.admitted import holdings_of, keys_of, ledger_of, rows_of_holdings
from zegel.service.applying import decide
from zegel.service.caseindex import DOCUMENTS
from zegel.service.cases import shelf
from zegel.service.changes import Change, compare_with_earlier
from zegel.service.deciding import identities_of
from zegel.service.door import Visit, Who, enter_case
from zegel.service.ending import supersede_earlier
from zegel.service.enrolling import forget, list_folder, roster_for
from zegel.service.fields import investigation_rows
from zegel.service.gathering import Gatherer
from zegel.service.granted import held_by
from zegel.service.guarding import privilege_header, require_not_apart
from zegel.service.keptgrants import keep_grant
from zegel.service.making import making
from zegel.service.officers import index_for, may_be_told
from zegel.service.permitting import described, permitted
from zegel.service.portions import Filled
from zegel.service.progress import Progress, silent
from zegel.service.sealing import Decided
from zegel.service.setapart import blurred, marked
from zegel.service.takeover import TakenOver, take_over
from zegel.service.versions import place_of, require_new, state_of
from zegel.tables import StorageGuard, make_folder, read_rows
from zegel.text import MATCHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a grant gave; counts only."""

    folder: Path
    root: str
    messages: int | None
    """None for an order of the privilege officer's: whoever grants it is not told how many."""
    signed_by: dict[str, Any] | None
    """Who signed the order, as the header has it; None where nobody did."""
    clauses: dict[str, int]
    left_out: dict[str, dict[str, int]]
    """By clause and reason; for whoever grants, and in no folder."""
    privileged: str
    """How much within the order's accounts and periods is set apart, blurred; or `no register`."""
    records: int
    ledger: dict[str, int]
    casework: dict[str, int | list[str]]
    """Of earlier versions: how much was taken over, and how much the case keeps."""
    changes: list[dict[str, Any]]
    """From each version this one takes the place of: how many messages came, went, or changed
    their clause; None for all three where that may not be told or is not known."""


def grant(
    case: Case,
    text: bytes,
    folder: Path | None = None,
    *,
    signature: bytes | None = None,
    casework_from: Sequence[Path] | None = (),
    enrolled: Sequence[str] = (),
    who: Who = None,
    workers: int | None = None,
    progress: Progress = silent,
) -> Granted:
    """Make the investigation that the order in `text` authorises, in `folder` or in the case.

    `signature` is a file of detached OpenPGP signatures over `text`: by a magistrate enrolled in
    the case, at least one. A training case takes an order without; a signature given is checked.

    Casework of earlier versions of the investigation, in the case and in `casework_from`, goes
    along with the messages it speaks of; none does where that is None. `enrolled` are those who may
    search it; outside training whoever grants is never one of them.
    """
    digest = hashlib.sha256(text).hexdigest()
    with enter_case(case, "granted", who) as visit, case.lock(), making(visit, "granted"):
        try:
            visit.log.mend()
            order = read_order(text)
            place = folder or place_of(case, order)
            require_new(visit, case, order, place)
            signed = permitted(case, order, signature)
            roster = roster_for(visit.place, visit.person, enrolled, officers=order.officers)
            grant_of = _Grant(
                case, order, signed, place, casework_from, visit, roster, workers, progress
            )
            result = grant_of.run()
        except ZegelError as error:
            visit.explain("grant refused", {"order": digest, "why": error.what})
            raise
    return result


class _Grant:
    """One grant on its way."""

    def __init__(
        self,
        case: Case,
        order: Order,
        signed: SignedOrder | None,
        place: Path,
        casework_from: Sequence[Path] | None,
        visit: Visit,
        roster: Roster,
        workers: int | None,
        progress: Progress,
    ) -> None:
        self.case = case
        self.order = order
        self.signed = signed
        self.place = place
        self.casework_from = casework_from
        self.visit = visit
        self.roster = roster
        self.who = visit.person.name
        self.workers = workers
        self.progress = progress
        self.state = state_of(case)
        self.index = index_for(case, order, self.state, progress)
        self.exhibits = sorted(order.exhibits or {r.identity for r in shelf(case).all()})

    def run(self) -> Granted:
        state = self.state
        secret = derive_secret(self.case.secret(), self.order.digest, state)
        drafted = Draft(self.place, secret=secret, order=self.order.text)
        with StorageGuard(self.place), drafted as draft:
            if self.signed is not None:
                certificate = self.signed.magistrate.certificate
                draft.add_signature(self.signed.signature, certificate)
            self.progress.phase("decide", None, "messages")
            holdings = Holdings(rows_of_holdings(self.case, Holdings.COLUMNS))
            decision = decide(self.index, self.order, self.exhibits, holdings)
            admitted, rows = decision.admitted, decision.rows
            if not self.order.officers:
                require_not_apart(self.case, self.index, admitted.messages)
            ledger = ledger_of(admitted, rows)
            self._fill(draft, secret, admitted, rows, holdings)
            casework = self._take_over(draft, admitted)
            header = self._header(draft, secret, state, ledger)
            key = self.case.private / "investigations" / f"{self.place.name}.key"
            # Each grant has a log of its own, also where the same order is granted again.
            origin = f"zegel investigation {secrets.token_hex(16)}"
            top = draft.seal(header, key_file=key, origin=origin, who=self.who)
            self._vouch(draft, key, origin, top, self._told(admitted, casework))
            if not self.order.officers:
                tables, signature = draft.unfinished / "tables", self.signed
                by = signature.signature if signature else None
                keep_grant(self.case, top.hex(), self.order.text, by, tables)
            log = Log.open(draft.unfinished / "custody", key)
            list_folder(draft.unfinished, log, self.roster, self.who)
            forget(key.with_name(self.place.name))
            draft.publish()
        self.case.log().anchor(Log.open(self.place / "custody", key).head(), who=self.who)
        changes = self._supersede(origin)
        return self._granted(admitted, top, ledger, casework, changes)

    def _supersede(self, origin: str) -> list[Change]:
        """Say how this version differs from each it takes the place of, which then are over."""
        versions = held_by(self.case)
        changes = compare_with_earlier(self.visit, versions, origin)
        supersede_earlier(self.visit, self.case, versions, origin)
        return changes

    def _fill(
        self,
        draft: Draft,
        secret: bytes,
        admitted: Admitted,
        rows: list[Row],
        every: Holdings,
    ) -> None:
        """Write all rows of the admitted messages, then keys, holdings and the index."""
        numbers = admitted.messages.keys()
        mine = {row.number: row for row in rows if row.number in numbers}
        identities = identities_of(self.index / DOCUMENTS, numbers)
        order = sorted(mine, key=lambda n: (min(mine[n].instants, default=0), identities[n]))
        shown = {number: place for place, number in enumerate(order, 1)}
        thread = threads((n, mine[n].names) for n in sorted(mine))
        holders = holdings_of(admitted, self.order, rows_of_holdings(self.case), every)
        numbered = {identity: number for number, identity in identities.items()}

        def decided(identity: bytes) -> Decided:
            number = numbered[identity]
            return Decided(
                number=shown[number],
                admitted=[(clause, _why(why, shown)) for clause, why in admitted.messages[number]],
                thread=identities[thread[number]],
                holders=holders.of(mine[number]),
            )

        fingerprints = self._gather(draft, secret, identities.values(), decided)
        self._other_tables(draft, fingerprints, holders.rows.values())
        draft.close_tables()

    def _gather(
        self,
        draft: Draft,
        secret: bytes,
        identities: Iterable[bytes],
        decided: Callable[[bytes], Decided],
    ) -> set[bytes]:
        """Gather all portions, by as many processes as there are; return the keys they used."""
        fingerprints: set[bytes] = set()
        waiting: dict[int, Portion] = {}
        wanted = sorted(identities)
        self.progress.phase("gather", len(wanted), "messages")

        def done(filled: Filled) -> None:
            fingerprints.update(filled.fingerprints)
            waiting[filled.number] = filled.portion
            while (portion := waiting.pop(joined[0], None)) is not None:
                draft.add_portion(portion)
                index.add(investigation_rows(portion.folder / "tables"))
                shutil.rmtree(portion.folder)
                self.progress.advance(len(portion.identities))
                joined[0] += 1

        joined = [0]
        index = IndexWriter(draft.unfinished / "index")
        with Gatherer(self.case, self.index / DOCUMENTS, wanted, self.exhibits) as gatherer:
            gatherer.prepare()
            # A process takes longer to start than a portion to gather.
            most = max(1, gatherer.portions // 2)
            workers = min(LocalEngine(self.workers).workers, most)
            engine = LocalEngine(workers, make_folder(self.case.work))
            engine.run(gatherer.tasks(decided, secret), done)
        index.finish()
        return fingerprints

    def _other_tables(
        self, draft: Draft, fingerprints: set[bytes], holdings: Iterable[Mapping[str, Any]]
    ) -> None:
        for row in keys_of(self.case, fingerprints):
            draft.add_row("keys", row)
        for held in holdings:
            draft.add_row("holdings", {name: held[name] for name in HOLDINGS.names})

    def _take_over(self, draft: Draft, admitted: Admitted) -> TakenOver:
        """Put the casework of earlier versions into the folder, about messages it holds only."""
        # What the privilege officer notes stays with the officer, and the other way round.
        if self.casework_from is None or self.order.officers:
            return TakenOver()
        documents = self.index / DOCUMENTS
        mine = set(identities_of(documents, admitted.messages).values())
        name = self.order.investigation
        taken = take_over(self.case, name, self.casework_from, documents, mine)
        if taken.lines:
            add_lines(draft.unfinished, taken.lines)
        if taken.tray_lines:
            add_tray_lines(draft.unfinished, taken.tray_lines)
        return taken

    def _header(
        self, draft: Draft, secret: bytes, state: bytes, ledger: Mapping[str, int]
    ) -> dict[str, Any]:
        """Return what all messages share; nothing in it depends on when or where it is made."""
        order = self.order
        return {
            "training": self.case.training,
            "signed": self.signed is not None,
            "signature": described(self.signed),
            "order": {
                "number": order.number,
                "magistrate": order.magistrate,
                "investigation": order.investigation,
                "sha256": order.digest.hex(),
            },
            "exhibits": [
                {
                    "exhibit": record.identity,
                    "seal": record.seal,
                    "entries": record.entries,
                    "acquisition": record.acquisition,
                    "conditions": record.conditions,
                }
                for record in shelf(self.case).all()
                if record.identity in self.exhibits
            ],
            "state": state.hex(),
            "matching": MATCHING,
            "zegel": __version__,
            "ledger": dict(ledger),
            "privilege": privilege_header(self.case, self.order),
            "tables": digests_of_tables(secret, draft.unfinished / "tables"),
        }

    def _vouch(
        self, draft: Draft, key: Path, origin: str, top: bytes, told: Mapping[str, Any]
    ) -> None:
        """Let the case's log stand for the new one, before anybody can see it.

        What was left out, and why, is `told` to the case's log alone.
        """
        log = self.case.log()
        facts = {
            "order": self.order.digest.hex(),
            "number": self.order.number,
            "investigation": self.order.investigation,
            "messages": may_be_told(self.order, draft.count),
            "root": top.hex(),
            "signed_by": self.signed.magistrate.fingerprint if self.signed else None,
            "expires": str(self.order.expires_ns),
            "draws_from": self.order.draws_from,
            **told,
        }
        self.visit.write(facts)
        public = Log.open(draft.unfinished / "custody", key).head().public_key
        entry = log.vouch(origin, public, self.place.name, who=self.who)
        voucher = export_voucher(self.case.folder / "custody", entry)
        (draft.unfinished / VOUCHER).write_bytes(voucher)

    def _told(self, admitted: Admitted, casework: TakenOver) -> dict[str, Any]:
        """Return the counts that stand in the case's log, and in no folder."""
        counts: dict[str, Any] = {"casework": casework.counts()}
        if not self.order.officers:
            left_out = {name: dict(count) for name, count in admitted.left_out.items()}
            counts |= {"left_out": left_out, "privileged": self._privileged(admitted)}
        return counts

    def _privileged(self, admitted: Admitted) -> str:
        known = marked(self.case)
        return "no register" if known is None else blurred(admitted.privileged)

    def _granted(
        self,
        admitted: Admitted,
        top: bytes,
        ledger: Mapping[str, int],
        casework: TakenOver,
        changes: Sequence[Change],
    ) -> Granted:
        clauses = Counter(name for why in admitted.messages.values() for name, _ in why)
        hidden, left_out = self.order.officers, admitted.left_out
        return Granted(
            folder=self.place,
            root=top.hex(),
            messages=None if hidden else len(admitted.messages),
            clauses={} if hidden else {c.name: clauses[c.name] for c in self.order.clauses},
            left_out={} if hidden else {name: dict(left_out[name]) for name in left_out},
            signed_by=described(self.signed),
            privileged=self._privileged(admitted),
            records=sum(1 for _ in read_rows([self.place / "tables" / "holdings.parquet"])),
            ledger={} if hidden else dict(ledger),
            casework=casework.counts(),
            changes=[change.counts() for change in changes],
        )


def _why(why: str, shown: Mapping[int, int]) -> str:
    """Name the hit that brought a message along by its number in the investigation."""
    head, _, number = why.rpartition(" ")
    return f"{head} {shown[int(number)]}" if head == "context of" else why
