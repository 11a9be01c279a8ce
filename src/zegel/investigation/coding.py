"""A random sample of accounts in an investigation's folder, and what each of two people coded.

`samples/NAME/sample.json` is the sample as it was drawn; beside it lies one file a person, so that
nobody's codes are read on the way to somebody else's. A code is never overwritten: a change is a
further line, and the last counts. Not part of the seal.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from zegel.canonical import JSON, canonical_json
from zegel.errors import CaseError, UsageError
from zegel.tables import make_folder, replace_file

FORMAT = "zegel-sample-1"
FOLDER, DOCUMENT = "samples", "sample.json"
MOST_ACCOUNTS, MOST_CODES, LONGEST_REASON = 10_000, 20, 2_000
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample of accounts, as it was drawn."""

    name: str
    seed: str
    frame: Mapping[str, JSON]
    """What it was drawn from: `of`, the number of `names`, and their `sha256`."""
    codes: tuple[str, ...]
    accounts: tuple[str, ...]
    """In the order drawn."""
    training: bool

    def document(self) -> bytes:
        """Return the file that a draw writes and an investigation keeps."""
        fields: dict[str, JSON] = {
            "accounts": self.accounts,
            "codes": self.codes,
            "format": FORMAT,
            "frame": self.frame,
            "method": "HMAC-SHA256 of the account under the seed; the lowest are drawn",
            "name": self.name,
            "seed": self.seed,
            "training": self.training,
        }
        return canonical_json(fields) + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """One person's codes: of each account the last."""

    coder: str
    codes: Mapping[str, str] = field(repr=False)
    reasons: Mapping[str, str] = field(repr=False)
    digest: str
    """SHA-256 of the file, with its random salt: the log holds it, and it tells no code."""


def read_sample(document: bytes) -> Sample:
    """Return the sample a file holds; `UsageError` unless it is one that a draw wrote."""
    try:
        sample = _sample(json.loads(document))
    except (ValueError, RecursionError):
        sample = None
    if sample is None or sample.document() != document:
        raise UsageError(
            "this is no sample of accounts", next_step="`zegel sample draw` writes such a file."
        )
    return sample


def _sample(fields: object) -> Sample | None:
    match fields:
        case {
            "accounts": list(accounts),
            "codes": list(codes),
            "format": "zegel-sample-1",
            "frame": dict(frame),
            "name": str(name),
            "seed": str(seed),
            "training": bool(training),
        } if all(isinstance(text, str) for text in (*accounts, *codes)):
            return Sample(
                name=checked_name(name),
                seed=seed,
                frame=frame,
                codes=tuple(codes),
                accounts=tuple(accounts),
                training=training,
            )
    return None


def checked_name(name: str) -> str:
    """Return the name of a sample, which names a folder too."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a sample",
            next_step="Use up to 40 small letters, digits and hyphens.",
        )
    return name


def add_sample(folder: Path, sample: Sample) -> None:
    """Keep a sample in an investigation's folder; the same one twice changes nothing."""
    place = folder / FOLDER / sample.name
    if place.exists():
        if (place / DOCUMENT).read_bytes() == sample.document():
            return
        raise UsageError("there is another sample of this name here", where=str(place))
    make_folder(place)
    replace_file(place / DOCUMENT, sample.document())


def find_sample(folder: Path, name: str) -> Sample:
    """Return a sample that the folder keeps."""
    place = folder / FOLDER / checked_name(name) / DOCUMENT
    if not place.is_file():
        raise UsageError(
            f"there is no sample {name!r} here",
            where=str(folder),
            next_step="`zegel sample begin` puts one here.",
        )
    return read_sample(place.read_bytes())


def coded(folder: Path, sample: Sample) -> dict[str, Coded]:
    """Return what each person coded, by name."""
    places = sorted((folder / FOLDER / sample.name).glob("coder-*.json"))
    everybody = [_read(place) for place in places]
    return {person.coder: person for person in everybody}


def code(folder: Path, sample: Sample, coder: str, account: str, as_: str, reason: str) -> Coded:
    """Add one person's code of one account, and return all of that person's."""
    place = _place(folder, sample, coder)
    written = _load(place) if place.exists() else _blank(coder)
    line = {"account": account, "at": str(time.time_ns()), "code": as_, "reason": reason}
    written["lines"] = [*written["lines"], line]
    replace_file(place, canonical_json(written) + b"\n")
    return _read(place)


def _blank(coder: str) -> dict[str, Any]:
    return {"coder": coder, "format": FORMAT, "lines": [], "salt": secrets.token_hex(32)}


def _place(folder: Path, sample: Sample, coder: str) -> Path:
    name = f"coder-{sha256(coder.encode()).hexdigest()[:16]}.json"
    return folder / FOLDER / sample.name / name


def _load(place: Path) -> dict[str, Any]:
    try:
        written: dict[str, Any] = json.loads(place.read_bytes())
        if written["format"] == FORMAT and isinstance(written["lines"], list):
            return written
    except (ValueError, KeyError, TypeError, RecursionError):
        written = {}
    raise CaseError(
        "somebody's codes cannot be read",
        where=str(place),
        next_step="Restore the file from a copy; nothing was changed.",
    )


def _read(place: Path) -> Coded:
    written = _load(place)
    return Coded(
        coder=written["coder"],
        codes={line["account"]: line["code"] for line in written["lines"]},
        reasons={line["account"]: line["reason"] for line in written["lines"]},
        digest=sha256(place.read_bytes()).hexdigest(),
    )
