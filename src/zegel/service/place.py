"""A case or an investigation as the door sees it: its log, its people, what lies beside its key.

Opening one checks it (`zegel.custody.watch`): a log, roster or listed file that is not as it was
stops every command before anything is shown. An investigation away from its case gets a new holder
here: the account that opens it first, enrolled in the folder and named in the log.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from zegel.canonical import JSON
from zegel.casefile import Case
from zegel.custody.keys import load_key
from zegel.custody.log import Log, account
from zegel.custody.watch import FILES, Checked, followed, look, settle, stage
from zegel.investigation import Investigation
from zegel.people import CASE, INVESTIGATION, machine
from zegel.people.roster import PLACE, Enrolled, Roster, read_roster
from zegel.people.sessions import Sessions
from zegel.people.tries import Tries
from zegel.tables import make_folder

FROM_CASE = "case"
"""What most investigations draw from: all of the case that is not set apart."""
HOLDER_ENROLLED = "holder enrolled"
SHARED_FOR = 1.0
"""Seconds for which one opening may be shared."""


@dataclass(slots=True, kw_only=True)
class Place:
    """An opened case or investigation."""

    folder: Path
    training: bool
    log: Log
    beside: Path
    """Beginning of the names of what lies beside the log's key: checked, sessions, tries."""
    rights: Mapping[str, frozenset[str]]
    checked: Checked
    roster: Roster = field(default_factory=Roster)
    officers: bool = False
    """Whether it is the privilege officer's: a review, or a sample of what was not set apart."""
    case: Place | None = None
    """The case in which an investigation lies; None for a case, and away from it."""

    @property
    def origin(self) -> str:
        """The name of the log."""
        return self.log.head().origin

    def named_beside(self, what: str) -> Path:
        """Return where something is kept beside the log's key, outside the movable folder."""
        return _named(self.beside, what)

    @property
    def is_case(self) -> bool:
        """Say whether this is a case."""
        return self.rights is CASE

    @property
    def sessions(self) -> Sessions:
        """The working sessions here."""
        return Sessions(_named(self.beside, "sessions"))

    @property
    def tries(self) -> Tries:
        """The failed tries to log in here."""
        return Tries(_named(self.beside, "tries"))

    def append(
        self,
        act: str,
        facts: Mapping[str, JSON],
        who: str,
        *,
        shown: Sequence[str] | None = None,
    ) -> int:
        """Write an entry, and remember how far the log goes now; return its index."""
        index = self.log.append(act, facts, who=who, shown=shown)
        self.follow()
        return index

    def follow(self) -> None:
        """Remember how far the log goes now, so that it cannot be cut unseen."""
        self.checked = followed(self.folder, _named(self.beside, "checked"), self.checked)

    def write_listed(
        self, name: str, content: bytes, act: str, facts: Mapping[str, JSON], who: str
    ) -> int:
        """Put a small file in place, with an entry that stands for it; no kill parts the two."""
        place = self.folder / name
        make_folder(place.parent)
        digest = stage(place, content)
        index = self.log.append(act, {**facts, FILES: {name: digest}}, who=who)
        settle(place)
        self.follow()
        return index

    def change_roster(self, roster: Roster, act: str, facts: Mapping[str, JSON], who: str) -> None:
        """Write who is enrolled; call it inside `changing`."""
        self.write_listed(PLACE, roster.text(), act, facts, who)
        self.roster = roster

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the roster, read anew, so that of two changes neither is lost."""
        descriptor = os.open(make_folder((self.folder / PLACE).parent), os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self.roster = read_roster(self.folder)
            yield
        finally:
            os.close(descriptor)


_SHARED: ContextVar[dict[Path, tuple[float, Place]] | None] = ContextVar("shared", default=None)


@contextmanager
def one_opening() -> Iterator[None]:
    """Let all that is done inside share one opening, and its checks, of each folder.

    For what is one visit, such as a request of a browser: who holds the session, may they, and the
    act itself are asked of the same state of log and roster. After `SHARED_FOR` seconds a folder is
    opened anew, so that a block counts for whoever stays long; a thread begun inside opens its own.
    """
    before = _SHARED.set({})
    try:
        yield
    finally:
        _SHARED.reset(before)


def place_of(of: Case | Investigation) -> Place:
    """Open and check a case or an investigation; raise `VerificationError` at what is changed.

    Inside `one_opening` that was done before is taken as it was found then.
    """
    shared = _SHARED.get()
    if shared is None:
        return _opened(of)
    now = time.monotonic()
    known = shared.get(of.folder)
    if known is None or now - known[0] > SHARED_FOR:
        known = shared[of.folder] = now, _opened(of)
    return known[1]


def _opened(of: Case | Investigation) -> Place:
    return _case(of) if isinstance(of, Case) else _investigation(of)


def _case(case: Case, only: Collection[str] | None = None) -> Place:
    beside = case.private / "custody"
    checked = look(case.folder, _named(beside, "checked"), only=only)
    return Place(
        folder=case.folder,
        training=case.training,
        log=case.log(),
        beside=beside,
        rights=CASE,
        checked=checked,
        roster=read_roster(case.folder),
    )


def _investigation(inv: Investigation) -> Place:
    home = home_of(inv)
    key, beside = _away(inv) if home is None else _at_home(home, inv)
    checked = look(inv.folder, _named(beside, "checked"))
    log, new = _log(inv, key, may_take_over=home is None)
    place = Place(
        folder=inv.folder,
        training=inv.training,
        log=log,
        beside=beside,
        rights=INVESTIGATION,
        checked=checked,
        roster=read_roster(inv.folder),
        officers=inv.header.get("draws_from", FROM_CASE) != FROM_CASE,
        case=None if home is None else _case(Case.open(home), only=(PLACE,)),
    )
    if new:
        place.follow()
        _enrol_holder(place)
    return place


def check_files(of: Case | Investigation) -> int:
    """Read every entry and every listed file anew, trusting nothing kept; return how many files.

    Writes nothing in the log: one that is in doubt is not added to. Raises `VerificationError`
    that names the first file which is not as the log lists it.
    """
    if isinstance(of, Case):
        beside = of.private / "custody"
    else:
        home = home_of(of)
        beside = (_away(of) if home is None else _at_home(home, of))[1]
    return len(look(of.folder, _named(beside, "checked"), whole=True).files)


def home_of(inv: Investigation) -> Path | None:
    """Return the case in which an investigation lies, None where it lies elsewhere."""
    home = inv.folder.parent.parent
    key = home / "private" / "investigations" / f"{inv.folder.name}.key"
    if inv.folder.parent.name != "investigations" or not key.is_file():
        return None
    return home


def _at_home(home: Path, inv: Investigation) -> tuple[Path, Path]:
    beside = home / "private" / "investigations" / inv.folder.name
    return _named(beside, "key"), beside


def _away(inv: Investigation) -> tuple[Path, Path]:
    """Return the holder's key of an investigation, and the names of what lies beside it.

    Copies of one folder share the key; what was checked is of each copy.
    """
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    keys = Path(os.environ.get("ZEGEL_KEYS") or data / "zegel" / "keys")
    copy = sha256(os.fsencode(inv.folder)).hexdigest()[:12]
    return keys / f"{inv.identity}.key", keys / f"{inv.identity}-{copy}"


def _log(inv: Investigation, key: Path, *, may_take_over: bool) -> tuple[Log, bool]:
    """Open the log for writing, and say whether it changed hands for that."""
    custody = inv.folder / "custody"
    if not may_take_over:
        return Log.open(custody, key), False
    signed_by = Log.open(custody, None).head().public_key
    if key.is_file() and load_key(key).public_key().public_bytes_raw() == signed_by:
        return Log.open(custody, key), False
    holder = f"{account()} on {socket.gethostname()}"
    return Log.take_over(custody, key, holder=holder), True


def _enrol_holder(place: Place) -> None:
    name = account()
    if not place.training and place.roster.was_granted_by(name, machine.digest()):
        return
    with place.changing():
        known = place.roster.people.get(name)
        if known is not None and known.account != name:  # somebody else, who has a password
            name, known = f"{name} on {socket.gethostname()}", None
        one = known or Enrolled(name=name, roles=(), account=account())
        if "holder" in one.roles:
            return
        held = Enrolled(name=name, roles=(*one.roles, "holder"), account=one.account)
        facts: dict[str, JSON] = {"name": name}
        place.change_roster(place.roster.put(held), HOLDER_ENROLLED, facts, name)


def _named(beside: Path, what: str) -> Path:
    return beside.with_name(f"{beside.name}.{what}")
