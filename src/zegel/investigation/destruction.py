"""Destroys what an investigation holds, and certifies what was removed and what nobody can promise.

Order: what will be removed is written down with its digests; then keys and secret are overwritten
and removed, so that an archive is closed for good; then everything else. Whatever was killed
half-way continues from what was written down. The log stays: it must never be removed here.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from zegel.canonical import JSON, canonical_json
from zegel.custody.entries import Entry
from zegel.custody.proved import Proved, read_proved
from zegel.errors import VerificationError
from zegel.investigation.archive import ARCHIVE, KEY, derived, file_digest
from zegel.investigation.folder import SECRET, Investigation
from zegel.investigation.life import ANSWER, KEPT, REMOVED
from zegel.investigation.schemas import TABLES
from zegel.tables import StorageGuard, replace_file, sync

CERTIFICATE = "certificate.json"
FORMAT = "zegel-destruction-certificate-1"
PLAN = ".destruction.json"
_KEYS = (KEY, SECRET)

_LEFT_IN_CASE = (
    "The case's tables and index hold what was read of these messages still; its log and"
    " CASE/granted, what was granted and which places were admitted."
)

NOT_PROMISED = (
    "Files were removed, and the secret and the archive's key overwritten before. On flash (SSD),"
    " on file systems that copy on write or keep a journal, in snapshots, swap and backups, old"
    " blocks may be left and read: only destroying the key of an encrypted disk, or the disk,"
    " reaches those.",
    "Copies of the folder made before, dossiers made from it and what people wrote down or"
    " remember are not reached.",
    "The secret was derived from the case's secret: while the case and the exhibits exist, the"
    " same order on the same state can be granted again and gives the same root.",
)


def planned(inv: Investigation, ordered: Entry, dossiers: list[Any]) -> dict[str, JSON]:
    """Return what will be certified, written down once before anything is removed."""
    place = inv.folder / PLAN
    for half in inv.folder.glob(f".{PLAN}.*.new"):  # of an attempt that was killed
        half.unlink()
    if not place.is_file():
        replace_file(place, canonical_json(_body(inv, ordered, dossiers)))
    body: dict[str, JSON] = json.loads(place.read_bytes())
    return body


def _body(inv: Investigation, ordered: Entry, dossiers: list[Any]) -> dict[str, JSON]:
    files = _files(inv.folder)
    order = inv.header["order"]
    return {
        "investigation": {
            "log": str(ordered.facts["log"]),
            "messages": inv.messages,
            "name": str(ordered.facts["name"]),
            "order": order,
            "root": inv.root.hex(),
        },
        "not_promised": list(NOT_PROMISED),
        "ordered": {
            "entry": ordered.index,
            "leaf": ordered.leaf().hex(),
            "reason": str(ordered.facts.get("reason", "")),
            "time": str(ordered.time_ns),
        },
        "remains": {
            "case": _LEFT_IN_CASE,
            "dossiers": dossiers,
            "exhibits": _places_left(inv),
            "folder": sorted(
                path.name for path in inv.folder.iterdir() if path.name in KEPT - {CERTIFICATE}
            ),
        },
        "removed": {
            "bytes": sum(file["bytes"] for file in files),
            "closed": (inv.folder / ARCHIVE).is_file(),
            "files": files,
            "rows": _rows(inv),
        },
    }


def _places_left(inv: Investigation) -> list[dict[str, Any]]:
    """Return in how many places of each exhibit these messages lie still; None while closed."""
    counts = None
    if inv.table("places").is_file():
        column = pq.read_table(inv.table("places"), columns=["exhibit"])["exhibit"]
        counts = Counter(column.to_pylist())
    return [
        {
            "exhibit": one["exhibit"],
            "places": None if counts is None else counts[one["exhibit"]],
            "seal": one["seal"],
        }
        for one in inv.header["exhibits"]
    ]


def _files(folder: Path) -> list[dict[str, Any]]:
    names = [path for path in derived(folder) if path.is_file()]
    names += [folder / name for name in (ARCHIVE, KEY) if (folder / name).is_file()]
    return [
        {
            "bytes": path.stat().st_size,
            "path": path.relative_to(folder).as_posix(),
            "sha256": file_digest(path),
        }
        for path in names
    ]


def _rows(inv: Investigation) -> dict[str, int]:
    """Return how many rows each table had; none while all is closed in an archive."""
    return {
        name: int(pq.read_metadata(inv.table(name)).num_rows)
        for name in TABLES
        if inv.table(name).is_file()
    }


def remove_all(folder: Path) -> None:
    """Destroy keys and secret, then remove everything that is not kept; the plan stays."""
    with StorageGuard(folder):
        for name in _KEYS:
            _overwrite(folder / name)
        for path in sorted(folder.iterdir()):
            if path.name in KEPT or path.name == PLAN:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        sync(folder)


def _overwrite(path: Path) -> None:
    """Overwrite a small file with other bytes, on the disk too, then remove it."""
    if not path.is_file():
        return
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    sync(path.parent)


def removed_in(body: Mapping[str, Any]) -> list[str]:
    """Return the paths of what is, or will be, removed."""
    return [file["path"] for file in body["removed"]["files"]]


def body_digest(body: Mapping[str, JSON]) -> str:
    """Return the digest by which the log names what is certified."""
    return sha256(canonical_json(body)).hexdigest()


def certify(folder: Path, body: Mapping[str, JSON], answer: bytes) -> bytes:
    """Write the certificate into the folder, and the plan away; return it."""
    content: dict[str, JSON] = {"body": body, "format": FORMAT, "proved": json.loads(answer)}
    text = canonical_json(content) + b"\n"
    replace_file(folder / CERTIFICATE, text, mode=0o644)
    forget_plan(folder)
    return text


def forget_plan(folder: Path) -> None:
    """Remove what was written down, once it is certified."""
    (folder / PLAN).unlink(missing_ok=True)


def read_certificate(text: bytes) -> tuple[dict[str, Any], Proved]:
    """Return what a certificate says, and the entry that stands for it, its proof checked.

    Whose key signed is for the reader to compare: with the case's log, or what they know otherwise.
    """
    wrong = VerificationError("this is not a certificate of destruction")
    try:
        fields = json.loads(text)
        if fields["format"] != FORMAT or canonical_json(fields) + b"\n" != text:
            raise wrong
        body, proved = fields["body"], answer_in(text)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise wrong from None
    found = read_proved(proved, ANSWER, "an answer to a notice")
    if found.entry.act != REMOVED or found.entry.facts.get("certificate") != body_digest(body):
        raise VerificationError("the log's entry certifies something else than this says")
    return body, found


def answer_in(text: bytes) -> bytes:
    """Return the answer to a notice that a certificate holds, or `text` where it is none."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(fields, Mapping) or fields.get("format") != FORMAT:
        return text
    return canonical_json(fields.get("proved")) + b"\n"
