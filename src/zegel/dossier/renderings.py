"""What makes members to read or to exchange, from material: pure functions, no other source.

A rendering yields members: a name and its bytes, or pieces of bytes. The same material gives the
same bytes. Names are ours (digits, lower-case letters, `-`, `.`, `/`), never the evidence's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from zegel.dossier.material import Material


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One member that a rendering gives."""

    name: str
    content: bytes | Iterable[bytes] = field(repr=False)


Rendering = Callable[[Material], Iterator[Rendered]]

RENDERINGS: tuple[Rendering, ...] = ()
"""All renderings, in the order they are made."""
