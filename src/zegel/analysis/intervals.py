"""How sure a count in a random sample makes us of the share in the whole: exact, never too narrow.

Clopper and Pearson, Biometrika 26 (1934) 404-413: the shares under which a count as low, or as
high, as the one found would not be a surprise. Drawn without replacement from a whole that is not
much larger than the sample, the truth lies closer than it says. Pure functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

CONFIDENCE = 0.95
_STEPS = 60
"""Bisections; each halves the distance, so the error is below 1e-18."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A share found in a sample, and the bounds of the share in the whole."""

    found: int
    of: int
    low: float
    high: float
    confidence: float = CONFIDENCE

    @property
    def share(self) -> float | None:
        """The share found; None for an empty sample."""
        return self.found / self.of if self.of else None

    def as_json(self) -> dict[str, float | int | None]:
        """Return it for a document; shares to six digits."""
        share = self.share
        return {
            "found": self.found,
            "of": self.of,
            "share": None if share is None else round(share, 6),
            "low": round(self.low, 6),
            "high": round(self.high, 6),
            "confidence": self.confidence,
        }


def exact_interval(found: int, of: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the Clopper-Pearson interval of `found` in a random sample of `of`.

    Raises ValueError unless 0 <= found <= of and 0 < confidence < 1. An empty sample says nothing:
    its interval is from 0 to 1.
    """
    if not 0 <= found <= of or not 0 < confidence < 1:
        raise ValueError("a count lies between 0 and the sample, a confidence between 0 and 1")
    tail = (1 - confidence) / 2
    low = 0.0 if found == 0 else _solve(lambda p: _at_least(found, of, p), tail)
    high = 1.0 if found == of else 1 - _solve(lambda p: _at_least(of - found, of, p), tail)
    return Interval(found=found, of=of, low=low, high=high, confidence=confidence)


def _solve(rising: Callable[[float], float], wanted: float) -> float:
    """Return where a rising function of a share reaches `wanted`."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if rising(middle) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _at_least(found: int, of: int, share: float) -> float:
    """Return the chance of `found` or more in `of`, where each is one with chance `share`."""
    if share <= 0:
        return 0.0
    if share >= 1:
        return 1.0
    constant = math.lgamma(of + 1)
    yes, no = math.log(share), math.log1p(-share)
    return math.fsum(
        math.exp(constant - math.lgamma(k + 1) - math.lgamma(of - k + 1) + k * yes + (of - k) * no)
        for k in range(found, of + 1)
    )
