"""A case is one folder; nothing is ever written outside it.

CASE/case.json        what it is (canonical JSON, versioned)
CASE/exhibits/<id>/   acquisition, conditions, sealed manifest
CASE/tables/<stage>/  Parquet parts
CASE/custody/         the custody log
CASE/people/          who is enrolled
CASE/private/         mode 0700: case secret, log key, private keys, passphrases
CASE/work/            working copies of compressed containers; may be deleted at any time
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

from zegel.canonical import JSON, canonical_json
from zegel.custody.log import Log, account
from zegel.custody.watch import FILES, digest_of
from zegel.errors import CaseError, VerificationError
from zegel.people.roster import PLACE, Enrolled, Roster
from zegel.tables import Stage, StorageGuard, make_folder, replace_file, sync

FORMAT_VERSION = 1

_BEFORE_CASE_JSON = re.compile(
    r"people|people/(people\.json|\.people\.json\.\d+\.new)|private|private/(case-secret|custody\.key(\.new)?|\.case-secret\.\d+\.new)"
    r"|custody|custody/(entries\.jsonl|leaves|head\.json(\.new)?)"
    r"|\.case\.json\.\d+\.new"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An opened case folder."""

    folder: Path
    identity: str
    training: bool

    @classmethod
    def create(cls, folder: Path, *, training: bool, who: str | None = None) -> Case:
        """Make a new case in `folder`, which must not exist or be empty, and log that."""
        _require_new(folder)
        make_folder(folder)
        private = make_folder(folder / "private")
        identity = secrets.token_hex(16)
        replace_file(private / "case-secret", secrets.token_bytes(32))
        _enrol_first(folder)
        # The log comes before case.json: a folder with case.json is a whole case.
        origin = f"zegel case {identity}"
        log = Log.create(folder / "custody", private / "custody.key", origin=origin)
        description: dict[str, JSON] = {
            "format": "zegel case",
            "version": FORMAT_VERSION,
            "identity": identity,
            "training": training,
            "created": datetime.now(UTC).isoformat(),
        }
        text = canonical_json(description)
        facts: dict[str, JSON] = {
            "training": training,
            "administrator": account(),
            FILES: {
                **_files(folder, private / "case-secret", folder / PLACE),
                "case.json": sha256(text).hexdigest(),
            },
        }
        log.append("case made", facts, who=who)
        replace_file(folder / "case.json", text, mode=0o644)
        return cls(folder=folder, identity=identity, training=training)

    @classmethod
    def open(cls, folder: Path) -> Case:
        """Open the case in `folder`."""
        try:
            description = json.loads((folder / "case.json").read_bytes())
            version = description["version"]
            case = cls(
                folder=folder.resolve(),
                identity=str(description["identity"]),
                training=bool(description["training"]),
            )
        except FileNotFoundError:
            _say_it_is_not_there(folder)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise VerificationError(
                f"is not as it was written ({type(error).__name__})",
                where=str(folder / "case.json"),
                next_step="Restore it from a copy; nothing was changed.",
            ) from error
        except OSError as error:
            raise CaseError(
                f"case.json cannot be read ({type(error).__name__})",
                where=str(folder),
                next_step="Mend its rights, or restore the folder from a copy.",
            ) from error
        if version != FORMAT_VERSION:
            raise CaseError(
                f"the case has format version {version}, this program reads {FORMAT_VERSION}",
                where=str(folder),
                next_step="Use the version of zegel that made it.",
            )
        return case

    @property
    def work(self) -> Path:
        """Folder of working copies; may be deleted when no command runs."""
        return self.folder / "work"

    @property
    def private(self) -> Path:
        """Folder of secrets."""
        return self.folder / "private"

    def stage(self, name: str) -> Stage:
        """Return the stage called `name`."""
        return Stage(self.folder / "tables" / name)

    def log(self) -> Log:
        """Open the custody log for writing."""
        return Log.open(self.folder / "custody", self.private / "custody.key")

    def secret(self) -> bytes:
        """Return the case secret (32 bytes)."""
        return (self.private / "case-secret").read_bytes()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the case for writing; a second writer is refused at once.

        Whatever an earlier command finished survives a power cut from then on, even where a kill
        came between the name and the sync of its folder: this one builds on it.
        """
        with StorageGuard(self.folder):
            descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CaseError(
                    "another zegel command is writing to this case",
                    where=str(self.folder),
                    next_step="Wait for it to end.",
                ) from None
            for folder in (self.folder, *self.folder.glob("*/"), *self.folder.glob("tables/*/")):
                sync(folder)
            yield
        finally:
            os.close(descriptor)


def _enrol_first(folder: Path) -> None:
    """Enrol the account that makes the case: examiner and administrator, until it enrols others."""
    first = Enrolled(name=account(), roles=("examiner", "administrator"), account=account())
    make_folder((folder / PLACE).parent)
    replace_file(folder / PLACE, Roster().put(first).text())


def _say_it_is_not_there(folder: Path) -> NoReturn:
    if (folder / "custody" / "head.json").is_file():
        raise VerificationError(
            "is not here, though the log of a case is",
            where=str(folder / "case.json"),
            next_step="Restore it from a copy; where `zegel init` was interrupted, give"
            " that command again.",
        ) from None
    raise CaseError(
        "there is no case here",
        where=str(folder),
        next_step="Make one with `zegel init`, or name it with --case or ZEGEL_CASE.",
    ) from None


def _files(folder: Path, *places: Path) -> dict[str, JSON]:
    return {place.relative_to(folder).as_posix(): digest_of(place) for place in places}


def _require_new(folder: Path) -> None:
    """Raise unless a case can be made in `folder`; clear what a killed attempt left there."""
    if not folder.exists():
        return
    if (folder / "case.json").exists():
        raise CaseError(
            "there is a case here already",
            where=str(folder),
            next_step="`zegel status` shows it; choose a new folder for another.",
        )
    if folder.is_dir() and _is_half_made(folder):
        for left in ("private", "custody", "people"):
            shutil.rmtree(folder / left, ignore_errors=True)
        for new in folder.glob(".case.json.*.new"):
            new.unlink()
    if not folder.is_dir() or any(folder.iterdir()):
        raise CaseError(
            "exists and is not empty", where=str(folder), next_step="Choose a new folder."
        )


def _is_half_made(folder: Path) -> bool:
    """Say whether `folder` holds nothing but what making a case writes before `case.json`."""
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    return all(_BEFORE_CASE_JSON.fullmatch(name) for name in found)


def find_case(given: Path | None) -> Case:
    """Open the case named by --case, else by ZEGEL_CASE, else the current folder."""
    return Case.open(given or Path(os.environ.get("ZEGEL_CASE") or Path.cwd()))
