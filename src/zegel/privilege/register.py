"""The register of a case: keyed hashes of forms, sorted, and nothing of what they stand for.

One line of canonical JSON, then the hashes, 16 octets each (HMAC-SHA256 cut to 128 bits, RFC 2104
section 5). It is filled up with random ones to a multiple of `FILL`, so that its size does not say
how many lawyers stand in it. Entries are read from a CSV file that never enters the case.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from zegel.canonical import JSON, canonical_json
from zegel.errors import CaseError, UsageError
from zegel.privilege.forms import KINDS, RULE, EntryError, forms_of

FORMAT = "zegel privilege register"
VERSION = 1
SIZE = 16
FILL = 4096
LARGEST = 64 << 20
"""Bytes of a file of entries."""

_COLUMNS = {
    "address": "address", "e-mail": "address", "email": "address", "mail": "address",
    "domain": "domain", "name": "name", "firm": "firm", "office": "firm",
    "phone": "phone", "telephone": "phone", "mobile": "phone", "tel": "phone",
    "adres": "address", "domein": "domain", "naam": "name", "kantoor": "firm",
    "telefoon": "phone", "mobiel": "phone",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What a case's file holds."""

    check: bytes = field(repr=False)
    """A hash of nothing but the key: says whether a key is this register's."""
    hashes: frozenset[bytes] = field(repr=False)
    digest: str
    """SHA-256 of the file, in hexadecimal."""


def hashed(key: bytes, form: str) -> bytes:
    """Return the hash of a form under the case's key."""
    return hmac.digest(key, form.encode("utf-8", "replace"), "sha256")[:SIZE]


def check_of(key: bytes) -> bytes:
    """Return what a register keeps to know its key by."""
    return hashed(key, "check:")


def read_entries(content: bytes, where: str) -> frozenset[str]:
    """Return the forms of every entry of a CSV file; `UsageError` names the first bad line.

    Columns are `kind` and `value`, or one for each kind; several values in a cell stand between
    semicolons. Nothing of the file is in the error but its line number.
    """
    if len(content) > LARGEST:
        raise UsageError(f"the file is larger than {LARGEST} bytes", where=where)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("the file is not UTF-8", where=where) from None
    found: set[str] = set()
    for line, kind, value in _cells(text, where):
        try:
            found |= forms_of(kind, value)
        except EntryError as error:
            raise UsageError(f"line {line}, {kind}: {error}", where=where) from None
    if not found:
        raise UsageError("the file holds no entry", where=where)
    return frozenset(found)


def _cells(text: str, where: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, kind and value of each cell that is not empty."""
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    names = {name: (name or "").strip().casefold() for name in reader.fieldnames or ()}
    paired = {"kind", "value"} <= set(names.values())
    known = {"kind", "value"} if paired else set(_COLUMNS)
    if (paired and len(names) > 2) or not set(names.values()) & known:
        raise UsageError(
            f"the columns are kind and value, or of {', '.join(KINDS)}: see the first line",
            where=where,
        )
    unknown = sorted(set(names.values()) - known)
    if unknown:
        raise UsageError(
            f"the first line names a column that is none: number "
            f"{list(names.values()).index(unknown[0]) + 1}",
            where=where,
            next_step=f"Leave it out, or name it {', '.join(KINDS)}.",
        )
    try:
        for row in reader:
            cells = {names[name]: value or "" for name, value in row.items() if name in names}
            if None in row:
                raise UsageError(f"line {reader.line_num} has too many cells", where=where)
            pairs = [(cells["kind"].strip(), cells["value"])] if paired else list(cells.items())
            for column, cell in pairs:
                kind = column if paired else _COLUMNS[column]
                yield from ((reader.line_num, kind, one) for one in _values(kind, cell))
    except csv.Error as error:
        raise UsageError(f"line {reader.line_num}: {error}", where=where) from None


def _values(kind: str, cell: str) -> list[str]:
    split = [cell] if kind in ("name", "firm") else cell.split(";")
    return [one.strip() for one in split if one.strip()]


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def register_of(
    key: bytes, forms: Iterable[str], earlier: Register | None = None
) -> tuple[bytes, str]:
    """Return the file of a register of `forms`, put to those of an earlier one, and its digest."""
    hashes = {hashed(key, form) for form in forms} | (earlier.hashes if earlier else frozenset())
    while len(hashes) % FILL:
        hashes.add(secrets.token_bytes(SIZE))
    head: dict[str, JSON] = {
        "format": FORMAT,
        "version": VERSION,
        "rule": RULE,
        "check": check_of(key).hex(),
    }
    content = canonical_json(head) + b"\n" + b"".join(sorted(hashes))
    return content, hashlib.sha256(content).hexdigest()


def read_register(place: Path) -> Register:
    """Return the register in `place`."""
    try:
        content = place.read_bytes()
        line, _, rest = content.partition(b"\n")
        head = json.loads(line)
        version = (head["format"], head["version"])
        if version != (FORMAT, VERSION) or len(rest) % SIZE:
            raise ValueError(FORMAT)
        check, rule = bytes.fromhex(head["check"]), int(head["rule"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CaseError(
            f"the privilege register cannot be read ({type(error).__name__})",
            where=str(place),
            next_step="Restore it from a copy, or enrol the list again.",
        ) from None
    if rule != RULE:
        raise CaseError(
            f"the privilege register was made by rule {rule}, this program matches by {RULE}",
            where=str(place),
            next_step="Enrol the list again with --replace.",
        )
    return Register(
        check=check,
        hashes=frozenset(rest[at : at + SIZE] for at in range(0, len(rest), SIZE)),
        digest=hashlib.sha256(content).hexdigest(),
    )


def require_key(register: Register, key: bytes) -> None:
    """Raise unless `key` is the one the register was made with."""
    if not hmac.compare_digest(register.check, check_of(key)):
        raise UsageError(
            "this is not the key the case's register was enrolled with",
            next_step="Use that key, or enrol the whole list anew with --replace.",
        )
