"""What a rendering is: a pure function from material to members of a dossier."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from zegel.dossier.material import Material


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One member that a rendering gives."""

    name: str
    content: bytes | Iterable[bytes] = field(repr=False)

    def pieces(self) -> Iterable[bytes]:
        """Return the content in pieces."""
        return (self.content,) if isinstance(self.content, bytes) else self.content


Rendering: TypeAlias = Callable[[Material], Iterator[Rendered]]
