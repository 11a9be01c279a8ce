"""Scan: one row per stored message, one per layer in it; keys, registries and problems beside.

No private key is used here and no content is kept. Every file is recognised by content; its
bytes were checked against the seal when they were read. What cannot become a row is a problem
marked `unread`, so that found = rows + unread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from zegel import keystores, mailstores, registries
from zegel.exhibits import Copy, SealBroken
from zegel.exhibits.model import Entry, EntryKind
from zegel.processing.batches import in_batches
from zegel.processing.rows import Place, Sink, add_key, add_problem
from zegel.processing.spool import Spool
from zegel.processing.stored import Stored, read_stored
from zegel.records import File, FoundPassphrase, Holding, Problem


class _HasSize(Protocol):
    @property
    def size(self) -> int: ...


Sized = TypeVar("Sized", bound=_HasSize)

_READABLE_KINDS = {EntryKind.FILE, EntryKind.HARDLINK}


def best_format(formats: Iterable[Any], file: File) -> Any | None:
    """Return the format that fits `file` best, or None where none claims it.

    `formats` come the surest first: one that claims more than all others could ends the search.
    """
    best, most = None, 0
    for form in formats:
        if form.surest <= most:
            break
        if (fit := form.detect(file)) > most:
            best, most = form, fit
    return best


def scan_entries(
    copy: Copy, exhibit: str, seal: str, entries: Iterable[Entry], sink: Sink, spool: Spool
) -> None:
    """Scan `entries` of one exhibit into `sink`, encrypted bodies into `spool`."""
    places = (Place(exhibit=exhibit, seal=seal, entry=entry) for entry in entries)
    found = _stored_in(copy, places, sink)
    for batch in in_batches(found, lambda item: item.span.length):
        read_stored(batch, sink, spool)


def _stored_in(copy: Copy, places: Iterable[Place], sink: Sink) -> Iterator[Stored]:
    """Yield the stored messages of all entries; whatever else they hold goes to `sink`."""
    for batch in in_batches(places, lambda place: place.entry.size):
        files = [_read(copy, place, sink) for place in batch]
        for place, file in zip(batch, files, strict=True):
            if file is not None:
                yield from _FileScan(place, file, sink).stored()


def _read(copy: Copy, place: Place, sink: Sink) -> File | None:
    """Return the file at `place`, checked against its seal; None for all else, which is said."""
    entry = place.entry
    problem = entry.problem
    if entry.kind is EntryKind.UNREADABLE:
        # No row can be made of it; where a mail evidently lies, that is a message unread.
        problem = replace(problem or Problem(kind="unreadable file"), unread=_is_mail_place(entry))
    if problem is not None:
        add_problem(sink, place, problem)
    if entry.kind not in _READABLE_KINDS or entry.sha256 is None:
        return None
    try:
        data = copy.read_checked(entry)
    except SealBroken:
        lost = Problem(kind="seal broken", unread=_is_mail_place(entry))
    except OSError as error:
        note = f"errno {error.errno}"
        lost = Problem(kind="unreadable file", note=note, unread=_is_mail_place(entry))
    else:
        return File(path=entry.path, data=data, mtime_ns=entry.mtime_ns)
    add_problem(sink, place, lost)
    return None


def _is_mail_place(entry: Entry) -> bool:
    return entry.path.split(b"/")[-2:-1] in ([b"cur"], [b"new"])


class _FileScan:
    """The scan of one file."""

    def __init__(self, place: Place, file: File, sink: Sink) -> None:
        self.place = place
        self.file = file
        self.sink = sink
        self.found = 0

    def stored(self) -> Iterator[Stored]:
        """Yield the stored messages; note keys, registries, and what the file turned out to be."""
        mail = best_format(mailstores.formats(), self.file)
        keys = registry = None
        if mail is not None:
            yield from self._mail(mail)
        if mail is None or not mail.mail:
            keys = best_format(keystores.formats(), self.file)
            if keys is not None:
                self._keys(keys)
            registry = self._registry() if keys is None else None
        self._record_file(mail, keys, registry)

    def _record_file(self, mail: Any, keys: Any, registry: Any) -> None:
        roles = (("mail", mail), ("keys", keys), ("registry", registry))
        role, form = next(((r, f) for r, f in roles if f is not None), ("other", None))
        self.sink.add(
            "files",
            {
                "exhibit": self.place.exhibit,
                "entry": self.place.entry.number,
                "role": role,
                "format": form.name if form is not None else None,
                "found": self.found,
            },
        )

    def _mail(self, form: Any) -> Iterator[Stored]:
        for item in form.spans(self.file):
            if isinstance(item, Problem):
                add_problem(self.sink, self.place, item)
                self.found += item.unread
            else:
                self.found += 1
                yield Stored(self.place, self.file, form, item)

    def _keys(self, form: Any) -> None:
        for item in form.keys(self.file):
            if isinstance(item, Problem):
                add_problem(self.sink, self.place, item)
            else:
                self.found += 1
                add_key(self.sink, self.place, item, form.name)

    def _registry(self) -> Any | None:
        # Several may apply: a note can hold passphrases inside what reads as a ledger.
        claimed = [form for form in registries.formats() if form.detect(self.file) > 0]
        for form in claimed:
            for item in form.holdings(self.file):
                self._registry_item(item)
        return claimed[0] if claimed and self.found else None

    def _registry_item(self, item: Holding | FoundPassphrase | Problem) -> None:
        if isinstance(item, Problem):
            add_problem(self.sink, self.place, item)
            return
        self.found += 1
        where = {
            "exhibit": self.place.exhibit,
            "path": self.place.entry.path,
            "offset": item.offset,
            "source": item.source,
        }
        if isinstance(item, FoundPassphrase):
            self.sink.add("passphrases", {**where, "passphrase": item.passphrase})
            return
        fields = ("device", "account", "holder", "start_ns", "end_ns", "buyer")
        more = ("price_cents", "currency", "order", "raw")
        values = {name: getattr(item, name) for name in (*fields, *more)}
        self.sink.add("holdings", {**where, "entry": self.place.entry.number, **values})


def iter_partitions(
    entries: Iterable[Sized], *, files: int = 4096, size: int = 256 * 2**20
) -> Iterator[list[Sized]]:
    """Cut a manifest into partitions of bounded work, the same way every time; at least one.

    `entries` may be anything of the same sizes.
    """
    batch: list[Sized] = []
    total = cut = 0
    for entry in entries:
        batch.append(entry)
        total += entry.size
        if len(batch) >= files or total >= size:
            yield batch
            batch, total, cut = [], 0, cut + 1
    if batch or not cut:
        yield batch
