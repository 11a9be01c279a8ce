"""Use cases: make a dossier from an investigation, verify one, compare two.

An export is in the investigation's log before anything of it is written, and its digest before it
has its name; a refusal too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from zegel.custody.heads import SignedHead, read_head
from zegel.custody.verify import verify
from zegel.custody.watch import listing
from zegel.dossier.checking import Checked, check
from zegel.dossier.container import Draft
from zegel.dossier.diff import Difference, compare
from zegel.dossier.make import OPINIONS, Choice, Made, Terms, make
from zegel.dossier.material import Presentation
from zegel.dossier.opinions import DEFAULT_SAMPLE
from zegel.dossier.reading.instants import zone as zone_of
from zegel.dossier.reading.wording import words as words_of
from zegel.dossier.withholding import read_withholding
from zegel.errors import UsageError, ZegelError
from zegel.investigation import Investigation
from zegel.investigation.casework import all_lines, checked, standing
from zegel.openpgp.sealing import Recipient
from zegel.search import TextIndex
from zegel.service.door import Who, enter
from zegel.service.fields import FIELDS, Fields
from zegel.service.progress import Progress, silent
from zegel.service.reviewing import is_review, withheld_of_review
from zegel.tables import read_rows
from zegel.text import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to export: the result of a query, or of it what bears a tag or stands in a list."""

    query: str | None = None
    """None or empty: the whole investigation."""
    tag: str | None = None
    ids: Sequence[str] | None = None


def make_dossier(
    inv: Investigation,
    out: Path,
    wanted: Wanted,
    terms: Terms,
    *,
    as_of: bytes | None = None,
    who: Who = None,
    progress: Progress = silent,
) -> Made:
    """Make the dossier `out`; `as_of` is an exported head of the log at which its excerpt ends.

    Without `as_of` the excerpt ends before the entry that this export writes.
    """
    with enter(inv, "dossier begun", who) as visit, Draft(out) as draft:
        choice = choose(inv, wanted)
        terms = _with_what_a_review_withholds(inv, choice, terms)
        head = visit.log.head() if as_of is None else _continued(inv, as_of)
        visit.write(_facts(wanted, choice, terms, head), shown=_identities(inv, choice))
        try:
            made = make(inv, draft, choice, terms, head, partial(_step, progress))
        except ZegelError as error:
            visit.explain("dossier refused", {"why": error.what})
            raise
        visit.note("dossier made", {"messages": made.messages, "sha256": made.sha256})
        draft.publish()
        if out.resolve().is_relative_to(inv.folder):  # as every file there that does not change
            visit.note("files listed", listing(inv.folder, [out.resolve()]))
    return made


def _with_what_a_review_withholds(inv: Investigation, choice: Choice, terms: Terms) -> Terms:
    """Return the terms, and withheld by them whatever a review did not release."""
    numbers = {}
    if is_review(inv):
        rows = read_rows([inv.table("messages")], ["number", "message"])
        numbers = {row["message"].hex(): row["number"] for row in rows}
    forced = [one for one in withheld_of_review(inv) if numbers[one.ids[0]] in choice.numbers]
    if not forced:
        return terms
    if terms.recipient is None:
        raise UsageError(
            "what a review did not release is withheld, and nobody is named who may see it",
            next_step="Name the magistrate's OpenPGP certificate: --magistrate-cert FILE.",
        )
    return replace(terms, withheld=[*terms.withheld, *forced])


def _identities(inv: Investigation, choice: Choice) -> list[bytes]:
    """Return what is exported, by number."""
    rows = read_rows([inv.table("messages")], ["number", "message"])
    chosen = {row["number"]: row["message"] for row in rows if row["number"] in choice.numbers}
    return [chosen[number] for number in sorted(chosen)]


def _step(progress: Progress, what: str, total: int | None) -> Callable[[int], None]:
    progress.phase(what, total, "messages")
    return progress.advance


def choose(inv: Investigation, wanted: Wanted) -> Choice:
    """Return which messages are meant; an identity that is not here is an error, no result none."""
    known = {
        row["number"]: row["message"]
        for row in read_rows([inv.table("messages")], ["number", "message"])
    }
    query = (wanted.query or "").strip() or None
    found = set(known)
    if query is not None:
        node = parse(query, fields=FIELDS)
        fields = Fields(inv)
        fields.check(node, query)
        found = set(TextIndex(inv.folder / "index").all_rows(node, fields.answer))
    chosen = set(found)
    if wanted.tag is not None:
        tag, said = checked("tag", wanted.tag), standing(all_lines(inv.folder))
        chosen &= {
            n for n, identity in known.items() if identity in said and tag in said[identity].tags
        }
    if wanted.ids is not None:
        chosen &= _listed(known, wanted.ids)
    return Choice(
        numbers=frozenset(chosen),
        query=query,
        tag=wanted.tag,
        listed=None if wanted.ids is None else len(set(wanted.ids)),
        found=len(found),
    )


def _listed(known: dict[int, bytes], ids: Sequence[str]) -> set[int]:
    by_identity = {identity.hex(): number for number, identity in known.items()}
    listed: set[int] = set()
    for name in ids:
        number = by_identity.get(name.lower())
        if name.isdigit() and len(name) < 10:
            number = int(name) if int(name) in known else None
        if number is None:
            raise UsageError(f"the list of ids names {name!r}: there is no such message here")
        listed.add(number)
    return listed


def _continued(inv: Investigation, text: bytes) -> SignedHead:
    """Return the head in `text`, once the log is known to continue it."""
    head = read_head(text)
    verify(inv.folder / "custody", head)
    if head.size == 0:
        raise UsageError("a log of no entries says nothing of this investigation")
    return head


def _facts(wanted: Wanted, choice: Choice, terms: Terms, head: SignedHead) -> dict[str, Any]:
    listed = "\n".join(wanted.ids or ()).encode()
    return {
        "as_of": head.size,
        "ids": None if wanted.ids is None else sha256(listed).hexdigest(),
        "messages": len(choice.numbers),
        "query": choice.query,
        "tag": choice.tag,
        "withheld": sum(len(one.ids) for one in terms.withheld),
    }


def dossier_terms(
    *,
    withhold: bytes | None = None,
    certificate: bytes | None = None,
    opinions: str = "sample",
    sample: int = DEFAULT_SAMPLE,
    language: str = "en",
    zone: str = "UTC",
    printed: int | None = None,
) -> Terms:
    """Return terms from the words of a command; `UsageError` where they do not fit."""
    if opinions not in OPINIONS:
        raise UsageError(f"no second opinion {opinions!r}", next_step=", ".join(OPINIONS))
    words_of(language)
    zone_of(zone)
    entries = read_withholding(withhold) if withhold is not None else []
    if entries and certificate is None:
        raise UsageError(
            "parts are withheld, and nobody is named who may see them",
            next_step="Name the magistrate's OpenPGP certificate: --magistrate-cert FILE.",
        )
    return Terms(
        withheld=entries,
        recipient=Recipient(certificate) if certificate is not None else None,
        opinions=opinions,
        sample=sample,
        presentation=Presentation(language=language, zone=zone, printed=printed),
    )


def verify_dossier(file: Path, root: str | None, *, mode: str, sample: int) -> Checked:
    """Verify a dossier and open its messages again; needs no case and no investigation."""
    if root is not None and not re.fullmatch("[0-9a-fA-F]{64}", root):
        raise UsageError("the root is a number of 64 hexadecimal digits")
    return check(file, root.lower() if root else None, mode=mode, sample=sample)


def diff_dossiers(first: Path, second: Path) -> Difference:
    """Say how one dossier of an investigation differs from another."""
    return compare(first, second)
