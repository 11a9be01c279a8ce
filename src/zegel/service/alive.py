"""Whether a process that said who it is still runs.

A number of a process is given again to another, so what counts is the number and when that process
began (field 22 of /proc/PID/stat, proc(5)). Nothing can be said of one on another machine, or in
another namespace of process numbers.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from zegel.people import machine

_STATE, _BEGAN = 0, 19
"""Fields of /proc/PID/stat, counted from behind the name, which may hold anything."""
_DEAD = (b"Z", b"X")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process of one machine."""

    number: int
    began: int
    """Ticks of the system's clock since it was started; 0 where the system does not tell."""
    boot: str
    space: str
    machine: str

    def as_json(self) -> dict[str, Any]:
        """Return it to be written down."""
        return asdict(self)

    @classmethod
    def here(cls) -> Process:
        """Return the process that asks."""
        number = os.getpid()
        return cls(
            number=number,
            began=_began(number) or 0,
            boot=_boot(),
            space=_space(),
            machine=machine.digest(),
        )

    def runs(self) -> bool | None:
        """Say whether it still runs; None where that cannot be known from here."""
        if self.machine != machine.digest():
            return None
        if self.boot != _boot():
            return False
        if self.space != _space():
            return None
        return _began(self.number) == self.began


def _began(number: int) -> int | None:
    """Return when a process began, None where it has ended."""
    try:
        *_, said = Path(f"/proc/{number}/stat").read_bytes().rpartition(b")")
    except OSError:
        return None if Path("/proc/self/stat").exists() else _known(number)
    fields = said.split()
    return None if fields[_STATE] in _DEAD else int(fields[_BEGAN])


def _known(number: int) -> int | None:
    """Return 0 for a process that is there, for systems without /proc."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return 0
    return 0


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
