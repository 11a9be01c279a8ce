"""What makes members to read or to exchange, from material: pure functions, no other source.

A rendering yields members: a name and its bytes, or pieces of bytes. The same material gives the
same bytes. Names are ours (digits, lower-case letters, `-`, `.`, `/`), never the evidence's.
"""

from __future__ import annotations

from zegel.dossier.exchange.case import case
from zegel.dossier.exchange.lines import json_lines
from zegel.dossier.exchange.mbox import mbox
from zegel.dossier.reading.pdf import report
from zegel.dossier.rendered import Rendered, Rendering

__all__ = ["RENDERINGS", "Rendered", "Rendering"]

RENDERINGS: tuple[Rendering, ...] = (report, mbox, json_lines, case)
"""All renderings, in the order they are made."""
