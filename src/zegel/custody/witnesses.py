"""Who witnessed a log, and up to which head, lies beside it and is verified with it.

`witnessed.jsonl` holds countersignatures and time stamps, one a line, as they came. Each head in it
must be continued by the log, and each that the log says was taken in must be there. It must never
count as held elsewhere what only lies here: that takes a witness's key, or an authority's root
certificate, that whoever verifies knows another way.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography import x509

from zegel.canonical import JSON
from zegel.custody import countersigning, stamps
from zegel.custody.countersigning import Countersigned, read_countersigned
from zegel.custody.heads import SignedHead, read_head
from zegel.custody.instants import FORM, in_utc
from zegel.custody.lines import add, growing, lines_in
from zegel.custody.log import Log
from zegel.custody.stamps import Stamped, read_stamped
from zegel.custody.verify import Held, Verification, verify_against
from zegel.errors import StorageError, VerificationError, at

WITNESSED = "witnessed.jsonl"
TAKEN_IN = "head witnessed"
"""The act by which a log says that a countersignature or a time stamp was put beside it."""
_WHAT = "what was witnessed"
LARGEST_LINE = max(countersigning.LARGEST, stamps.LARGEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """One witness's last word on a log."""

    head: SignedHead
    who: str
    """The name given with the key, or the authority's subject."""
    key: bytes = field(repr=False)
    """The witness's public key; empty for an authority."""
    when: str
    """By the witness's clock."""
    known: bool
    """Whether whoever verifies named the key, or a root that stands for the authority."""

    @property
    def sentence(self) -> str:
        """Say who witnessed what when, and whether to believe it."""
        did = "countersigned" if self.key else "time-stamped"
        named = f" (key {self.key.hex()[:16]})" if self.key else ""
        said = f"{self.head.size} entries {did} by {self.who!r}{named} at {self.when}"
        if self.known:
            return said
        way = "--witness" if self.key else "--authority"
        return f"{said}, which proves nothing to you until you know whose it is ({way})"


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessedVerification:
    """A log verified together with what witnesses said of it; what fails raises instead."""

    log: Verification
    witnesses: tuple[Witness, ...]
    """The last word of each."""

    @property
    def sentence(self) -> str:
        """Say what is proved, and who witnessed what."""
        said = [f"Witnessed: {one.sentence}." for one in self.witnesses]
        return " ".join([self.log.sentence, *said])


def read_witnessed(text: bytes) -> Countersigned | Stamped:
    """Return a countersignature (checked) or a time stamp (on its head, not yet believed)."""
    try:
        return read_countersigned(text)
    except VerificationError:
        if b'"answer"' not in text[:16]:
            raise
    return read_stamped(text)


def read_held(text: bytes) -> SignedHead:
    """Return the head in a file that somebody held: bare, countersigned or time-stamped."""
    try:
        fields = json.loads(text) if len(text) <= LARGEST_LINE else None
    except (ValueError, RecursionError):
        fields = None
    if isinstance(fields, dict) and "head" in fields:
        return read_witnessed(text).head
    return read_head(text)


def take_in(folder: Path, text: bytes) -> tuple[Countersigned | Stamped, dict[str, JSON]]:
    """Put a countersignature or stamp beside the log in `folder`, once the log continues its head.

    Return it with the facts of the entry that must follow; one that is there already stays once.
    """
    one = read_witnessed(text)
    verify_against(folder, (Held(head=one.head, where="the head that was witnessed"),))
    line = one.text()
    with growing(folder / WITNESSED, _WHAT) as file:
        if line not in lines_in(file, LARGEST_LINE):
            add(file, line)
    said = _witness(one, (), ())
    return one, {
        "digest": sha256(line).hexdigest(),
        "entries": one.head.size,
        "key": said.key.hex(),
        "witness": said.who,
    }


def verify_witnessed(
    folder: Path,
    held: SignedHead | None = None,
    *,
    keys: Collection[bytes] = (),
    roots: Sequence[x509.Certificate] = (),
) -> WitnessedVerification:
    """Verify the log in `folder`, that it continues `held` and every witnessed head beside it.

    `keys` of witnesses and `roots` of authorities are known from elsewhere: a head witnessed by
    them counts as held elsewhere. Raise where one of them is given and witnessed nothing here.
    """
    lines = _lines(folder)
    with at(folder / WITNESSED):
        found = [_witness(read_witnessed(line), keys, roots) for line in lines]
    _require(found, keys, roots)
    known = [one.head for one in found if one.known]
    newest = max((*known, *([held] if held else ())), key=lambda head: head.size, default=None)
    heads = [Held(head=held)] if held else []
    heads += [Held(head=one.head, where=f"the head that {one.who!r} witnessed") for one in found]
    result = verify_against(folder, heads, held=newest)
    _all_there(folder, {sha256(line).hexdigest() for line in lines})
    last: dict[tuple[str, bytes], Witness] = {}
    for one in sorted(found, key=lambda one: one.head.size):
        last[one.who, one.key] = one
    return WitnessedVerification(log=result, witnesses=tuple(last.values()))


def _witness(
    one: Countersigned | Stamped, keys: Collection[bytes], roots: Sequence[x509.Certificate]
) -> Witness:
    if isinstance(one, Countersigned):
        name, key, known = one.witness, one.public_key, one.public_key in keys
        when = in_utc(one.time_ns)
    else:
        if roots:
            one.check(roots)
        name, key, known = one.authority, b"", bool(roots)
        when = one.at.strftime(FORM)
    return Witness(
        head=one.head,
        who=name,
        key=key,
        when=when,
        known=known,
    )


def _require(
    found: Sequence[Witness], keys: Collection[bytes], roots: Sequence[x509.Certificate]
) -> None:
    missing = set(keys) - {one.key for one in found}
    if missing or (roots and not any(one.known and not one.key for one in found)):
        who = f"the witness with key {min(missing).hex()[:16]}" if missing else "the authority"
        raise VerificationError(
            f"no head witnessed by {who} lies beside this log",
            next_step="Ask the witness for theirs and give it with --head: it may have been taken"
            " away, or the log made anew.",
        )


def _all_there(folder: Path, digests: Collection[str]) -> None:
    """Raise where the log says that a witnessed head was taken in, and it is gone."""
    for entry in Log.open(folder, None).acts((TAKEN_IN,)):
        if "digest" in entry.facts and entry.facts["digest"] not in digests:
            raise VerificationError(
                f"entry {entry.index} says that a witnessed head was taken in, and it is gone",
                where=str(folder / WITNESSED),
                next_step="Ask the witness for it again; `zegel custody witnessed FILE`.",
            )


def _lines(folder: Path) -> list[bytes]:
    place = folder / WITNESSED
    try:
        with place.open("rb") as file:
            return lines_in(file, LARGEST_LINE)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageError(f"{_WHAT} cannot be read", where=str(place)) from error
