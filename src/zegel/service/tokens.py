"""Where whoever types commands keeps the tokens of their sessions: one file, outside every case.

`$ZEGEL_SESSION` names it; else it lies in `$XDG_RUNTIME_DIR/zegel`, which the system empties at
logout, else in `~/.local/state/zegel`. Mode 0600; one that others can read is refused.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from zegel.errors import SessionError, UsageError
from zegel.tables import make_folder, replace_file

LARGEST = 1024 * 1024


def token_file() -> Path:
    """Return the file of tokens."""
    given = os.environ.get("ZEGEL_SESSION")
    if given:
        return Path(given)
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return Path(os.environ.get("XDG_RUNTIME_DIR") or state) / "zegel" / "session"


def token_of(origin: str) -> str | None:
    """Return the token of the session at a log, None where nobody logged in to it from here."""
    return _read().get(origin)


def keep(origin: str, token: str | None, *, outside: Path) -> None:
    """Keep the token of a session, or with None forget it; never inside the folder `outside`."""
    place = token_file()
    if place.resolve().is_relative_to(outside.resolve()):
        raise UsageError(
            "a session is never kept inside the folder it opens",
            where=str(place),
            next_step="Set ZEGEL_SESSION to a file elsewhere.",
        )
    tokens = {name: one for name, one in _read().items() if name != origin}
    if token is not None:
        tokens[origin] = token
    make_folder(place.parent)
    replace_file(place, json.dumps(tokens).encode())


def _read() -> dict[str, str]:
    place = token_file()
    try:
        with place.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(LARGEST)
    except FileNotFoundError:
        return {}
    if stat.S_IMODE(mode) & 0o077:
        raise SessionError(
            "others than its owner can read this session",
            where=str(place),
            next_step="Remove the file and log in again.",
        )
    try:
        tokens = json.loads(text)
        return {str(origin): str(token) for origin, token in tokens.items()}
    except (ValueError, AttributeError):
        raise SessionError(
            "this is no file of sessions",
            where=str(place),
            next_step="Remove the file and log in again.",
        ) from None
