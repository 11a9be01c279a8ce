"""Use case: apply an order to the case, and put what it admits into an investigation's folder.

Refusals are written to the case's log like acts. Nothing of what was not admitted goes into the
folder; how many messages were left out, and why, is told to whoever grants and to the case's log.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zegel import __version__
from zegel.analysis.threads import threads
from zegel.authorisation import Admitted, Order, admit, check_conditions, read_order
from zegel.authorisation.accounts import Holdings
from zegel.authorisation.admit import Row
from zegel.canonical import canonical_json
from zegel.casefile import Case
from zegel.custody.log import Log, account
from zegel.custody.vouchers import export_voucher
from zegel.custody.vouching import standing_of
from zegel.errors import ConditionError, UsageError, ZegelError
from zegel.investigation import Draft, Investigation
from zegel.investigation.folder import DESCRIPTION, VOUCHER, digests_of_tables
from zegel.investigation.leaves import derive_secret
from zegel.investigation.schemas import HOLDINGS
from zegel.search import TextIndex, build_index
from zegel.service.admitted import holdings_of, keys_of, ledger_of
from zegel.service.caseindex import DOCUMENTS, TEXT, current_index
from zegel.service.cases import shelf
from zegel.service.fields import investigation_rows
from zegel.service.gathering import Gatherer
from zegel.service.progress import Progress, silent
from zegel.service.sealing import add_gathered
from zegel.tables import make_folder, read_rows
from zegel.text import MATCHING
from zegel.text.language import identify

_COLUMNS = [
    "number", "message", "state", "instants", "accounts", "envelope", "sender", "recipients",
    "message_ids", "references", "chat_group", "exhibits", "clock_ns",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a grant gave; counts only."""

    folder: Path
    root: str
    messages: int
    clauses: dict[str, int]
    left_out: dict[str, dict[str, int]]
    records: int
    ledger: dict[str, int]


def grant(
    case: Case,
    text: bytes,
    folder: Path | None = None,
    *,
    who: str | None = None,
    progress: Progress = silent,
) -> Granted:
    """Make the investigation that the order in `text` authorises, in `folder` or in the case."""
    who = who or account()
    digest = hashlib.sha256(text).hexdigest()
    with case.lock():
        try:
            order = read_order(text)
            place = folder or _place(case, order)
            _is_new(case, order, place, who)
            _may_be_granted(case, order)
            result = _Grant(case, order, place, who, progress).run()
        except ZegelError as error:
            case.log().append("grant refused", {"order": digest, "why": error.what}, who=who)
            raise
    return result


def _is_new(case: Case, order: Order, place: Path, who: str) -> None:
    """Raise where this order was granted there before; a kill may have left its head unanchored."""
    if not (place / DESCRIPTION).is_file():
        return
    inv = Investigation.open(place)
    if inv.order != order.text:
        return  # the draft will say that something else is there
    head = Log.open(place / "custody", None).head()
    standing = standing_of(head.origin, case.log().entries())
    if standing.vouched and not standing.anchored:
        case.log().anchor(head, who=who)
    raise UsageError(
        "this order was granted already",
        where=str(place),
        next_step=f"`zegel search -i {place}`, or grant it elsewhere with --out.",
    )


def _place(case: Case, order: Order) -> Path:
    """Return where an investigation goes that nobody gave a place: by its name and the order's."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", f"{order.investigation} {order.number}").strip("-")
    return make_folder(case.folder / "investigations") / (name or order.digest.hex()[:16])


def _may_be_granted(case: Case, order: Order) -> None:
    if not case.training:
        raise ConditionError(
            "the order is not signed, and this is no training case",
            next_step="Orders can be signed in a later version; until then only a case made with"
            " `zegel init --training` takes one.",
        )
    now = time.time_ns()
    if now >= order.expires_ns:
        raise ConditionError("the order has expired")
    if now < order.issued_ns:
        raise ConditionError("the order is issued in the future")
    conditions = {record.identity: record.conditions for record in shelf(case).all()}
    check_conditions(order, conditions)


class _Grant:
    """One grant on its way."""

    def __init__(self, case: Case, order: Order, place: Path, who: str, progress: Progress) -> None:
        self.case = case
        self.order = order
        self.place = place
        self.who = who
        self.progress = progress
        self.index = current_index(case)
        self.exhibits = sorted(order.exhibits or {r.identity for r in shelf(case).all()})
        self.texts: dict[int, str] = {}

    def run(self) -> Granted:
        state = self._state()
        secret = derive_secret(self.case.secret(), self.order.digest, state)
        with Draft(self.place, secret=secret, order=self.order.text) as draft:
            self.progress.phase("decide", None, "messages")
            rows = list(self._rows())
            raw = list(read_rows(self.case.stage("scan").files("holdings")))
            text = TextIndex(self.index / TEXT)
            admitted = admit(self.order, rows, Holdings(raw), text.all_rows, self._language)
            ledger = ledger_of(admitted, rows)
            self._fill(draft, admitted, rows, raw)
            header = self._header(draft, secret, state, ledger)
            key = self.case.private / "investigations" / f"{self.place.name}.key"
            # Each grant has a log of its own, also where the same order is granted again.
            origin = f"zegel investigation {secrets.token_hex(16)}"
            top = draft.seal(header, key_file=key, origin=origin, who=self.who)
            self._vouch(draft, key, origin, top)
            draft.publish()
        granted = self._granted(admitted, top, ledger)
        self.case.log().anchor(Log.open(self.place / "custody", key).head(), who=self.who)
        return granted

    def _state(self) -> bytes:
        seals = {record.identity: record.seal for record in shelf(self.case).all()}
        stages = {
            table: self.case.stage(stage).digest(table)
            for stage, table in (
                ("scan", "stored"), ("scan", "layers"), ("open", "sessions"), ("open", "contents")
            )
        }  # fmt: skip
        return hashlib.sha256(canonical_json({"seals": seals, "tables": stages})).digest()

    def _rows(self) -> Iterator[Row]:
        """Yield what deciding needs of each message that lies in an exhibit of the order."""
        wanted = set(self.exhibits)
        for row in read_rows([self.index / DOCUMENTS], _COLUMNS):
            if wanted.isdisjoint(row["exhibits"]):
                continue
            people = {*row["sender"], *row["recipients"], *row["envelope"]}
            mine = frozenset(a.lower() for a in (*(row["accounts"] or ()), *people))
            names = [("id", name) for name in (*row["message_ids"], *row["references"])]
            group = [("group", row["chat_group"])] if row["chat_group"] else []
            talkers = frozenset((*row["sender"], *row["recipients"])) or mine
            yield Row(
                number=row["number"],
                state=row["state"],
                instants=tuple(row["instants"] or ()),
                accounts=mine,
                names=(*names, *group),
                conversation=row["chat_group"] or talkers,
            )

    def _language(self, number: int) -> str:
        if not self.texts:
            columns = ["number", "text"]
            self.texts = {
                row["number"]: row["text"] or ""
                for row in read_rows([self.index / DOCUMENTS], columns)
            }
        return identify(self.texts[number])

    def _fill(
        self, draft: Draft, admitted: Admitted, rows: list[Row], raw: list[dict[str, Any]]
    ) -> None:
        """Write all rows of the admitted messages, then keys, holdings and the index."""
        numbers = admitted.messages.keys()
        mine = {row.number: row for row in rows if row.number in numbers}
        identities = _identities(self.index / DOCUMENTS, numbers)
        order = sorted(mine, key=lambda n: (min(mine[n].instants, default=0), identities[n]))
        shown = {number: place for place, number in enumerate(order, 1)}
        thread = threads((n, mine[n].names) for n in sorted(mine))
        holders = holdings_of(admitted, self.order, raw)
        gatherer = Gatherer(
            self.case, self.index / DOCUMENTS, list(identities.values()), self.exhibits
        )
        self.progress.phase("gather", len(numbers), "messages")
        fingerprints: set[bytes] = set()
        for gathered in gatherer.messages():
            number = gathered.document["number"]
            add_gathered(
                draft,
                gathered,
                number=shown[number],
                admitted=[(clause, _why(why, shown)) for clause, why in admitted.messages[number]],
                thread=identities[thread[number]],
                holders=holders.of(mine[number]),
                language=identify(gathered.document["text"] or ""),
            )
            fingerprints |= _keys_used(gathered.blocks)
            self.progress.advance(1)
        self._other_tables(draft, fingerprints, holders.rows)
        draft.close_tables()
        build_index(draft.unfinished / "index", investigation_rows(draft.unfinished / "tables"))

    def _other_tables(
        self, draft: Draft, fingerprints: set[bytes], holdings: Iterable[Mapping[str, Any]]
    ) -> None:
        for row in keys_of(self.case, fingerprints):
            draft.add_row("keys", row)
        for held in holdings:
            draft.add_row("holdings", {name: held[name] for name in HOLDINGS.names})

    def _header(
        self, draft: Draft, secret: bytes, state: bytes, ledger: Mapping[str, int]
    ) -> dict[str, Any]:
        """Return what all messages share; nothing in it depends on when or where it is made."""
        order = self.order
        return {
            "training": self.case.training,
            "signed": False,
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
            "tables": digests_of_tables(secret, draft.unfinished / "tables"),
        }

    def _vouch(self, draft: Draft, key: Path, origin: str, top: bytes) -> None:
        """Let the case's log stand for the new one, before anybody can see it."""
        log = self.case.log()
        facts = {
            "order": self.order.digest.hex(),
            "number": self.order.number,
            "investigation": self.order.investigation,
            "messages": str(draft.count),
            "root": top.hex(),
        }
        log.append("granted", facts, who=self.who)
        public = Log.open(draft.unfinished / "custody", key).head().public_key
        entry = log.vouch(origin, public, self.place.name, who=self.who)
        voucher = export_voucher(self.case.folder / "custody", entry)
        (draft.unfinished / VOUCHER).write_bytes(voucher)

    def _granted(self, admitted: Admitted, top: bytes, ledger: Mapping[str, int]) -> Granted:
        clauses = Counter(name for why in admitted.messages.values() for name, _ in why)
        return Granted(
            folder=self.place,
            root=top.hex(),
            messages=len(admitted.messages),
            clauses={clause.name: clauses[clause.name] for clause in self.order.clauses},
            left_out={name: dict(counts) for name, counts in admitted.left_out.items()},
            records=sum(1 for _ in read_rows([self.place / "tables" / "holdings.parquet"])),
            ledger=dict(ledger),
        )


def _identities(documents: Path, numbers: Iterable[int]) -> dict[int, bytes]:
    wanted = set(numbers)
    return {
        row["number"]: row["message"]
        for row in read_rows([documents], ["number", "message"])
        if row["number"] in wanted
    }


def _why(why: str, shown: Mapping[int, int]) -> str:
    """Name the hit that brought a message along by its number in the investigation."""
    head, _, number = why.rpartition(" ")
    return f"{head} {shown[int(number)]}" if head == "context of" else why


def _keys_used(blocks: Iterable[Mapping[str, Any]]) -> set[bytes]:
    """Return the keys that opened or signed something."""
    used = {block["key_fingerprint"] for block in blocks if block["key_fingerprint"]}
    for block in blocks:
        used |= {s["fingerprint"] for s in block["signatures"] or () if s["fingerprint"]}
    return used
