"""Opens the log of an investigation for writing, in its case or on another machine."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from zegel.custody.log import Log, account
from zegel.investigation import Investigation


def investigation_log(inv: Investigation) -> Log:
    """Open the investigation's log for writing; on another machine, as its new holder."""
    at_home = inv.folder.parent.parent / "private" / "investigations" / f"{inv.folder.name}.key"
    if at_home.is_file() and inv.folder.parent.name == "investigations":
        return Log.open(inv.folder / "custody", at_home)
    keys = Path(os.environ.get("ZEGEL_KEYS") or Path.home() / ".local" / "share" / "zegel" / "keys")
    holder = f"{account()} on {socket.gethostname()}"
    return Log.take_over(inv.folder / "custody", keys / f"{inv.identity}.key", holder=holder)
