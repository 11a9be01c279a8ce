"""A long list, a page at a time: a case may hold 100,000 keys and a million problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zegel.errors import UsageError

SIZE = 100
MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which page of a list is wanted, counted from 1."""

    page: int = 1
    size: int = SIZE

    def __post_init__(self) -> None:
        if not 1 <= self.size <= MOST:
            raise UsageError(f"a page holds 1 to {MOST:,} rows")
        if not 1 <= self.page <= 10**9:
            raise UsageError("pages are counted from 1")

    @property
    def offset(self) -> int:
        """How many rows come before it."""
        return (self.page - 1) * self.size

    def of(self, count: int) -> dict[str, Any]:
        """Say which page of how many this is of a list of `count` rows; raise past its end."""
        pages = max(1, -(-count // self.size))
        if self.page > pages:
            raise UsageError(f"the list has no page {self.page:,}", next_step=f"It has {pages:,}.")
        return {"count": count, "page": self.page, "pages": pages, "size": self.size}
