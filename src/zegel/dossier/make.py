"""Makes a dossier from an investigation's folder alone.

Two walks: the first takes every message of the investigation to its leaf, so that nothing leaves
a folder that is not as it was sealed, and keeps what is shown of those selected; the second adds
the proofs. What must not be shown is hidden before it is written anywhere. Nothing here depends on
the time, the place or the person: the same folder, list and head give the same bytes, save what is
sealed for the magistrate, since encryption draws at random.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any

from zegel.canonical import canonical_json
from zegel.custody.heads import SignedHead
from zegel.custody.log import Log
from zegel.custody.proofs import Proofs
from zegel.custody.vouchers import read_voucher
from zegel.dossier.certificates import Rows
from zegel.dossier.container import Draft
from zegel.dossier.disclosing import Disclosing, resolve
from zegel.dossier.excerpt import excerpt
from zegel.dossier.leaks import Needles
from zegel.dossier.material import Presentation
from zegel.dossier.opinions import DEFAULT_SAMPLE, Question, ask_all, gnupg_version, summary
from zegel.dossier.reading.pdf import MADE_WITH
from zegel.dossier.reuse import check_reuse
from zegel.dossier.withholding import Withheld
from zegel.dossier.words import rendered_from
from zegel.errors import DisclosureError, UsageError, VerificationError
from zegel.investigation import Investigation
from zegel.investigation.folder import CERTIFICATE, SECRET, SIGNATURE, VOUCHER
from zegel.investigation.leaves import as_json, header_leaf, key_leaves, key_salt
from zegel.investigation.pack import PackReader
from zegel.openpgp.sealing import Recipient
from zegel.tables import read_rows

FORMAT, VERSION = "zegel dossier", 1
OPINIONS = ("sample", "all", "none")
_TOOLS = ("zegel", "cryptography", "rpgp-py", *MADE_WITH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which messages, and how they were chosen."""

    numbers: frozenset[int]
    query: str | None
    tag: str | None
    listed: int | None
    found: int
    """Messages of the query's whole result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How the messages chosen are shown."""

    withheld: Sequence[Withheld] = ()
    recipient: Recipient | None = None
    opinions: str = "sample"
    """`sample`, `all` or `none`."""
    sample: int = DEFAULT_SAMPLE
    presentation: Presentation = field(default_factory=Presentation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A dossier, finished and not yet under its name."""

    sha256: str
    messages: int
    withheld: int
    """Withheld parts."""
    members: int
    session_keys: Mapping[str, int]
    second_opinion: Mapping[str, Any]


def make(
    inv: Investigation,
    draft: Draft,
    choice: Choice,
    terms: Terms,
    head: SignedHead,
    step: Callable[[str, int | None], Callable[[int], None]],
) -> Made:
    """Fill and finish `draft`; whoever calls publishes it.

    `step` is told what begins and of how many, and gives what to call for each that is done.
    """
    with PackReader(inv.folder) as pack:
        return _Making(inv, draft, choice, terms, head, step, pack).run()


class _Making:
    """One dossier on its way."""

    def __init__(
        self,
        inv: Investigation,
        draft: Draft,
        choice: Choice,
        terms: Terms,
        head: SignedHead,
        step: Callable[[str, int | None], Callable[[int], None]],
        pack: PackReader,
    ) -> None:
        self.step = step
        self.inv = inv
        self.draft = draft
        self.choice = choice
        self.terms = terms
        self.head = head
        self.secret = (inv.folder / SECRET).read_bytes()
        withheld = resolve(inv, terms.withheld)
        self.disclosing = Disclosing(
            inv=inv,
            draft=draft,
            pack=pack,
            secret=self.secret,
            selected=choice.numbers,
            withheld={
                number: parts for number, parts in withheld.items() if number in choice.numbers
            },
            needles=self._needles(withheld),
            recipient=terms.recipient,
        )

    def run(self) -> Made:
        keys = check_reuse(self.inv, self._shown_whole())
        done = self.step("export", self.inv.messages)
        for rows in self._rows():
            self.disclosing.take(rows)
            done(1)
        proofs = self._sealed()
        self._check_words()
        opinions = self._opinions()
        self.draft.add("certificates.jsonl", self._certificates(proofs, opinions))
        # As a reader will have it: renderings must not see an order of names that is lost.
        manifest = json.loads(canonical_json(self._manifest(proofs, keys, opinions)))
        self._others()
        self.step("render", None)
        for rendered in rendered_from(self.draft, manifest):
            self.draft.add(rendered.name, rendered.content)
        manifest["members"] = {n: [m.size, m.sha256] for n, m in self.draft.members.items()}
        self.draft.add("manifest.json", canonical_json(manifest) + b"\n")
        return Made(
            sha256=self.draft.finish(),
            messages=len(self.choice.numbers),
            withheld=sum(self.disclosing.reasons.values()),
            members=len(self.draft.members),
            session_keys=keys,
            second_opinion=manifest["second opinion"],
        )

    def _rows(self) -> Iterator[Rows]:
        return (
            Rows(message=one, places=p, blocks=b, attachments=a)
            for one, p, b, a in self.inv.by_message()
        )

    def _needles(self, withheld: Mapping[int, Mapping[str, str]]) -> Needles:
        needles = Needles()
        if withheld:
            for rows in self._rows():
                if rows.number in withheld:
                    needles.add(rows, withheld[rows.number])
        return needles

    def _shown_whole(self) -> frozenset[bytes]:
        wanted = self.choice.numbers - self.disclosing.withheld.keys()
        rows = read_rows([self.inv.table("messages")], ["number", "message"])
        return frozenset(row["message"] for row in rows if row["number"] in wanted)

    def _sealed(self) -> Proofs:
        """Return the tree over all leaves; raise where it is not the one that was sealed."""
        leaves = bytes(self.disclosing.leaves)
        cut = (leaves[at : at + 32] for at in range(0, len(leaves), 32))
        proofs = Proofs([header_leaf(self.inv.header), *cut])
        if proofs.root != self.inv.root or proofs.size != self.inv.messages + 1:
            raise VerificationError(
                "the tables are not those that were sealed", where=str(self.inv.folder)
            )
        if len(self.disclosing.partials) != len(self.choice.numbers):
            raise UsageError("a message was chosen that is not here", where=str(self.inv.folder))
        return proofs

    def _check_words(self) -> None:
        said = (self.choice.query, self.choice.tag, *self.disclosing.reasons)
        for words in filter(None, said):
            shown = self.disclosing.needles.in_words(words)
            if shown is not None:
                raise DisclosureError(
                    f"a query, tag or reason has words that are withheld of message {shown}",
                    where=str(self.inv.folder),
                    next_step="Say it otherwise: the dossier tells how its messages were chosen.",
                )

    def _opinions(self) -> dict[bytes, str]:
        """Ask a second implementation about the blocks with the lowest lots, or all."""
        lots = sorted(self.disclosing.lots)
        count = {"none": 0, "sample": self.terms.sample, "all": len(lots)}[self.terms.opinions]
        wanted = {identity for _, identity in lots[:count]}
        done, found = self.step("open again", len(wanted)), {}
        for identity, said in ask_all(self._questions(wanted)) if wanted else ():
            found[identity] = said
            done(1)
        return found

    def _questions(self, wanted: set[bytes]) -> Iterator[Question]:
        columns = [
            "content_id", "session_key", "session_algorithm", "cipher", "literal_format", "opener",
            "plaintext_at", "plaintext_length", "plaintext_sha256",
        ]  # fmt: skip
        asked: set[bytes] = set()
        for block in read_rows([self.inv.table("ciphertexts")], columns):
            identity = block["content_id"]
            packets = self.disclosing.packets.get(identity)
            has_all = packets is not None and block["plaintext_at"] is not None
            if identity not in wanted or identity in asked or not has_all:
                continue
            asked.add(identity)
            length, digest = block["plaintext_length"], block["plaintext_sha256"]
            yield Question(
                content_id=identity,
                packets=self.draft.read(str(packets)),
                algorithm=block["session_algorithm"] or 0,
                session_key=block["session_key"],
                literal_format=block["literal_format"] or "",
                opener=block["opener"] or "",
                plaintext=self.inv.bytes_at(block["plaintext_at"], length, digest),
            )

    def _certificates(self, proofs: Proofs, opinions: Mapping[bytes, str]) -> Iterator[bytes]:
        for partial in sorted(self.disclosing.partials, key=lambda one: one.number):
            first, last = self.draft.kept(partial.at, partial.length).split(b"\n")
            said = {one.hex(): opinions[one] for one in partial.blocks if one in opinions}
            proof = [node.hex() for node in proofs.proof(partial.index)]
            middle = canonical_json({"opinions": said, "proof": proof})[1:-1]
            yield b"%b,%b,%b\n" % (first, middle, last)

    def _manifest(
        self, proofs: Proofs, keys: Mapping[str, int], opinions: Mapping[bytes, str]
    ) -> dict[str, Any]:
        choice, done = self.choice, self.disclosing
        return {
            "format": FORMAT,
            "version": VERSION,
            "investigation": {
                "root": self.inv.root.hex(),
                "messages": self.inv.messages,
                "proof": [node.hex() for node in proofs.proof(0)],
            },
            "keys": sum(1 for _ in self.inv.rows("keys")),
            "selection": {
                "query": choice.query,
                "tag": choice.tag,
                "listed": choice.listed,
                "investigation": self.inv.messages,
                "found": choice.found,
                "selected": len(choice.numbers),
                "left out": choice.found - len(choice.numbers),
            },
            "states": dict(done.states),
            "session keys": dict(keys),
            "second opinion": summary(self.terms.opinions, len(done.lots), opinions),
            "withheld": dict(done.reasons),
            "presentation": asdict(self.terms.presentation),
            "tools": _tools(),
        }

    def _others(self) -> None:
        """Add what all messages share."""
        draft, folder = self.draft, self.inv.folder
        draft.add("header.json", canonical_json(self.inv.header) + b"\n")
        draft.add("order.toml", self.inv.order)
        if self.inv.header.get("signature"):
            for name in (SIGNATURE, CERTIFICATE):
                draft.add(name, (folder / name).read_bytes())
        voucher = folder / VOUCHER
        stands = read_voucher(voucher.read_bytes()) if voucher.is_file() else None
        entries = Log.open(folder / "custody", None).entries()
        draft.add("custody.jsonl", excerpt(self.head, entries, stands))
        draft.add("keys.jsonl", self._keys())

    def _keys(self) -> Iterator[bytes]:
        """Yield each key that opened or signed something shown, with its proof to the header."""
        rows = list(self.inv.rows("keys"))
        proofs = Proofs(key_leaves(self.secret, rows))
        for index, row in enumerate(rows):
            if row["fingerprint"] in self.disclosing.fingerprints:
                yield (
                    canonical_json(
                        {
                            "index": index,
                            "key": as_json("key", row),
                            "proof": [node.hex() for node in proofs.proof(index)],
                            "salt": key_salt(self.secret, row["fingerprint"]).hex(),
                        }
                    )
                    + b"\n"
                )


def _tools() -> dict[str, str]:
    """Return the names and versions of what made the dossier."""
    tools = {name: version(name) for name in _TOOLS}
    return {**tools, "python": platform.python_version(), "gnupg": gnupg_version() or "absent"}
