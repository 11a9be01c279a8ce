"""What fixes a generated network: counts, seed, period and shares."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache

from shieldnet.sites import DAY

END = int(dt.datetime(2016, 4, 18, tzinfo=dt.UTC).timestamp())
"""The night the servers were taken off the air, as seconds since 1970."""
SLICE = 250
"""Messages that are planned, written and logged together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a plan depends on; equal settings give equal plans."""

    devices: int = 300
    messages: int = 6000
    seed: int = 1
    months: int = 6
    algorithm: str = "mix"
    """`mix`, `rsa2048` or `cv25519`."""
    quick: bool = False
    """Unsigned messages are sealed by `quick` instead of pysequoia."""
    store: str = "maildir"
    """`maildir` or `mbox`: how accounts keep their mail."""
    signed: float = 0.8
    plain: float = 0.03
    hidden: float = 0.02
    inline: float = 0.06
    attachment: float = 0.03
    damaged: float = 0.006
    storylines: float = 0.05
    """The share of messages that belong to a storyline."""

    @property
    def start(self) -> int:
        """Return the first second of the period."""
        return _start(self.months)

    @property
    def slices(self) -> int:
        """Return how many slices of time the messages are planned in."""
        return -(-self.messages // SLICE)

    def window(self, number: int) -> tuple[int, int]:
        """Return first and last second of slice `number`."""
        length = END - self.start
        return (
            self.start + length * number // self.slices,
            self.start + length * (number + 1) // self.slices,
        )

    def planned(self, number: int) -> int:
        """Return how many distinct messages slice `number` holds."""
        return min(SLICE, self.messages - number * SLICE)


@cache
def _start(months: int) -> int:
    return END - int(months * 30.4375 * DAY)
