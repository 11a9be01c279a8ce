"""What an investigation holds, as one encrypted file; and back, byte for byte.

`closed.age` is a tar in the age format (age-encryption.org/v1), encrypted to a key made for it
alone; `closed.key.age` holds that key, encrypted to recipients or under a passphrase. Both are read
by any program for age. Memory does not grow with what is archived. It must never put anything in
its place that was not authenticated to the end, nor show a key or a passphrase.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

import pyrage

from zegel.errors import CaseError, UsageError, VerificationError
from zegel.investigation import casework, states
from zegel.investigation.life import KEPT
from zegel.tables import StorageGuard, commit, make_folder, replace_file

ARCHIVE, KEY = "closed.age", "closed.key.age"
_OPENING = ".reopening"
_PIECE = 1 << 18
_MEASURES = 20
"""How often age may measure this machine before a passphrase counts as too dear for it."""
_OWN = (ARCHIVE, KEY, _OPENING, ".closed.")
"""What begins so is an archive's, or half of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locking:
    """To whom an archive will open: the holders of age keys, or who knows a passphrase."""

    recipients: tuple[str, ...] = ()
    passphrase: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlocking:
    """What opens an archive: an age key as `age-keygen` writes it, or a passphrase."""

    identities: bytes | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """An archive that was written."""

    sha256: str
    size: int
    files: dict[str, str]
    """SHA-256 of each file in it, by path."""


def derived(folder: Path) -> list[Path]:
    """Return what lies in an investigation's folder besides what is `KEPT`, folders first."""
    found: list[Path] = []
    for top in sorted(folder.iterdir()):
        if top.name not in KEPT and not top.name.startswith(_OWN):
            found += [top, *(sorted(top.rglob("*")) if _is_folder(top) else ())]
    for path in found:
        if not _is_folder(path) and (path.is_symlink() or not path.is_file()):
            raise CaseError("this is neither file nor folder", where=str(path))
    return found


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def archive(folder: Path, locking: Locking) -> Archived:
    """Write the archive of a folder beside what it holds, which stays."""
    identity = pyrage.x25519.Identity.generate()
    locked = _locked(str(identity).encode() + b"\n", locking)
    casework.settle(folder)
    states.settle(folder)
    remove_archive(folder)  # half of one, where an attempt was killed
    replace_file(folder / KEY, locked, mode=0o600)
    source = _Tar(folder)
    beside = folder / f".{ARCHIVE}.new"
    with StorageGuard(folder):
        with beside.open("wb") as file:
            sink = _Sink(file)
            try:
                pyrage.encrypt_io(source, sink, [identity.to_public()])
            except (pyrage.EncryptError, OSError):
                raise (source.error or sink.error or CaseError("it cannot be encrypted")) from None
        commit(beside, folder / ARCHIVE)
    return Archived(sha256=sink.digest.hexdigest(), size=sink.size, files=source.files)


def _locked(key: bytes, locking: Locking) -> bytes:
    if bool(locking.recipients) == bool(locking.passphrase):
        raise UsageError("an archive is for recipients, or under a passphrase: one of the two")
    if locking.passphrase:
        return bytes(pyrage.passphrase.encrypt(key, locking.passphrase))
    recipients = []
    for text in locking.recipients:
        try:
            recipients.append(pyrage.x25519.Recipient.from_str(text))
        except pyrage.RecipientError:
            raise UsageError(
                "this is no recipient of age: it begins with age1", where=text[:70]
            ) from None
    return bytes(pyrage.encrypt(key, recipients))


class _Tar:
    """The tar of a folder, read as it is made."""

    def __init__(self, folder: Path) -> None:
        self.files: dict[str, str] = {}
        self.error: Exception | None = None
        self._pieces = self._made(folder)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; none at the end."""
        try:
            while not self._rest:
                self._rest = next(self._pieces)
        except StopIteration:
            return b""
        except (OSError, CaseError) as error:
            self.error = error
            raise
        wanted = len(self._rest) if size < 0 else size
        piece, self._rest = self._rest[:wanted], self._rest[wanted:]
        return piece

    def _made(self, folder: Path) -> Iterator[bytes]:
        for path in derived(folder):
            yield from self._entry(path, path.relative_to(folder).as_posix())
        yield bytes(2 * tarfile.BLOCKSIZE)

    def _entry(self, path: Path, name: str) -> Iterator[bytes]:
        status = path.stat()
        entry = tarfile.TarInfo(name)
        entry.mode, entry.mtime = status.st_mode & 0o777, int(status.st_mtime)
        if path.is_dir():
            entry.type = tarfile.DIRTYPE
            yield entry.tobuf(tarfile.PAX_FORMAT)
            return
        entry.size = status.st_size
        yield entry.tobuf(tarfile.PAX_FORMAT)
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
                yield piece
        if size != status.st_size:
            raise CaseError("the file changed while it was archived", where=str(path))
        self.files[name] = digest.hexdigest()
        yield bytes(-size % tarfile.BLOCKSIZE)


class _Sink:
    """A file being written, and its digest."""

    def __init__(self, file: BinaryIO) -> None:
        self.digest, self.size = hashlib.sha256(), 0
        self.error: OSError | None = None
        self._file = file

    def write(self, piece: bytes) -> int:
        """Write one piece."""
        try:
            self._file.write(piece)
        except OSError as error:
            self.error = error
            raise
        self.digest.update(piece)
        self.size += len(piece)
        return len(piece)

    def flush(self) -> None:
        """Write what waits."""
        self._file.flush()


def require_same(folder: Path, archived: Archived) -> None:
    """Raise unless the folder holds exactly what was archived."""
    now = {
        path.relative_to(folder).as_posix(): file_digest(path)
        for path in derived(folder)
        if path.is_file()
    }
    if now != archived.files:
        raise CaseError(
            "the investigation changed while it was being closed",
            where=str(folder),
            next_step="Let other commands in it end, and give this one again.",
        )


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove_derived(folder: Path) -> None:
    """Remove what the archive holds."""
    with StorageGuard(folder):
        for path in reversed(derived(folder)):
            path.rmdir() if path.is_dir() else path.unlink()


def unpack(folder: Path, unlocking: Unlocking, digest: str) -> None:
    """Put back what the archive of that digest holds, once all of it is known to be authentic."""
    if file_digest(folder / ARCHIVE) != digest:
        raise VerificationError(
            "the archive is not the one that the investigation's log says was closed",
            where=str(folder / ARCHIVE),
            next_step="Restore the file from a copy; nothing was opened.",
        )
    identity = _unlocked((folder / KEY).read_bytes(), unlocking)
    aside = folder / _OPENING
    shutil.rmtree(aside, ignore_errors=True)
    make_folder(aside)
    try:
        with StorageGuard(folder):
            _decrypted(folder / ARCHIVE, identity, lambda tar: _extract(tar, aside))
            for child in sorted(aside.iterdir()):
                _put(child, folder / child.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _unlocked(locked: bytes, unlocking: Unlocking) -> Any:
    if (unlocking.identities is None) == (unlocking.passphrase is None):
        raise UsageError("an archive is opened by an age key or by a passphrase: one of the two")
    try:
        if unlocking.passphrase is not None:
            key = _by_passphrase(locked, unlocking.passphrase)
        else:
            key = pyrage.decrypt(locked, identities_in(unlocking.identities or b""))
        return pyrage.x25519.Identity.from_str(bytes(key).decode("ascii").strip())
    except (pyrage.DecryptError, pyrage.IdentityError, ValueError):
        raise UsageError(
            "this key or passphrase does not open the archive",
            next_step="Give the one it was closed for; nothing was opened.",
        ) from None


def _by_passphrase(locked: bytes, passphrase: str) -> bytes:
    """Open what lies under a passphrase, however much the machine has to do at this moment.

    age measures in some milliseconds how fast the machine is, and refuses untried what would take
    it 16 times longer than what it would itself make: a measure that was interrupted is repeated.
    """
    for _ in range(_MEASURES):
        try:
            return bytes(pyrage.passphrase.decrypt(locked, passphrase))
        except pyrage.DecryptError as error:
            if "Excessive work" not in str(error):
                raise
    raise UsageError(
        "the passphrase was not tried: this machine is too slow for it, or too busy",
        next_step="Give the command again when there is less to do, or on a faster machine;"
        " nothing was opened.",
    )


def identities_in(text: bytes) -> list[Any]:
    """Return the age keys of a file as `age-keygen` writes it."""
    lines = [line.strip() for line in text.decode("utf-8", "replace").splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys:
        raise UsageError("there is no age key in the file")
    return [pyrage.x25519.Identity.from_str(key) for key in keys]


def _decrypted(place: Path, identity: Any, read: Callable[[IO[bytes]], None]) -> None:
    """Let `read` have what decrypts, through a pipe; raise unless it decrypts to the end."""
    reading, writing = os.pipe()
    failed: list[BaseException] = []

    def decrypt() -> None:
        try:
            with place.open("rb") as file, os.fdopen(writing, "wb") as pipe:
                pyrage.decrypt_io(file, pipe, [identity])
        except (pyrage.DecryptError, OSError) as error:
            failed.append(error)

    thread = threading.Thread(target=decrypt, name="age")
    thread.start()
    try:
        with os.fdopen(reading, "rb") as pipe:
            read(pipe)
            while pipe.read(_PIECE):  # the end of the archive is authenticated last
                pass
    finally:
        thread.join()
    if failed:
        raise VerificationError("the archive is damaged or cut", where=str(place))


def _extract(pipe: IO[bytes], aside: Path) -> None:
    try:
        with tarfile.open(fileobj=pipe, mode="r|") as tar:
            for entry in tar:
                _extract_one(tar, entry, aside)
    except (tarfile.TarError, EOFError):
        return  # what decrypted was cut: the caller says so


def _extract_one(tar: tarfile.TarFile, entry: tarfile.TarInfo, aside: Path) -> None:
    parts = PurePosixPath(entry.name).parts
    if not parts or ".." in parts or parts[0] in KEPT | {"/"}:
        raise VerificationError("the archive names a place outside the investigation")
    place = aside.joinpath(*parts)
    if entry.isdir():
        place.mkdir(mode=entry.mode)
        return
    content = tar.extractfile(entry)
    if content is None or not entry.isreg():
        raise VerificationError("the archive holds what is neither file nor folder")
    with place.open("xb") as file:
        shutil.copyfileobj(content, file, _PIECE)
        file.flush()
        os.fsync(file.fileno())
    place.chmod(entry.mode)
    os.utime(place, (entry.mtime, entry.mtime))


def _put(found: Path, place: Path) -> None:
    """Put what was found in its place; what a killed attempt put there gives way."""
    if place.is_dir():
        shutil.rmtree(place)
    found.replace(place)


def remove_archive(folder: Path) -> None:
    """Remove an archive whose content lies in the folder again."""
    with StorageGuard(folder):
        for path in folder.iterdir():
            if path.name in (KEY, ARCHIVE) or path.name.startswith(".closed."):
                path.unlink()
