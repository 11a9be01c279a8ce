"""Who looks at a picture: the language, the numbers and the time zone in which it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo

from zegel.analysis.zones import local


def _as_is(words: str) -> str:
    return words


def _grouped(number: int) -> str:
    return f"{number:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """English, and UTC, where nothing else is said."""

    say: Callable[[str], str] = _as_is
    """The words of a language for English ones."""
    number: Callable[[int], str] = _grouped
    zone: tzinfo = UTC

    @property
    def zone_name(self) -> str:
        """What the zone is called: `Europe/Amsterdam`."""
        return str(self.zone)

    def minute(self, instant_ns: int | None) -> str:
        """Return an instant in the zone to the minute, sortable; empty where there is none."""
        return "" if instant_ns is None else local(self.zone, instant_ns).strftime("%Y-%m-%d %H:%M")

    def exact(self, instant_ns: int | None) -> str:
        """Return an instant to the second, with its offset where the clocks show it twice."""
        if instant_ns is None:
            return ""
        moment = local(self.zone, instant_ns)
        form = "%Y-%m-%d %H:%M:%S" if moment.second else "%Y-%m-%d %H:%M"
        return moment.strftime(form) + (moment.isoformat()[-6:] if moment.fold else "")

    def tell(self, words: str, **numbers: int | str) -> str:
        """Return a sentence in the reader's language with what is counted in it."""
        told = {
            name: self.number(one) if isinstance(one, int) else one for name, one in numbers.items()
        }
        return self.say(words).format(**told)
