"""How fast a phase goes and how much longer it will take, told from how far it was when.

The rate is that of the later half of the time the phase has taken. So a slow start, or parts found
finished at once, weigh nothing once as much time again has passed; steps of differing cost average
out over an ever longer time; and a lasting change of rate is known after as long as it took to
come. No promise is made of the future: what is told is right where the rest costs what the later
half did.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from threading import RLock

_KEPT = 256
"""Moments remembered of the time so far; more would not change the rate."""


class Pace:
    """The pace of one phase; times are seconds of any clock that never goes back.

    One thread may do the work and another show it.
    """

    def __init__(self, began: float) -> None:
        self._lock = RLock()
        self._times = [began]
        self._done = [0.0]

    @property
    def done(self) -> float:
        """How much is done."""
        return self._done[-1]

    def advance(self, units: float, now: float) -> None:
        """Note that `units` more were done by `now`."""
        with self._lock:
            self._advance(units, now)

    def _advance(self, units: float, now: float) -> None:
        kept = self._times
        between = (now - kept[0]) / _KEPT
        if len(kept) > 1 and now - kept[-2] <= between:
            kept[-1] = now
            self._done[-1] += units
            return
        kept.append(now)
        self._done.append(self._done[-1] + units)
        if len(kept) > 4 * _KEPT:
            self._forget(now)

    def _forget(self, now: float) -> None:
        """Drop the moments before the half that counts, but for the beginning and the last."""
        first = max(1, bisect_right(self._times, self._half(now)) - 1)
        del self._times[1:first], self._done[1:first]
        if len(self._times) > 2 * _KEPT:
            self._times[1:-1] = self._times[1:-1:2]
            self._done[1:-1] = self._done[1:-1:2]

    def _half(self, now: float) -> float:
        return (self._times[0] + now) / 2

    def rate(self, now: float) -> float | None:
        """Return units a second; None until something was done."""
        with self._lock:
            return self._rate(now)

    def _rate(self, now: float) -> float | None:
        start = self._half(self._times[-1])  # so that something was done since, however long ago
        span = self._end(now) - start
        if span <= 0 or self.done <= 0:
            return None
        return (self.done - self._done_at(start)) / span or None

    def left(self, total: float, now: float) -> float | None:
        """Return the seconds until `total` is done; None while nobody can know."""
        with self._lock:
            rate = self._rate(now)
            if self.done >= total:
                return 0.0
            if rate is None:
                return None
            return max(0.0, self._end(now) + (total - self.done) / rate - now)

    def _end(self, now: float) -> float:
        """Return until when what is done tells the rate.

        That is when something was last done: the step under way will be told when it ends. Where
        it takes longer than any before, the time it takes counts.
        """
        last = self._times[-1]
        longest = max((after - before for before, after in pairwise(self._times)), default=0.0)
        return max(last, now - longest)

    def _done_at(self, time: float) -> float:
        """Return how much was done at a time in between: a step is spread over the time it took."""
        after = bisect_right(self._times, time)
        if after >= len(self._times):
            return self.done
        before = after - 1
        span = self._times[after] - self._times[before]
        share = (time - self._times[before]) / span if span else 1.0
        return self._done[before] + share * (self._done[after] - self._done[before])
