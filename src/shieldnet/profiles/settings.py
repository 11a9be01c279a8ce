"""What an organisation decides about its phones."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shieldnet.errors import SettingsError

DELTA_CHAT = {"android": "com.b44t.messenger", "apple": "chat.delta"}
_APP = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+")
MOST_FAILED_UNLOCKS = 11
"""Apple's upper bound; below it, the same number goes into both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The decisions; what is not here is fixed: no camera, no microphone, no backup."""

    organisation: str
    failed_unlocks: int = 10
    """After so many wrong passcodes in a row the phone erases itself."""
    apps: tuple[str, ...] = ()
    """Further apps besides Delta Chat: package names or bundle identifiers."""

    def __post_init__(self) -> None:
        if not self.organisation.strip():
            raise SettingsError("A profile needs the name of the organisation that manages phones")
        if not 4 <= self.failed_unlocks <= MOST_FAILED_UNLOCKS:
            raise SettingsError(
                f"Failed unlocks before the phone erases itself: 4 to {MOST_FAILED_UNLOCKS}, "
                f"not {self.failed_unlocks}"
            )
        for app in self.apps:
            if not _APP.fullmatch(app):
                raise SettingsError(f"{app!r} is no app's name like {DELTA_CHAT['android']}")
