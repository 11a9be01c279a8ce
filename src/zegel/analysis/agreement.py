"""How far two people who coded the same things apart from each other agree.

Cohen, Educational and Psychological Measurement 20 (1960) 37-46: the agreement found, beyond what
two people of the same habits would reach by chance. Pure functions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Two people's codes of the same things, compared."""

    of: int
    agreed: int
    kappa: float | None
    """1 for full agreement, 0 for chance; None where both used one code throughout."""


def agreement(codes: Sequence[tuple[str, str]]) -> Agreement:
    """Compare pairs of codes: the first person's and the second's of each thing."""
    of = len(codes)
    agreed = sum(one == other for one, other in codes)
    first, second = Counter(one for one, _ in codes), Counter(other for _, other in codes)
    by_chance = sum(first[code] * second[code] for code in first)
    # Integers until the last step: expected agreement of exactly 1 must not depend on rounding.
    whole = of * of
    kappa = None if by_chance == whole else (agreed * of - by_chance) / (whole - by_chance)
    return Agreement(of=of, agreed=agreed, kappa=kappa)
