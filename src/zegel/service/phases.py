"""How far one phase of a use case is, in the words that programs read.

The keys are those of docs/reference/progress.schema.json.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from zegel.service.pace import Pace


@dataclass(slots=True)
class Phase:
    """One phase under way; times are seconds of any clock that never goes back."""

    name: str
    total: int | None
    unit: str
    began: float
    pace: Pace = field(init=False)
    problems: int = 0

    def __post_init__(self) -> None:
        self.pace = Pace(self.began)

    def advance(self, units: int, problems: int, now: float) -> None:
        """Count what was done by `now`, and the problems met in it."""
        self.pace.advance(units, now)
        self.problems += problems

    def said(self, now: float) -> dict[str, Any]:
        """Return how far it is."""
        rate = self.pace.rate(now)
        left = None if self.total is None else self.pace.left(self.total, now)
        return {
            "phase": self.name,
            "unit": self.unit,
            "done": int(self.pace.done),
            "total": self.total,
            "rate": None if rate is None else round(rate, 2),
            "seconds_left": None if left is None else round(left, 1),
            "problems": self.problems,
            "elapsed": round(now - self.began, 1),
        }

    def ended(self, now: float) -> dict[str, Any]:
        """Return it as it is said once it has ended: what was counted is the whole."""
        if self.total is None:
            self.total = int(self.pace.done)
        return {**self.said(now), "seconds_left": 0.0}
