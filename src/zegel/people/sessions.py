"""Working sessions: who logged in, when, for what purpose; ended by rest, by length or by hand.

A session lies in one small file beside the log's key, outside the movable folder, under the SHA-256
of its token; whoever acts holds the token. Its last use is the file's time. A challenge that a key
is to sign lies there too, good for one answer within two minutes; so does a code that carries a
session from a terminal to a browser. What only one session may open lies there as well, encrypted
under a key that follows from its token: with the session it is gone.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from base64 import b32encode
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zegel.errors import SessionError
from zegel.people.person import How, Own

IDLE_MINUTES, LONGEST_HOURS = 30, 10
CHALLENGE_SECONDS = 120
CODE_SECONDS, CODE_SIZE = 120, 16
TOKEN_SIZE = 32
_MINUTE = 60 * 10**9
_OWN_INFO = b"zegel own to a session 1\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who is logged in."""

    name: str
    how: How
    purpose: str
    began_ns: int


class Sessions:
    """The sessions of one log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, session: Session) -> str:
        """Keep a new session and return its token."""
        token = secrets.token_hex(TOKEN_SIZE)
        self._put(self._place(token), json.dumps(asdict(session)).encode())
        return token

    def use(self, token: str) -> Session:
        """Return the session of a token and count this as its last use; raise where it ended."""
        place = self._place(token)
        try:
            session = Session(**json.loads(place.read_bytes()))
            used_ns = place.stat().st_mtime_ns
        except FileNotFoundError:
            raise SessionError("this session is not known here, or was ended") from None
        except (ValueError, TypeError):
            place.unlink(missing_ok=True)
            raise SessionError("the session cannot be read") from None
        now = time.time_ns()
        if not 0 <= now - session.began_ns < LONGEST_HOURS * 60 * _MINUTE:
            self.end(token)
            raise SessionError(f"the session ended: it lasts {LONGEST_HOURS} hours at most")
        if now - used_ns > IDLE_MINUTES * _MINUTE:
            self.end(token)
            raise SessionError(f"the session ended after {IDLE_MINUTES} minutes without an act")
        os.utime(place, ns=(now, now))
        return session

    def end(self, token: str) -> None:
        """End a session, and what was its own; one that is not there has ended."""
        self._end(self._place(token))

    def _end(self, place: Path) -> None:
        place.unlink(missing_ok=True)
        for kept in self.folder.glob(f"{own_name(place.name.removeprefix(_SESSION))}-*"):
            kept.unlink(missing_ok=True)

    def end_all_of(self, name: str) -> None:
        """End every session of a name."""
        for place in self.folder.glob(f"{_SESSION}*"):
            try:
                theirs = json.loads(place.read_bytes())["name"] == name
            except (ValueError, KeyError, TypeError):
                theirs = True  # nobody can use what cannot be read
            if theirs:
                self._end(place)

    def holds(self, own: Own) -> bool:
        """Say whether the session of this name is one of these."""
        return (self.folder / f"{_SESSION}{own.session}").is_file()

    def put_own(self, own: Own, name: str, content: bytes) -> None:
        """Keep what is a session's own, encrypted by the caller, until it ends."""
        place = self.folder / f"{own_name(own.session)}-{name}"
        beside = place.with_name(f".{place.name}.new")
        beside.unlink(missing_ok=True)
        self._put(beside, content)
        beside.replace(place)

    def get_own(self, own: Own, name: str) -> bytes | None:
        """Return what was kept under a name; None where nothing was."""
        try:
            return (self.folder / f"{own_name(own.session)}-{name}").read_bytes()
        except FileNotFoundError:
            return None

    def names_own(self, own: Own) -> list[str]:
        """Return the names under which something is kept of a session."""
        before = f"{own_name(own.session)}-"
        return sorted(place.name.removeprefix(before) for place in self.folder.glob(f"{before}*"))

    def hand_over(self, token: str) -> str:
        """Return a code that begins the same session elsewhere: once, within two minutes.

        What is kept under its digest holds no token: whoever reads it cannot act.
        """
        session = self.use(token)
        code = b32encode(secrets.token_bytes(CODE_SIZE)).decode().rstrip("=").lower()
        self._put(self._code(code), json.dumps(asdict(session)).encode())
        return code

    def taken_over(self, code: str) -> tuple[Session, str]:
        """Begin the session that a code stands for, and return it with its token; raise where the
        code was not given here, was used, or is too old."""
        place = self._code(code)
        try:
            age = time.time() - place.stat().st_mtime
            session = Session(**json.loads(place.read_bytes()))
            place.unlink()
        except (FileNotFoundError, ValueError, TypeError):
            raise SessionError("this code was not given here, or was used") from None
        if not 0 <= age <= CODE_SECONDS:
            raise SessionError(f"a code is good for {CODE_SECONDS} seconds")
        return session, self.begin(session)

    def challenge(self, text: bytes) -> None:
        """Keep a challenge until it is answered; those that nobody answered in time are dropped,
        for whoever reaches a login page can ask for as many as they like."""
        for place in self.folder.glob("challenge-*"):
            with suppress(FileNotFoundError):
                if time.time() - place.stat().st_mtime > CHALLENGE_SECONDS:
                    place.unlink()
        self._put(self._of(text), b"")

    def answered(self, text: bytes) -> None:
        """Take a challenge away; raise unless it was given within the time allowed, once."""
        place = self._of(text)
        try:
            age = time.time() - place.stat().st_mtime
            place.unlink()
        except FileNotFoundError:
            raise SessionError("this challenge was not given here, or was answered") from None
        if not 0 <= age <= CHALLENGE_SECONDS:
            raise SessionError(f"a challenge is good for {CHALLENGE_SECONDS} seconds")

    def _put(self, place: Path, content: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)

    def _place(self, token: str) -> Path:
        return self.folder / f"{_SESSION}{_named(token)}"

    def _code(self, code: str) -> Path:
        plain = "".join(code.split()).replace("-", "").lower()
        return self.folder / f"code-{sha256(plain.encode()).hexdigest()}"

    def _of(self, challenge: bytes) -> Path:
        return self.folder / f"challenge-{sha256(challenge).hexdigest()}"


_SESSION = "session-"


def _named(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def own_name(session: str) -> str:
    """Return how the names begin of what is a session's own."""
    return f"own-{session[:32]}"


def own_of(token: str) -> Own:
    """Return what opens only by this token (HKDF-SHA256, RFC 5869)."""
    derivation = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_OWN_INFO)
    return Own(session=_named(token), key=derivation.derive(token.encode()))


def name_in_log(token: str) -> str:
    """Return what the log calls a session: nothing from which its token follows."""
    return _named(token)[:16]
