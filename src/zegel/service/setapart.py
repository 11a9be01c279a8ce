"""What of a case is set apart for privilege, and whether that is known for the case as it is.

CASE/privilege/register         keyed hashes; the key is not in the case
CASE/privilege/looked/<part>/   what was looked at, and whether it matched
CASE/privilege/marks/<part>/    the marks that follow: marks.parquet, apart.parquet
CASE/privilege/decisions.jsonl  what the officer decided

The log says which register and which marks there are: a file that was taken away or changed is
found before anything is built on it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from zegel.canonical import JSON, canonical_json
from zegel.casefile import Case
from zegel.errors import UsageError, VerificationError
from zegel.privilege.marks import apart, digest_of
from zegel.tables import Stage

ENROLLED, MARKED = "privilege register enrolled", "privilege marked"
FEWEST_SHOWN = 10
"""A count below this is not told: it would say who."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Where everything about privilege lies in a case."""

    folder: Path

    @property
    def register(self) -> Path:
        """Return the file of keyed hashes."""
        return self.folder / "register"

    @property
    def decisions(self) -> Path:
        """Return the file of decisions."""
        return self.folder / "decisions.jsonl"

    @property
    def looked(self) -> Stage:
        """Return the parts that say what was looked at."""
        return Stage(self.folder / "looked")

    @property
    def marks(self) -> Stage:
        """Return the parts that hold marks; the last is what counts."""
        return Stage(self.folder / "marks")


def shelf_of(case: Case) -> Shelf:
    """Return the shelf of a case."""
    return Shelf(folder=case.folder / "privilege")


def enrolled(case: Case) -> str | None:
    """Return the digest of the register that is enrolled, None where none is.

    Raise `VerificationError` unless the file is the one the case's log speaks of.
    """
    acts = case.log().acts((ENROLLED,))
    said = [str(e.facts["register"]) for e in acts if "register" in e.facts]  # else it failed
    place = shelf_of(case).register
    try:
        found = digest_of(place.read_bytes())
    except FileNotFoundError:
        found = None
    if not said and found is None:
        return None
    if not said or found != said[-1]:
        raise VerificationError(
            "the privilege register is not the one that was enrolled"
            if said
            else "a privilege register lies here that the log knows nothing of",
            where=str(place),
            next_step="Restore it, or let the officer enrol the whole list with --replace.",
        )
    return said[-1]


def marks_name(case: Case, register: str) -> str:
    """Return how the marks end that fit the case, the register and the decisions of now."""
    shelf = shelf_of(case)
    try:
        decided = digest_of(shelf.decisions.read_bytes())
    except FileNotFoundError:
        decided = ""
    inputs = {"state": case.stage("settled").parts()[-1:], "register": register, "said": decided}
    return hashlib.sha256(canonical_json(inputs)).hexdigest()[:16]


def current_marks(case: Case) -> Path | None:
    """Return the folder of the marks that fit the case now; None where no register is enrolled.

    Raise where messages are unmarked, and where the marks are not those the log speaks of.
    """
    register = enrolled(case)
    if register is None:
        return None
    stage = shelf_of(case).marks
    found = [part for part in stage.parts()[-1:] if part.endswith(marks_name(case, register))]
    if not found:
        raise UsageError(
            "a privilege register is enrolled, and messages are unmarked",
            where=str(case.folder),
            next_step="The privilege officer gives `zegel privilege mark`; then `zegel index`.",
        )
    place = stage.folder / found[0]
    _require_logged(case, place)
    return place


def _require_logged(case: Case, place: Path) -> None:
    said = [e.facts for e in case.log().acts((MARKED,)) if e.facts.get("marks") == place.name]
    digest = marks_digest(place)
    if not said or said[-1].get("digest") != digest:
        raise VerificationError(
            "the marks of privilege are not those that were made",
            where=str(place),
            next_step="Remove that folder and let the privilege officer mark again.",
        )


def marks_digest(place: Path) -> str:
    """Return a digest over the files of a folder of marks."""
    names = ("marks.parquet", "apart.parquet")
    return digest_of(b"".join(hashlib.sha256((place / n).read_bytes()).digest() for n in names))


def marked(case: Case) -> frozenset[bytes] | None:
    """Return the identities of the messages set apart; None where no register is enrolled."""
    place = current_marks(case)
    return None if place is None else apart(place / "marks.parquet")


MEASURED = "privilege miss rate measured"


def miss_rate(case: Case) -> dict[str, JSON] | None:
    """Return the last miss rate measured of the register and rule of now; None where none was."""
    register = enrolled(case)
    acts = case.log().acts((MEASURED,))
    said = [e.facts for e in acts if e.facts.get("register") == register and "missed" in e.facts]
    return None if not said or register is None else {n: said[-1][n] for n in MISS_RATE}


MISS_RATE = ("missed", "of", "low", "high", "confidence", "cannot_tell", "frame", "sample", "seed")


def blurred(count: int) -> str:
    """Return a count as it may be told of what is set apart: to two digits, and none below ten."""
    if count < FEWEST_SHOWN:
        return f"fewer than {FEWEST_SHOWN}"
    power = 10 ** max(0, len(str(count)) - 2)
    return f"about {round(count / power) * power}"


def privilege_status(case: Case) -> str:
    """Say in a few words how it stands with privilege: for status, index, grant and dossier."""
    register = enrolled(case)
    if register is None:
        return "no register"
    parts = shelf_of(case).marks.parts()[-1:]
    fits = bool(parts) and parts[0].endswith(marks_name(case, register))
    return "marked" if fits else "unmarked"
